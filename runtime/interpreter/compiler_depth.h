// SPDX-License-Identifier: MIT
// Included before Python/symtable.c, and only there. The symbol table is the gate through which
// every source passes on its way to the code generator, whose functions need far more stack for one
// level of nesting than C's recursion limit reckons with, and which do not count. So the gate lets
// less through when there is less stack.
#pragma once

#include "Python.h"

#include "pycore_symtable.h"

// How many levels of C's recursion limit must be taken away for the code generator's sake.
int pm_compiler_excess(int remaining);

// The one use in symtable.c: Py_C_RECURSION_LIMIT - tstate->c_recursion_remaining, the depth
// already reached.
#define c_recursion_remaining                                                                      \
    c_recursion_remaining + pm_compiler_excess(tstate->c_recursion_remaining)

// SPDX-License-Identifier: MIT
// Included before Python/flowgraph.c, and only there. The exception handlers that are open at one
// place are kept in an array of this size, which relies on the limit for nested blocks. Inlined
// comprehensions have handlers too and are no such blocks, so more than 20 in one another wrote
// beyond the end. Brackets nest 200 deep at most.
#pragma once

#include "Python.h"

#undef CO_MAXBLOCKS
#define CO_MAXBLOCKS (21 + 200)

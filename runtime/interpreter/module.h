// SPDX-License-Identifier: MIT
#pragma once

#include "python.h"

// The built-in module _pymode.
PyMODINIT_FUNC PyInit__pymode(void);

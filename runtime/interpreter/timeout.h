// SPDX-License-Identifier: MIT
#pragma once

#include <time.h>

// Never negative; at most what a JavaScript timer can hold.
double pm_milliseconds_until(clockid_t clock, const struct timespec* deadline);
double pm_milliseconds(const struct timespec* duration);

// SPDX-License-Identifier: MIT
#pragma once

// Raises what this thread was told to raise; 0 when that is nothing, else -1 with an exception set.
int pm_raise_pending(void);

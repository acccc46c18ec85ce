// SPDX-License-Identifier: MIT
#pragma once

// Makes state of the snapshot that must differ between instances new, once. Needs entropy, which
// the platform gives only inside a request. -1 with an exception.
int pm_refresh_once(void);

// SPDX-License-Identifier: MIT
#pragma once

#include "python.h"

// Collects garbage when this thread is the only one and there is some. At the end of a request.
void pm_collect_when_idle(PyThreadState* tstate);

// SPDX-License-Identifier: MIT
// Included before Objects/genobject.c, and only there: closing a generator closes the one that it
// delegates to, and an exception thrown into it goes on into that one.
#pragma once

#include "counted_call.h"

#define gen_close_iter PM_MENTION(pm_close_, __COUNTER__)
#define _gen_throw PM_MENTION(pm_throw_, __COUNTER__)

#define pm_close_0 pm_close_inner
#define pm_close_1(inner) PM_COUNTED(-1, pm_close_inner(inner), " while closing a generator")
#define pm_throw_2 pm_throw
#define pm_close_3 pm_close_1
#define pm_throw_4(...) PM_COUNTED(NULL, pm_throw(__VA_ARGS__), " while throwing into a generator")
#define pm_throw_5 pm_throw_4
#define pm_throw_6 pm_throw_4
#define pm_throw_7 pm_throw_4

// SPDX-License-Identifier: MIT
// Included before Modules/pyexpat.c, and only there: the content model of a document type has
// groups of groups.
#pragma once

#include "counted_call.h"

#define conv_content_model PM_MENTION(pm_model_, __COUNTER__)

#define pm_model_0 pm_model
#define pm_model_1(...) PM_COUNTED(NULL, pm_model(__VA_ARGS__), " in a content model")
#define pm_model_2 pm_model_1

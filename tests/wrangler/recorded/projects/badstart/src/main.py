# SPDX-License-Identifier: MIT
def on_fetch(request, env):
    return "badstart"

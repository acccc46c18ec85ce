# SPDX-License-Identifier: MIT
def on_fetch(request, env):
    return "crons"


def on_scheduled(event):
    pass

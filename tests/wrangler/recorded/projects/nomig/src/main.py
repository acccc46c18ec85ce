# SPDX-License-Identifier: MIT
from pymode.workers import DurableObject


class C(DurableObject):
    pass


def on_fetch(request, env):
    return "nomig"

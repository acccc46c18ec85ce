# SPDX-License-Identifier: MIT
"""Tells when its first request got where, by the isolate's clock (milliseconds)."""

import time

IMPORT_BEGAN = time.time() * 1000

from pymode.workers import Request

IMPORT_ENDED = time.time() * 1000


def on_fetch(request: Request, env):
    return {"importBegan": IMPORT_BEGAN, "importEnded": IMPORT_ENDED, "handler": time.time() * 1000}

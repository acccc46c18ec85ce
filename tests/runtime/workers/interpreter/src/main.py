# SPDX-License-Identifier: MIT
"""What the C part must get right. A request names a case of a module and gets its outcome."""

import json
import threading
from importlib import import_module

from pymode.workers import Response

MODULES = ("deep", "ffi", "threads")


def on_fetch(request, env):
    module, name = request.path.strip("/").split("/")
    assert module in MODULES
    case = import_module(f"src.{module}").CASES[name]
    size = int(request.query.get("stack", "0"))
    return Response(json.dumps(in_thread(case, size) if size else outcome(case)))


def outcome(case):
    try:
        return case()
    except Exception as error:
        return type(error).__name__


def in_thread(case, size):
    """The outcome of a case on a stack of this size."""
    results = []
    threading.stack_size(size)
    try:
        thread = threading.Thread(target=lambda: results.append(outcome(case)))
        thread.start()
    finally:
        threading.stack_size(0)
    thread.join()
    return results[0]

# SPDX-License-Identifier: MIT
"""What the C part must get right. A request names a case of a module and gets its outcome."""

import json
import threading
import time
from importlib import import_module

from pymode.workers import Response

MODULES = ("deep", "deep_libraries", "deep_sources", "deep_values", "ffi", "threads")


def on_fetch(request, env):
    module, name = request.path.strip("/").split("/")
    assert module in MODULES
    if name == "own_request":
        return own_request(request)
    cases = import_module(f"src.{module}").CASES
    if name == "names":
        return Response(json.dumps(list(cases)))
    case = cases[name]
    size = int(request.query.get("stack", "0"))
    return Response(json.dumps(in_thread(case, size) if size else outcome(case)))


def own_request(request):
    """Waits for another request, then needs what belongs to its own: a timer and the body."""
    from src import threads

    if request.method == "GET":
        threads.wake.set()
        return Response("woken")
    threads.hand_to_and_fro(int(request.query["turns"]))
    threads.wake.clear()
    threads.waiting.set()
    assert threads.wake.wait(30)
    threads.waiting.clear()
    time.sleep(0.001)
    return Response(json.dumps(request.text()))


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

# SPDX-License-Identifier: MIT
"""Runs the tests of recipes: ?check=NAME and ?compare=NAME call the functions of those names."""

import importlib
import sys
import time
from collections.abc import Callable

from pymode.workers import Request, Response

SECONDS = 0.15
# Where the package is not called as the distribution.
PACKAGES = {"pyyaml": "yaml"}


def milliseconds(work: Callable[[], object]) -> float:
    """The best of three rounds; the first call warms up."""
    work()
    rounds = 1
    while True:
        best = min(timed(work, rounds) for _ in range(3))
        if best >= SECONDS / 3:
            return best * 1000 / rounds
        rounds *= 4


def timed(work: Callable[[], object], rounds: int) -> float:
    start = time.perf_counter()
    for _ in range(rounds):
        work()
    return time.perf_counter() - start


def compare(name: str) -> list[dict]:
    module = importlib.import_module(f"recipe_tests.{name}")
    return [
        {"what": what, "native": milliseconds(native), "other": milliseconds(other), "label": label}
        for what, (native, label, other) in module.compare().items()
    ]


def check(name: str) -> dict:
    before = set(sys.modules)
    importlib.import_module(f"recipe_tests.{name}").check()
    package = PACKAGES.get(name, name)
    loaded = [
        module
        for module in set(sys.modules) - before
        if module.split(".")[0] == package
        and (getattr(sys.modules[module], "__file__", None) or "").endswith(".so")
    ]
    return {"loaded": sorted(loaded)}


def on_fetch(request: Request) -> Response:
    if "check" in request.query:
        return Response.json(check(request.query["check"]))
    return Response.json(compare(request.query["compare"]))

# SPDX-License-Identifier: MIT
"""The program's main module and the handler in it."""

from __future__ import annotations

import sys
from _frozen_importlib import module_from_spec
from _frozen_importlib_external import PathFinder
from _thread import allocate_lock

import _pymode

from pymode import _env

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    type Handler = Callable[..., Any]

HANDLER = "on_fetch"
_VARARGS = 0x04  # inspect.CO_VARARGS, without inspect

_lock = allocate_lock()
_environment_set = False
_loaded: tuple[Handler, int] | None = None


class HandlerMissing(Exception):
    """The main module has no handler."""


def handler(env: _pymode.JsObject) -> tuple[Handler, int]:
    """The handler and how many of (request, env, ctx) it takes.

    Imports the main module on the first call. An import that fails is tried again by the next
    request, which therefore reports the same error with its traceback.
    """
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _set_environment(env)
                found = _find(_import(_pymode.entry()))
                _loaded = found, arity(found)
    return _loaded


def arity(function: Handler) -> int:
    """How many of three positional arguments a function takes."""
    # A decorator's wrapper usually takes anything; what counts is the function inside.
    while not _exact(function) and hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    if code is None:
        return _signature_arity(function)
    if code.co_flags & _VARARGS:
        return 3
    bound = 1 if getattr(function, "__self__", None) is not None else 0
    takes: int = code.co_argcount - bound
    return min(3, takes)


def _exact(function: Handler) -> bool:
    code = getattr(function, "__code__", None)
    return code is None or not code.co_flags & _VARARGS


def _signature_arity(function: Handler) -> int:
    """For callables that are no functions: objects with `__call__`, partials, builtins."""
    import inspect

    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return 3
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return min(3, sum(p.kind in positional for p in parameters))


def _import(name: str) -> ModuleType:
    _open_folder(name.partition(".")[0])
    __import__(name)
    return sys.modules[name]


def _open_folder(name: str) -> None:
    """Makes a package of the program's folder `src` when it has no `__init__.py`.

    An import does so only after all of sys.path has been searched for a better `src`, and listing
    the standard library costs the first request more than all else in the import.
    """
    if name in sys.modules:
        return
    spec = PathFinder.find_spec(name, sys.path[:1])
    if spec is not None and spec.loader is None:
        sys.modules[name] = module_from_spec(spec)


def _find(module: ModuleType) -> Handler:
    found: Any = getattr(module, HANDLER, None)
    if found is None:
        raise HandlerMissing(
            f"module {module.__name__!r} has no {HANDLER}; define `def {HANDLER}(request, env):`"
        )
    if not callable(found):
        raise HandlerMissing(
            f"{HANDLER} in module {module.__name__!r} is a {type(found).__name__}, not a function"
        )
    handler: Handler = found
    return handler


def _set_environment(env: _pymode.JsObject) -> None:
    """Variables and secrets are in `os.environ` before the program's first line runs.

    They belong to the deployment, not to a request: every request of an instance has the same.
    """
    global _environment_set
    if not _environment_set:
        import os

        os.environ.update(_env.texts(env))
        _environment_set = True

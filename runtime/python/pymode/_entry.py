# SPDX-License-Identifier: MIT
"""The program's main module and the handler in it."""

from __future__ import annotations

import _frozen_importlib
import _frozen_importlib_external
import sys
from _frozen_importlib import ModuleSpec, module_from_spec
from _frozen_importlib_external import SourceFileLoader
from _thread import allocate_lock
from posix import F_OK, access

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

# Their names with an underscore have no types.
_importlib: Any = _frozen_importlib
_importlib_external: Any = _frozen_importlib_external

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
                found = find(_import(_pymode.entry()), HANDLER, "request")
                _loaded = found, arity(found)
    return _loaded


def module(env: _pymode.JsObject) -> ModuleType:
    """The main module, imported on the first call."""
    with _lock:
        _set_environment(env)
        return _import(_pymode.entry())


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
    """Imports the main module.

    An import searches all of sys.path for a `src` that is better than the program's folder without
    an `__init__.py`, and lists folders. That is more work than all else in a first request; here it
    is known which file is meant. What is not this simple is left to the import system.
    """
    path = f"{_place(name)}.py"
    if name not in sys.modules and access(path, F_OK) and _open_folders(name):
        return _load_file(name, path)
    __import__(name)
    return sys.modules[name]


def _place(name: str) -> str:
    """Where a module of the program is, without the end of its file's name."""
    package, _, child = name.rpartition(".")
    return f"{_place(package) if package else sys.path[0]}/{child}"


def _open_folders(name: str) -> bool:
    """Makes packages of the folders above a module; False when one is an ordinary package."""
    package, _, _ = name.rpartition(".")
    if not package or package in sys.modules:
        return True
    folder = _place(package)
    if access(f"{folder}/__init__.py", F_OK) or access(f"{folder}.py", F_OK):
        return False
    if not _open_folders(package):
        return False
    spec = ModuleSpec(package, None, is_package=True)
    spec.submodule_search_locations = _importlib_external._NamespacePath(
        package, [folder], _importlib_external.PathFinder._get_spec
    )
    _enter(package, module_from_spec(spec))
    return True


def _enter(name: str, module: ModuleType) -> None:
    """Makes a module known, also as an attribute of its package."""
    sys.modules[name] = module
    package, _, child = name.rpartition(".")
    if package:
        setattr(sys.modules[package], child, module)


def _load_file(name: str, path: str) -> ModuleType:
    loader: Any = _CodeLoader(SourceFileLoader(name, path))
    spec = ModuleSpec(name, loader, origin=path)
    spec.has_location = True
    folder, _, file = path.rpartition("/")
    spec.cached = f"{folder}/__pycache__/{file[:-3]}.{sys.implementation.cache_tag}.pyc"
    # Without a module lock: nobody else loads it, and like a main program it may be seen unfinished
    # by the threads that it starts.
    module: ModuleType = _importlib._load_unlocked(spec)
    _enter(name, module)
    return module


class _CodeLoader:
    """Reads compiled code that needs no look at its source; leaves anything else to the loader."""

    def __init__(self, loader: SourceFileLoader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # The module shall look as if it had been imported without us.
        spec = module.__spec__
        assert spec is not None
        spec.loader = module.__loader__ = self._loader
        code = _pymode.load_code(spec.cached) if spec.cached else None
        if code is None:
            self._loader.exec_module(module)
        else:
            exec(code, module.__dict__)


def find(module: ModuleType, name: str, argument: str) -> Handler:
    """The function of that name, whose first parameter is usually called `argument`."""
    found: Any = getattr(module, name, None)
    if found is None:
        raise HandlerMissing(
            f"module {module.__name__!r} has no {name}; define `def {name}({argument}, env):`"
        )
    if not callable(found):
        raise HandlerMissing(
            f"{name} in module {module.__name__!r} is a {type(found).__name__}, not a function"
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

        for name, value in _env.texts(env).items():
            os.environ[name] = value
        _environment_set = True

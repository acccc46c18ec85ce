# SPDX-License-Identifier: MIT
"""`env`: the variables, secrets and bindings of a Worker."""

from __future__ import annotations

from _pymode import JsObject

from pymode._js import constructor_name, to_python

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# Set by `pymode dev` for the runtime itself; a program should not come to depend on it.
DEV_FLAG = "PYMODE_DEV"


class Env:
    """Bindings as attributes: `env.API_KEY` is a str, `env.ITEMS` a `KVNamespace`, `env.ASSETS` a
    `Service`, `env.COUNTER` a `DurableObjectNamespace`.

    Variables given as JSON are dicts and lists. Bindings of other kinds are `JsObject`s.
    `env["NAME"]`, `env.get("NAME", default)` and `"NAME" in env` work as for a dict.
    """

    __slots__ = ("_cache", "_js")

    def __init__(self, js: JsObject) -> None:
        self._js = js
        self._cache: dict[str, Any] = {}

    def get(self, name: str, default: Any = None) -> Any:
        """A binding, or the default where it does not exist."""
        try:
            return self[name]
        except KeyError:
            return default

    def __getitem__(self, name: str) -> Any:
        if name not in self._cache:
            if not isinstance(name, str) or not self._js.has(name):
                raise KeyError(name)
            self._cache[name] = _wrap(self._js.get(name), name)
        return self._cache[name]

    def __getattr__(self, name: str) -> Any:
        # Python itself asks for dunder names (copy, pickle, abc); no binding is called so.
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(_unknown(name, self.keys()), name=name, obj=self) from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._js.has(name)

    def keys(self) -> list[str]:
        return [name for name in self._js.keys() if name != DEV_FLAG]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self.keys()]

    def __repr__(self) -> str:
        # Names only: values may be secrets, and a repr ends up in logs.
        return f"<Env {' '.join(self.keys())}>"


def in_dev(js: JsObject) -> bool:
    """Whether `pymode dev` runs this Worker."""
    return bool(js.get(DEV_FLAG) == "1")


def texts(js: JsObject) -> dict[str, str]:
    """The variables and secrets that are text."""
    found = {name: js.get(name) for name in js.keys() if name != DEV_FLAG}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _wrap(value: Any, name: str) -> Any:
    if not isinstance(value, JsObject):
        return value
    kind = constructor_name(value)
    if kind == "KvNamespace":
        from pymode._kv import KVNamespace

        return KVNamespace(value, name)
    if kind == "DurableObjectNamespace":
        from pymode._durable import DurableObjectNamespace

        return DurableObjectNamespace(value, name)
    if kind == "WorkerQueue":
        from pymode._queue import Queue

        return Queue(value, name)
    if kind == "Fetcher":
        from pymode._service import Service

        return Service(value, name)
    if kind in ("Object", "Array"):
        return to_python(value)
    return value


def _unknown(name: str, present: list[str]) -> str:
    if not present:
        return f"env has no {name!r}: this Worker has no variables and no bindings"
    return f"env has no {name!r}; it has {', '.join(sorted(present))}"

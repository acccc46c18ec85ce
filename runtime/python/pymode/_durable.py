# SPDX-License-Identifier: MIT
"""Durable Objects: the classes that a program defines, and the objects that it talks to."""

from __future__ import annotations

from _thread import RLock

from _pymode import JsObject

from pymode._context import Context
from pymode._env import Env
from pymode._service import Service
from pymode._storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from pymode._request import Request

# An object that nothing asks for leaves memory, as at a hibernation: the host never says when one
# is gone. Those at work stay.
_MOST_IDLE = 256


class DurableObjectState(Context):
    """`self.ctx` of a Durable Object: its `id` and `name`, its `storage`, and `wait_until`."""

    __slots__ = ("storage",)

    def __init__(self, js: JsObject) -> None:
        super().__init__(js)
        self.storage = Storage(js.get("storage"))

    @property
    def id(self) -> str:
        """64 hex digits."""
        return str(self._js.get("id").call("toString"))

    @property
    def name(self) -> str | None:
        """The name it was asked for by, if it was."""
        name: str | None = self._js.get("id").get("name")
        return name

    def __repr__(self) -> str:
        return f"<DurableObjectState {self.id}>"


class DurableObject:
    """The base of a Durable Object's class, which the main module has to hold.

    >>> class Counter(DurableObject):
    ...     def fetch(self, request):
    ...         count = self.ctx.storage.get("count", 0) + 1
    ...         self.ctx.storage.put("count", count)
    ...         return str(count)

    `fetch(request)` answers as `on_fetch` does; `alarm()` is called when an alarm of the storage is
    due. Both may be coroutines. Events of one object run beside each other where one waits; what
    must not be interrupted takes `with self.lock:`.
    """

    def __init__(self, ctx: DurableObjectState, env: Env) -> None:
        self.ctx = ctx
        self.env = env

    @property
    def lock(self) -> RLock:
        """A lock of this object; the thread that has it may take it again."""
        lock: RLock = self.__dict__.setdefault("_pymode_lock", RLock())
        return lock

    def fetch(self, request: Request) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no fetch")

    def alarm(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no alarm")


class _Live:
    """An object of this instance. `uses` counts the events under way."""

    __slots__ = ("lock", "object", "uses")

    def __init__(self) -> None:
        self.lock = RLock()
        self.object: Any = None
        self.uses = 0


_live: dict[int, _Live] = {}  # those used last stand last
_table = RLock()


class Borrowed:
    """The object of an event while the event runs; made when it is asked for the first time."""

    def __init__(self, number: int, cls: type, state: JsObject, env: Env) -> None:
        self._arguments = cls, state, env
        with _table:
            self._live = _live.pop(number) if number in _live else _Live()
            self._live.uses += 1
            _live[number] = self._live

    def __enter__(self) -> Any:
        live = self._live
        cls, state, env = self._arguments
        try:
            # A constructor that fails is tried again by the next event.
            with live.lock:
                if live.object is None:
                    live.object = cls(DurableObjectState(state), env)
                return live.object
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *error: object) -> None:
        with _table:
            self._live.uses -= 1
            idle = [number for number, live in _live.items() if live.uses == 0]
            for number in idle[: max(0, len(idle) - _MOST_IDLE)]:
                del _live[number]


def find_class(module: ModuleType, name: str) -> type:
    """The class of that name in the main module."""
    found = getattr(module, name, None)
    if not isinstance(found, type):
        raise TypeError(
            f"module {module.__name__!r} has no class {name}, which is bound as a Durable Object"
        )
    return found


class DurableObjectStub(Service):
    """One Durable Object, here or far away: `fetch` reaches the `fetch` of its class."""

    __slots__ = ()

    @property
    def id(self) -> str:
        """64 hex digits."""
        return str(self._js.get("id").call("toString"))


class DurableObjectNamespace:
    """The binding of a Durable Object's class.

    >>> env.COUNTER.get_by_name("visits").fetch("/add").text()
    '1'
    """

    __slots__ = ("_js", "_name")

    def __init__(self, js: JsObject, name: str) -> None:
        self._js = js
        self._name = name

    def get_by_name(self, name: str) -> DurableObjectStub:
        """The object of that name, wherever on earth it is asked for."""
        return self._stub(self._js.call("idFromName", name))

    def get(self, hex_id: str) -> DurableObjectStub:
        """The object with an id of 64 hex digits; JsError for one of another class."""
        return self._stub(self._js.call("idFromString", hex_id))

    def create(self) -> DurableObjectStub:
        """An object with a new id; keep `stub.id` to find it again."""
        return self._stub(self._js.call("newUniqueId"))

    def _stub(self, name: JsObject) -> DurableObjectStub:
        return DurableObjectStub(self._js.call("get", name), self._name)

    def __repr__(self) -> str:
        return f"<DurableObjectNamespace {self._name}>"

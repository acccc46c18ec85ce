# SPDX-License-Identifier: MIT
"""What a Worker is called for that is no request of a client: Durable Objects, crons, queues."""

from __future__ import annotations

import _pymode

from pymode import _entry
from pymode._env import Env
from pymode._js import options, to_data
from pymode._response import Response, from_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any, Self

    from pymode._context import Context
    from pymode._request import Request


class ScheduledEvent:
    """The first argument of `on_scheduled`: `cron`, and `time` in seconds since 1970."""

    __slots__ = ("_js", "cron", "time")

    def __init__(self, js: _pymode.JsObject) -> None:
        self._js = js
        self.cron: str = js.get("cron")
        self.time: float = js.get("scheduledTime") / 1000

    def no_retry(self) -> None:
        """Has the platform not call again when this call fails."""
        self._js.call("noRetry")

    def __repr__(self) -> str:
        return f"ScheduledEvent(cron={self.cron!r}, time={self.time!r})"


class Message:
    """A message of a queue. `time` is when it was sent, `attempts` counts from one."""

    __slots__ = ("_js", "attempts", "body", "id", "time")

    def __init__(self, js: _pymode.JsObject) -> None:
        self._js = js
        self.id: str = js.get("id")
        self.time: float = js.get("timestamp").call("getTime") / 1000
        self.attempts: int = js.get("attempts")
        self.body: Any = to_data(js.get("body"))

    def ack(self) -> None:
        """It is done with, also when the handler fails later."""
        self._js.call("ack")

    def retry(self, delay_seconds: int | None = None) -> None:
        """It is to come again."""
        self._js.call("retry", *_delay(delay_seconds))

    def __repr__(self) -> str:
        return f"Message({self.body!r}, id={self.id!r}, attempts={self.attempts})"


class MessageBatch:
    """The first argument of `on_queue`: the messages, and the name of their `queue`.

    When the handler returns, what was neither acknowledged nor asked for again counts as done; when
    it raises, it comes again.
    """

    __slots__ = ("_js", "messages", "queue")

    def __init__(self, js: _pymode.JsObject) -> None:
        self._js = js
        self.queue: str = js.get("queue")
        messages = js.get("messages")
        count = int(messages.get("length"))
        self.messages = [Message(messages.get(index)) for index in range(count)]

    def ack_all(self) -> None:
        self._js.call("ackAll")

    def retry_all(self, delay_seconds: int | None = None) -> None:
        self._js.call("retryAll", *_delay(delay_seconds))

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)


class Event:
    """One call of the program; while it is entered, what it needs stays in memory."""

    __slots__ = ("_arguments", "_function", "line")

    def __init__(
        self, js: _pymode.JsObject, module: ModuleType, env: _pymode.JsObject, context: Context
    ) -> None:
        kind = js.get("kind")
        event: Any = _ARGUMENTS[kind](js.get("value"))
        self.line = f"{kind} {event!r}"
        self._function = _entry.find(module, f"on_{kind}", _ARGUMENT_NAMES[kind])
        self._arguments = event, Env(env), context

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def call(self) -> Any:
        return self._function(*self._arguments[: _entry.arity(self._function)])

    def answer(self, result: Any) -> Response:
        """The host looks at the status only."""
        return Response(None, 204)


_ARGUMENTS: dict[str, Callable[[_pymode.JsObject], Any]] = {
    "scheduled": ScheduledEvent,
    "queue": MessageBatch,
}
_ARGUMENT_NAMES = {"scheduled": "event", "queue": "batch"}


class ObjectEvent:
    """A call of a Durable Object: its `fetch` with the request, or its `alarm`."""

    __slots__ = ("_borrowed", "_method", "_name", "_object", "_request", "line")

    def __init__(
        self, js: _pymode.JsObject, module: ModuleType, env: _pymode.JsObject, request: Request
    ) -> None:
        from pymode import _durable

        name = js.get("className")
        self._method = js.get("method")
        self._name = f"{name}.{self._method}"
        self._request = request
        self.line = f"{request.method} {request.raw_path} of a {name}"
        if self._method != "fetch":
            self.line = f"{self._method} of a {name}"
        cls = _durable.find_class(module, name)
        self._borrowed = _durable.Borrowed(js.get("number"), cls, js.get("state"), Env(env))
        self._object: Any = None

    def __enter__(self) -> Self:
        self._object = self._borrowed.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._borrowed.__exit__()

    def call(self) -> Any:
        method = getattr(self._object, self._method)
        return method(self._request) if self._method == "fetch" else method()

    def answer(self, result: Any) -> Response:
        return from_result(result, self._name) if self._method == "fetch" else Response(None, 204)


def prepare(
    js: _pymode.JsObject, request: Request, env: _pymode.JsObject, context: Context
) -> Event | ObjectEvent:
    """What has to be called for an event of the host, see runtime/host/src/events.ts."""
    module = _entry.module(env)
    if js.get("kind") == "object":
        return ObjectEvent(js, module, env, request)
    return Event(js, module, env, context)


def _delay(seconds: int | None) -> tuple[_pymode.JsObject, ...]:
    how = options(delaySeconds=seconds)
    return () if how is None else (how,)

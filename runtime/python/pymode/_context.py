# SPDX-License-Identifier: MIT
"""`ctx`: what a handler can ask of the platform about its own request."""

from __future__ import annotations

from _pymode import JsObject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any


class Context:
    """The third argument of `on_fetch`."""

    __slots__ = ("_js", "_later")

    def __init__(self, js: JsObject) -> None:
        self._js = js
        self._later: list[Awaitable[Any]] = []

    def wait_until(self, work: Awaitable[Any] | Callable[..., Any] | JsObject, *args: Any) -> None:
        """Has something done after the answer is sent; the platform allows it 30 seconds.

        A function is called with the arguments in a thread of its own, starting at once. A
        coroutine starts at once in an `async def on_fetch`, otherwise after the answer.
        """
        if isinstance(work, JsObject):
            self._js.call("waitUntil", work)
        elif callable(work):
            import contextvars
            import threading

            run = contextvars.copy_context().run
            threading.Thread(target=run, args=(work, *args), name="wait_until").start()
        elif hasattr(work, "__await__"):
            self._later.append(_started(work))
        else:
            raise TypeError(f"wait_until takes a function or a coroutine, not {work!r}")

    def pass_through_on_exception(self) -> None:
        """Lets the origin answer when this Worker fails."""
        self._js.call("passThroughOnException")

    def __repr__(self) -> str:
        return "<Context>"


def _started(work: Awaitable[Any]) -> Awaitable[Any]:
    """The coroutine as a task of the running loop; itself where none runs."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work
    return asyncio.ensure_future(work)

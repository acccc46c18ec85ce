# SPDX-License-Identifier: MIT
"""The platform's `fetch` for the HTTP clients of the standard library and of packages.

Waiting blocks the calling thread alone, or suspends the calling coroutine. Time limits are for each
wait, as those of sockets are: for the head of the answer, then for each piece of the body.
"""

from __future__ import annotations

from _pymode import JsError, JsObject, globals_, new_object, op_start

from pymode._js import header_pairs, js_await, to_js
from pymode._ops import wait_at_most

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from typing import Any, NoReturn

# Said by the platform for itself, or about a connection that is not ours.
_NOT_OURS = {"accept-encoding", "connection", "content-length", "host", "keep-alive", "te"}
_NOT_OURS |= {"transfer-encoding", "upgrade", "proxy-connection"}


class Exchange:
    """A request that was sent; `status`, `reason` and `headers` are there once it was answered."""

    __slots__ = ("_abort", "_promise", "_reader", "headers", "method", "reason", "status", "url")

    def __init__(
        self, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes | None
    ) -> None:
        self.method = method
        self.url = url
        self._abort: JsObject = globals_().get("AbortController").construct()
        self._reader: JsObject | None = None
        self.status = 0
        self.reason = ""
        self.headers: list[tuple[str, str]] = []
        init = new_object()
        init.set("method", method)
        init.set("headers", to_js([pair for pair in headers if pair[0].lower() not in _NOT_OURS]))
        init.set("redirect", "manual")
        init.set("signal", self._abort.get("signal"))
        if body:
            init.set("body", body)
        try:
            self._promise: Any = globals_().call("fetch", url, init)
        except JsError as error:
            self._fail(error)

    def answer(self, timeout: float | None) -> Exchange:
        """Blocks until the head of the answer is there."""
        self._take(self._wait(self._promise, timeout))
        return self

    async def answer_async(self, timeout: float | None) -> Exchange:
        self._take(await self._wait_async(self._promise, timeout))
        return self

    def read(self, timeout: float | None) -> bytes:
        """The next piece of the body; nothing at its end."""
        while self._reader is not None:
            piece = self._piece(self._wait(self._reader.call("read"), timeout))
            if piece:
                return piece
        return b""

    async def read_async(self, timeout: float | None) -> bytes:
        while self._reader is not None:
            piece = self._piece(await self._wait_async(self._reader.call("read"), timeout))
            if piece:
                return piece
        return b""

    def pieces(self, timeout: float | None) -> Iterator[bytes]:
        while piece := self.read(timeout):
            yield piece

    async def pieces_async(self, timeout: float | None) -> AsyncIterator[bytes]:
        while piece := await self.read_async(timeout):
            yield piece

    def close(self) -> None:
        """Nothing more will be read: the platform may let go of the connection."""
        if self._reader is not None:
            self._reader = None
            self._abort.call("abort")

    def _take(self, response: JsObject) -> None:
        self.status = int(response.get("status"))
        self.reason = response.get("statusText")
        pairs = header_pairs(response.get("headers"))
        # The platform has unpacked the body already, and joined its chunks.
        packed = any(name.lower() == "content-encoding" for name, _ in pairs)
        gone = {"transfer-encoding", "connection", "keep-alive"}
        if packed and self.method != "HEAD":
            gone |= {"content-encoding", "content-length"}
        self.headers = [(name, value) for name, value in pairs if name.lower() not in gone]
        stream = response.get("body")
        self._reader = stream.call("getReader") if isinstance(stream, JsObject) else None

    def _piece(self, result: JsObject) -> bytes:
        if result.get("done"):
            self._reader = None
            return b""
        data: bytes = result.get("value").to_bytes()
        return data

    def _wait(self, promise: Any, timeout: float | None) -> Any:
        try:
            return wait_at_most(op_start(promise), timeout)
        except TimeoutError:
            self._give_up()
            raise TimeoutError(f"{self.url}: no answer within {timeout} seconds") from None
        except JsError as error:
            self._fail(error)

    async def _wait_async(self, promise: Any, timeout: float | None) -> Any:
        import asyncio

        try:
            async with asyncio.timeout(timeout):
                return await js_await(promise)
        except TimeoutError:
            self._give_up()
            raise TimeoutError(f"{self.url}: no answer within {timeout} seconds") from None
        except asyncio.CancelledError:
            self._give_up()
            raise
        except JsError as error:
            self._fail(error)

    def _give_up(self) -> None:
        self._reader = None
        self._abort.call("abort")

    def _fail(self, error: JsError) -> NoReturn:
        self._reader = None
        raise ConnectionError(f"{self.url}: {error.message}") from error

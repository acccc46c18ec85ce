# SPDX-License-Identifier: MIT
"""A JavaScript ReadableStream as an iterator of bytes."""

from __future__ import annotations

import _pymode

from pymode._js import js_await
from pymode._ops import wait_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ByteStream:
    """Pieces of a body, for `for` and for `async for`. It can be read once.

    >>> for piece in env.FILES.get("big.bin", type="stream"):
    ...     total += len(piece)
    """

    __slots__ = ("_reader",)

    def __init__(self, stream: _pymode.JsObject) -> None:
        self._reader: _pymode.JsObject | None = stream.call("getReader")

    def __iter__(self) -> ByteStream:
        return self

    def __next__(self) -> bytes:
        if self._reader is None:
            raise StopIteration
        piece = self._piece(wait_value(self._reader.call("read")))
        if piece is None:
            raise StopIteration
        return piece

    def __aiter__(self) -> ByteStream:
        return self

    async def __anext__(self) -> bytes:
        if self._reader is None:
            raise StopAsyncIteration
        piece = self._piece(await js_await(self._reader.call("read")))
        if piece is None:
            raise StopAsyncIteration
        return piece

    def close(self) -> None:
        """Tells the other side that nothing more will be read."""
        if self._reader is not None:
            wait_value(self._reader.call("cancel"))
            self._reader = None

    def _piece(self, result: Any) -> bytes | None:
        if result.get("done"):
            self._reader = None
            return None
        value = result.get("value")
        data: bytes = value.encode() if isinstance(value, str) else value.to_bytes()
        return data

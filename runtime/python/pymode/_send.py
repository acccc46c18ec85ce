# SPDX-License-Identifier: MIT
"""Hands an answer to the host, whole or piece by piece."""

from __future__ import annotations

import _pymode

from pymode._ops import wait
from pymode._response import BINARY, TEXT, Response, piece_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from typing import Any

    from pymode._request import Request
    from pymode._response import Piece


class Exchange:
    """How far the answer to a request has got."""

    __slots__ = ("finished", "head_only", "line", "req", "started")

    def __init__(self, req: int) -> None:
        self.req = req
        self.line = "a request"
        self.head_only = False
        self.started = False
        self.finished = False

    def begin(self, request: Request) -> None:
        self.line = f"{request.method} {request.raw_path}"
        self.head_only = request.method == "HEAD"

    def whole(self, status: int, head: list[tuple[str, str]], body: bytes) -> None:
        _pymode.response_send(self.req, status, head, body)
        self.started = self.finished = True

    def start(self, response: Response) -> None:
        _pymode.response_start(self.req, response.status, response.headers.items())
        self.started = True

    def end(self) -> None:
        _pymode.response_end(self.req)
        self.finished = True

    def abort(self, message: str) -> None:
        self.finished = True
        _pymode.response_abort(self.req, message)


def send(exchange: Exchange, response: Response) -> None:
    """Sends an answer from a thread without an event loop."""
    if _send_whole(exchange, response):
        return
    stream: Any = response.stream
    if hasattr(stream, "__aiter__"):
        from pymode import _loop

        _loop.run(_stream_async(exchange, response, stream.__aiter__()))
        return
    pieces = iter(stream)
    try:
        if exchange.head_only:
            _no_pieces(exchange, response)
        else:
            _stream(exchange, response, pieces)
    finally:
        _close(pieces)


async def send_async(exchange: Exchange, response: Response) -> None:
    """Sends an answer from a coroutine."""
    if not _send_whole(exchange, response):
        stream: Any = response.stream
        pieces = stream.__aiter__() if hasattr(stream, "__aiter__") else _each(iter(stream))
        await _stream_async(exchange, response, pieces)


def _send_whole(exchange: Exchange, response: Response) -> bool:
    if response.stream is not None:
        return False
    exchange.whole(response.status, response.headers.items(), response.content)
    return True


def _no_pieces(exchange: Exchange, response: Response) -> None:
    exchange.whole(response.status, response.headers.items(), b"")


def _stream(exchange: Exchange, response: Response, pieces: Iterator[Piece]) -> None:
    for piece in pieces:
        data = piece_bytes(piece)
        _start_with(exchange, response, piece)
        if not data:
            continue  # an empty piece: the head alone
        try:
            wait(_pymode.op_write(exchange.req, data))
        except _pymode.JsError:
            exchange.finished = True  # the client has gone
            return
    _start_with(exchange, response, b"")
    exchange.end()


async def _stream_async(
    exchange: Exchange, response: Response, pieces: AsyncIterator[Piece]
) -> None:
    from pymode._loop import operation

    try:
        if exchange.head_only:
            _no_pieces(exchange, response)
            return
        async for piece in pieces:
            data = piece_bytes(piece)
            _start_with(exchange, response, piece)
            if not data:
                continue
            try:
                await operation(_pymode.op_write(exchange.req, data))
            except _pymode.JsError:
                exchange.finished = True
                return
        _start_with(exchange, response, b"")
        exchange.end()
    finally:
        close: Callable[[], Awaitable[None]] | None = getattr(pieces, "aclose", None)
        if close is not None:
            await close()


def _start_with(exchange: Exchange, response: Response, piece: object) -> None:
    """Sends the head before the first piece, which decides about a content type not given."""
    if exchange.started:
        return
    response.headers._set_content_type(TEXT if isinstance(piece, str) else BINARY)
    exchange.start(response)


async def _each(pieces: Iterator[Piece]) -> AsyncIterator[Piece]:
    try:
        for piece in pieces:
            yield piece
    finally:
        _close(pieces)


def _close(pieces: object) -> None:
    """Lets a generator run its `finally` blocks now, not when it is collected."""
    close = getattr(pieces, "close", None)
    if close is not None:
        close()

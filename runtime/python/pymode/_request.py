# SPDX-License-Identifier: MIT
"""The request a handler gets."""

from __future__ import annotations

from _thread import allocate_lock

import _pymode

from pymode._errors import BadRequest
from pymode._headers import Headers
from pymode._ops import wait
from pymode._percent import decode
from pymode._query import Query

TYPE_CHECKING = False
if TYPE_CHECKING:
    import builtins
    from typing import Any


class Request:
    """A request.

    >>> request.method, request.path, request.query["page"], request.headers["accept"]
    ('POST', '/items', '2', 'application/json')
    >>> request.json()
    {'name': 'lamp'}

    `bytes()`, `text()` and `json()` return the body itself; they may be called repeatedly. The
    first call waits for the body to arrive, which blocks this request only.
    """

    __slots__ = ("_body", "_lock", "_query", "_req", "headers", "method", "url")

    def __init__(self, req: int) -> None:
        self.method, self.url, lines = _pymode.request_head(req)
        self.headers = Headers._received(lines)
        self._req = req
        self._query: Query | None = None
        self._body: bytes | None = None
        self._lock = allocate_lock()

    @property
    def path(self) -> str:
        """The path with its percent-encoding resolved: `/caf%C3%A9` is `/café`."""
        return decode(self.raw_path)

    @property
    def raw_path(self) -> str:
        """The path as it was sent."""
        start = self.url.find("/", self.url.find("://") + 3)
        if start < 0:
            return "/"
        return self.url[start:].partition("#")[0].partition("?")[0]

    @property
    def query(self) -> Query:
        """The query string, see `Query`."""
        if self._query is None:
            self._query = Query(self.url.partition("#")[0].partition("?")[2])
        return self._query

    def bytes(self) -> builtins.bytes:
        """The body as it came."""
        with self._lock:
            if self._body is None:
                self._body = _receive(self._req)
        return self._body

    def text(self) -> str:
        """The body as text, by the charset of its Content-Type, otherwise UTF-8."""
        charset = _charset(self.headers.get("content-type", ""))
        try:
            return self.bytes().decode(charset)
        except LookupError:
            raise BadRequest(f"the body has an unknown charset: {charset}") from None
        except UnicodeDecodeError as error:
            raise BadRequest(f"the body is not valid {charset}: {error.reason}") from error

    def json(self) -> Any:
        """The body's JSON as dict, list, str and so on; `BadRequest` where it is not JSON."""
        import json

        try:
            return json.loads(self.bytes())
        except RecursionError:
            raise BadRequest("the body is nested too deeply") from None
        except ValueError as error:
            raise BadRequest(f"the body is not valid JSON: {error}") from error

    async def read(self) -> builtins.bytes:
        """As `bytes()`, for coroutines: other tasks of this request go on meanwhile."""
        import asyncio

        return await asyncio.to_thread(self.bytes)

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url}>"


def _receive(req: int) -> bytes:
    try:
        body: bytes = wait(_pymode.op_body(req)).to_bytes()
    except _pymode.JsError as error:
        raise BadRequest(f"the body could not be read: {error.message}") from error
    return body


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or "utf-8"
    return "utf-8"

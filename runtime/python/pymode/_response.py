# SPDX-License-Identifier: MIT
"""The answer a handler gives."""

from __future__ import annotations

from pymode._headers import Headers
from pymode._percent import encode_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Buffer, Iterable
    from typing import Any

    from pymode._headers import HeadersInit

    type Piece = str | Buffer
    type Stream = Iterable[Piece] | AsyncIterable[Piece]
    type Body = str | Buffer | dict[str, Any] | list[Any] | Stream | None

TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"
_JSON = "application/json"
_REDIRECTS = (301, 302, 303, 307, 308)
# Statuses that HTTP sends without a body.
_BODILESS = (204, 205, 304)
# Tuples: the union types of `isinstance(x, a | b)` would be made anew by every request.
_BYTES = (bytes, bytearray, memoryview)
_JSON_BODIES = (dict, list)
_BODIES = (str, *_BYTES, *_JSON_BODIES)


class Response:
    """An answer.

    >>> Response("hello")
    >>> Response({"name": "lamp"}, status=201)
    >>> Response(b"...", headers={"Content-Type": "image/png"})
    >>> Response(line for line in lines)        # sent piece by piece

    The content type follows from the body unless `headers` names one: text, JSON for a dict or
    list, bytes otherwise. Set `response.headers` further with `headers["Name"] = value`, or with
    `headers.append` for a header that occurs several times, such as Set-Cookie.
    """

    __slots__ = ("content", "headers", "status", "stream")

    content: bytes
    stream: Stream | None

    def __init__(
        self, body: Body = None, status: int = 200, headers: HeadersInit | None = None
    ) -> None:
        self.status = _checked_status(status)
        self.headers = Headers(headers)
        self.stream = None
        self.content, default_type = _content(body)
        if default_type is None and body is not None:
            self.stream = body  # type: ignore[assignment]
        if status in _BODILESS:
            if self.content or self.stream is not None:
                raise ValueError(f"an answer with status {status} cannot have a body")
        elif default_type is not None:
            self.headers._set_content_type(default_type)

    @staticmethod
    def json(data: Any, status: int = 200, headers: HeadersInit | None = None) -> Response:
        """Any data that JSON can hold; numbers, None and plain text too."""
        response = Response(dump_json(data), status, headers)
        if "content-type" not in Headers(headers):
            response.headers.set("content-type", _JSON)
        return response

    @staticmethod
    def html(text: str, status: int = 200, headers: HeadersInit | None = None) -> Response:
        """A page."""
        response = Response(text.encode(), status, headers)
        if "content-type" not in Headers(headers):
            response.headers.set("content-type", "text/html; charset=utf-8")
        return response

    @staticmethod
    def redirect(url: str, status: int = 302) -> Response:
        """Sends the client to another URL. 302 makes it a GET there, 307 repeats the request."""
        if status not in _REDIRECTS:
            raise ValueError(f"{status} is not a redirect; use one of {_REDIRECTS}")
        return Response(None, status, {"location": encode_url(url)})

    def __repr__(self) -> str:
        what = "stream" if self.stream is not None else f"{len(self.content)} bytes"
        return f"<Response {self.status}, {what}>"


def from_result(result: object, handler: str) -> Response:
    """What a handler returned, as a Response. TypeError with what to do for anything else."""
    if isinstance(result, Response):
        return result
    if isinstance(result, _BODIES):
        return Response(result)
    hint = "return a Response, str, bytes, dict or list"
    if result is None:
        raise TypeError(f"{handler} returned None; {hint}")
    if isinstance(result, tuple):
        hint = "return Response(body, status, headers) instead of a tuple"
    elif hasattr(result, "__next__") or hasattr(result, "__anext__"):
        hint = "return Response(iterator) to send a body piece by piece"
    raise TypeError(f"{handler} returned {_type_name(result)}; {hint}")


def dump_json(data: object) -> bytes:
    """Compact JSON. NaN and infinity are refused: no JSON parser but Python's reads them."""
    import json

    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:  # lone surrogates: only escapes can carry them
        return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()


def piece_bytes(piece: object) -> bytes | bytearray | memoryview:
    """A piece of a streamed body as bytes."""
    if isinstance(piece, str):
        return piece.encode()
    if isinstance(piece, _BYTES):
        return piece
    raise TypeError(f"a streamed body yields str or bytes, not {_type_name(piece)}")


def _content(body: object) -> tuple[bytes, str | None]:
    """Content and content type; (b"", None) for no body and for a stream."""
    if isinstance(body, str):
        return body.encode(), TEXT
    if isinstance(body, _BYTES):
        return bytes(body), BINARY
    if isinstance(body, _JSON_BODIES):
        return dump_json(body), _JSON
    if body is None or hasattr(body, "__iter__") or hasattr(body, "__aiter__"):
        if isinstance(body, tuple):
            raise TypeError("a body cannot be a tuple: give status and headers as arguments")
        return b"", None
    raise TypeError(f"a body cannot be {_type_name(body)}; use Response.json for plain values")


def _checked_status(status: object) -> int:
    if not isinstance(status, int) or isinstance(status, bool):
        raise TypeError(f"a status is an int, not {_type_name(status)}")
    if not 200 <= status <= 599:
        raise ValueError(f"a status lies between 200 and 599, not {status}")
    return int(status)


def _type_name(value: object) -> str:
    return type(value).__name__

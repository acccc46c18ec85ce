# SPDX-License-Identifier: MIT
"""Sending messages to a queue."""

from __future__ import annotations

from _pymode import JsObject, new_array

from pymode._js import options, to_js
from pymode._ops import wait_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Buffer, Iterable
    from typing import Any

    type Body = str | Buffer | dict[str, Any] | list[Any] | float | bool | None

_BYTES = (bytes, bytearray, memoryview)


class Queue:
    """The binding of a queue that a Worker sends to.

    >>> env.JOBS.send({"image": 17}, delay_seconds=60)

    A message is text, bytes, or data that JSON can hold; 128 KB at most. Calls block the calling
    thread only.
    """

    __slots__ = ("_js", "_name")

    def __init__(self, js: JsObject, name: str) -> None:
        self._js = js
        self._name = name

    def send(self, body: Body, *, delay_seconds: int | None = None) -> None:
        """Sends one message."""
        content, kind = _content(body)
        wait_value(
            self._js.call("send", content, options(contentType=kind, delaySeconds=delay_seconds))
        )

    def send_batch(self, bodies: Iterable[Body], *, delay_seconds: int | None = None) -> None:
        """Sends several messages with one call: 100 at most, 256 KB together."""
        batch = new_array()
        for index, body in enumerate(bodies):
            content, kind = _content(body)
            batch.set(index, options(body=content, contentType=kind))
        wait_value(self._js.call("sendBatch", batch, options(delaySeconds=delay_seconds)))

    def __repr__(self) -> str:
        return f"<Queue {self._name}>"


def _content(body: Body) -> tuple[Any, str]:
    if isinstance(body, _BYTES):
        return body, "bytes"
    if isinstance(body, str):
        return body, "text"
    if body is None:
        raise TypeError("a message is text, bytes or data, not None")
    return to_js(body), "json"

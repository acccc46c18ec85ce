# SPDX-License-Identifier: MIT
"""What answers requests like a server does: other Workers, assets, Durable Objects."""

from __future__ import annotations

from _pymode import JsObject, new_object

from pymode._headers import Headers
from pymode._js import header_pairs, to_js
from pymode._ops import wait_value
from pymode._request import Request
from pymode._response import Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Buffer
    from typing import Any

    from pymode._headers import HeadersInit

# A binding has no host name of its own; the one that receives the request sees this one.
_ORIGIN = "https://worker"
_BODILESS = (204, 205, 304)


class Service:
    """A binding that takes requests: a service, or `ASSETS`.

    >>> env.ASSETS.fetch(request)
    >>> env.BILLING.fetch("/invoices", method="POST", body={"total": 3})

    The call returns the answer and blocks the calling thread only.
    """

    __slots__ = ("_js", "_name")

    def __init__(self, js: JsObject, name: str) -> None:
        self._js = js
        self._name = name

    def fetch(
        self,
        resource: str | Request,
        *,
        method: str | None = None,
        headers: HeadersInit | None = None,
        body: str | Buffer | dict[str, Any] | list[Any] | None = None,
    ) -> Response:
        """Sends a URL, a path, or a request that came in; what else is given goes before it.

        Raises JsError when the other side fails without an answer.
        """
        sent = Headers(headers)
        if isinstance(resource, Request):
            method = method or resource.method
            if headers is None:
                sent = Headers(resource.headers)
            if body is None and method not in ("GET", "HEAD"):
                body = resource.bytes()
            resource = resource.url
        url = _ORIGIN + resource if resource.startswith("/") else resource
        init = new_object()
        init.set("method", method or "GET")
        init.set("redirect", "manual")
        if body is not None:
            # As an answer's body is understood: JSON for a dict or list.
            content = Response(body)
            sent.setdefault("content-type", content.headers["content-type"])
            init.set("body", content.content)
        init.set("headers", to_js(sent.items()))
        return _received(wait_value(self._js.call("fetch", url, init)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}>"


def _received(answer: JsObject) -> Response:
    status = int(answer.get("status"))
    pairs = header_pairs(answer.get("headers"))
    body: bytes = wait_value(answer.call("arrayBuffer")).to_bytes()
    response = Response(None if status in _BODILESS else body, status)
    # The platform has unpacked the body.
    gone = ("content-encoding", "content-length", "transfer-encoding")
    response.headers = Headers((name, value) for name, value in pairs if name not in gone)
    return response

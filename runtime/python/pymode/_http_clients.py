# SPDX-License-Identifier: MIT
"""Lets the HTTP clients that Python programs use send their requests with the platform's `fetch`.

`http.client` (and with it `urllib.request`, `xmlrpc.client`), `urllib3` (and `requests`) write
HTTP/1.1 to a socket: they get one that understands it. `httpx` has transports: they are replaced.
Only what is imported is touched (`_adapters`).
"""

from __future__ import annotations

import contextlib
import io

from pymode._fetch import Exchange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

_PORTS = {"http": 80, "https": 443}


class FetchSocket:
    """A socket to one host that takes one HTTP/1.1 request and answers as `fetch` did."""

    def __init__(self, scheme: str, host: str, port: int | None, timeout: object) -> None:
        literal = f"[{host}]" if ":" in host and not host.startswith("[") else host
        place = "" if port in (None, _PORTS[scheme]) else f":{port}"
        self._origin = f"{scheme}://{literal}{place}"
        self._sent = bytearray()
        self._exchange: Exchange | None = None
        self._late: TimeoutError | None = None
        self.settimeout(timeout)

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        self._sent += data

    def send(self, data: Any, flags: int = 0, /) -> int:
        self._sent += data
        return len(data)

    def makefile(self, mode: str = "rb", *args: object, **kwargs: object) -> io.BufferedReader:
        return io.BufferedReader(_Answer(self))

    def settimeout(self, timeout: object, /) -> None:
        # The sentinels of http.client and urllib3 for "not given" are no numbers.
        self._timeout = timeout if isinstance(timeout, int | float) else None

    def gettimeout(self) -> float | None:
        return self._timeout

    def setsockopt(self, *args: object) -> None:
        """There is no socket whose options these could be."""

    def shutdown(self, how: int, /) -> None:
        self.close()

    def close(self) -> None:
        # The answer may be read on: http.client closes the socket as soon as it has a response.
        self._sent.clear()

    def complete(self) -> bool:
        """Whether the client has written a whole request."""
        head, end, rest = self._sent.partition(b"\r\n\r\n")
        if not end:
            return False
        lines = [line.partition(b":") for line in head.lower().split(b"\r\n")]
        headers = {bytes(name): value.strip() for name, _, value in lines}
        if b"chunked" in headers.get(b"transfer-encoding", b""):
            return rest.endswith(b"0\r\n\r\n")
        return len(rest) >= int(headers.get(b"content-length", b"0"))

    def exchange(self) -> Exchange:
        if self._late is not None:
            raise self._late
        if self._exchange is None:
            method, target, headers, body = _parse_request(bytes(self._sent))
            self._sent.clear()
            url = self._origin + target if target.startswith("/") else target
            sent = Exchange(method, url, headers, body)
            try:
                self._exchange = sent.answer(self._timeout)
            except TimeoutError as error:
                self._late = error
                raise
        return self._exchange

    def read(self) -> bytes:
        return self.exchange().read(self._timeout)


class _Answer(io.RawIOBase):
    """The answer as a server would have written it: the head, the body, the end."""

    def __init__(self, socket: FetchSocket) -> None:
        self._socket = socket
        self._ready: memoryview | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if self._ready is None:
            self._ready = memoryview(_head(self._socket.exchange()))
        elif not self._ready:
            self._ready = memoryview(self._socket.read())
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def close(self) -> None:
        if not self.closed and self._socket._exchange is not None:
            self._socket._exchange.close()
        super().close()


def _head(exchange: Exchange) -> bytes:
    lines = [f"HTTP/1.1 {exchange.status} {exchange.reason}"]
    lines += [f"{name}: {value}" for name, value in exchange.headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1", "replace")


def _parse_request(data: bytes) -> tuple[str, str, list[tuple[str, str]], bytes]:
    """What the client wrote. It is no stranger, so only what it may write is understood."""
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = []
    chunked = False
    for line in lines:
        name, _, value = line.partition(":")
        headers.append((name, value.strip()))
        chunked = chunked or (name.lower() == "transfer-encoding" and "chunked" in value.lower())
    return method, target, headers, _join_chunks(rest) if chunked else rest


def _join_chunks(data: bytes) -> bytes:
    joined = bytearray()
    while True:
        size, _, data = data.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if length == 0:
            return bytes(joined)
        joined += data[:length]
        data = data[length + 2 :]


def adapt_http_client(module: Any) -> None:
    original = module.HTTPConnection.endheaders

    def endheaders(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        # Whoever cannot be reached is known when the request is sent, not when the answer is read.
        # A silent server is known then.
        if isinstance(self.sock, FetchSocket) and self.sock.complete():
            with contextlib.suppress(TimeoutError):
                self.sock.exchange()

    module.HTTPConnection.endheaders = endheaders

    def connect(self: Any) -> None:
        if self._tunnel_host:
            raise OSError("a Worker cannot use a proxy: the platform's fetch connects directly")
        scheme = "https" if self.default_port == _PORTS["https"] else "http"
        self.sock = FetchSocket(scheme, self.host, self.port, self.timeout)

    module.HTTPConnection.connect = connect
    if hasattr(module, "HTTPSConnection"):
        module.HTTPSConnection.connect = connect


def adapt_urllib3(module: Any) -> None:
    def connect(self: Any) -> None:
        if self.proxy or self._tunnel_host:
            raise module.ProxyError(
                "a Worker cannot use a proxy", OSError("the platform's fetch connects directly")
            )
        # A subclass for https may lack the right default port, never the class.
        secure = isinstance(self, module.HTTPSConnection)
        scheme = "https" if secure else "http"
        self.sock = FetchSocket(scheme, self.host, self.port, self.timeout)
        # The platform checks every certificate.
        self.is_verified = secure

    module.HTTPConnection.connect = connect
    if hasattr(module.HTTPSConnection, "connect"):
        module.HTTPSConnection.connect = connect
    # Each connection is for one request.
    module.HTTPConnection.is_connected = property(lambda self: False)


def adapt_httpx(module: Any) -> None:
    """Replaces the methods of httpx's transports that would use httpcore."""

    class Stream(module.SyncByteStream):  # type: ignore[misc]
        def __init__(self, exchange: Exchange, timeout: float | None) -> None:
            self._exchange = exchange
            self._timeout = timeout

        def __iter__(self) -> Iterator[bytes]:
            with _Mapped(module):
                yield from self._exchange.pieces(self._timeout)

        def close(self) -> None:
            self._exchange.close()

    class AsyncStream(module.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, exchange: Exchange, timeout: float | None) -> None:
            self._exchange = exchange
            self._timeout = timeout

        async def __aiter__(self) -> AsyncIterator[bytes]:
            with _Mapped(module):
                async for piece in self._exchange.pieces_async(self._timeout):
                    yield piece

        async def aclose(self) -> None:
            self._exchange.close()

    def initialize(self: Any, *args: object, **options: Any) -> None:
        for name in ("proxy", "uds", "local_address"):
            if options.get(name):
                raise NotImplementedError(f"httpx's {name} is not available in a Worker")

    def answer(exchange: Exchange, stream: Any) -> Any:
        head = [
            (name.encode(), value.encode("latin-1", "replace")) for name, value in exchange.headers
        ]
        more = {
            "http_version": b"HTTP/1.1",
            "reason_phrase": exchange.reason.encode("latin-1", "replace"),
        }
        return module.Response(exchange.status, headers=head, stream=stream, extensions=more)

    def handle_request(self: Any, request: Any) -> Any:
        limit = _read_limit(request)
        body = b"".join(request.stream)
        with _Mapped(module):
            sent = Exchange(request.method, str(request.url), request.headers.multi_items(), body)
            exchange = sent.answer(limit)
        return answer(exchange, Stream(exchange, limit))

    async def handle_async_request(self: Any, request: Any) -> Any:
        limit = _read_limit(request)
        body = b"".join([piece async for piece in request.stream])
        with _Mapped(module):
            sent = Exchange(request.method, str(request.url), request.headers.multi_items(), body)
            exchange = await sent.answer_async(limit)
        return answer(exchange, AsyncStream(exchange, limit))

    async def async_nothing(self: Any, *args: object) -> Any:
        return self

    def nothing(self: Any, *args: object) -> Any:
        return self

    async def end_async(self: Any, *args: object) -> None:
        pass

    def end(self: Any, *args: object) -> None:
        pass

    sync, asynchronous = module.HTTPTransport, module.AsyncHTTPTransport
    for transport in (sync, asynchronous):
        transport.__init__ = initialize
    sync.handle_request = handle_request
    sync.__enter__, sync.__exit__, sync.close = nothing, end, end
    asynchronous.handle_async_request = handle_async_request
    asynchronous.__aenter__, asynchronous.__aexit__ = async_nothing, end_async
    asynchronous.aclose = end_async


def _read_limit(request: Any) -> float | None:
    limit: float | None = request.extensions.get("timeout", {}).get("read")
    return limit


class _Mapped:
    """Errors of an exchange as httpx's own."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, TimeoutError):
            raise self._module.ReadTimeout(str(error)) from error
        if isinstance(error, ConnectionError):
            raise self._module.ConnectError(str(error)) from error

# SPDX-License-Identifier: MIT
import http.client
import unittest

from pymode import _http_clients
from pymode._http_clients import FetchSocket, _head, _join_chunks, _parse_request


class Answered:
    """An exchange that has its answer."""

    status = 200
    reason = "Jä"
    headers = (("A", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))

    def __init__(self, *request):
        self.request = request
        self.left = [b"he", b"llo"]
        self.closed = False

    def answer(self, timeout):
        if self.request[1].endswith("/silent"):
            raise TimeoutError("silent")
        return self

    def read(self, timeout):
        return self.left.pop(0) if self.left else b""

    def close(self):
        self.closed = True


class HttpClientsTest(unittest.TestCase):
    def setUp(self):
        self.exchanges = []

        def exchange(*request):
            self.exchanges.append(Answered(*request))
            return self.exchanges[-1]

        original = _http_clients.Exchange
        _http_clients.Exchange = exchange
        self.addCleanup(setattr, _http_clients, "Exchange", original)

        class Module:
            class HTTPConnection(http.client.HTTPConnection):
                pass

        _http_clients.adapt_http_client(Module)
        self.connection = Module.HTTPConnection

    def test_requests_are_understood(self):
        cases = {
            b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n": ("GET", "/a", [("Host", "x")], b""),
            b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab": (
                "POST",
                "/",
                [("Content-Length", "2")],
                b"ab",
            ),
            b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n": (
                "PUT",
                "/",
                [("Transfer-Encoding", "chunked")],
                b"a",
            ),
        }
        for data, expected in cases.items():
            with self.subTest(data):
                self.assertEqual(_parse_request(data), expected)
        chunks = b"2\r\nab\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"
        self.assertEqual(_join_chunks(chunks), b"ab0123456789")

    def test_a_request_is_complete_when_its_body_is(self):
        cases = [
            (b"GET / HTTP/1.1\r\nHost: x\r\n", False),
            (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
            (b"POST / HTTP/1.1\r\nCONTENT-LENGTH: 3\r\n\r\nab", False),
            (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", True),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", False),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", True),
        ]
        for data, expected in cases:
            with self.subTest(data):
                socket = FetchSocket("http", "x", 80, None)
                socket.sendall(data)
                self.assertEqual(socket.complete(), expected)

    def test_addresses(self):
        cases = [
            (("https", "example.com", 443), "https://example.com"),
            (("https", "example.com", 8443), "https://example.com:8443"),
            (("http", "::1", None), "http://[::1]"),
            (("http", "example.com", 443), "http://example.com:443"),
        ]
        for place, expected in cases:
            with self.subTest(expected):
                self.assertEqual(FetchSocket(*place, None)._origin, expected)

    def test_a_connection_of_http_client(self):
        connection = self.connection("example.com", timeout=3)
        connection.request("POST", "/x?y", b"body", {"X": "1"})
        self.assertEqual(len(self.exchanges), 1, "it is sent at once")
        method, url, headers, body = self.exchanges[0].request
        self.assertEqual((method, url, body), ("POST", "http://example.com/x?y", b"body"))
        self.assertIn(("X", "1"), headers)
        response = connection.getresponse()
        self.assertEqual((response.status, response.reason), (200, "Jä"))
        self.assertEqual(response.headers.get_all("set-cookie"), ["a=1", "b=2"])
        self.assertEqual(response.read(), b"hello")
        self.assertTrue(self.exchanges[0].closed)

    def test_a_silent_server_is_noticed_when_the_answer_is_read(self):
        connection = self.connection("example.com", timeout=3)
        connection.request("GET", "/silent")
        with self.assertRaisesRegex(TimeoutError, "silent"):
            connection.getresponse()

    def test_a_proxy_is_refused(self):
        connection = self.connection("proxy.example", timeout=3)
        connection.set_tunnel("example.com")
        with self.assertRaisesRegex(OSError, "cannot use a proxy"):
            connection.request("GET", "/")

    def test_heads(self):
        head = _head(Answered())
        self.assertTrue(head.startswith(b"HTTP/1.1 200 J\xe4\r\nA: 1\r\n"))
        self.assertTrue(head.endswith(b"\r\nConnection: close\r\n\r\n"))

# SPDX-License-Identifier: MIT
import json

import _pymode
from support import ServeCase


class HandlerTest(ServeCase):
    def test_number_of_arguments(self):
        for arguments in [
            "request",
            "request, env",
            "request, env, ctx",
            "*args",
            "request, env=None",
        ]:
            with self.subTest(arguments=arguments):
                self.load(f"def on_fetch({arguments}): return 'ok'")
                self.assertEqual(self.text(), "ok")

    def test_callables_that_are_no_functions(self):
        self.load("""
import functools
class App:
    def __call__(self, request, env): return env.NAME
    def method(self, request): return request.method
    async def later(self, request): return "later"
def decorated(f):
    @functools.wraps(f)
    def inner(*args, **kwargs): return f(*args, **kwargs)
    return inner
@decorated
def wrapped(request, env): return "wrapped"
def partial(prefix, request): return prefix + request.path
handlers = [App(), App().method, App().later, wrapped, functools.partial(partial, "p")]
on_fetch = None
""")
        import sys

        from pymode import _entry

        self.env = {"NAME": "n"}
        module = sys.modules["main"]
        answers = []
        for handler in module.handlers:
            _entry._loaded = None
            module.on_fetch = handler
            answers.append(self.text())
        self.assertEqual(answers, ["n", "GET", "later", "wrapped", "p/"])

    def test_results(self):
        cases = {
            "'text'": (b"text", "text/plain; charset=utf-8"),
            "b'\\0\\xff'": (b"\0\xff", "application/octet-stream"),
            "bytearray(b'x')": (b"x", "application/octet-stream"),
            "{'a': 'ä'}": ('{"a":"ä"}'.encode(), "application/json"),
            "[1, None]": (b"[1,null]", "application/json"),
            "{'a': chr(0xd800)}": (b'{"a":"\\ud800"}', "application/json"),
            "Response.json('x')": (b'"x"', "application/json"),
            "Response.html('<p>')": (b"<p>", "text/html; charset=utf-8"),
            "Response('x', headers={'X-A': '1'})": (b"x", "text/plain; charset=utf-8"),
            "Response({}, headers={'Content-Type': 'a/b'})": (b"{}", "a/b"),
            "Response.json([], headers={'content-type': 'a/b'})": (b"[]", "a/b"),
        }
        for kind in ["def", "async def"]:
            for result, (content, content_type) in cases.items():
                with self.subTest(kind=kind, result=result):
                    self.load(
                        "from pymode.workers import Response\n"
                        f"{kind} on_fetch(request): return {result}"
                    )
                    exchange = self.ask()
                    self.assertEqual((exchange.status, exchange.content), (200, content))
                    self.assertEqual(dict(exchange.headers)["content-type"], content_type)

    def test_results_of_a_wrong_type(self):
        for result, words in {
            "None": "on_fetch returned None; return a Response, str, bytes, dict or list",
            "5": "on_fetch returned int; return a Response",
            "object()": "on_fetch returned object; return a Response",
            "('a', 201)": "return Response(body, status, headers) instead of a tuple",
            "(x for x in 'ab')": "return Response(iterator)",
        }.items():
            for kind in ["def", "async def"]:
                with self.subTest(result=result, kind=kind):
                    _pymode.logs.clear()
                    self.load(f"{kind} on_fetch(request): return {result}")
                    self.assertEqual(self.ask().status, 500)
                    self.assertIn(words, self.log_text())

    def test_several_cookies_and_redirect(self):
        self.load("""
from pymode.workers import Response
def on_fetch(request):
    r = Response.redirect("/käse", 303)
    r.headers.append("Set-Cookie", "a=1")
    r.headers.append("Set-Cookie", "b=2")
    return r
""")
        exchange = self.ask()
        self.assertEqual(exchange.status, 303)
        self.assertEqual(
            exchange.headers,
            [("location", "/k%C3%A4se"), ("set-cookie", "a=1"), ("set-cookie", "b=2")],
        )

    def test_bad_responses_are_refused_when_made(self):
        from pymode.workers import Response

        for make, error in [
            (lambda: Response("x", 99), ValueError),
            (lambda: Response("x", 600), ValueError),
            (lambda: Response("x", "200"), TypeError),
            (lambda: Response("x", 204), ValueError),
            (lambda: Response(iter("x"), 304), ValueError),
            (lambda: Response(("x", 200)), TypeError),
            (lambda: Response(5), TypeError),
            (lambda: Response({"a": float("nan")}), ValueError),
            (lambda: Response.redirect("/", 200), ValueError),
        ]:
            with self.assertRaises(error):
                make()
        self.assertEqual(Response(status=204).headers.items(), [])
        self.assertEqual(Response(None, 304).headers.items(), [])


class RequestTest(ServeCase):
    def test_fields(self):
        self.load("""
def on_fetch(r):
    return [r.method, r.url, r.path, r.raw_path, r.query.items(), r.headers.get_all("x-a")]
""")
        for url, path, raw, query in [
            (
                "https://x.test/caf%C3%A9/b?a=1&a=2#f?c",
                "/café/b",
                "/caf%C3%A9/b",
                [["a", "1"], ["a", "2"]],
            ),
            ("https://x.test", "/", "/", []),
            ("https://x.test?a=1", "/", "/", [["a", "1"]]),
            ("https://x.test/?u=http://y/z", "/", "/", [["u", "http://y/z"]]),
            ("http://x.test:80/a", "/a", "/a", []),
        ]:
            with self.subTest(url=url):
                answer = json.loads(self.text(url, headers=[("X-A", "1"), ("x-a", "2")]))
                self.assertEqual(answer, ["GET", url, path, raw, query, ["1", "2"]])

    def test_bodies(self):
        self.load("def on_fetch(r): return [r.text(), r.text(), r.bytes().hex(), r.json()]")
        answer = json.loads(self.text(method="POST", body=b'{"a":1}'))
        self.assertEqual(answer, ['{"a":1}', '{"a":1}', b'{"a":1}'.hex(), {"a": 1}])

    def test_every_byte(self):
        self.load("def on_fetch(r): return r.bytes()")
        body = bytes(range(256)) * 16
        self.assertEqual(self.ask(body=body).content, body)

    def test_charset(self):
        self.load("def on_fetch(r): return r.text()")
        headers = [("content-type", 'text/plain; x=y; charset="latin-1"')]
        self.assertEqual(self.text(body=b"\xe4", headers=headers), "ä")

    def test_unusable_bodies_are_400(self):
        for call, headers, body, words in [
            ("json", [], b"{broken", b"not valid JSON"),
            ("json", [], b"", b"not valid JSON"),
            ("json", [], b"\xff\xfe\xfd", b"not valid JSON"),
            ("json", [], b"[" * 200_000, b"nested too deeply"),
            ("text", [], b"\xff", b"not valid utf-8"),
            ("text", [("content-type", "text/plain; charset=nope")], b"x", b"unknown charset"),
            ("bytes", [], _pymode.JsError("Error", "connection lost"), b"connection lost"),
        ]:
            with self.subTest(call=call, words=words):
                _pymode.logs.clear()
                self.load(f"def on_fetch(r): return [r.{call}()]")
                exchange = self.ask(body=body, headers=headers)
                self.assertEqual(exchange.status, 400)
                self.assertIn(words, exchange.content)
                self.assertEqual(_pymode.logs[0][0], 3)

    def test_caught_bad_request_is_a_value_error(self):
        self.load("""
def on_fetch(r):
    try: return r.json()
    except ValueError as e: return "caught"
""")
        self.assertEqual(self.text(body=b"{"), "caught")


class EnvironmentTest(ServeCase):
    def test_os_environ_is_set_before_the_program(self):
        self.env = {"PYMODE_TEST_VAR": "v", "PYMODE_DEV": "0", "OBJECT": {"a": [1]}}
        self.load(
            "def on_fetch(r, env): import os; return [os.environ['PYMODE_TEST_VAR'], env.OBJECT]"
        )
        self.assertEqual(json.loads(self.text()), ["v", {"a": [1]}])

    def test_context_variables_are_fresh(self):
        self.load("""
from contextvars import ContextVar
v = ContextVar("v", default="fresh")
def on_fetch(r):
    before = v.get()
    v.set("used")
    return before
""")
        self.assertEqual([self.text(), self.text()], ["fresh", "fresh"])

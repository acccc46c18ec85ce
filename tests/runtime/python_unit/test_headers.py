# SPDX-License-Identifier: MIT
import unittest

import support  # noqa: F401
from pymode._percent import decode, decode_form, encode_url
from pymode.workers import Headers, Query


class HeadersTest(unittest.TestCase):
    def test_names_have_no_case_and_repeat(self):
        headers = Headers([("Set-Cookie", "a=1"), ("X-Id", "7"), ("set-cookie", "b=2")])
        self.assertEqual(headers["SET-COOKIE"], "a=1")
        self.assertEqual(headers.get_all("set-cookie"), ["a=1", "b=2"])
        self.assertEqual(list(headers), ["set-cookie", "x-id"])
        self.assertEqual(headers.get("missing"), None)
        self.assertEqual(headers.get("missing", "x"), "x")
        self.assertEqual(dict(headers), {"set-cookie": "a=1", "x-id": "7"})
        with self.assertRaises(KeyError):
            headers["missing"]

    def test_set_replaces_and_append_keeps(self):
        headers = Headers({"A": "1"})
        headers.append("a", "2")
        headers["a"] = "3"
        self.assertEqual(headers.items(), [("a", "3")])
        self.assertEqual(headers.setdefault("a", "9"), "3")
        del headers["A"]
        self.assertNotIn("a", headers)
        with self.assertRaises(KeyError):
            del headers["a"]

    def test_copies_do_not_share(self):
        first = Headers({"a": "1"})
        second = Headers(first)
        second.append("b", "2")
        self.assertEqual(len(first), 1)
        self.assertNotEqual(first, second)

    def test_integers_become_text(self):
        self.assertEqual(Headers({"content-length": 5})["content-length"], "5")

    def test_what_could_split_a_response_is_refused(self):
        for name, value in [
            ("a", "x\r\nset-cookie: y"),
            ("a", "x\ny"),
            ("a", "x\0"),
            ("a b", "x"),
            ("", "x"),
            ("a:", "x"),
            ("ä", "x"),
            ("a", "\u20ac"),
            ("a\r", "x"),
        ]:
            with self.subTest(name=name, value=value), self.assertRaises(ValueError):
                Headers([(name, value)])

    def test_wrong_types_are_refused(self):
        for init in ["text", ["ab"], [("a",)], {"a": None}, {"a": True}, {1: "x"}, {"a": b"x"}]:
            with self.subTest(init=init), self.assertRaises(TypeError):
                Headers(init)


class QueryTest(unittest.TestCase):
    def test_values(self):
        query = Query("tag=a&tag=b%20c&empty=&flag&q=1+2%2B3&%C3%A4=%C3%B6&&x=a=b")
        self.assertEqual(query.get("tag"), "a")
        self.assertEqual(query.get_all("tag"), ["a", "b c"])
        self.assertEqual(query["empty"], "")
        self.assertEqual(query["flag"], "")
        self.assertEqual(query["q"], "1 2+3")
        self.assertEqual(query["ä"], "ö")
        self.assertEqual(query["x"], "a=b")
        self.assertEqual(len(query), 6)
        self.assertIn("tag", query)
        self.assertNotIn("nothing", query)
        self.assertEqual(query.get("nothing", "d"), "d")
        self.assertEqual(dict(query)["tag"], "a")
        self.assertEqual(len(query.items()), 7)
        with self.assertRaises(KeyError):
            query["nothing"]

    def test_agrees_with_urllib(self):
        from urllib.parse import parse_qsl, unquote

        for text in ["a=%zz&b=%4", "%41=%", "a=%e4", "a=%F0%9F%98%80", "a=%25+%2b", "=x", "a"]:
            with self.subTest(text=text):
                pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
                self.assertEqual(Query(text).items(), pairs)
                self.assertEqual(decode(text), unquote(text))
        self.assertEqual(decode_form("a+b"), "a b")

    def test_encoding_of_urls(self):
        self.assertEqual(encode_url("/a b?x=ä&y=%20#z"), "/a%20b?x=%C3%A4&y=%20#z")
        self.assertEqual(encode_url("https://x.test/?a=b"), "https://x.test/?a=b")
        self.assertEqual(encode_url("/\r\nset-cookie: a"), "/%0D%0Aset-cookie:%20a")

# SPDX-License-Identifier: MIT
import json
import unittest

import _pymode
from fake_kv import namespace, stream
from pymode.workers import ByteStream, Env, KVNamespace
from support import ServeCase


class KVTest(ServeCase):
    def setUp(self):
        super().setUp()
        self.stored, js = namespace()
        self.kv = Env(_pymode.JsObject({"ITEMS": js})).ITEMS

    def test_kind(self):
        self.assertIsInstance(self.kv, KVNamespace)
        self.assertEqual(repr(self.kv), "<KVNamespace ITEMS>")

    def test_values(self):
        self.kv.put("t", "text ä")
        self.kv.put("b", bytes(range(256)))
        self.kv.put("j", {"a": [1, "ä"]})
        self.assertEqual(self.kv.get("t"), "text ä")
        self.assertEqual(self.kv.get("b", "bytes"), bytes(range(256)))
        self.assertEqual(self.kv.get("j", type="json"), {"a": [1, "ä"]})
        self.assertEqual(self.kv.get("j"), '{"a":[1,"ä"]}')
        self.assertEqual(b"".join(self.kv.get("b", "stream")), bytes(range(256)))
        for kind in ["text", "json", "bytes", "stream"]:
            self.assertIsNone(self.kv.get("missing", kind))
        self.kv.delete("t")
        self.kv.delete("t")
        self.assertIsNone(self.kv.get("t"))

    def test_options(self):
        self.kv.put("a", "1", expiration_ttl=60, metadata={"n": [None]})
        self.assertEqual(self.stored["a"][1], {"expirationTtl": 60, "metadata": {"n": [None]}})
        self.kv.put("b", "2", expiration=99)
        self.assertEqual(self.stored["b"][1], {"expiration": 99})
        self.kv.put("c", "3")
        self.assertIsNone(self.stored["c"][1])
        entry = self.kv.get_with_metadata("a")
        self.assertEqual((entry.value, entry.metadata), ("1", {"n": [None]}))
        entry = self.kv.get_with_metadata("nothing")
        self.assertEqual((entry.value, entry.metadata), (None, None))

    def test_listing(self):
        for i in range(5):
            self.kv.put(f"k{i}", "x", expiration=i, metadata=i)
        self.kv.put("other", "x")
        page = self.kv.list(prefix="k", limit=3)
        self.assertEqual(
            [(k.name, k.expiration, k.metadata) for k in page], [(f"k{i}", i, i) for i in range(3)]
        )
        self.assertEqual((page.complete, len(page)), (False, 3))
        page = self.kv.list(prefix="k", limit=3, cursor=page.cursor)
        self.assertEqual(
            ([k.name for k in page], page.complete, page.cursor), (["k3", "k4"], True, None)
        )

    def test_misuse(self):
        for call, error in [
            (lambda: self.kv.get("a", "xml"), ValueError),
            (lambda: self.kv.get(5), TypeError),
            (lambda: self.kv.put("a", 5), TypeError),
            (lambda: self.kv.put("a", None), TypeError),
            (lambda: self.kv.put("a", "x", metadata={1j}), TypeError),
        ]:
            with self.assertRaises(error):
                call()

    def test_stream_ends_and_closes(self):
        made = ByteStream(_pymode.JsObject(stream([b"a", "b"])))
        self.assertEqual(next(made), b"a")
        made.close()
        made.close()
        self.assertEqual(list(made), [])

    def test_in_a_coroutine(self):
        _, js = namespace()
        self.env = {"ITEMS": js}
        self.load("""
import asyncio
async def on_fetch(r, env):
    env.ITEMS.put("k", "v")
    pieces = [p async for p in env.ITEMS.get("k", "stream")]
    many = await asyncio.gather(*(asyncio.to_thread(env.ITEMS.get, "k") for _ in range(9)))
    return [b"".join(pieces).decode(), many]
""")
        self.assertEqual(json.loads(self.text()), ["v", ["v"] * 9])


class EnvTest(unittest.TestCase):
    def setUp(self):
        other = _pymode.JsObject({}, "R2Bucket")
        self.env = Env(
            _pymode.JsObject(
                {
                    "TEXT": "t",
                    "JSON": {"a": 1},
                    "LIST": [1],
                    "NUMBER": 5,
                    "OTHER": other,
                    "PYMODE_DEV": "1",
                    "get2": "x",
                }
            )
        )

    def test_access(self):
        env = self.env
        self.assertEqual((env.TEXT, env["TEXT"], env.get("TEXT")), ("t", "t", "t"))
        self.assertEqual((env.JSON, env.LIST, env.NUMBER), ({"a": 1}, [1], 5))
        self.assertIs(env.JSON, env.JSON)
        self.assertIsInstance(env.OTHER, _pymode.JsObject)
        self.assertEqual((env.get("NO"), env.get("NO", 1)), (None, 1))
        self.assertIn("TEXT", env)
        self.assertNotIn("NO", env)
        with self.assertRaises(KeyError):
            env["NO"]
        with self.assertRaisesRegex(AttributeError, "env has no 'NO'; it has JSON, LIST"):
            env.NO
        with self.assertRaises(AttributeError):
            env.__nothing__

    def test_names_but_no_values_are_shown(self):
        self.assertNotIn("PYMODE_DEV", list(self.env))
        self.assertIn("TEXT", dir(self.env))
        self.assertEqual(repr(self.env), "<Env TEXT JSON LIST NUMBER OTHER get2>")
        with self.assertRaisesRegex(AttributeError, "no variables and no bindings"):
            Env(_pymode.JsObject({})).X

# SPDX-License-Identifier: MIT
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import _pymode
from pymode import _entry
from support import ServeCase


class FailureTest(ServeCase):
    def failing(self, source, status=500):
        self.load(source)
        exchange = self.ask("https://x.test/path?secret=1")
        self.assertEqual(exchange.status, status)
        return exchange.content.decode()

    def test_page_and_log_share_an_id(self):
        for kind in ["def", "async def"]:
            with self.subTest(kind=kind):
                _pymode.logs.clear()
                self.check_page_and_log(kind)

    def check_page_and_log(self, kind):
        page = self.failing(f"{kind} on_fetch(r):\n    raise ValueError('private words')")
        match = re.fullmatch(r"Internal Server Error\n\nerror id: ([0-9a-f]{12})\n", page)
        self.assertTrue(match, page)
        log = self.log_text()
        self.assertIn(f"error {match[1]} GET /path\n", log)
        self.assertIn("ValueError: private words", log)
        self.assertIn('File "/app/main.py", line 2, in on_fetch', log)
        self.assertNotIn("_serve.py", log)
        self.assertNotIn("asyncio", log)
        self.assertNotIn("secret", log)

    def test_dev_shows_the_traceback(self):
        self.env = {"PYMODE_DEV": "1"}
        page = self.failing("def on_fetch(r):\n    raise ValueError('words')")
        self.assertIn('File "/app/main.py", line 2, in on_fetch', page)
        self.assertIn("ValueError: words", page)

    def test_every_kind_of_exception(self):
        for raised in [
            "SystemExit(3)",
            "KeyboardInterrupt",
            "GeneratorExit",
            "StopIteration",
            "BaseException",
        ]:
            for kind in ["def", "async def"]:
                with self.subTest(raised=raised, kind=kind):
                    _pymode.logs.clear()
                    self.failing(f"{kind} on_fetch(r): raise {raised}")
                    self.assertIn(raised.partition("(")[0], self.log_text())

    def test_memory_error_is_503(self):
        page = self.failing("def on_fetch(r): x = [0]; raise MemoryError", 503)
        self.assertTrue(page.startswith("Service Unavailable\n"))

    def test_recursion(self):
        self.failing("def f(): f()\ndef on_fetch(r): f()")
        self.assertIn("RecursionError", self.log_text())

    def test_exception_with_broken_text(self):
        self.failing(
            "class E(Exception):\n  def __str__(self): raise KeyError\ndef on_fetch(r): raise E"
        )
        self.assertIn("E", self.log_text())

    def test_a_module_that_hides_one_of_the_library(self):
        with mock.patch.dict(sys.modules, {"traceback": None}):
            self.failing("def on_fetch(r):\n  return 1 / 0")
        log = self.log_text()
        self.assertIn('File "/app/main.py", line 2, in on_fetch', log)
        self.assertIn("ZeroDivisionError (its traceback raised ModuleNotFoundError)", log)

    def test_messages_that_are_not_utf_8(self):
        self.failing("def on_fetch(r): raise ValueError('\\udcff')")
        self.assertIn("ValueError: \\udcff", self.log_text())

    def test_awaiting_a_plain_value_is_explained(self):
        self.failing("async def on_fetch(r): await r.text()")
        self.assertIn("leave out `await`", self.log_text())

    def test_no_handler(self):
        self.failing("def handler(r): pass")
        self.assertIn(
            "module 'main' has no on_fetch; define `def on_fetch(request, env):`", self.log_text()
        )
        self.failing("on_fetch = 5")
        self.assertIn("on_fetch in module 'main' is a int, not a function", self.log_text())

    def test_import_errors_are_reported_by_every_request(self):
        with tempfile.TemporaryDirectory() as folder:
            sys.path.insert(0, folder)
            self.addCleanup(sys.path.remove, folder)
            Path(folder, "broken_main.py").write_text("import nothing_like_this\n")
            _entry._loaded = None
            _pymode.entry_name[0] = "broken_main"
            for _ in range(2):
                _pymode.logs.clear()
                self.assertEqual(self.ask().status, 500)
                self.assertIn('broken_main.py", line 1', self.log_text())
                self.assertIn("No module named 'nothing_like_this'", self.log_text())
                self.assertNotIn("importlib", self.log_text())

    def test_answer_refused_by_the_host(self):
        self.load("def on_fetch(r): return 'x'")
        exchange = self.ask(status=200)
        self.assertIn("already answered", self.log_text())
        self.assertFalse(exchange.ended)

    def test_unknown_binding_names_the_others(self):
        self.env = {"ITEMS": "x", "PYMODE_DEV": "0"}
        self.failing("def on_fetch(r, env): env.ITEM")
        self.assertIn("env has no 'ITEM'; it has ITEMS", self.log_text())


class MissingModuleTest(unittest.TestCase):
    def test_reason_on_import_only(self):
        import importlib.util

        from pymode import _missing

        _missing.REASONS["_no_such_part"] = "there are no parts"
        self.addCleanup(_missing.REASONS.pop, "_no_such_part")
        with self.assertRaisesRegex(
            ModuleNotFoundError, "not available in a Worker: there are no parts"
        ):
            import _no_such_part  # noqa: F401
        self.assertIsNone(importlib.util.find_spec("_no_such_part"))
        with self.assertRaisesRegex(ModuleNotFoundError, "No module named '_other_part'$"):
            import _other_part  # noqa: F401

    def test_left_out_module_tells_how_to_get_it(self):
        from pymode import _missing

        _missing.OPTIONAL.add("_fat_part")
        self.addCleanup(_missing.OPTIONAL.remove, "_fat_part")
        with self.assertRaisesRegex(
            ModuleNotFoundError, r'left out .*stdlib-modules = \["_fat_part"\]'
        ):
            import _fat_part  # noqa: F401

# SPDX-License-Identifier: MIT
"""Puts the packages and the stand-in for `_pymode` on the path, and serves requests with them."""

import sys
import types
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(HERE / "fake"), str(ROOT / "runtime" / "python")]

import _pymode
from pymode import _entry, _serve


class ServeCase(unittest.TestCase):
    """Serves requests with a handler given as source text."""

    def setUp(self):
        _pymode.logs.clear()
        self.env = {}

    def load(self, source, name="main"):
        """Makes the source the Worker's main module."""
        _entry._loaded = None
        _entry._environment_set = False
        _pymode.entry_name[0] = name
        module = types.ModuleType(name)
        module.__file__ = f"/app/{name}.py"
        exec(compile(source, module.__file__, "exec"), module.__dict__)
        sys.modules[name] = module
        self.addCleanup(sys.modules.pop, name, None)
        return module

    def ask(self, url="https://x.test/", method="GET", headers=(), body=b"", **attributes):
        exchange = _pymode.Exchange(method, url, headers, body)
        for name, value in attributes.items():
            setattr(exchange, name, value)
        env = _pymode.JsObject(self.env)
        _serve.handle(exchange.req, env, _pymode.JsObject({}))
        return exchange

    def text(self, *args, **kwargs):
        exchange = self.ask(*args, **kwargs)
        self.assertEqual(exchange.status, 200, (exchange.content, _pymode.logs))
        self.assertTrue(exchange.ended)
        return exchange.content.decode()

    def log_text(self):
        return "\n".join(text for _, text in _pymode.logs)

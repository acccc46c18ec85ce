# SPDX-License-Identifier: MIT
"""The import of the main module: what comes out must be as if the import system had done it."""

import importlib
import py_compile
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import support  # noqa: F401  the path to pymode
from pymode import _entry


class ImportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        before = set(sys.modules)
        self.addCleanup(lambda: [sys.modules.pop(n) for n in set(sys.modules) - before])
        patched = mock.patch.object(sys, "path", [str(self.root), *sys.path])
        patched.start()
        self.addCleanup(patched.stop)

    def write(self, name, text=""):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        importlib.invalidate_caches()
        return path

    def described(self, module):
        spec = module.__spec__
        parents = [sys.modules[p] for p in self.parents(module.__name__)]
        return {
            "name": module.__name__,
            "package": module.__package__,
            "file": module.__file__,
            "cached": spec.cached,
            "loader": [type(module.__loader__), module.__loader__ is spec.loader],
            "origin": [spec.origin, spec.has_location, spec.submodule_search_locations],
            "parents": [(p.__name__, list(p.__path__), type(p.__spec__.loader)) for p in parents],
            "files of parents": [getattr(p, "__file__", None) for p in parents],
        }

    @staticmethod
    def parents(name):
        parts = name.split(".")
        return [".".join(parts[:end]) for end in range(1, len(parts))]

    def forget(self, name):
        for module in [name, *self.parents(name)]:
            sys.modules.pop(module, None)

    def test_the_same_as_an_import(self):
        self.write("top.py", "VALUE = 1")
        self.write("one/main.py", "VALUE = 1")
        self.write("one/two/main.py", "VALUE = 1")
        self.write("package/__init__.py", "MARK = True")
        self.write("package/inner/main.py", "VALUE = 1")
        for name in ("top", "one.main", "one.two.main", "package.inner.main"):
            with self.subTest(name):
                wanted = self.described(importlib.import_module(name))
                self.forget(name)
                module = _entry._import(name)
                self.assertEqual(module.VALUE, 1)
                self.assertEqual(self.described(module), wanted)
                self.assertIs(importlib.import_module(name), module)
                for parent in self.parents(name):
                    child = name[len(parent) + 1 :].partition(".")[0]
                    self.assertIs(
                        getattr(sys.modules[parent], child), sys.modules[f"{parent}.{child}"]
                    )

    def test_siblings_are_found(self):
        self.write("src/helper.py", "VALUE = 2")
        self.write("src/main.py", "from src.helper import VALUE\nfrom . import helper")
        self.assertEqual(_entry._import("src.main").VALUE, 2)

    def test_a_failure_leaves_nothing_behind(self):
        path = self.write("src/main.py", "raise ValueError('first')")
        with self.assertRaisesRegex(ValueError, "first"):
            _entry._import("src.main")
        self.assertNotIn("src.main", sys.modules)
        path.write_text("VALUE = 3")
        self.assertEqual(_entry._import("src.main").VALUE, 3)

    def test_what_does_not_exist(self):
        for name in ("src.main", "nothing"):
            with self.subTest(name), self.assertRaises(ModuleNotFoundError):
                _entry._import(name)

    def test_compiled_code_is_used(self):
        path = self.write("src/main.py", "VALUE = 4")
        code = compile("VALUE = 5", str(path), "exec")
        with mock.patch.object(_entry._pymode, "load_code", return_value=code) as load:
            self.assertEqual(_entry._import("src.main").VALUE, 5)
        load.assert_called_once_with(importlib.util.cache_from_source(str(path)))

    def test_without_compiled_code_the_source_is(self):
        path = self.write("src/main.py", "VALUE = 6")
        py_compile.compile(str(path))
        self.assertEqual(_entry._import("src.main").VALUE, 6)

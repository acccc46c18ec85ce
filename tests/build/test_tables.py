# SPDX-License-Identifier: MIT
"""The tables of modules and exports, and the wasm reader that checks the linker's work."""

from __future__ import annotations

import re
import tempfile
import unittest
import zipfile
from pathlib import Path

from runtime.build import image, manifest, modules, wasm
from runtime.build.context import REPOSITORY, BuildError
from runtime.build.link import export_names

SMALL = """core=["a"]
[side.b]
sources=["b.c"]
[missing]
c="because"
"d.e"="because"
[left-out]
globs=["x/**", "**/tests/**"]
"""


class ModuleTableTest(unittest.TestCase):
    def test_real_table(self) -> None:
        table = modules.load_modules()
        self.assertIn("zlib", table.core)
        self.assertIn("_sqlite3", [module.name for module in table.side])
        self.assertIn("_hashlib", table.not_in_core())

    def test_left_out(self) -> None:
        table = modules.parse_modules(SMALL)
        cases = {
            "a.py": False,
            "x/y.py": True,
            "c.py": True,
            "c/d.py": True,
            "json/tests/t.py": True,
            "tests/t.py": True,
            "cc.py": False,
            "d/e.py": True,
            "d/f.py": False,
        }
        self.assertEqual(table.not_in_core(), ["b", "c"])
        for path, expected in cases.items():
            with self.subTest(path):
                self.assertIs(table.is_left_out(path), expected)

    def test_bad_tables(self) -> None:
        cases = {
            "twice": SMALL.replace("[side.b]", "[side.a]"),
            "no reason": SMALL.replace("because", " "),
            "unknown key": SMALL.replace("sources=", "libs=[]\nsources="),
            "no core": SMALL.removeprefix('core=["a"]'),
            "not a name": SMALL.replace('["a"]', '["a-b"]'),
            "not TOML": "core=[",
        }
        for title, text in cases.items():
            with self.subTest(title), self.assertRaises(BuildError):
                modules.parse_modules(text)

    def test_generated_reasons_are_python(self) -> None:
        names: dict[str, object] = {}
        text = SMALL.replace("[side.b]", '[side.b]\nwords=["w"]')
        exec(modules.reasons_module(modules.parse_modules(text)), names)
        self.assertEqual(names["REASONS"], {"c": "because", "d.e": "because"})
        self.assertEqual(names["OPTIONAL"], {"b"})
        # A set display without members would be a dict.
        exec(modules.reasons_module(modules.parse_modules(SMALL)), names)
        self.assertEqual(names["OPTIONAL"], set())

    def test_words_are_documented(self) -> None:
        page = (REPOSITORY / "docs" / "stdlib.md").read_text(encoding="utf-8")
        section = page.split("## Compiled modules that a bundle may not have")[1]
        documented = {}
        for row in section.splitlines():
            if row.startswith("| `"):
                names, words = (re.findall("`([^`]+)`", cell) for cell in row.split("|")[1:3])
                documented |= {name: tuple(words) for name in names}
        side = modules.load_modules().side
        self.assertEqual(documented, {module.name: module.words for module in side if module.words})


class ExportListTest(unittest.TestCase):
    def test_real_list(self) -> None:
        names = export_names(REPOSITORY / "runtime" / "interpreter" / "exports.txt")
        self.assertLessEqual({"malloc", "memcpy", "strtod"}, set(names))

    def test_bad_lists(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "exports.txt"
            for text in ("a b\na\n", "a -b\n"):
                path.write_text(text, encoding="utf-8")
                with self.subTest(text), self.assertRaises(BuildError):
                    export_names(path)


class WasmTest(unittest.TestCase):
    @staticmethod
    def module(*sections: tuple[int, bytes]) -> bytes:
        return b"\0asm\1\0\0\0" + b"".join(
            bytes([number, len(body)]) + body for number, body in sections
        )

    def test_sections(self) -> None:
        dylink = (0, b"\x08dylink.0\x01\x04\x90\x01\x02\x00")
        imports = (2, b"\x02\x03env\x01f\x00\x00\x07GOT.mem\x01d\x03\x7f\x01")
        exports = (7, b"\x01\x01g\x00\x01")
        parsed = wasm.read_module(self.module(dylink, imports, exports))
        self.assertEqual(parsed.imports, [("env", "f", "function"), ("GOT.mem", "d", "global")])
        self.assertEqual(parsed.exports, {"g": "function"})
        self.assertEqual((parsed.is_side_module, parsed.memory_size), (True, 144))

    def test_damage_is_an_error(self) -> None:
        good = self.module((7, b"\x01\x01g\x00\x01"))
        for data in (
            b"",
            b"\0asm\2\0\0\0",
            good[:-1],
            self.module((7, b"\x02\x01g\x00\x01")),
            self.module((7, b"\x01\xff\xff")),
        ):
            with self.subTest(data), self.assertRaises(BuildError):
                wasm.read_module(data)


class ImageTest(unittest.TestCase):
    def test_archive_does_not_depend_on_times_and_order(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            archives = []
            for order in (("a", "b/c"), ("b/c", "a")):
                root = Path(folder) / order[0].replace("/", "-")
                for name in order:
                    path = root / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(name, encoding="utf-8")
                target = root.with_suffix(".zip")
                image.pack_with_zipfile(root, target)
                archives.append(target.read_bytes())
                with zipfile.ZipFile(target) as archive:
                    self.assertEqual(archive.namelist(), ["a", "b/c"])
            self.assertEqual(archives[0], archives[1])


class ManifestTest(unittest.TestCase):
    def test_version_follows_what_is_shipped(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder)
            for name in ("python.wasm", "python-core.wasm", "stdlib.zip", "host.js"):
                (output / name).write_text(name, encoding="utf-8")
            first = manifest.make_manifest(output, "3.13.5", [], {})
            self.assertEqual(manifest.make_manifest(output, "3.13.5", [], first), first)
            (output / "python-core.wasm").write_text("not shipped", encoding="utf-8")
            second = manifest.make_manifest(output, "3.13.5", [], first)
            self.assertEqual(second["runtime_version"], first["runtime_version"])
            self.assertEqual(second["files"]["python-core.wasm"]["size"], len("not shipped"))
            (output / "host.js").write_text("changed", encoding="utf-8")
            third = manifest.make_manifest(output, "3.13.5", [], second)
            self.assertNotEqual(third["runtime_version"], first["runtime_version"])

    def test_words_of_side_modules(self) -> None:
        side = [
            modules.SideModule("a", (), (), (), (), ("x", "y")),
            modules.SideModule("b", (), (), (), ()),
        ]
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder)
            (output / "dynload").mkdir()
            for name in ("python.wasm", "python-core.wasm", "stdlib.zip", "host.js"):
                (output / name).write_text(name, encoding="utf-8")
            for module in side:
                (output / f"dynload/{module.name}.wasm").write_text("", encoding="utf-8")
            made = manifest.make_manifest(output, "3.13.5", side, {})
        self.assertEqual(sorted(made["side_modules"]), ["a", "b"])
        self.assertEqual(made["side_module_words"], {"a": ["x", "y"]})

    def test_unreadable_manifest_counts_as_none(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "manifest.json"
            self.assertEqual(manifest.read_manifest(path), {})
            for text in ("{", "[]", ""):
                path.write_text(text, encoding="utf-8")
                self.assertEqual(manifest.read_manifest(path), {})


class SizeTableTest(unittest.TestCase):
    def test_limits_are_judged(self) -> None:
        entry = {"size": 1, "gzip": 1, "sha256": ""}
        files = {
            "python-core.wasm": {"size": 5_700_001, "gzip": 1_850_000, "sha256": ""},
            "stdlib.zip": entry,
        }
        text = manifest.size_table({"python": "3.13.5", "runtime_version": "x", "files": files})
        self.assertIn("FAIL  python-core.wasm raw", text)
        self.assertIn("PASS  python-core.wasm gzip", text)


if __name__ == "__main__":
    unittest.main()

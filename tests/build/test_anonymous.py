# SPDX-License-Identifier: MIT
"""Nothing that is shipped names a folder of the machine that built it."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from runtime.build.anonymous import check_anonymous, copy_without_prefix, without_prefix
from runtime.build.context import BuildError, Context, Progress

TREE = Path("/cache/store/source-cpython-00ff")


class AnonymousTest(unittest.TestCase):
    def test_strings_are_renamed_in_place(self) -> None:
        for before, after in [
            (b"x\0/cache/store/source-cpython-00ff/Python/import.c\0y", b"cpython/Python/import.c"),
            (b"x\0/cache/store/source-cpython-00ff\0y", b"cpython"),
        ]:
            renamed = without_prefix(before, TREE)
            self.assertEqual(len(renamed), len(before))
            self.assertEqual(renamed.rstrip(b"y").rstrip(b"\0"), b"x\0" + after)
            self.assertTrue(renamed.endswith(b"\0y"))

    def test_everything_else_stays(self) -> None:
        for data in [
            b"/cache/store/source-cpython-00ffaa/x.c\0",  # another folder
            b"/cache/store/source-cpython-00ff/x.c",  # no string of C
            b"/cache/store/source-cpython\0",
            b"",
        ]:
            self.assertEqual(without_prefix(data, TREE), data)

    def test_a_path_that_is_too_short_is_an_error(self) -> None:
        with self.assertRaises(BuildError):
            without_prefix(b"", Path("/c"))

    def test_a_copy_is_written_once(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "a.a"), Path(folder, "out", "a.a")
            source.write_bytes(f"{TREE}/a.c\0".encode())
            copy_without_prefix(source, target, TREE)
            self.assertTrue(target.read_bytes().startswith(b"cpython/a.c\0\0"))
            written = target.stat().st_mtime_ns
            copy_without_prefix(source, target, TREE)
            self.assertEqual(target.stat().st_mtime_ns, written)

    def test_the_check_finds_what_is_left(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            context = Context(Path("/cache"), Path(folder), Progress(quiet=True))
            path = Path(folder, "python.wasm")
            path.write_bytes(b"cpython/a.c\0/cache2/b.c\0")
            check_anonymous(context, path)
            path.write_bytes(b"..\0/cache/work/b.c\0")
            with self.assertRaisesRegex(BuildError, "/cache/work/b.c$"):
                check_anonymous(context, path)


if __name__ == "__main__":
    unittest.main()

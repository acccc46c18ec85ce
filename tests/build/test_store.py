# SPDX-License-Identifier: MIT
"""Keys follow what a result depends on; a result is complete or absent."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from runtime.build import store
from runtime.build.context import BuildError, Context, Progress


class StoreTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.context = Context(self.root / "cache", self.root / "out", Progress(quiet=True))

    def test_built_once_for_a_key(self) -> None:
        built: list[str] = []

        def build(work: Path, result: Path) -> None:
            built.append("x")
            (result / "file").write_text("done", encoding="utf-8")

        first = store.ensure(self.context, "thing", store.digest(1), build)
        self.assertEqual(store.ensure(self.context, "thing", store.digest(1), build), first)
        self.assertEqual(len(built), 1)
        self.assertNotEqual(store.ensure(self.context, "thing", store.digest(2), build), first)
        self.assertEqual(len(built), 2)

    def test_failed_build_leaves_no_result_and_is_repeated(self) -> None:
        def fail(work: Path, result: Path) -> None:
            (result / "half").write_text("half", encoding="utf-8")
            raise BuildError("no")

        def succeed(work: Path, result: Path) -> None:
            self.assertEqual(list(result.iterdir()) + list(work.iterdir()), [])
            (result / "whole").write_text("whole", encoding="utf-8")

        key = store.digest("same")
        with self.assertRaises(BuildError):
            store.ensure(self.context, "thing", key, fail)
        self.assertFalse((self.context.cache / "store").exists())
        stored = store.ensure(self.context, "thing", key, succeed)
        self.assertEqual([path.name for path in stored.iterdir()], ["whole"])

    def test_tree_digest_sees_names_and_contents(self) -> None:
        tree = self.root / "tree"
        tree.mkdir()
        (tree / "a").write_text("1", encoding="utf-8")
        seen = {store.digest_tree(tree)}
        (tree / "a").write_text("2", encoding="utf-8")
        seen.add(store.digest_tree(tree))
        (tree / "a").rename(tree / "b")
        seen.add(store.digest_tree(tree))
        self.assertEqual(len(seen), 3)

    def test_recipe_digest_ignores_words_about_the_code(self) -> None:
        shape = store._code_shape
        self.assertEqual(
            shape('"""Doc."""\ndef f():\n    """More."""\n    return 1  # one\n'),
            shape("def f(): return 1"),
        )
        self.assertNotEqual(shape("def f(): return 1"), shape("def f(): return 2"))
        self.assertNotEqual(shape('FLAGS = ("-O2",)'), shape('FLAGS = ("-O3",)'))

    def test_equal_file_is_left_alone(self) -> None:
        source, target = self.root / "source", self.root / "sub" / "target"
        source.write_text("1", encoding="utf-8")
        store.copy_if_changed(source, target)
        before = target.stat().st_mtime_ns, target.stat().st_ino
        store.copy_if_changed(source, target)
        self.assertEqual((target.stat().st_mtime_ns, target.stat().st_ino), before)
        source.write_text("2", encoding="utf-8")
        store.copy_if_changed(source, target)
        self.assertEqual(target.read_text(encoding="utf-8"), "2")


if __name__ == "__main__":
    unittest.main()

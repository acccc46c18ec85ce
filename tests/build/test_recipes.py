# SPDX-License-Identifier: MIT
"""What the driver knows of recipes."""

from __future__ import annotations

import json
import tempfile
import unittest
import zipfile
from pathlib import Path

from runtime.build.context import REPOSITORY, BuildError
from runtime.build.recipes import (
    load_recipes,
    parse_recipe,
    wheelhouse_index,
    wheelhouse_licenses,
)
from runtime.build.sources import load_sources


class Recipes(unittest.TestCase):
    def test_every_recipe_is_pinned_and_finds_what_it_names(self) -> None:
        recipes = load_recipes(REPOSITORY / "recipes")
        sources = load_sources(REPOSITORY / "third_party")
        self.assertGreaterEqual(len(recipes), 8)
        for recipe in recipes:
            self.assertEqual(recipe.path.stem, recipe.name)
            self.assertRegex(recipe.archive.sha256, "^[0-9a-f]{64}$")
            self.assertIn(recipe.version, recipe.sdist)
            self.assertLessEqual(set(recipe.vendored), set(sources))

    def test_the_test_of_a_recipe_is_not_part_of_its_shape(self) -> None:
        path = REPOSITORY / "recipes" / "markupsafe.toml"
        with tempfile.TemporaryDirectory() as folder:
            changed = Path(folder) / path.name
            text = path.read_text(encoding="utf-8")
            changed.write_text(text.replace("def check():", "def check():  # again"), "utf-8")
            self.assertEqual(parse_recipe(changed).shape, parse_recipe(path).shape)
            self.assertNotEqual(parse_recipe(changed).test, parse_recipe(path).test)
            changed.write_text(text.replace("_speedups.c", "_other.c"), "utf-8")
            self.assertNotEqual(parse_recipe(changed).shape, parse_recipe(path).shape)

    def test_a_recipe_that_lacks_something_is_an_error(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.toml"
            path.write_text('name = "x"\n', encoding="utf-8")
            with self.assertRaisesRegex(BuildError, "recipes/x.toml"):
                parse_recipe(path)


class Wheelhouse(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.recipe = parse_recipe(REPOSITORY / "recipes" / "markupsafe.toml")
        entry = {"name": "markupsafe", "version": "3.0.4", "license": "MIT", "filename": "m.whl"}
        (self.folder / "wheel.json").write_text(json.dumps(entry), encoding="utf-8")

    def write_wheel(self, **members: str) -> None:
        with zipfile.ZipFile(self.folder / "m.whl", "w") as archive:
            for name, text in members.items():
                archive.writestr(f"m.dist-info/{name}", text)

    def test_the_index_has_the_test_of_the_recipe(self) -> None:
        index = json.loads(wheelhouse_index([self.folder], [self.recipe]))
        self.assertEqual(index["wheels"][0]["test"], self.recipe.test)

    def test_a_wheel_without_a_licence_is_refused(self) -> None:
        self.write_wheel(METADATA="x")
        with self.assertRaisesRegex(BuildError, "licence"):
            wheelhouse_licenses([self.folder])
        self.write_wheel(**{"licenses/LICENSE": "do as you like"})
        self.assertIn("do as you like", wheelhouse_licenses([self.folder]))


if __name__ == "__main__":
    unittest.main()

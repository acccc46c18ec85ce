# SPDX-License-Identifier: MIT
"""The wheelhouse: wheels of ``recipes/*.toml`` for the executable, and the headers with which its
users build their own.

The building itself is done by the program recipe-builder (core/toolchain/recipe_*.cpp), which is
the same code as ``pymode recipe build``. Here its inputs are fetched and its results cached.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .context import BuildError, Context, run
from .fetch import adopt, is_pinned
from .image import pack
from .link import check_side_modules, core_module
from .modules import ModuleTable
from .sources import Archive, Source
from .store import digest, digest_file, digest_recipe, digest_tree, ensure, remove_tree
from .unpack import source_tree
from .wasi import wasi_python
from .wasm import read_module
from .zig import zig_program, zig_toolchain

CLIENT = Path(__file__).with_name("sdist_client.py")
# What decides the bytes of a wheel, beside its recipe and sources.
BUILDER_SOURCES = ("toolchain/recipe*.*pp", "base/archive_writer.cpp", "base/tar.cpp")
RULE = "=" * 100


@dataclass(frozen=True)
class Recipe:
    """What the driver has to know of a recipe; recipe-builder checks the rest."""

    path: Path
    name: str
    version: str
    license: str
    sdist: str
    archive: Archive
    vendored: tuple[str, ...]
    cython: bool
    test: str
    # Everything but the test, which changes no wheel.
    shape: dict[str, Any]

    def vendored_parts(self, name: str) -> set[str]:
        """What lies at the top of the vendored source and is named: "src" of "@NAME/src/a.c"."""
        named = [*self.shape.get("license-files", ())]
        for module in self.shape["module"]:
            named += [*module["sources"], *module.get("include", ())]
        prefix = f"@{name}/"
        return {text[len(prefix) :].split("/")[0] for text in named if text.startswith(prefix)}


def load_recipes(folder: Path) -> list[Recipe]:
    return [parse_recipe(path) for path in sorted(folder.glob("*.toml"))]


def parse_recipe(path: Path) -> Recipe:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        sdist = table["sdist"]
        sources = [name for module in table["module"] for name in module["sources"]]
        return Recipe(
            path=path,
            name=table["name"],
            version=table["version"],
            license=table["license"],
            sdist=sdist["file"],
            archive=Archive(sdist["sha256"], int(sdist["size"]), (), None),
            vendored=tuple(table.get("vendored", ())),
            cython=any(name.endswith(".pyx") for name in sources),
            test=table["test"]["code"],
            shape={key: value for key, value in table.items() if key != "test"},
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BuildError(f"recipes/{path.name}: {error!r}") from error


def sdk(context: Context, sources: Mapping[str, Source], table: ModuleTable) -> Path:
    """A folder with CPython's headers in ``include`` and what the core exports in
    ``symbols.txt``.
    """
    wasi = wasi_python(context, sources, table)
    root = source_tree(context, sources["cpython"])
    core = core_module(context, sources, table)
    key = digest("sdk", wasi.name, root.name, core.parent.name, digest_recipe("recipes"))

    def build(work: Path, result: Path) -> None:
        shutil.copytree(root / "Include", result / "include")
        shutil.copy(wasi / "include" / "pyconfig.h", result / "include")
        names = sorted(read_module(core.read_bytes()).exports)
        (result / "symbols.txt").write_text("\n".join(names) + "\n", encoding="utf-8")

    return ensure(context, "sdk", key, build)


def sdk_archive(context: Context, folder: Path) -> Path:
    """The same as ``sdk.zip``."""
    builder = digest_file(context.bundler) if context.bundler else "zipfile"
    return (
        ensure(
            context,
            "sdk-archive",
            digest("sdk-archive", folder.name, builder),
            lambda work, result: pack(context, folder, result / "sdk.zip"),
        )
        / "sdk.zip"
    )


def vendored_archives(
    context: Context, sources: Mapping[str, Source], recipes: Sequence[Recipe]
) -> dict[str, Path]:
    """``NAME.zip`` for every source that recipes take files of: the parts that they name."""
    return {
        f"{name}.zip": _vendored_archive(context, sources[name], recipes)
        for name in sorted({name for recipe in recipes for name in recipe.vendored})
    }


def _vendored_archive(context: Context, source: Source, recipes: Sequence[Recipe]) -> Path:
    root = source_tree(context, source)
    parts = sorted({part for recipe in recipes for part in recipe.vendored_parts(source.name)})

    def build(work: Path, result: Path) -> None:
        staged = work / "staged"
        staged.mkdir()
        for part in parts:
            copy = shutil.copytree if (root / part).is_dir() else shutil.copy
            copy(root / part, staged / part)
        pack(context, staged, result / "sources.zip")

    builder = digest_file(context.bundler) if context.bundler else "zipfile"
    key = digest("vendored", root.name, parts, builder, digest_recipe("recipes"))
    return ensure(context, f"vendored-{source.name}", key, build) / "sources.zip"


def wheelhouse(
    context: Context,
    sources: Mapping[str, Source],
    table: ModuleTable,
    recipes: Sequence[Recipe],
    headers: Path,
) -> list[Path]:
    """A folder for every recipe: the wheel, wheel.json and the compiled modules."""
    core = core_module(context, sources, table)
    archives = fetch_sdists(context, recipes)
    folders = [
        _wheel(context, sources, recipe, archives[recipe.name], headers) for recipe in recipes
    ]
    for folder in folders:
        check_side_modules(core, {path.stem: path for path in (folder / "modules").glob("*.wasm")})
    return folders


def _wheel(
    context: Context,
    sources: Mapping[str, Source],
    recipe: Recipe,
    archive: Path,
    headers: Path,
) -> Path:
    if context.recipe_builder is None:
        raise BuildError("the wheelhouse needs --recipe-builder")
    builder = context.recipe_builder
    vendored = {name: source_tree(context, sources[name]) for name in recipe.vendored}
    cython = cython_program(context) if recipe.cython else None
    tools = zig_toolchain(context, context.cache / "work" / "zig-local-recipes")
    key = digest(
        "wheel",
        recipe.shape,
        tools.key,
        digest_tree(headers / "include"),
        {name: folder.name for name, folder in vendored.items()},
        digest_file(cython_requirements(context)) if recipe.cython else "",
        digest_tree(context.repository / "core", BUILDER_SOURCES),
        digest_recipe("recipes"),
    )

    def build(work: Path, result: Path) -> None:
        command: list[str | Path] = [builder, "--recipe", recipe.path, "--source", archive]
        command += ["--sdk", headers, "--zig", zig_program(context), "--output", result]
        command += ["--zig-cache", tools.env["ZIG_GLOBAL_CACHE_DIR"], "--jobs", str(context.jobs)]
        if cython is not None:
            command += ["--cython", cython]
        for name, folder in vendored.items():
            command += ["--vendored", f"{name}={folder}"]
        run(command)
        _extract_modules(result)

    return ensure(context, f"wheel-{recipe.name}", key, build)


def _extract_modules(folder: Path) -> None:
    """The compiled modules as files, so that they can be checked against another core."""
    (folder / "modules").mkdir()
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(".so"):
                    stem = name.split(".", 1)[0].replace("/", ".")
                    (folder / "modules" / f"{stem}.wasm").write_bytes(archive.read(name))


def wheelhouse_index(folders: Sequence[Path], recipes: Sequence[Recipe]) -> str:
    """``index.json``: one entry a wheel, sorted by name, with the test of its recipe."""
    tests = {recipe.name: recipe.test for recipe in recipes}
    entries = []
    for folder in folders:
        entry = json.loads((folder / "wheel.json").read_text(encoding="utf-8"))
        entries.append({**entry, "test": tests[entry["name"]]})
    return json.dumps({"wheels": entries}, indent=1) + "\n"


def wheelhouse_licenses(folders: Sequence[Path]) -> str:
    """The licences of everything in the wheels, for ``doctor --licenses``."""
    parts = []
    for folder in folders:
        entry = json.loads((folder / "wheel.json").read_text(encoding="utf-8"))
        title = f"{entry['name']} {entry['version']} ({entry['license']}), in the wheelhouse"
        with zipfile.ZipFile(folder / entry["filename"]) as archive:
            texts = [
                archive.read(name).decode("utf-8", "replace").strip()
                for name in sorted(archive.namelist())
                if ".dist-info/licenses/" in name
            ]
        if not texts:
            raise BuildError(f"the wheel of {entry['name']} carries no licence")
        parts.append(f"{RULE}\n{title}\n{RULE}\n\n" + "\n\n".join(texts) + "\n")
    return "\n".join(parts)


def cython_program(context: Context) -> Path:
    """The program cython of the pinned version, as a script of ours."""
    requirements = cython_requirements(context)

    def install(work: Path, result: Path) -> None:
        python = _environment(work)
        run(
            [
                *_pip(python),
                *("install", "-q", "--no-deps", "--only-binary", ":all:", "--require-hashes"),
                *("--target", result / "lib", "-r", requirements),
            ]
        )

    library = ensure(context, "cython", digest("cython", 1, digest_file(requirements)), install)

    def write_script(work: Path, result: Path) -> None:
        path = result / "cython"
        words = shlex.join(["env", f"PYTHONPATH={library / 'lib'}", sys.executable, "-m", "cython"])
        path.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
        path.chmod(0o755)

    key = digest("cython-script", str(library), sys.executable)
    return ensure(context, "cython-script", key, write_script) / "cython"


def cython_requirements(context: Context) -> Path:
    return context.repository / "recipes" / "requirements.txt"


def fetch_sdists(context: Context, recipes: Sequence[Recipe]) -> dict[str, Path]:
    """The source distribution of every recipe; those that are not cached come through pip."""
    folder = context.cache / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    # Under their own names: the recipe names the file, and errors are to name it too.
    paths = {recipe.name: folder / recipe.archive.sha256 for recipe in recipes}
    missing = [
        recipe
        for recipe in recipes
        if not (paths[recipe.name].is_file() and is_pinned(paths[recipe.name], recipe.archive))
    ]
    if missing:
        _download(context, missing, paths)
    return paths


def _download(context: Context, recipes: Sequence[Recipe], paths: Mapping[str, Path]) -> None:
    context.progress.say(f"recipes: {len(recipes)} source distributions through pip")
    work = context.cache / "work" / "sdists"
    remove_tree(work)
    work.mkdir(parents=True)
    try:
        python = _environment(work)
        wanted = [
            [recipe.name, recipe.sdist, str(work / recipe.sdist), recipe.archive.size]
            for recipe in recipes
        ]
        run([python, CLIENT], stdin=json.dumps(wanted))
        for recipe in recipes:
            adopt(work / recipe.sdist, recipe.archive, paths[recipe.name])
    finally:
        remove_tree(work)


def _environment(work: Path) -> Path:
    """The Python of a fresh environment with pip."""
    run([sys.executable, "-m", "venv", work / "venv"])
    return work / "venv" / "bin" / "python"


def _pip(python: Path) -> list[str | Path]:
    return [python, "-m", "pip", "--disable-pip-version-check", "--no-input"]

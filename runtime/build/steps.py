# SPDX-License-Identifier: MIT
"""The parts of the build by name, and how their results get into the output folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from .anonymous import check_anonymous, copy_without_prefix
from .context import BuildError, Context
from .host import host_module
from .image import image
from .licenses import license_texts
from .link import check_side_modules, core_module
from .manifest import make_manifest, read_manifest, size_table, write_manifest
from .modules import ModuleTable, load_modules
from .native import native_python, python_program
from .packed_side_module import packed_side_modules
from .recipes import (
    load_recipes,
    sdk,
    sdk_archive,
    vendored_archives,
    wheelhouse,
    wheelhouse_index,
    wheelhouse_licenses,
)
from .side_modules import side_modules
from .snapshot import snapshot
from .sources import Source, load_sources
from .store import copy_if_changed, write_if_changed
from .unpack import source_tree
from .wasi import wasi_python

Sources = dict[str, Source]

# What the executable carries of the output folder, beside dynload/.
SHIPPED = ("python.wasm", "stdlib.zip", "host.js", "licenses.txt")


def build(context: Context, only: str | None) -> None:
    """Builds one part, or all of them and then the manifest."""
    sources = load_sources(context.repository / "third_party")
    table = load_modules()
    context.output.mkdir(parents=True, exist_ok=True)
    if only is not None:
        STEPS[only](context, sources, table)
        return
    for step in STEPS.values():
        step(context, sources, table)
    _finish(context, sources, table)


def print_table(context: Context) -> None:
    """The size table of what is in the output folder."""
    manifest = read_manifest(context.output / "manifest.json")
    if not manifest:
        raise BuildError("nothing has been built yet")
    print(size_table(manifest))


def _native(context: Context, sources: Sources, table: ModuleTable) -> None:
    native = native_python(context, sources)
    source = source_tree(context, sources["cpython"])
    target = context.output / "native"
    for path in sorted((native / "embed").rglob("*")):
        copy = target / path.relative_to(native / "embed")
        if path.suffix == ".a":
            check_anonymous(context, copy_without_prefix(path, copy, source))
        elif path.is_file():
            copy_if_changed(path, copy)
    _link_to(target / "home", native)
    _link_to(target / "python3.13", python_program(native))
    _link_to(context.output / "stdlib-tests", source / "Lib" / "test")


def _wasi(context: Context, sources: Sources, table: ModuleTable) -> None:
    wasi_python(context, sources, table)


def _side(context: Context, sources: Sources, table: ModuleTable) -> None:
    modules = packed_side_modules(context, side_modules(context, sources, table))
    folder = context.output / "dynload"
    for name, path in modules.items():
        copy_if_changed(path, folder / f"{name}.wasm")
    for path in folder.glob("*.wasm"):
        if path.stem not in modules:
            path.unlink()


def _core(context: Context, sources: Sources, table: ModuleTable) -> None:
    core = core_module(context, sources, table)
    check_side_modules(core, side_modules(context, sources, table))
    copy_if_changed(core, context.output / "python-core.wasm")


def _image(context: Context, sources: Sources, table: ModuleTable) -> None:
    copy_if_changed(image(context, sources, table), context.output / "stdlib.zip")


def _snapshot(context: Context, sources: Sources, table: ModuleTable) -> None:
    copy_if_changed(snapshot(context, sources, table), context.output / "python.wasm")


def _host(context: Context, sources: Sources, table: ModuleTable) -> None:
    module = host_module(context)
    for path in (module, module.with_name("host.js.map")):
        copy_if_changed(path, context.output / path.name)


def _wheelhouse(context: Context, sources: Sources, table: ModuleTable) -> None:
    if context.recipe_builder is None:
        context.progress.say("no --recipe-builder: the wheelhouse stays as it is")
        return
    headers = sdk(context, sources, table)
    copy_if_changed(sdk_archive(context, headers), context.output / "sdk.zip")
    recipes = load_recipes(context.repository / "recipes")
    folders = wheelhouse(context, sources, table, recipes, headers)
    target = context.output / "wheelhouse"
    wheels = {path.name: path for folder in folders for path in folder.glob("*.whl")}
    for name, path in wheels.items():
        copy_if_changed(path, target / name)
    for path in target.glob("*.whl"):
        if path.name not in wheels:
            path.unlink()
    for name, archive in vendored_archives(context, sources, recipes).items():
        copy_if_changed(archive, context.output / "vendored" / name)
    write_if_changed(target / "index.json", wheelhouse_index(folders, recipes))
    write_if_changed(target / "licenses.txt", wheelhouse_licenses(folders))


def _finish(context: Context, sources: Sources, table: ModuleTable) -> None:
    write_if_changed(context.output / "licenses.txt", license_texts(context, sources))
    path = context.output / "manifest.json"
    shipped = [context.output / name for name in SHIPPED]
    for file in (*shipped, *sorted(context.output.glob("dynload/*.wasm"))):
        check_anonymous(context, file)
    version = sources["cpython"].version
    manifest = make_manifest(context.output, version, table.side, read_manifest(path))
    write_manifest(path, manifest)
    context.progress.say("the runtime is complete")
    if not context.progress.quiet:
        print(size_table(manifest))


def _link_to(link: Path, target: Path) -> None:
    """Points a symbolic link to the target; an equal one stays."""
    if link.is_symlink() and os.readlink(link) == str(target):
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    part = link.with_name(f".{link.name}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    os.replace(part, link)


STEPS: dict[str, Callable[[Context, Sources, ModuleTable], None]] = {
    "native": _native,
    "wasi": _wasi,
    "side": _side,
    "core": _core,
    "image": _image,
    "snapshot": _snapshot,
    "host": _host,
    "wheelhouse": _wheelhouse,
}

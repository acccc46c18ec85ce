# SPDX-License-Identifier: MIT
"""The parts of the build by name, and how their results get into the output folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from .context import BuildError, Context
from .host import host_module
from .image import image
from .licenses import license_texts
from .link import check_side_modules, core_module
from .manifest import make_manifest, read_manifest, size_table, write_manifest
from .modules import ModuleTable, load_modules
from .native import native_python, python_program
from .packed_side_module import packed_side_modules
from .side_modules import side_modules
from .snapshot import snapshot
from .sources import Source, load_sources
from .store import copy_if_changed
from .unpack import source_tree
from .wasi import wasi_python

Sources = dict[str, Source]


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
    target = context.output / "native"
    for path in sorted((native / "embed").rglob("*")):
        if path.is_file():
            copy_if_changed(path, target / path.relative_to(native / "embed"))
    _link_to(target / "home", native)
    _link_to(target / "python3.13", python_program(native))
    _link_to(
        context.output / "stdlib-tests", source_tree(context, sources["cpython"]) / "Lib" / "test"
    )


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


def _finish(context: Context, sources: Sources, table: ModuleTable) -> None:
    texts = context.output / "licenses.txt"
    text = license_texts(context, sources)
    if not texts.is_file() or texts.read_text(encoding="utf-8") != text:
        texts.write_text(text, encoding="utf-8")
    path = context.output / "manifest.json"
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
}

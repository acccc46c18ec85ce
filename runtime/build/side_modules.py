# SPDX-License-Identifier: MIT
"""Standard-library modules as files of their own: position-independent, linked when they are
imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .anonymous import CPYTHON, prefix_flags
from .context import BuildError, Context, run
from .deps import library
from .modules import ModuleTable, SideModule
from .nodetools import tool_version, wasm_opt
from .sources import Source
from .store import digest, digest_recipe, digest_tree, ensure
from .toolchain import Unit, compile_units, included
from .unpack import source_tree
from .wasi import wasi_python
from .zig import wasm_ld, zig_toolchain

# Without extended constant expressions: engines that have no support for them (Node 20) load the
# modules too.
FLAGS = ("-O2", "-DNDEBUG", "-fPIC", "-mcpu=lime1-extended_const", "-w")
LINK = ("-shared", "--experimental-pic", "--unresolved-symbols=import-dynamic", "--no-entry", "-s")
OPTIMIZE = ("-O2",)
# What the headers that are included before sources include themselves.
COUNTED_CALL = "counted_call.h"


def side_modules(
    context: Context, sources: Mapping[str, Source], table: ModuleTable
) -> dict[str, Path]:
    """The wasm file of every side module."""
    return {module.name: _side_module(context, sources, table, module) for module in table.side}


def _side_module(
    context: Context, sources: Mapping[str, Source], table: ModuleTable, module: SideModule
) -> Path:
    root = source_tree(context, sources["cpython"])
    wasi = wasi_python(context, sources, table)
    name = f"side-{module.name}"
    tools = zig_toolchain(context, context.cache / "work" / name / "zig")
    pic = zig_toolchain(context, context.cache / "work" / "zig-local-pic")
    libraries = [
        (needed, library(context, sources, needed, pic, FLAGS)) for needed in module.libraries
    ]
    recipe = digest_recipe("side_modules", "toolchain", "anonymous")
    optimizer = tool_version(context, "binaryen")
    key = digest(
        name,
        tools.key,
        wasi.name,
        [folder.name for _, folder in libraries],
        module.__dict__,
        digest_tree(context.interpreter, (COUNTED_CALL, *module.before.values())),
        recipe,
        optimizer,
    )

    def build(work: Path, result: Path) -> None:
        files = sorted(path for pattern in module.sources for path in root.glob(pattern))
        if not files:
            raise BuildError(f"modules.toml: side.{module.name} names no file that exists")
        flags = (
            *FLAGS,
            "-DPy_BUILD_CORE_MODULE",
            *module.flags,
            *prefix_flags({root: CPYTHON}),
            *_includes(root, wasi, module, [folder for _, folder in libraries]),
        )
        units = [
            Unit(
                path,
                work / f"{path.stem}.o",
                (*flags, *included(context.interpreter, module.headers_before(path, root))),
            )
            for path in files
        ]
        objects = compile_units(context, tools, units)
        archives = [folder / "lib" / f"lib{needed}.a" for needed, folder in libraries]
        linked = work / "linked.wasm"
        run(
            [
                *wasm_ld(context),
                *LINK,
                f"--export=PyInit_{module.name}",
                "-o",
                linked,
                *objects,
                *archives,
            ],
            env=tools.env,
        )
        wasm_opt(context, linked, result / f"{module.name}.wasm", OPTIMIZE)

    return ensure(context, name, key, build) / f"{module.name}.wasm"


def _includes(root: Path, wasi: Path, module: SideModule, libraries: list[Path]) -> tuple[str, ...]:
    folders = [wasi / "include", root / "Include", root / "Include" / "internal"]
    folders += [root / folder for folder in module.include]
    folders += [folder / "include" for folder in libraries]
    return tuple(f"-I{folder}" for folder in folders)

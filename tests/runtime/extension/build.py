# SPDX-License-Identifier: MIT
"""Builds the extension modules of this folder as a recipe would: build.py OUTPUT writes NAME.wasm.

It uses the runtime's own toolchain and headers out of the build cache, and keeps its results there.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY))

from runtime.build.context import Context, Progress, default_cache, run
from runtime.build.modules import load_modules
from runtime.build.nodetools import wasm_opt
from runtime.build.side_modules import FLAGS, LINK, OPTIMIZE
from runtime.build.sources import load_sources
from runtime.build.store import digest, digest_file, digest_recipe, ensure, locked
from runtime.build.toolchain import Unit, compile_units
from runtime.build.wasi import wasi_python
from runtime.build.zig import wasm_ld, zig_toolchain

HERE = Path(__file__).resolve().parent
# Without this export nobody could call the constructors of static objects.
CONSTRUCTORS = "--export-if-defined=__wasm_call_ctors"
CPP_FLAGS = ("-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics")


def build_module(context: Context, source: Path) -> Path:
    sources = load_sources(REPOSITORY / "third_party")
    wasi = wasi_python(context, sources, load_modules())
    tools = zig_toolchain(context, context.cache / "work" / "test-extension" / "zig")
    recipe = digest_recipe("side_modules")
    key = digest(
        source.name, digest_file(source), tools.key, wasi.name, recipe, CONSTRUCTORS
    )

    def build(work: Path, result: Path) -> None:
        flags = (*FLAGS, f"-I{wasi / 'include'}", f"-I{_headers(context, sources)}")
        if source.suffix == ".cpp":
            flags = (*flags, *CPP_FLAGS)
        objects = compile_units(context, tools, [Unit(source, work / "module.o", flags)], True)
        linked = work / "linked.wasm"
        export = f"--export=PyInit_{source.stem}"
        run(
            [*wasm_ld(context), *LINK, export, CONSTRUCTORS, "-o", linked, *objects], env=tools.env
        )
        wasm_opt(context, linked, result / "module.wasm", OPTIMIZE)

    return ensure(context, f"test-extension-{source.stem}", key, build) / "module.wasm"


def _headers(context: Context, sources: dict) -> Path:
    from runtime.build.unpack import source_tree

    return source_tree(context, sources["cpython"]) / "Include"


def main() -> None:
    output = Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    context = Context(cache=default_cache(), output=output, progress=Progress(quiet=True))
    with locked(context):
        for source in sorted([*HERE.glob("*.c"), *HERE.glob("*.cpp")]):
            shutil.copyfile(build_module(context, source), output / f"{source.stem}.wasm")


main()

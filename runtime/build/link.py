# SPDX-License-Identifier: MIT
"""Links the core module: CPython, its libraries, dlmalloc and the C code of
``runtime/interpreter``.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from .anonymous import CPYTHON, copy_without_prefix, prefix_flags
from .context import BuildError, Context, run, warn
from .deps import library
from .modules import ModuleTable
from .nodetools import tool_version, wasm_opt
from .sources import Source
from .store import digest, digest_recipe, digest_tree, ensure
from .toolchain import Toolchain, Unit, compile_units, included
from .unpack import source_tree
from .wasi import BUILD_PLACE, CORE_FLAGS, wasi_python
from .wasm import read_module
from .zig import zig_toolchain

PAGE = 65536
# An isolate has 128 MB; what is above this limit is left to the JavaScript side. Running out is a
# MemoryError.
MAX_MEMORY = 120 * 1024 * 1024 // PAGE * PAGE
# The stack of the start and of the scheduler; every green thread has a region of its own.
STACK_SIZE = 20 * PAGE
OPTIMIZE = ("-O2",)
INTERPRETER_FLAGS = ("-std=c17", "-Wall", "-Wextra", "-Wno-unused-parameter", "-DPy_BUILD_CORE")
LIBRARIES = (
    "-lm",
    "-ldl",
    "-lpthread",
    "-lwasi-emulated-signal",
    "-lwasi-emulated-getpid",
    "-lwasi-emulated-process-clocks",
)
PYTHON_ARCHIVE = "libpython3.13.a"
# Files of CPython that are compiled with headers of ours before them.
RECOMPILED = {
    "Modules/_csv": ("counted.h",),
    "Modules/_functoolsmodule": ("counted.h",),
    "Objects/call": ("arity.h",),
    "Objects/classobject": ("counted.h",),
    "Objects/descrobject": ("arity.h", "counted.h"),
    "Objects/funcobject": ("counted.h",),
    "Objects/genericaliasobject": ("counted.h",),
    "Objects/genobject": ("nested_generators.h",),
    "Objects/methodobject": ("arity.h",),
    "Objects/object": ("own_dealloc.h",),
    "Objects/sliceobject": ("counted.h",),
    "Objects/weakrefobject": ("counted.h",),
    "Python/ceval": ("tick.h", "arity.h"),
    "Python/flowgraph": ("except_depth.h",),
    "Python/symtable": ("compiler_depth.h",),
}
# The interface to the host: docs/runtime-abi.md.
IMPORT_SPACES = {"wasi_snapshot_preview1", "pymode"}


def core_module(context: Context, sources: Mapping[str, Source], table: ModuleTable) -> Path:
    """``python-core.wasm``: linked and optimized, before the snapshot."""
    wasi = wasi_python(context, sources, table)
    root = source_tree(context, sources["cpython"])
    local = zig_toolchain(context, context.cache / "work" / "zig-local-core")
    libraries = {
        name: library(context, sources, name, local, CORE_FLAGS) for name in ("z", "dlmalloc")
    }
    tools = zig_toolchain(context, context.cache / "work" / "core" / "zig")
    own = digest_tree(context.interpreter, ("*.c", "*.h", "*.s", "exports.txt"))
    names = sorted(folder.name for folder in libraries.values())
    key = digest(
        "core",
        tools.key,
        wasi.name,
        names,
        own,
        digest_recipe("link", "toolchain", "anonymous"),
        context.optimize,
        tool_version(context, "binaryen"),
    )

    def build(work: Path, result: Path) -> None:
        objects = _compile_interpreter(context, root, wasi, libraries["z"], tools, work)
        objects += _recompile(context, root, wasi, tools, work)
        linked = work / "linked.wasm"
        archives = [
            copy_without_prefix(path, work / path.name, root)
            for path in sorted((wasi / "lib").glob("*.a"))
        ]
        _remove_recompiled(work / PYTHON_ARCHIVE, tools)
        _link(context, tools, objects, archives, libraries, linked)
        _check_imports(linked)
        if context.optimize:
            context.progress.say("core: wasm-opt")
            wasm_opt(context, linked, result / "python-core.wasm", OPTIMIZE)
        else:
            shutil.copy(linked, result / "python-core.wasm")

    return ensure(context, "core", key, build) / "python-core.wasm"


def export_names(path: Path) -> list[str]:
    """The reviewed list of what the core exports beside CPython's API."""
    words = [
        word
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for word in line.split()
    ]
    bad = [word for word in words if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", word)]
    if bad:
        raise BuildError(f"{path.name}: {bad[0]!r} is not a symbol")
    if len(set(words)) != len(words):
        twice = sorted({word for word in words if words.count(word) > 1})
        raise BuildError(f"{path.name}: listed twice: {', '.join(twice)}")
    return words


def _compile_interpreter(
    context: Context, root: Path, wasi: Path, zlib: Path, tools: Toolchain, work: Path
) -> list[Path]:
    folder = context.interpreter
    files = sorted([*folder.glob("*.c"), *folder.glob("*.s")])
    if not files:
        raise BuildError("runtime/interpreter holds no C files")
    system = (wasi / "include", root / "Include", root / "Include" / "internal", zlib / "include")
    flags = (
        *CORE_FLAGS,
        *INTERPRETER_FLAGS,
        *prefix_flags({folder: "interpreter", root: CPYTHON}),
        f"-I{folder}",
        *(word for path in system for word in ("-isystem", str(path))),
    )
    units = [
        Unit(path, work / f"{path.stem}{path.suffix[1:]}.o", flags if path.suffix == ".c" else ())
        for path in files
    ]
    return compile_units(context, tools, units, show_warnings=True)


def _recompile(
    context: Context, root: Path, wasi: Path, tools: Toolchain, work: Path
) -> list[Path]:
    """CPython's files that know of the runtime, once more; upstream's source is not changed."""
    flags = [
        word.replace(BUILD_PLACE, str(wasi / "include"))
        for word in shlex.split((wasi / "ceval.flags").read_text(encoding="utf-8"))
    ]
    names = prefix_flags({root: CPYTHON, context.interpreter: "interpreter"})
    own = ("-w", *names, f"-I{wasi / 'include'}", f"-I{context.interpreter}")
    units = [
        Unit(
            root / f"{name}.c",
            work / f"{Path(name).name}.o",
            (*flags, *own, *included(context.interpreter, headers)),
        )
        for name, headers in RECOMPILED.items()
    ]
    return compile_units(context, tools, units)


def _remove_recompiled(archive: Path, tools: Toolchain) -> None:
    run([*tools.ar, "d", archive, *(f"{Path(name).name}.o" for name in RECOMPILED)], env=tools.env)


def _link(
    context: Context,
    tools: Toolchain,
    objects: list[Path],
    python: list[Path],
    libraries: Mapping[str, Path],
    target: Path,
) -> None:
    exports = export_names(context.interpreter / "exports.txt")
    whole = [path for path in python if path.name == PYTHON_ARCHIVE]
    archives = [
        libraries["z"] / "lib" / "libz.a",
        *(path for path in python if path.name != PYTHON_ARCHIVE),
    ]
    run(
        [
            *tools.cc,
            *("-mexec-model=reactor", "-O2", "-Wl,--strip-all", "-o", target),
            *objects,
            # dlmalloc stands before libc, so that libc's own allocator is never linked
            "-Wl,--whole-archive",
            *whole,
            libraries["dlmalloc"] / "lib" / "libdlmalloc.a",
            "-Wl,--no-whole-archive",
            *archives,
            *LIBRARIES,
            *(f"-Wl,-z,stack-size={STACK_SIZE}", f"-Wl,--max-memory={MAX_MEMORY}"),
            *(
                "-Wl,--export-dynamic",
                "-Wl,--export-table",
                "-Wl,--growable-table",
                "-Wl,--export=__stack_pointer",
            ),
            *("-Wl,--export=__heap_base", "-Wl,--export=__data_end"),
            *(f"-Wl,--export={name}" for name in exports),
        ],
        env=tools.env,
    )


def _check_imports(linked: Path) -> None:
    """Whatever is undefined becomes an import without a word from the linker; only the host's
    interface may.
    """
    wrong = [
        f"{space}.{name}"
        for space, name, _ in read_module(linked.read_bytes()).imports
        if space not in IMPORT_SPACES
    ]
    if wrong:
        raise BuildError(f"python.wasm lacks these symbols: {', '.join(wrong)}")


def check_side_modules(core: Path, modules: Mapping[str, Path]) -> None:
    """Everything that a side module imports must be there: in the core or in the module itself."""
    offered = set(read_module(core.read_bytes()).exports)
    for name, path in modules.items():
        module = read_module(path.read_bytes())
        if not module.is_side_module:
            raise BuildError(f"{name}: the dylink.0 section is missing")
        given = {
            "memory",
            "__indirect_function_table",
            "__stack_pointer",
            "__memory_base",
            "__table_base",
        }
        wanted = {
            symbol for space, symbol, _ in module.imports if space in ("env", "GOT.func", "GOT.mem")
        }
        missing = sorted(wanted - offered - given - set(module.exports))
        if missing:
            raise BuildError(
                f"{name} needs what python.wasm does not export: {', '.join(missing)} "
                "(runtime/interpreter/exports.txt)"
            )
        if module.needed:
            warn(f"{name} names other libraries: {', '.join(module.needed)}")

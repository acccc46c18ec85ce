# SPDX-License-Identifier: MIT
"""The C libraries under the standard library's modules, compiled directly: their build systems are
not needed.

The same recipes serve the native build and the Worker's; SQLite's amalgamation is generated from
its source tree first.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .context import Context, find_tool, run_logged
from .sources import Source
from .store import digest, digest_recipe, ensure
from .toolchain import Toolchain, Unit, compile_units, make_archive
from .unpack import source_tree

SQLITE_FLAGS = (
    "-DSQLITE_ENABLE_FTS4",
    "-DSQLITE_ENABLE_FTS5",
    "-DSQLITE_ENABLE_RTREE",
    "-DSQLITE_ENABLE_MATH_FUNCTIONS",
    "-DSQLITE_OMIT_LOAD_EXTENSION",
)
# No shared memory, no locks between processes and no 128-bit floats in the Worker.
SQLITE_WASM_FLAGS = (
    "-D_WASI_EMULATED_GETPID",
    "-DSQLITE_THREADSAFE=0",
    "-DSQLITE_OMIT_WAL",
    '-DSQLITE_DEFAULT_UNIX_VFS="unix-none"',
    "-DLONGDOUBLE_TYPE=double",
    # for a lock style that is not used: wasi-libc has utime() and no utimes()
    "-DHAVE_UTIME=1",
    # one step of C recursion for each wildcard; upstream's 50,000 need a stack of megabytes
    "-DSQLITE_MAX_LIKE_PATTERN_LENGTH=5000",
)
LZMA_FLAGS = (
    *(
        "-DHAVE_STDBOOL_H=1",
        "-DHAVE_STDINT_H=1",
        "-DHAVE_INTTYPES_H=1",
        "-DHAVE_STRING_H=1",
        "-DHAVE_VISIBILITY=0",
    ),
    *("-DHAVE_CHECK_CRC32=1", "-DHAVE_CHECK_CRC64=1", "-DHAVE_CHECK_SHA256=1"),
    *(
        f"-DHAVE_{way}_{name}=1"
        for way in ("ENCODER", "DECODER")
        for name in ("LZMA1", "LZMA2", "DELTA", "X86", "POWERPC")
    ),
    *(
        f"-DHAVE_{way}_{name}=1"
        for way in ("ENCODER", "DECODER")
        for name in ("IA64", "ARM", "ARMTHUMB", "ARM64", "SPARC", "RISCV")
    ),
    *(f"-DHAVE_MF_{name}=1" for name in ("HC3", "HC4", "BT2", "BT3", "BT4")),
    *(
        "-DHAVE_ENCODERS=1",
        "-DHAVE_DECODERS=1",
        "-DHAVE_LZIP_DECODER=1",
        "-DASSUME_RAM=64",
        "-DSIZEOF_SIZE_T=__SIZEOF_SIZE_T__",
    ),
    *("-DTUKLIB_SYMBOL_PREFIX=lzma_", "-DNDEBUG"),
)
LZMA_FOLDERS = ("common", "check", "lz", "lzma", "rangecoder", "delta", "simple")
# Generators of tables, the small variants of the checks, and everything that needs threads or
# asks the machine.
LZMA_LEFT_OUT = ("tablegen", "_small", "_consts_gen", "_mt.c", "hardware_", "outqueue")


@dataclass(frozen=True)
class Library:
    """``files``: globs below the source's folder (or below the generated one); ``headers`` are what
    others include.
    """

    source: str
    files: tuple[str, ...]
    headers: tuple[str, ...]
    flags: tuple[str, ...] = ()
    wasm_flags: tuple[str, ...] = ()
    include: tuple[str, ...] = (".",)


LIBRARIES: Mapping[str, Library] = {
    "z": Library(
        "zlib",
        tuple(
            f"{name}.c"
            for name in (
                "adler32",
                "compress",
                "crc32",
                "deflate",
                "inffast",
                "inflate",
                "inftrees",
                "trees",
                "uncompr",
                "zutil",
            )
        ),
        ("zlib.h", "zconf.h"),
    ),
    "bz2": Library(
        "bzip2",
        tuple(
            f"{name}.c"
            for name in (
                "blocksort",
                "huffman",
                "crctable",
                "randtable",
                "compress",
                "decompress",
                "bzlib",
            )
        ),
        ("bzlib.h",),
        ("-D_FILE_OFFSET_BITS=64", "-w"),
    ),
    "lzma": Library(
        "xz",
        tuple(f"src/liblzma/{folder}/*.c" for folder in LZMA_FOLDERS),
        ("src/liblzma/api/lzma.h", "src/liblzma/api/lzma"),
        LZMA_FLAGS,
        include=(
            "src/liblzma/api",
            *(f"src/liblzma/{folder}" for folder in LZMA_FOLDERS),
            "src/common",
        ),
    ),
    "sqlite3": Library(
        "sqlite",
        ("sqlite3.c",),
        ("sqlite3.h", "sqlite3ext.h"),
        (*SQLITE_FLAGS, "-w"),
        SQLITE_WASM_FLAGS,
    ),
    "dlmalloc": Library(
        "dlmalloc",
        ("dlmalloc/src/dlmalloc.c",),
        (),
        ("-w",),
        include=("dlmalloc/include",),
    ),
}


def library(
    context: Context,
    sources: Mapping[str, Source],
    name: str,
    tools: Toolchain,
    flags: tuple[str, ...],
) -> Path:
    """A folder with ``lib/libNAME.a`` and ``include/`` for the toolchain; ``flags`` choose the
    variant (-fPIC …).
    """
    recipe = LIBRARIES[name]
    source = sources[recipe.source]
    root = (
        sqlite_amalgamation(context, source) if name == "sqlite3" else source_tree(context, source)
    )
    all_flags = (*flags, *recipe.flags, *(recipe.wasm_flags if tools.name == "wasm32-wasi" else ()))
    key = digest(
        "library",
        name,
        tools.key,
        all_flags,
        recipe.files,
        root.name,
        digest_recipe("toolchain"),
        LZMA_LEFT_OUT,
    )

    def build(work: Path, result: Path) -> None:
        files = sorted(path for pattern in recipe.files for path in root.glob(pattern))
        units = [
            Unit(
                path,
                work / f"{index:03}-{path.stem}.o",
                (*all_flags, *(f"-I{root / folder}" for folder in recipe.include)),
            )
            for index, path in enumerate(files)
            if not any(part in path.name for part in LZMA_LEFT_OUT)
        ]
        make_archive(tools, result / "lib" / f"lib{name}.a", compile_units(context, tools, units))
        (result / "include").mkdir()
        for header in recipe.headers:
            if (root / header).is_dir():
                shutil.copytree(root / header, result / "include" / Path(header).name)
            else:
                shutil.copy(root / header, result / "include")

    return ensure(
        context, f"lib{name}-{tools.name}{'-pic' if '-fPIC' in flags else ''}", key, build
    )


def sqlite_amalgamation(context: Context, source: Source) -> Path:
    """SQLite as one C file, made from its source tree (its makefile runs tclsh)."""
    root = source_tree(context, source)

    def build(work: Path, result: Path) -> None:
        find_tool("tclsh", "tcl")
        run_logged([root / "configure", "--disable-tcl", "-q"], work / "log", cwd=work)
        run_logged(["make", "sqlite3.c"], work / "log", cwd=work)
        for name in ("sqlite3.c", "sqlite3.h"):
            shutil.copy(work / name, result)
        shutil.copy(root / "src" / "sqlite3ext.h", result)

    return ensure(context, "sqlite-amalgamation", digest("amalgamation", 1, root.name), build)

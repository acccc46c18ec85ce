# SPDX-License-Identifier: MIT
"""CPython for the machine that builds, every module linked in statically.

It is used twice: as the helper of the cross build and as the interpreter inside the executable. All
objects are position-independent (-fPIC), so that the executable may be a PIE or not.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from .context import BuildError, Context, find_tool, run, run_logged
from .deps import library
from .sources import Source
from .store import digest, digest_recipe, ensure
from .toolchain import Toolchain
from .unpack import source_tree

VERSION_DIRECTORY = "python3.13"
LIBRARIES = ("z", "bz2", "lzma", "sqlite3")
# Their libraries are not part of the executable; what a Worker cannot have is not wanted here
# either.
LEFT_OUT = (
    *(
        "_ctypes",
        "_curses",
        "_curses_panel",
        "_dbm",
        "_gdbm",
        "readline",
        "_tkinter",
        "_ssl",
        "_hashlib",
        "_uuid",
        "nis",
    ),
    "xxsubtype",
)
FLAGS = ("-O2", "-fPIC", "-DNDEBUG")
LINK_LIBRARIES = "-lpthread -ldl -lutil -lm"
# Folders of Lib that the helper does not need.
WITHOUT = ("test", "tests", "idlelib", "turtledemo", "__pycache__", "lib2to3")
CHECK = """
import sys, bz2, decimal, hashlib, lzma, sqlite3, zlib
assert sys.version.split()[0] == sys.argv[1], sys.version
for codec in (bz2, lzma, zlib):
    assert codec.decompress(codec.compress(b'x')) == b'x', codec
assert hashlib.sha3_256(b'').hexdigest().startswith('a7ffc6f8')
assert sqlite3.connect(':memory:').execute('select 1').fetchone() == (1,)
"""


def native_toolchain() -> Toolchain:
    """The machine's gcc."""
    gcc = find_tool("gcc", "build-essential")
    version = run([gcc, "--version"]).splitlines()[0]
    return Toolchain(
        "native", digest("gcc", version), (str(gcc),), (str(find_tool("ar", "binutils")),)
    )


def native_python(context: Context, sources: Mapping[str, Source]) -> Path:
    """A folder with ``bin/python3.13``, its ``lib/`` and ``embed/`` (libpython3.13.a, include/,
    link.txt).
    """
    tools = native_toolchain()
    cpython = sources["cpython"]
    root = source_tree(context, cpython)
    libraries = {name: library(context, sources, name, tools, FLAGS) for name in LIBRARIES}
    key = digest(
        "native",
        tools.key,
        root.name,
        sorted(path.name for path in libraries.values()),
        digest_recipe("native"),
    )

    def build(work: Path, result: Path) -> None:
        find_tool("make", "build-essential")
        _configure(root, work, libraries)
        run_logged(
            ["make", f"-j{context.jobs}", "python", "libpython3.13.a", "pybuilddir.txt"],
            work / "pymode.log",
            cwd=work,
        )
        _collect_python(root, work, result)
        _collect_embedding(tools, root, work, result / "embed", libraries)
        run([result / "bin" / "python3.13", "-I", "-c", CHECK, cpython.version])

    return ensure(context, "native-python", key, build)


def python_program(native: Path) -> Path:
    return native / "bin" / "python3.13"


def _configure(root: Path, work: Path, libraries: Mapping[str, Path]) -> None:
    def flags(prefix: str, name: str, extra: str = "") -> list[str]:
        folder = libraries[name]
        return [
            f"{prefix}_CFLAGS=-I{folder}/include",
            # by -L and -l: configure's own checks add -lNAME, which must be this library too
            f"{prefix}_LIBS=-L{folder}/lib -l{name}{extra}",
        ]

    run_logged(
        [
            root / "configure",
            "-q",
            *(
                "--prefix=/usr",
                "--with-ensurepip=no",
                "--disable-test-modules",
                "--without-readline",
            ),
            *("MODULE_BUILDTYPE=static", "CC=gcc", "OPT=-DNDEBUG -O2 -Wall", "CFLAGS=-fPIC -g0"),
            *flags("ZLIB", "z"),
            *flags("BZIP2", "bz2"),
            *flags("LIBLZMA", "lzma"),
            *flags("LIBSQLITE3", "sqlite3", " -lm"),
            *(f"py_cv_module_{module}=n/a" for module in LEFT_OUT),
        ],
        work / "pymode.log",
        cwd=work,
        # an empty search path: configure must not find the machine's own libraries
        env={"PKG_CONFIG_LIBDIR": str(work / "none"), "PKG_CONFIG_PATH": ""},
    )


def _collect_python(root: Path, work: Path, result: Path) -> None:
    """A small installation: CPython finds its library beside ``bin``, wherever that is."""
    (result / "bin").mkdir()
    shutil.copy(work / "python", result / "bin" / "python3.13")
    library_folder = result / "lib" / VERSION_DIRECTORY
    shutil.copytree(root / "Lib", library_folder, ignore=shutil.ignore_patterns(*WITHOUT))
    (library_folder / "lib-dynload").mkdir()
    build_folder = work / (work / "pybuilddir.txt").read_text(encoding="utf-8").strip()
    for path in build_folder.glob("_sysconfigdata*.py"):
        shutil.copy(path, library_folder)


def _collect_embedding(
    tools: Toolchain, root: Path, work: Path, target: Path, libraries: Mapping[str, Path]
) -> None:
    """One archive that holds CPython and every library below it, the headers, and what else to give
    the linker.
    """
    parts = [work / "libpython3.13.a", *sorted(work.glob("Modules/**/lib*.a"))]
    parts += [libraries[name] / "lib" / f"lib{name}.a" for name in LIBRARIES]
    if len(parts) < len(LIBRARIES) + 3:
        raise BuildError("the native build made fewer archives than expected")
    target.mkdir()
    merged = target / "libpython3.13.a"
    script = "".join(f"addlib {path}\n" for path in parts)
    run([*tools.ar, "-M"], stdin=f"create {merged}\n{script}save\nend\n")
    shutil.copytree(root / "Include", target / "include")
    shutil.copy(work / "pyconfig.h", target / "include")
    (target / "link.txt").write_text(f"{LINK_LIBRARIES}\n", encoding="utf-8")

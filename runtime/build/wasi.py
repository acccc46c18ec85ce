# SPDX-License-Identifier: MIT
"""CPython for wasm32-wasi as a static library, with the core modules of ``modules.toml``."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from .context import BuildError, Context, run, run_logged
from .deps import library
from .modules import ModuleTable
from .native import native_python, python_program
from .sources import Source
from .store import digest, digest_recipe, ensure
from .toolchain import Toolchain
from .unpack import source_tree
from .zig import zig_ranlib, zig_toolchain

# zig turns -O3 into -O2; -O3 is what CPython is known to be built with, should that change.
CORE_FLAGS = ("-O2", "-DNDEBUG")
TARGETS = (
    "libpython3.13.a",
    "Modules/_decimal/libmpdec/libmpdec.a",
    "Modules/_hacl/libHacl_Hash_SHA2.a",
    "pybuilddir.txt",
)
BUILD_PLACE = "@BUILD@"
# zig's headers contain generic musl ones that wasi-libc leaves out; configure would believe in
# the functions behind them.
LEAKED_HEADERS = (
    *(
        "netdb",
        "net_ethernet",
        "net_if",
        "pty",
        "shadow",
        "spawn",
        "stropts",
        "syslog",
        "sys_auxv",
        "sys_epoll",
        "sys_eventfd",
    ),
    *(
        "sys_sendfile",
        "sys_statvfs",
        "sys_syscall",
        "sys_sysmacros",
        "sys_timerfd",
        "sys_xattr",
        "termios",
        "utmp",
        "grp",
        "libintl",
    ),
)
# Functions that configure only compiles a call of, without linking.
LEAKED_FUNCTIONS = (
    *(
        "epoll_create",
        "epoll_create1",
        "timerfd_create",
        "setgroups",
        "hstrerror",
        "gethostbyname",
        "getservbyname",
        "getservbyport",
    ),
    *("gethostbyaddr", "getprotobyname", "prlimit"),
    # the emulated mmap is an #error without a define; pymalloc must take its arenas from malloc
    "mmap",
)
TEST_MODULES = ("xxsubtype",)
# Declared in every config.c: parts of the interpreter itself.
ALWAYS_THERE = {"_ast", "_imp", "_string", "_tokenize", "gc"}


def wasi_python(context: Context, sources: Mapping[str, Source], table: ModuleTable) -> Path:
    """A folder with ``lib/`` (the archives), ``include/pyconfig.h``, ``ceval.flags`` and the
    sysconfig data.
    """
    native = native_python(context, sources)
    root = source_tree(context, sources["cpython"])
    tools = zig_toolchain(context, context.cache / "work" / "wasi-python" / "zig")
    zlib = library(
        context,
        sources,
        "z",
        zig_toolchain(context, context.cache / "work" / "zig-local-z"),
        CORE_FLAGS,
    )
    unwanted = sorted({*table.not_in_core(), *TEST_MODULES} & _known_to_configure(root))
    key = digest("wasi", tools.key, root.name, zlib.name, unwanted, digest_recipe("wasi"))

    def build(work: Path, result: Path) -> None:
        _configure(context, root, work, tools, zlib, python_program(native), unwanted)
        run_logged(
            ["make", f"-j{context.jobs}", *TARGETS],
            work / "pymode.log",
            cwd=work,
            env=tools.env,
        )
        _check_modules(work / "Modules" / "config.c", table)
        _collect(context, root, work, result, tools)

    return ensure(context, "wasi-python", key, build)


def _known_to_configure(root: Path) -> set[str]:
    """Modules that can be switched off; the table's other names exist elsewhere or are Python."""
    text = "".join(
        (root / "Modules" / name).read_text(encoding="utf-8")
        for name in ("Setup.stdlib.in", "Setup.bootstrap.in")
    )
    return set(re.findall(r"^@MODULE_\w+_TRUE@(\w+)", text, re.MULTILINE))


def config_site(root: Path) -> str:
    """What configure must not find out by itself, on top of upstream's own file for WASI."""
    lines = [f'. "{root}/Tools/wasm/config.site-wasm32-wasi"']
    lines += [f"ac_cv_header_{name}_h=no" for name in LEAKED_HEADERS]
    lines += [f"ac_cv_func_{name}=no" for name in LEAKED_FUNCTIONS]
    return "\n".join(lines) + "\n"


def _configure(
    context: Context,
    root: Path,
    work: Path,
    tools: Toolchain,
    zlib: Path,
    python: Path,
    unwanted: list[str],
) -> None:
    site = work / "config.site"
    site.write_text(config_site(root), encoding="utf-8")
    context.progress.say("wasi-python: configure")
    run_logged(
        [
            root / "configure",
            "-q",
            *(
                "--host=wasm32-unknown-wasip1",
                "--build=x86_64-pc-linux-gnu",
                f"--with-build-python={python}",
                "--prefix=/",
            ),
            *(
                "--with-ensurepip=no",
                "--disable-test-modules",
                "--with-pymalloc",
                "--without-mimalloc",
            ),
            *(
                f"CC={tools.cc[0]}",
                f"CXX={tools.cc[0]}",
                f"AR={tools.ar[0]}",
                f"RANLIB={zig_ranlib(tools)}",
            ),
            *(
                "OPT=-DNDEBUG -O3 -Wall",
                f"ZLIB_CFLAGS=-I{zlib}/include",
                f"ZLIB_LIBS=-L{zlib}/lib -lz",
            ),
            *(f"py_cv_module_{module}=n/a" for module in unwanted),
        ],
        work / "pymode.log",
        cwd=work,
        env={
            **tools.env,
            "CONFIG_SITE": str(site),
            "PKG_CONFIG_LIBDIR": str(work / "none"),
            "PKG_CONFIG_PATH": "",
        },
    )
    context.progress.say("wasi-python: make")


def _check_modules(config: Path, table: ModuleTable) -> None:
    """The table must say the truth about what is in the core."""
    built = set(
        re.findall(
            r"^extern PyObject\* PyInit_(\w+)\(void\);",
            config.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    built -= ALWAYS_THERE
    listed = set(table.core)
    if built != listed:
        raise BuildError(
            f"modules.toml: core differs from the build; only in the build: "
            f"{sorted(built - listed)}, only in the table: {sorted(listed - built)}"
        )


def _collect(context: Context, root: Path, work: Path, result: Path, tools: Toolchain) -> None:
    for folder in ("lib", "include", "sysconfig"):
        (result / folder).mkdir()
    for target in TARGETS:
        if target.endswith(".a"):
            shutil.copy(work / target, result / "lib")
    shutil.copy(work / "pyconfig.h", result / "include")
    (result / "ceval.flags").write_text(
        shlex.join(_ceval_flags(root, work, tools)) + "\n", encoding="utf-8"
    )
    build_folder = work / (work / "pybuilddir.txt").read_text(encoding="utf-8").strip()
    for path in build_folder.glob("_sysconfigdata*.py"):
        # the paths of the machine that builds are nobody's business
        text = (
            path.read_text(encoding="utf-8")
            .replace(str(context.cache), "/build")
            .replace(str(context.repository), "/source")
        )
        (result / "sysconfig" / path.name).write_text(text, encoding="utf-8")


def _ceval_flags(root: Path, work: Path, tools: Toolchain) -> list[str]:
    """How make compiles the evaluation loop, without compiler and files; the build folder is
    written as @BUILD@.
    """
    source = root / "Python" / "ceval.c"
    said = run(["make", "-n", "-W", source, "Python/ceval.o"], cwd=work, env=tools.env)
    for line in said.splitlines():
        words = shlex.split(line)
        if words and words[-1].endswith("/Python/ceval.c"):
            flags = [word for word in words[1:-1] if word != "-c"]
            output = flags.index("-o")
            del flags[output : output + 2]
            return [_portable(word, work) for word in flags]
    raise BuildError("make does not say how it compiles Python/ceval.c")


def _portable(flag: str, work: Path) -> str:
    if not flag.startswith("-I") or flag.startswith("-I/"):
        return flag
    path = (work / flag[2:]).resolve()
    inside = path.relative_to(work).as_posix() if path.is_relative_to(work) else None
    return f"-I{path}" if inside is None else f"-I{BUILD_PLACE}/{inside}"

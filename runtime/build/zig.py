# SPDX-License-Identifier: MIT
"""The compiler for wasm32-wasi: zig from the Python index, in a folder of the cache.

What zig's clang does differently from others and what is done about it:
- it adds debug information, the undefined-behaviour sanitizer and -Werror=date-time unless told
  otherwise;
- its linker driver refuses ``--stack-first`` (its default anyway), which CPython's Makefile passes:
  a wrapper drops it;
- its object cache mixes up folders that are compiled with the same relative paths: every build gets
  its own local cache.
"""

from __future__ import annotations

import platform
import shlex
import sys
from pathlib import Path

from .context import BuildError, Context, run
from .store import digest, digest_file, ensure
from .toolchain import Toolchain

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
STANDING_FLAGS = ("-target", "wasm32-wasi", "-g0", "-fno-sanitize=undefined", "-Wno-date-time")


def zig_program(context: Context) -> Path:
    """The zig executable; installed with pip when the cache has none."""
    if platform.machine() != "x86_64" or not sys.platform.startswith("linux"):
        raise BuildError("the pinned compiler package is the one for x86-64 Linux")
    key = digest("zig", 1, digest_file(REQUIREMENTS))

    def install(work: Path, result: Path) -> None:
        run([sys.executable, "-m", "venv", work / "venv"])
        pip: list[str | Path] = [
            work / "venv" / "bin" / "python",
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
        ]
        run(
            [
                *pip,
                "install",
                "-q",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--require-hashes",
                "--target",
                result,
                "-r",
                REQUIREMENTS,
            ]
        )

    folder = ensure(context, "zig", key, install)
    return folder / "ziglang" / "zig"


def zig_toolchain(context: Context, local_cache: Path) -> Toolchain:
    """The wasm32-wasi compiler with ``local_cache`` (a folder of the build that uses it) for its
    objects.
    """
    zig = zig_program(context)
    key = digest("zig-wrapper", 1, digest_file(REQUIREMENTS), STANDING_FLAGS)
    wrappers = ensure(
        context,
        "zig-wrappers",
        digest(key, str(zig)),
        lambda work, result: _write_wrappers(zig, result),
    )
    env = {
        "ZIG_GLOBAL_CACHE_DIR": str(context.cache / "zig-global"),
        "ZIG_LOCAL_CACHE_DIR": str(local_cache),
    }
    return Toolchain("wasm32-wasi", key, (str(wrappers / "zcc"),), (str(wrappers / "zar"),), env)


def zig_ranlib(tools: Toolchain) -> str:
    return str(Path(tools.ar[0]).with_name("zranlib"))


def wasm_ld(context: Context) -> list[str]:
    """LLD itself: zig's driver refuses what side modules need."""
    return [str(zig_program(context)), "wasm-ld"]


def _write_wrappers(zig: Path, result: Path) -> None:
    quoted = shlex.quote(str(zig))
    scripts = {
        "zcc": "for word do\n"
        "    shift\n"
        '    case "$word" in -Wl,--stack-first) ;; *) set -- "$@" "$word" ;; esac\n'
        "done\n"
        f'exec {quoted} cc {shlex.join(STANDING_FLAGS)} "$@"\n',
        "zar": f'exec {quoted} ar "$@"\n',
        "zranlib": f'exec {quoted} ranlib "$@"\n',
    }
    for name, text in scripts.items():
        path = result / name
        path.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
        path.chmod(0o755)

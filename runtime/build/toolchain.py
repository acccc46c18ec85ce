# SPDX-License-Identifier: MIT
"""A C compiler for one target, and how to compile many files with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .context import Context, run


@dataclass(frozen=True)
class Toolchain:
    """``key`` stands for everything that decides what the compiler emits: version, target, standing
    flags.
    """

    name: str
    key: str
    cc: tuple[str, ...]
    ar: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unit:
    """One file to compile."""

    source: Path
    object: Path
    flags: tuple[str, ...] = ()


def included(folder: Path, headers: Sequence[str]) -> tuple[str, ...]:
    """The flags that put headers of a folder before a unit's source."""
    return tuple(word for header in headers for word in ("-include", str(folder / header)))


def compile_units(
    context: Context, tools: Toolchain, units: Sequence[Unit], show_warnings: bool = False
) -> list[Path]:
    """Compiles all units, a few at a time; the first error stops the build."""

    def compile_one(unit: Unit) -> Path:
        unit.object.parent.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [*tools.cc, *unit.flags, "-c", unit.source, "-o", unit.object]
        run(command, env=tools.env, show_errors=show_warnings)
        return unit.object

    with ThreadPoolExecutor(max_workers=context.jobs) as pool:
        return list(pool.map(compile_one, units))


def make_archive(tools: Toolchain, archive: Path, objects: Sequence[Path]) -> None:
    """A static library whose bytes depend on its members alone (D: no times, no owners)."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    run([*tools.ar, "rcsD", str(archive), *map(str, objects)], env=tools.env)

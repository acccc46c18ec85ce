# SPDX-License-Identifier: MIT
"""Reads ``modules.toml``: which module of the standard library is where, and what cannot exist."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .context import BuildError

TABLE = Path(__file__).with_name("modules.toml")


@dataclass(frozen=True)
class SideModule:
    """A C module that becomes a file of its own."""

    name: str
    sources: tuple[str, ...]
    include: tuple[str, ...]
    flags: tuple[str, ...]
    libraries: tuple[str, ...]
    # A bundle has the module when one of them stands in the project; empty: always.
    words: tuple[str, ...] = ()
    # Headers of runtime/interpreter, by the source that they are included before.
    before: dict[str, str] = field(default_factory=dict)

    def headers_before(self, source: Path, root: Path) -> tuple[str, ...]:
        """The headers of this source below ``root``: one or none."""
        header = self.before.get(source.relative_to(root).as_posix())
        return (header,) if header else ()


@dataclass(frozen=True)
class ModuleTable:
    core: tuple[str, ...]
    side: tuple[SideModule, ...]
    missing: dict[str, str]
    left_out: tuple[str, ...]

    def not_in_core(self) -> list[str]:
        """Names that CPython's configure must not build."""
        missing = {name for name in self.missing if "." not in name}
        return sorted({module.name for module in self.side} | missing)

    def is_left_out(self, path: str) -> bool:
        """Whether a file of ``Lib`` (relative, with slashes) stays out of the image."""
        top = path.split("/", 1)[0].removesuffix(".py")
        module = path.removesuffix(".py").replace("/", ".")
        return (top in self.missing or module in self.missing) or any(
            fnmatch.fnmatchcase(path, glob) or fnmatch.fnmatchcase(f"/{path}", glob)
            for glob in self.left_out
        )


def load_modules(path: Path = TABLE) -> ModuleTable:
    return parse_modules(path.read_text(encoding="utf-8"))


def parse_modules(text: str) -> ModuleTable:
    try:
        table = tomllib.loads(text)
        side = tuple(_side(name, entry) for name, entry in sorted(table["side"].items()))
        parsed = ModuleTable(
            tuple(table["core"]), side, dict(table["missing"]), tuple(table["left-out"]["globs"])
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise BuildError(f"modules.toml: {error!r}") from error
    _check_once([*parsed.core, *(module.name for module in side), *parsed.missing])
    for name, reason in parsed.missing.items():
        if not reason.strip():
            raise BuildError(f"modules.toml: {name} is missing without a reason")
    return parsed


def _side(name: str, entry: dict[str, Any]) -> SideModule:
    unknown = set(entry) - {"sources", "include", "flags", "libraries", "words", "before"}
    if unknown:
        raise BuildError(f"modules.toml: side.{name} has unknown keys {sorted(unknown)}")
    return SideModule(
        name,
        tuple(entry["sources"]),
        tuple(entry.get("include", ())),
        tuple(entry.get("flags", ())),
        tuple(entry.get("libraries", ())),
        tuple(entry.get("words", ())),
        dict(entry.get("before", {})),
    )


def _check_once(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", name):
            raise BuildError(f"modules.toml: {name!r} is not a module name")
        if name in seen:
            raise BuildError(f"modules.toml: {name} is listed twice")
        seen.add(name)


def reasons_module(table: ModuleTable) -> str:
    """The Python module from which the runtime's import hook reads why something is missing."""
    reasons = [f"    {name!r}: {reason!r},\n" for name, reason in sorted(table.missing.items())]
    names = [f"    {module.name!r},\n" for module in table.side if module.words]
    return (
        '"""What cannot exist in a Worker, and why. Generated from modules.toml."""\n\n'
        "REASONS = {\n" + "".join(reasons) + "}\n\n"
        "# Side modules that are not in every bundle.\n"
        "OPTIONAL = set((\n" + "".join(names) + "))\n"
    )

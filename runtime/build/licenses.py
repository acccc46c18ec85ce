# SPDX-License-Identifier: MIT
"""Collects the licences of everything that ends up in the runtime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .context import BuildError, Context
from .sources import Source
from .unpack import source_tree
from .zig import zig_program

# What zig links into every module: its C library and the compiler's support functions.
ZIG_PARTS = {
    "wasi-libc (from zig)": (
        "lib/libc/wasi/LICENSE",
        "lib/libc/wasi/LICENSE-MIT",
        "lib/libc/wasi/LICENSE-APACHE-LLVM",
    ),
    "musl (through wasi-libc, from zig)": ("lib/libc/musl/COPYRIGHT",),
    "zig's compiler support library": ("LICENSE",),
}
RULE = "=" * 100


def license_texts(context: Context, sources: Mapping[str, Source]) -> str:
    """One text with a heading for every part."""
    parts = []
    for source in sources.values():
        root = source_tree(context, source)
        texts = [_read(root / name) for name in source.license_files]
        parts.append(_part(f"{source.name} {source.version} ({source.license})", texts))
    zig = zig_program(context).parent
    for title, names in ZIG_PARTS.items():
        parts.append(_part(title, [_read(zig / name) for name in names if (zig / name).is_file()]))
    return "\n".join(parts)


def _read(path: Path) -> str:
    if not path.is_file():
        raise BuildError(f"the licence file {path.name} is missing in {path.parent.name}")
    return path.read_text(encoding="utf-8", errors="replace").strip()


def _part(title: str, texts: list[str]) -> str:
    if not texts:
        raise BuildError(f"no licence text for {title}")
    return f"{RULE}\n{title}\n{RULE}\n\n" + "\n\n".join(texts) + "\n"

# SPDX-License-Identifier: MIT
"""Keeps the paths of the machine that builds out of what is shipped.

``__FILE__`` writes a file's whole path into the objects. What is compiled quickly gets a compiler
option against it. CPython's own archives, which take minutes to make, get the same result by a
change of their bytes: a string that begins with the path of its source tree becomes one that begins
with ``cpython``, and as many NUL bytes follow as it became shorter, so that nothing moves. (In an
object file every string is there for itself; it is the linker that lets one be the end of another.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from .context import BuildError, Context

CPYTHON = "cpython"


def prefix_flags(folders: Mapping[Path, str]) -> tuple[str, ...]:
    """Options for gcc and clang: paths below the folders begin with these names instead."""
    return tuple(f"-ffile-prefix-map={folder}={name}" for folder, name in folders.items())


def without_prefix(data: bytes, folder: Path, name: str = CPYTHON) -> bytes:
    """The bytes of an object file or an archive with the C strings below ``folder`` renamed."""
    prefix, short = str(folder).encode(), name.encode()
    if len(short) > len(prefix):
        raise BuildError(f"{folder}: the build cache needs a longer path than this")
    # All of a path up to the end of its string; "folder2" does not lie below "folder".
    pattern = re.compile(re.escape(prefix) + rb"((?:/[^\0\n]*)?)\0")

    def rename(match: re.Match[bytes]) -> bytes:
        return (short + match[1]).ljust(len(match[0]), b"\0")

    return pattern.sub(rename, data)


def copy_without_prefix(source: Path, target: Path, folder: Path) -> Path:
    """Copies an archive, renamed; leaves an equal copy alone."""
    data = without_prefix(source.read_bytes(), folder)
    if not target.is_file() or target.read_bytes() != data:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return target


def check_anonymous(context: Context, path: Path) -> None:
    """Ends the build when a file that is shipped names a folder of this machine."""
    data = path.read_bytes()
    for folder in (context.cache, context.repository):
        at = data.find(f"{folder}/".encode())
        if at >= 0:
            found = data[at : at + 200].split(b"\0")[0].decode("utf-8", "replace")
            raise BuildError(f"{path.name} would be shipped with a path of this machine: {found}")

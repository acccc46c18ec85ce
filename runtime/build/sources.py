# SPDX-License-Identifier: MIT
"""Reads ``third_party/*.toml``: which source, which version, where it may come from and what it
must hash to.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .context import BuildError

DEFAULT_SUITE = "trixie"


@dataclass(frozen=True)
class DebianFile:
    """A file of a Debian source package."""

    package: str
    file: str
    suite: str


@dataclass(frozen=True)
class Archive:
    """One accepted tarball of a source."""

    sha256: str
    size: int
    urls: tuple[str, ...]
    debian: DebianFile | None


@dataclass(frozen=True)
class Source:
    """A pinned source."""

    name: str
    version: str
    license: str
    license_files: tuple[str, ...]
    archives: tuple[Archive, ...]


def load_sources(folder: Path) -> dict[str, Source]:
    """All pinned sources by name."""
    found = [
        parse_source(path.read_text(encoding="utf-8"), path.name)
        for path in sorted(folder.glob("*.toml"))
    ]
    return {source.name: source for source in found}


def parse_source(text: str, where: str) -> Source:
    """One file of ``third_party``; ``where`` is named in errors."""
    try:
        table = tomllib.loads(text)
        archives = tuple(_parse_archive(entry, where) for entry in table["archive"])
        source = Source(
            name=table["name"],
            version=table["version"],
            license=table["license"],
            license_files=tuple(table["license-files"]),
            archives=archives,
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BuildError(f"third_party/{where}: {error!r}") from error
    if not archives:
        raise BuildError(f"third_party/{where}: no archive")
    return source


def _parse_archive(entry: dict[str, Any], where: str) -> Archive:
    sha256 = entry["sha256"]
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise BuildError(f"third_party/{where}: sha256 is not 64 hexadecimal digits")
    urls = tuple(entry.get("urls", ()))
    if any(not url.startswith("https://") for url in urls):
        raise BuildError(f"third_party/{where}: only https URLs")
    debian = None
    if "debian" in entry:
        package = entry["debian"]
        debian = DebianFile(
            package["package"], package["file"], package.get("suite", DEFAULT_SUITE)
        )
        if "/" in debian.file or not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", debian.package):
            raise BuildError(f"third_party/{where}: bad Debian package or file name")
    if not urls and debian is None:
        raise BuildError(f"third_party/{where}: an archive has neither urls nor debian")
    return Archive(sha256, int(entry["size"]), urls, debian)

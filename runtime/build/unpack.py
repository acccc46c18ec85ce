# SPDX-License-Identifier: MIT
"""Unpacks a pinned tarball. (tarfile's own filters are missing from the Python 3.11.2 of Debian
12.)
"""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath

from .context import BuildError, Context
from .fetch import fetch
from .sources import Source
from .store import digest, ensure

MAX_MEMBERS = 50_000
MAX_BYTES = 1 << 30


def source_tree(context: Context, source: Source) -> Path:
    """The unpacked source, without the tarball's top folder. Read-only by convention: builds are
    out of tree.
    """
    pinned = [archive.sha256 for archive in source.archives]
    existing = sorted(
        path
        for sha256 in pinned
        if (path := context.cache / "store" / f"source-{source.name}-{_key(sha256)[:20]}").is_dir()
    )
    if existing:
        return existing[0]
    tarball, archive = fetch(context, source)
    return ensure(
        context,
        f"source-{source.name}",
        _key(archive.sha256),
        lambda work, result: unpack(tarball, result),
    )


def _key(sha256: str) -> str:
    return digest("unpacked", 1, sha256)


def unpack(tarball: Path, target: Path) -> None:
    """Extracts files, folders and links that stay inside, with plain modes."""
    total = 0
    with tarfile.open(tarball) as archive:
        for count, member in enumerate(archive):
            total += member.size
            if count >= MAX_MEMBERS or total > MAX_BYTES:
                raise BuildError(f"{tarball.name} is larger than a source archive may be")
            name = _inside(PurePosixPath(member.name))
            if name is None:
                continue
            path = target / name
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if member.issym():
                _check_link(name, member.linkname, tarball)
                path.symlink_to(member.linkname)
            elif member.isreg():
                _write(archive, member, path)
            else:
                raise BuildError(
                    f"{tarball.name}: {member.name} is neither file, folder nor symbolic link"
                )


def _inside(name: PurePosixPath) -> PurePosixPath | None:
    """The name without its first part; None for the top folder itself."""
    parts = [part for part in name.parts if part != "."]
    if name.is_absolute() or ".." in parts:
        raise BuildError(f"{name}: an archive member outside of the archive's folder")
    return PurePosixPath(*parts[1:]) if len(parts) > 1 else None


def _check_link(name: PurePosixPath, target: str, tarball: Path) -> None:
    depth = len(name.parts) - 1
    for part in PurePosixPath(target).parts:
        depth += -1 if part == ".." else 1
        if depth < 0 or part == "/":
            raise BuildError(f"{tarball.name}: the link {name} points outside")


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    stream = archive.extractfile(member)
    if stream is None:
        raise BuildError(f"{member.name} cannot be read")
    with stream, path.open("wb") as output:
        while block := stream.read(1 << 20):
            output.write(block)
    path.chmod(0o755 if member.mode & 0o100 else 0o644)

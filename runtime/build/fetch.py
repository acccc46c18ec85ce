# SPDX-License-Identifier: MIT
"""Gets pinned archives: from the project's own site, else from Debian's source packages through the
machine's apt.

Whatever the way, a file is used only when its size and sha256 are the pinned ones, and it appears
in the cache by a rename.
"""

from __future__ import annotations

import functools
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from . import debian
from .context import BuildError, Context
from .sources import Archive, Source
from .store import digest_file

CONNECT_SECONDS = 6
CHUNK = 1 << 20


def fetch(context: Context, source: Source) -> tuple[Path, Archive]:
    """The first archive of the source that is cached or can be had."""
    folder = context.cache / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    for archive in source.archives:
        cached = folder / archive.sha256
        if cached.is_file() and is_pinned(cached, archive):
            return cached, archive
    problems: list[str] = []
    for archive in source.archives:
        target = folder / archive.sha256
        for place, get in _ways(context, archive, target):
            context.progress.say(f"{source.name} {source.version}: trying {place}")
            try:
                get()
                return target, archive
            except (OSError, BuildError) as error:
                problems.append(f"{place}: {error}")
    raise BuildError(f"cannot get {source.name} {source.version}:\n  " + "\n  ".join(problems))


def _ways(
    context: Context, archive: Archive, target: Path
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Where the archive may come from, in order: a name for people and what gets it."""
    for url in archive.urls:
        yield url, functools.partial(download, url, archive, target)
    if archive.debian is not None:
        take = functools.partial(adopt, archive=archive, target=target)
        get = functools.partial(debian.download, context, archive.debian, take)
        yield f"the source package {archive.debian.package}", get


def is_pinned(path: Path, archive: Archive) -> bool:
    return path.stat().st_size == archive.size and digest_file(path) == archive.sha256


def adopt(path: Path, archive: Archive, target: Path) -> None:
    """Moves a downloaded file to its place in the cache, or refuses it."""
    if path.stat().st_size != archive.size:
        raise BuildError(
            f"{path.name} has {path.stat().st_size} bytes, {archive.size} were expected"
        )
    found = digest_file(path)
    if found != archive.sha256:
        raise BuildError(f"{path.name} has sha256 {found}, {archive.sha256} was expected")
    os.replace(path, target)


def download(url: str, archive: Archive, target: Path) -> None:
    """Downloads to a file beside the target and adopts it; leaves nothing behind when it is
    refused.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "pymode-build"})
        with (
            urllib.request.urlopen(request, timeout=CONNECT_SECONDS) as response,
            part.open("wb") as stream,
        ):
            _copy_bounded(response, stream, archive.size)
        adopt(part, archive, target)
    except urllib.error.URLError as error:
        raise BuildError(str(error.reason)) from error
    finally:
        part.unlink(missing_ok=True)


def _copy_bounded(response: IO[bytes], stream: IO[bytes], limit: int) -> None:
    """Reads at most one byte more than is expected: a longer answer is wrong anyway."""
    left = limit + 1
    while left > 0:
        block = response.read(min(CHUNK, left))
        if not block:
            return
        stream.write(block)
        left -= len(block)

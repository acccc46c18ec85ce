# SPDX-License-Identifier: MIT
"""The build cache: results by key.

A result is a folder ``store/NAME-KEY`` that is complete or absent: steps work in ``work/NAME`` and
the finished folder is renamed. The key is a hash of everything the result depends on, so nothing is
ever stale and nothing has to be cleaned by hand.
"""

from __future__ import annotations

import ast
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from .context import BuildError, Context


def digest(*parts: object) -> str:
    """A hash of values that have a JSON form. Of files, give what is in them and not the path."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_tree(root: Path, patterns: tuple[str, ...] = ("**/*",)) -> str:
    """A hash of the files below a folder: relative names and contents."""
    files = {
        path
        for pattern in patterns
        for path in root.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }
    return digest(
        [[path.relative_to(root).as_posix(), digest_file(path)] for path in sorted(files)]
    )


def digest_recipe(*modules: str) -> str:
    """A hash of the code of build modules (names of files beside this one) without comments,
    docstrings and layout.

    Explaining a recipe better does not rebuild CPython; changing what it does, does.
    """
    return digest([_SHAPES[module] for module in modules])


def _code_shape(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            del body[0]
    return ast.dump(tree)


# Read once, when the build starts: a file that is edited meanwhile must not name what older code
# made.
_SHAPES = {
    path.stem: _code_shape(path.read_text(encoding="utf-8"))
    for path in sorted(Path(__file__).parent.glob("*.py"))
}


@contextlib.contextmanager
def locked(context: Context) -> Iterator[None]:
    """One build at a time in a cache; a second one waits."""
    context.cache.mkdir(parents=True, exist_ok=True)
    with (context.cache / "lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            context.progress.say("another build holds the cache, waiting for it")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def ensure(context: Context, name: str, key: str, build: Callable[[Path, Path], None]) -> Path:
    """The folder of a result. When it is missing, ``build(work, result)`` makes it.

    ``work`` is an empty folder whose path is the same in every run (compilers write paths into what
    they make); ``result`` is an empty folder that becomes the stored one when ``build`` returns.
    """
    stored = context.cache / "store" / f"{name}-{key[:20]}"
    if stored.is_dir():
        return stored
    context.progress.say(f"{name}: building")
    work = context.cache / "work" / name
    result = context.cache / "work" / f"{name}.result"
    for folder in (work, result):
        remove_tree(folder)
        folder.mkdir(parents=True)
    build(work, result)
    stored.parent.mkdir(parents=True, exist_ok=True)
    os.replace(result, stored)
    remove_tree(work)
    context.progress.say(f"{name}: done")
    return stored


def remove_tree(folder: Path) -> None:
    """Removes a folder that may not exist; an error to remove is an error."""
    if folder.is_symlink():
        raise BuildError(f"{folder} is a link; the build cache must be a plain folder")
    if folder.exists():
        shutil.rmtree(folder)


def copy_if_changed(source: Path, target: Path) -> None:
    """Copies a file atomically; leaves an equal one alone, so that its time tells whether it
    changed.
    """
    if (
        target.is_file()
        and target.stat().st_size == source.stat().st_size
        and digest_file(target) == digest_file(source)
    ):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    shutil.copymode(source, part)
    os.replace(part, target)


def write_if_changed(target: Path, text: str) -> None:
    """Writes a text atomically; an equal file is left alone."""
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, target)

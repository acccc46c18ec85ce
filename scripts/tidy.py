#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""clang-tidy over the C++ of the executable (core/, cli/, stdlib-bundler/), for ./scripts/lint.

    python3 scripts/tidy.py --build build/release --cache FOLDER [--jobs N] [FILE…]

clang-tidy takes seconds for each file, so what was found good once is not looked at again: a stamp
in the cache folder is named by the hash of everything of ours that the answer depends on (the file,
the headers it includes, its compiler options, .clang-tidy, clang-tidy's version).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("core", "cli", "stdlib-bundler")
TOOL = "clang-tidy-19"  # clang 14, Debian 12's default, cannot read std::expected
STAMP_DAYS = 60

INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
# Options that only g++ knows would be errors.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-error"]


@cache
def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def included(path: Path) -> tuple[Path, ...]:
    """Files of the repository that the file names; those of the system are not followed."""
    found = []
    for name in INCLUDE.findall(path.read_bytes()):
        for folder in (ROOT, path.parent):
            candidate = folder / os.fsdecode(name)
            if candidate.is_file():
                found.append(candidate.resolve())
                break
    return tuple(found)


def closure(path: Path) -> list[Path]:
    seen = {path}
    queue = [path]
    while queue:
        for header in included(queue.pop()):
            if header not in seen:
                seen.add(header)
                queue.append(header)
    return sorted(seen)


class Unit:
    """A file to check, with the hash of what the result depends on."""

    def __init__(self, entry: dict[str, str], common: str) -> None:
        self.path = Path(entry["directory"], entry["file"]).resolve()
        self.name = str(self.path.relative_to(ROOT))
        # The same in every clone, and with or without ccache, so that they can share a cache.
        words = shlex.split(entry["command"])
        first = next(i for i, word in enumerate(words) if word.startswith("-"))
        parts = [common, *(word.replace(str(ROOT), ".") for word in words[first:])]
        parts += [f"{path.relative_to(ROOT)} {digest(path)}" for path in closure(self.path)]
        self.key = hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def check(self, build: Path) -> str:
        """What clang-tidy says against it; empty when nothing."""
        command = ["nice", TOOL, "-p", str(build), "--quiet", *EXTRA, str(self.path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        if result.returncode == 0 and not result.stdout.strip():
            return ""
        return result.stdout.strip() or f"{self.name}: {TOOL} failed\n{result.stderr.strip()}"


def units(build: Path, wanted: list[str]) -> list[Unit]:
    version = subprocess.run([TOOL, "--version"], capture_output=True, text=True, check=True).stdout
    common = "\n".join([version, (ROOT / ".clang-tidy").read_text(), *EXTRA])
    entries = json.loads((build / "compile_commands.json").read_text())
    found = {}
    for entry in entries:
        path = Path(entry["directory"], entry["file"]).resolve()
        if any(path.is_relative_to(ROOT / part) for part in PARTS) and path.suffix == ".cpp":
            found[path] = entry
    chosen = [Path(name).resolve() for name in wanted] or sorted(found)
    return [Unit(found[path], common) for path in chosen if path in found]


def forget_old(stamps: Path) -> None:
    oldest = time.time() - STAMP_DAYS * 86400
    for stamp in stamps.iterdir():
        if stamp.stat().st_mtime < oldest:
            stamp.unlink(missing_ok=True)


def findings(text: str) -> list[str]:
    """One text for each finding, so that one in a header is shown once."""
    parts = re.split(r"(?m)^(?=\S+:\d+:\d+: (?:error|warning):)", text)
    return [part.strip() for part in parts if part.strip()]


def main() -> int:
    parser = argparse.ArgumentParser(description="clang-tidy with a memory")
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    build = options.build.resolve()
    options.cache.mkdir(parents=True, exist_ok=True)
    forget_old(options.cache)

    todo = []
    all_units = units(build, options.files)
    for unit in all_units:
        stamp = options.cache / unit.key
        if stamp.exists():
            stamp.touch()
        else:
            todo.append(unit)
    seen: dict[str, None] = {}
    with ThreadPoolExecutor(options.jobs) as pool:
        for unit, said in zip(todo, pool.map(lambda each: each.check(build), todo), strict=True):
            if said:
                seen |= dict.fromkeys(findings(said))
            else:
                (options.cache / unit.key).touch()
    for finding in seen:
        print(finding.replace(f"{ROOT}/", ""))
    print(f"{len(all_units)} files, {len(todo)} of them new or changed, {len(seen)} findings")
    return 1 if seen or not all_units else 0


if __name__ == "__main__":
    sys.exit(main())

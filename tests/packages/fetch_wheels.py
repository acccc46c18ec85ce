#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Brings the wheels that the tests install: fetch_wheels.py [--print]

Each list beside this file (wheels.txt, emscripten.txt) becomes a folder CACHE/wheels/DIGEST, where
DIGEST is of the list itself. A folder that exists is complete, so only a changed list asks the
machine's package index again, through pip, which checks every hash.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LISTS = {
    "wheels.txt": ["--platform", "any"],
    "emscripten.txt": ["--platform", "pyemscripten_2025_0_wasm32"],
}


def cache_folder() -> Path:
    if chosen := os.environ.get("PYMODE_BUILD_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pymode-build"


def folder_of(name: str) -> Path:
    """As tests/packages/wheels.ts computes it."""
    digest = hashlib.sha256((HERE / name).read_bytes()).hexdigest()
    return cache_folder() / "wheels" / digest[:16]


def pip() -> list[str]:
    """The checkers' environment (scripts/setup) has one; a Debian python3 may have none."""
    checkers = cache_folder() / "checkers/bin/python"
    return [str(checkers if checkers.exists() else sys.executable), "-m", "pip"]


def fetch(name: str, platform: list[str]) -> None:
    target = folder_of(name)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetching-") as folder:
        command = [*pip(), "download", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        command += ["--only-binary", ":all:", "--no-deps", "--python-version", "3.13", *platform]
        result = subprocess.run(
            [*command, "--dest", folder, "--requirement", str(HERE / name)], check=False
        )
        if result.returncode != 0:
            sys.exit(f"error: pip could not fetch the wheels of tests/packages/{name}")
        staged = Path(folder) / "wheels"
        staged.mkdir()
        for wheel in Path(folder).glob("*.whl"):
            shutil.move(wheel, staged)
        try:
            staged.rename(target)
        except OSError:
            if not target.exists():  # another run was faster: the same files
                raise


def main() -> None:
    for name, platform in LISTS.items():
        fetch(name, platform)
        if "--print" in sys.argv[1:]:
            print(folder_of(name))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a test that takes minutes, unless it has passed with exactly the same inputs.

    python3 scripts/once.py --stamps FOLDER --input PATH... -- COMMAND...

Inputs are files, and folders with all that is in them. A stamp in FOLDER is named by the hash of
the command and of every input, so whatever changes, the test runs again; a new build folder has no
stamps. Without a run it ends with 77, which ctest shows as "Skipped". PYMODE_TEST_AGAIN=1 always
runs it. PYMODE_EXECUTABLE and PYMODE_RUNTIME put something else in an input's place: then it runs,
and nothing is remembered.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

SKIPPED = 77
ELSEWHERE = ("PYMODE_EXECUTABLE", "PYMODE_RUNTIME")
IGNORED = {"__pycache__", "node_modules"}


def files_of(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.is_file())
    if not found:
        sys.exit(f"error: {path} is no file and has none: the test would never run again")
    return [file for file in found if not IGNORED.intersection(file.parts)]


def digest(command: list[str], inputs: list[Path]) -> str:
    whole = hashlib.sha256("\0".join(command).encode())
    for file in (file for path in inputs for file in files_of(path)):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        whole.update(f"\n{file} {content}".encode())
    return whole.hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description="a test with a memory")
    parser.add_argument("--stamps", type=Path, required=True)
    parser.add_argument("--input", type=Path, action="append", required=True)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if any(name in os.environ for name in ELSEWHERE):
        return subprocess.run(options.command, check=False).returncode
    stamp = options.stamps / digest(options.command, options.input)
    if stamp.exists() and os.environ.get("PYMODE_TEST_AGAIN") != "1":
        passed = time.strftime("%Y-%m-%d %H:%M", time.localtime(stamp.stat().st_mtime))
        print(f"passed at {passed} with the same inputs; PYMODE_TEST_AGAIN=1 runs it again")
        return SKIPPED
    # What changes while it runs was not tested.
    code = subprocess.run(options.command, check=False).returncode
    if code == 0 and stamp.name == digest(options.command, options.input):
        options.stamps.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    return code if code != SKIPPED else 1


if __name__ == "__main__":
    sys.exit(main())

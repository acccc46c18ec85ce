# SPDX-License-Identifier: MIT
"""What every step of the build is given: where things are, and how to report progress."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


class BuildError(Exception):
    """Something the person who builds must know; the text is shown without a traceback."""


def default_cache() -> Path:
    """The build cache: PYMODE_BUILD_CACHE, or a folder in the user's own cache."""
    chosen = os.environ.get("PYMODE_BUILD_CACHE")
    if chosen:
        return Path(chosen).absolute()
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(home).absolute() / "pymode-build"


@dataclass
class Progress:
    """Lines with the time since the start, so that a slow step is seen while it is slow."""

    quiet: bool = False
    started: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        if not self.quiet:
            print(f"[{time.monotonic() - self.started:6.1f} s] {text}", flush=True)


@dataclass
class Context:
    """The folders of one run."""

    cache: Path
    output: Path
    progress: Progress
    repository: Path = REPOSITORY
    bundler: Path | None = None
    recipe_builder: Path | None = None
    optimize: bool = True
    jobs: int = field(default_factory=lambda: min(os.cpu_count() or 1, 8))

    @property
    def interpreter(self) -> Path:
        return self.repository / "runtime" / "interpreter"


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a tool: what finds programs and reaches networks, nothing that changes
    code generation.
    """
    dropped = (
        "CC",
        "CXX",
        "AR",
        "LD",
        "RANLIB",
        "CFLAGS",
        "CXXFLAGS",
        "CPPFLAGS",
        "LDFLAGS",
        "LIBS",
        "OPT",
        "MAKEFLAGS",
        "MFLAGS",
    )
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in dropped
        and not name.startswith(("PYTHON", "ZIG_", "PKG_CONFIG", "NODE_OPTIONS"))
    }
    environment["LC_ALL"] = "C.UTF-8"
    environment["SOURCE_DATE_EPOCH"] = "315532800"
    environment.update(extra or {})
    return environment


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    show_errors: bool = False,
) -> str:
    """Runs a tool and returns its standard output; its failure is an error with what it said.

    ``show_errors`` passes on what a tool that succeeded wrote to standard error.
    """
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=cwd,
        env=clean_environment(env),
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise _failure(words, done.returncode, done.stderr + done.stdout)
    if show_errors and done.stderr.strip():
        warn(f"{Path(words[0]).name} said:\n{done.stderr.strip()}")
    return done.stdout


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
) -> None:
    """Runs a long build whose words go to a file; their end becomes the error when it fails."""
    words = [str(word) for word in command]
    environment = clean_environment(env)
    with log.open("ab") as stream:
        done = subprocess.run(
            words,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    if done.returncode:
        said = log.read_text(encoding="utf-8", errors="replace")
        raise _failure(words, done.returncode, said)


def _failure(words: Sequence[str], code: int, said: str) -> BuildError:
    tail = "\n".join(said.splitlines()[-40:])
    return BuildError(f"{Path(words[0]).name} ended with {code}: {' '.join(words)[:400]}\n{tail}")


def find_tool(name: str, package: str) -> Path:
    """A program of the machine, or an error that names the Debian package to install."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        candidate = Path(folder) / name
        if folder and candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise BuildError(
        f"{name} is needed to build the runtime and is not on PATH "
        f"(Debian: apt-get install {package})"
    )


def warn(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr, flush=True)

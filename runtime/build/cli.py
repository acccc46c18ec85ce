# SPDX-License-Identifier: MIT
"""The command line of the build."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from . import steps
from .context import REPOSITORY, BuildError, Context, Progress, default_cache
from .store import locked


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m runtime.build", description=__doc__)
    parser.add_argument(
        "--output",
        type=Path,
        default=REPOSITORY / "build" / "runtime",
        help="folder to fill (default: build/runtime)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=default_cache(),
        help="build cache (default: PYMODE_BUILD_CACHE or the user's cache)",
    )
    parser.add_argument(
        "--only", choices=sorted(steps.STEPS), help="build this part and what it stands on"
    )
    parser.add_argument(
        "--bundler",
        type=Path,
        help="the stdlib-bundler program; without it Python's zipfile packs the image",
    )
    parser.add_argument(
        "--recipe-builder",
        type=Path,
        help="the recipe-builder program; without it no wheelhouse is built",
    )
    parser.add_argument(
        "--no-optimize",
        action="store_true",
        help="skip wasm-opt: for work on the interpreter's C code",
    )
    parser.add_argument("--jobs", type=int, help="processes at a time (default: processors)")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument(
        "--print-table", action="store_true", help="print the sizes of the last build and stop"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    context = Context(
        cache=options.cache.absolute(),
        output=options.output.absolute(),
        progress=Progress(quiet=options.quiet),
        bundler=options.bundler.absolute() if options.bundler else None,
        recipe_builder=options.recipe_builder.absolute() if options.recipe_builder else None,
        optimize=not options.no_optimize,
    )
    if options.jobs:
        context.jobs = options.jobs
    try:
        if options.print_table:
            steps.print_table(context)
            return 0
        with locked(context):
            steps.build(context, options.only)
    except BuildError as error:
        print(f"error: {error}", flush=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0

# SPDX-License-Identifier: MIT
"""Runs in the native CPython: compiles modules to unchecked-hash .pyc files.

The one argument is a JSON file of [source, target, file name as the guest sees it].
"""

import importlib.util
import json
import sys
from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[attr-defined]
from pathlib import Path


def compile_one(source: str, target: str, name: str) -> None:
    data = Path(source).read_bytes()
    code = compile(data, name, "exec", dont_inherit=True, optimize=0)
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_code_to_hash_pyc(code, importlib.util.source_hash(data), checked=False))


def main() -> None:
    for source, target, name in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        compile_one(source, target, name)


main()

# SPDX-License-Identifier: MIT
"""manifest.json of a finished build, and the table of sizes with the limits that the runtime has
set itself.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .modules import SideModule
from .store import digest, digest_file

MEGABYTE = 1_000_000
# (file, measure, limit in bytes)
LIMITS = (
    ("python-core.wasm", "raw", 5_700_000),
    ("python-core.wasm", "gzip", 1_850_000),
    ("stdlib.zip", "raw", 4_000_000),
)


def make_manifest(
    output: Path, python_version: str, side_modules: Sequence[SideModule], previous: dict[str, Any]
) -> dict[str, Any]:
    """Sizes and hashes of what is in the output folder; ``runtime_version`` stands for all of it.

    ``previous`` is the manifest of the last build: files that did not change are not compressed
    again.
    """
    side = sorted(module.name for module in side_modules)
    names = [
        "python.wasm",
        "python-core.wasm",
        "stdlib.zip",
        "host.js",
        *(f"dynload/{name}.wasm" for name in side),
    ]
    known = previous.get("files", {})
    files = {name: _measure(output / name, known.get(name, {})) for name in names}
    shipped = {name: entry["sha256"] for name, entry in files.items() if name != "python-core.wasm"}
    return {
        "python": python_version,
        "runtime_version": digest(shipped)[:16],
        "side_modules": {name: f"dynload/{name}.wasm" for name in side},
        # Those that are not here belong in every bundle.
        "side_module_words": {
            module.name: list(module.words) for module in side_modules if module.words
        },
        "files": files,
    }


def _measure(path: Path, known: dict[str, Any]) -> dict[str, Any]:
    sha256 = digest_file(path)
    if known.get("sha256") == sha256:
        return known
    data = path.read_bytes()
    return {"size": len(data), "gzip": len(gzip.compress(data, 9, mtime=0)), "sha256": sha256}


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of the last build; empty when there is none that can be read."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def write_manifest(path: Path, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def size_table(manifest: dict[str, Any]) -> str:
    """The sizes as text; a limit that is kept says PASS."""
    lines = [
        f"Python {manifest['python']}, runtime {manifest['runtime_version']}",
        "",
        f"{'file':<36}{'raw':>12}{'gzip -9':>12}",
    ]
    for name, entry in manifest["files"].items():
        lines.append(f"{name:<36}{entry['size']:>12,}{entry['gzip']:>12,}")
    lines += ["", "limits"]
    for name, measure, limit in LIMITS:
        size = manifest["files"][name]["size" if measure == "raw" else "gzip"]
        verdict = "PASS" if size <= limit else "FAIL"
        lines.append(
            f"{verdict}  {name} {measure}: {size / MEGABYTE:.2f} MB of {limit / MEGABYTE:.2f} MB"
        )
    return "\n".join(lines)

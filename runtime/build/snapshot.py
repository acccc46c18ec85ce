# SPDX-License-Identifier: MIT
"""Pre-initialises the interpreter: wizer runs ``pm_snapshot`` and keeps the memory it leaves
behind.

The guest sees one folder, "/", as it will when it serves: the image at /lib/python3.13 and, only
here, /preload.txt with the names of the modules that every request needs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from .context import BuildError, Context
from .image import GUEST, image_root
from .link import core_module
from .modules import ModuleTable
from .nodetools import tool_version, wizer
from .packed_snapshot import REQUIREMENTS, UNPACK, pack
from .sources import Source
from .store import digest, digest_file, digest_recipe, ensure
from .symbols import table_symbols
from .wasm import read_module

PRELOAD = Path(__file__).with_name("preload.txt")
FUNCTION = "pm_snapshot"
TIME = 315532800


def snapshot(context: Context, sources: Mapping[str, Source], table: ModuleTable) -> Path:
    """``python.wasm``: the core module with an initialised interpreter in its memory."""
    core = core_module(context, sources, table)
    root = image_root(context, sources, table)
    key = digest(
        "snapshot",
        core.parent.name,
        root.name,
        digest_file(PRELOAD),
        digest_recipe("snapshot", "lz4_blocks", "packed_snapshot", "symbols", "wasm_sections"),
        digest_file(REQUIREMENTS),
        tool_version(context, "@bytecodealliance/wizer"),
    )

    def build(work: Path, result: Path) -> None:
        stage = work / "stage"
        (stage / GUEST[1:]).parent.mkdir(parents=True)
        shutil.copytree(root, stage / GUEST[1:])
        shutil.copy(PRELOAD, stage / "preload.txt")
        _fix_times(stage)
        raw, target = work / "raw.wasm", result / "python.wasm"
        wizer(context, core, raw, FUNCTION, stage)
        _check(core, raw)
        packed = pack(context, raw.read_bytes())
        target.write_bytes(table_symbols(packed, frozenset({UNPACK})))

    return ensure(context, "snapshot", key, build) / "python.wasm"


def _fix_times(stage: Path) -> None:
    """The import system remembers the times of folders, so they would be in the snapshot."""
    for path in (stage, *stage.rglob("*")):
        os.utime(path, (TIME, TIME))


def _check(core: Path, target: Path) -> None:
    """Only the functions that have done their work may be gone."""
    before, after = read_module(core.read_bytes()), read_module(target.read_bytes())
    lost = set(before.exports) - set(after.exports) - {FUNCTION, "_initialize"}
    if lost or before.imports != after.imports:
        raise BuildError(f"the snapshot changed the interface: {sorted(lost)[:10]}")

# SPDX-License-Identifier: MIT
"""The host's TypeScript as one ES module."""

from __future__ import annotations

from pathlib import Path

from .context import Context
from .nodetools import esbuild, tool_version
from .store import digest, digest_recipe, digest_tree, ensure


def host_module(context: Context) -> Path:
    """``host.js``."""
    root = context.repository / "runtime" / "host" / "src"
    key = digest(
        "host",
        digest_tree(root, ("**/*.ts", "**/*.json")),
        tool_version(context, "esbuild"),
        digest_recipe("host", "nodetools"),
    )

    def build(work: Path, result: Path) -> None:
        esbuild(context, root / "main.ts", result / "host.js")

    return ensure(context, "host", key, build) / "host.js"

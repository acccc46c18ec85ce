# SPDX-License-Identifier: MIT
"""The steps of the build by name, and how their results get into the output folder."""

from __future__ import annotations

from collections.abc import Callable

from .context import Context
from .modules import ModuleTable, load_modules
from .native import native_python
from .sources import Source, load_sources
from .wasi import wasi_python

Sources = dict[str, Source]


def build(context: Context, only: str | None) -> None:
    sources = load_sources(context.repository / "third_party")
    table = load_modules()
    for name in STEPS if only is None else (only,):
        STEPS[name](context, sources, table)


def _native(context: Context, sources: Sources, table: ModuleTable) -> None:
    native_python(context, sources)


def _wasi(context: Context, sources: Sources, table: ModuleTable) -> None:
    wasi_python(context, sources, table)


def print_table(context: Context) -> None:
    pass


STEPS: dict[str, Callable[[Context, Sources, ModuleTable], None]] = {"native": _native, "wasi": _wasi}

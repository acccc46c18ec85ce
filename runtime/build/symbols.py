# SPDX-License-Identifier: MIT
"""Takes the exports that only the linker looks for out of python.wasm.

V8 makes an object for each of 2,200 exports when the module is instantiated, and a Worker that
loads no side module uses twenty of them. The others become a table in a custom section, which the
linker (runtime/host/src/linker.ts) reads when the first library is loaded: of functions the slot
in the module's table, of data the address.
"""

from __future__ import annotations

import json
import struct
import zlib

from . import wasm_sections as wasm
from .context import BuildError

SECTION = "pymode.symbols"
FUNCTION, GLOBAL = 0, 3
# What the host calls by name (runtime/host/src/exports.ts), and what is no address.
KEPT_PREFIX = "pm_"
KEPT = {"malloc", "free", "__stack_pointer"}
FUNCTION_TABLE = b"\x70"

Export = tuple[str, int, int]


def table_symbols(module: bytes, dropped: frozenset[str]) -> bytes:
    """The module with few exports and the table; ``dropped`` names exports nobody needs."""
    sections = wasm.split(module)
    exports = wasm.exports(sections)
    kept = [
        (name, kind, index)
        for name, kind, index in exports
        if name not in dropped
        and (kind not in (FUNCTION, GLOBAL) or name in KEPT or name.startswith(KEPT_PREFIX))
    ]
    staying = {name for name, _, _ in kept} | dropped
    moved = [export for export in exports if export[0] not in staying]
    sections, slots = _give_slots(sections, [i for _, kind, i in moved if kind == FUNCTION])
    values = wasm.global_values(sections)
    table = {
        "functions": {name: slots[i] for name, kind, i in moved if kind == FUNCTION},
        "data": {name: values[i] & 0xFFFFFFFF for name, kind, i in moved if kind == GLOBAL},
    }
    text = json.dumps(table, separators=(",", ":"), sort_keys=True).encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    packed = struct.pack("<I", len(text)) + packer.compress(text) + packer.flush()
    sections = wasm.replace(sections, wasm.EXPORT, wasm.export_section(kept))
    return wasm.join([*sections, wasm.custom(SECTION, packed)])


def _give_slots(
    sections: list[wasm.Section], functions: list[int]
) -> tuple[list[wasm.Section], dict[int, int]]:
    """The slot of every function. One whose address C has taken keeps its slot, since CPython
    compares such addresses; the others get new ones at the end.
    """
    first, elements = wasm.read_elements(sections)
    slots: dict[int, int] = {}
    for number, function in enumerate(elements):
        slots.setdefault(function, first + number)
    added = [index for index in dict.fromkeys(functions) if index not in slots]
    end = first + len(elements)
    if wasm.find(sections, wasm.TABLE) != b"\1" + FUNCTION_TABLE + b"\0" + wasm.unsigned(end):
        raise BuildError("the core module's table is not the one its elements fill")
    slots |= {index: end + number for number, index in enumerate(added)}
    size = wasm.unsigned(end + len(added))
    sections = wasm.replace(sections, wasm.TABLE, b"\1" + FUNCTION_TABLE + b"\0" + size)
    content = wasm.element_section(first, elements + added)
    return wasm.replace(sections, wasm.ELEMENT, content), slots

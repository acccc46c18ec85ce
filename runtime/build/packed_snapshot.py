# SPDX-License-Identifier: MIT
"""Packs the memory of a snapshot, so that a Worker's start has less to read.

Reading a bundle costs a cold start two to three milliseconds a megabyte; unpacking LZ4 costs about
one. The memory becomes passive data in blocks, and a start function, made here, that has each of
them unpacked into its place by ``pm_unpack`` (runtime/interpreter/unpack.c). The packed block lies
on the C stack meanwhile, where nothing lives before the first call.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from . import wasm_sections as wasm
from .context import BuildError, Context, run
from .lz4_blocks import without_short_matches
from .store import digest, digest_file, ensure

REQUIREMENTS = Path(__file__).with_name("requirements-lz4.txt")
UNPACK = "pm_unpack"
STACK_POINTER = "__stack_pointer"
# Those whose wheels the requirements name.
PYTHONS = ((3, 11), (3, 12), (3, 13))
PAGE = 4096
BLOCK = 256 * 1024
# Not 0: a source at the address 0 would look like none.
SCRATCH = 1024
TYPE_OF_START = b"\x60\0\0"
MEMORY_INIT = b"\xfc\x08"
DATA_DROP = b"\xfc\x09"
CALL = b"\x10"


def lz4(context: Context) -> Any:
    """The module ``lz4.block``, installed with pip when the cache has none."""
    if sys.version_info[:2] not in PYTHONS:
        wanted = ", ".join(f"{major}.{minor}" for major, minor in PYTHONS)
        raise BuildError(
            f"packing the snapshot needs a wheel of lz4, which is pinned for Python {wanted}; "
            f"this is {sys.version.split()[0]}"
        )
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"

    def install(work: Path, result: Path) -> None:
        run([sys.executable, "-m", "venv", work / "venv"])
        run(
            [
                *(work / "venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"),
                *("--no-input", "install", "-q", "--no-deps", "--require-hashes"),
                *("--target", result, "-r", REQUIREMENTS),
            ]
        )

    folder = ensure(context, "lz4", digest("lz4", version, digest_file(REQUIREMENTS)), install)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("lz4.block")
    finally:
        sys.path.remove(str(folder))


def memory_pieces(segments: list[wasm.Segment], start: int) -> list[tuple[int, bytes]]:
    """What is not zero from ``start`` on, by whole pages, in pieces of at most a block."""
    end = max((segment.address or 0) + len(segment.data) for segment in segments)
    memory = bytearray(-(-end // PAGE) * PAGE)
    for segment in segments:
        if segment.base is not None or (segment.address is None and segment.data):
            raise BuildError("the snapshot holds data whose place is not known")
        if segment.address is not None:
            memory[segment.address : segment.address + len(segment.data)] = segment.data
    pieces: list[tuple[int, bytes]] = []
    for page in range(start // PAGE * PAGE, len(memory), PAGE):
        content = bytes(memory[max(page, start) : page + PAGE])
        if not any(content):
            continue
        address, before = pieces[-1] if pieces else (0, b"")
        if pieces and address + len(before) == page and len(before) < BLOCK:
            pieces[-1] = (address, before + content)
        else:
            pieces.append((max(page, start), content))
    return pieces


def pack(context: Context, module: bytes) -> bytes:
    """The module with its data packed and a start function that unpacks it."""
    compress = lz4(context).compress
    sections = wasm.split(module)
    exports = {name: index for name, _, index in wasm.exports(sections)}
    segments = wasm.data_segments(sections)
    stack_top = wasm.global_values(sections)[exports[STACK_POINTER]]
    # What lies below is the stack of calls that have returned.
    pieces = memory_pieces(segments, stack_top)
    packed = [
        without_short_matches(
            compress(data, mode="high_compression", compression=12, store_size=False)
        )
        for _, data in pieces
    ]
    if SCRATCH + max(len(block) for block in packed) > stack_top // 2:
        raise BuildError("a packed block of the snapshot does not fit on the stack")
    places = [(address, len(block)) for (address, _), block in zip(pieces, packed, strict=True)]
    body = _start_function(places, exports[UNPACK])
    sections = _add_start(sections, body)
    sections = wasm.replace(sections, wasm.DATA_COUNT, wasm.unsigned(len(packed)))
    return wasm.join(wasm.replace(sections, wasm.DATA, wasm.passive_data(packed)))


def _start_function(places: list[tuple[int, int]], unpack: int) -> bytes:
    """Code for every block: copy it to the stack, forget it, have it unpacked."""

    def constant(value: int) -> bytes:
        return bytes([wasm.I32_CONST]) + wasm.signed(value)

    code = bytearray(b"\0")
    for number, (address, size) in enumerate(places):
        code += constant(SCRATCH) + constant(0) + constant(size)
        code += MEMORY_INIT + wasm.unsigned(number) + b"\0"
        code += DATA_DROP + wasm.unsigned(number)
        code += constant(SCRATCH) + constant(size) + constant(address)
        code += CALL + wasm.unsigned(unpack)
    code.append(wasm.END)
    return bytes(code)


def _add_start(sections: list[wasm.Section], body: bytes) -> list[wasm.Section]:
    if wasm.find(sections, wasm.START) is not None:
        raise BuildError("the snapshot has a start function already")
    for kind, entry in ((wasm.TYPE, TYPE_OF_START), (wasm.CODE, wasm.vector(body))):
        content, index = wasm.append(wasm.find(sections, kind) or b"\0", entry)
        sections = wasm.replace(sections, kind, content)
        if kind == wasm.TYPE:
            functions, number = wasm.append(
                wasm.find(sections, wasm.FUNCTION) or b"\0", wasm.unsigned(index)
            )
            sections = wasm.replace(sections, wasm.FUNCTION, functions)
    imported = _imported_functions(sections)
    return wasm.replace(sections, wasm.START, wasm.unsigned(imported + number))


def _imported_functions(sections: list[wasm.Section]) -> int:
    """All imports of the core module are functions."""
    count, _ = wasm.read_unsigned(wasm.find(sections, wasm.IMPORT) or b"\0", 0)
    return count

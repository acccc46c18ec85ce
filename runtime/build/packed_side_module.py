# SPDX-License-Identifier: MIT
"""Packs the data of a side module, so that a bundle that carries it has less to read.

Most of what every bundle carries are tables (Unicode, East Asian character sets) that few Workers
look into. The linker (runtime/host/src/linker.ts) unpacks them when the module is imported.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

from . import wasm_sections as wasm
from .context import BuildError, Context
from .store import digest, digest_recipe, ensure

SECTION = "pymode.data"
# Less is not worth the work of unpacking.
LEAST_SAVING = 4096


def packed_side_modules(context: Context, modules: Mapping[str, Path]) -> dict[str, Path]:
    """The wasm files of side modules with their data packed."""
    recipe = digest_recipe("packed_side_module", "wasm_sections")
    packed = {}
    for name, path in modules.items():
        key = digest("packed-side", path.parent.name, recipe, zlib.ZLIB_RUNTIME_VERSION)

        def build(work: Path, result: Path, path: Path = path) -> None:
            (result / path.name).write_bytes(pack(path.read_bytes()))

        packed[name] = ensure(context, f"packed-side-{name}", key, build) / path.name
    return packed


def pack(module: bytes) -> bytes:
    """The module with its data in a custom section: the size, then raw deflate."""
    sections = wasm.split(module)
    image = _image(wasm.data_segments(sections))
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    packed = struct.pack("<I", len(image)) + packer.compress(image) + packer.flush()
    if len(image) - len(packed) < LEAST_SAVING:
        return module
    for kind in (wasm.DATA, wasm.DATA_COUNT):
        sections = wasm.replace(sections, kind, None)
    return wasm.join([*sections, wasm.custom(SECTION, packed)])


def _image(segments: list[wasm.Segment]) -> bytes:
    """What instantiation would write from the module's memory base on."""
    image = bytearray()
    for segment in segments:
        if segment.address is None or segment.base is None:
            raise BuildError("a side module holds data that is not relative to its memory base")
        end = segment.address + len(segment.data)
        image.extend(bytes(max(0, end - len(image))))
        image[segment.address : end] = segment.data
    return bytes(image.rstrip(b"\0"))

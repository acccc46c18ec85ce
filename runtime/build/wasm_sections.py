# SPDX-License-Identifier: MIT
"""A wasm module as a list of sections, for the steps that change what a linker has made.

Only what they need is understood, and of that only what our linker and wasm-opt write; anything
else is an error. Code is never looked into.
"""

from __future__ import annotations

from dataclasses import dataclass

from .context import BuildError

HEADER = b"\0asm\1\0\0\0"
CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL = 0, 1, 2, 3, 4, 5, 6
EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT = 7, 8, 9, 10, 11, 12
# The order in which the format wants them; custom sections may stand anywhere.
ORDER = (1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11)
I32_CONST, GLOBAL_GET, END = 0x41, 0x23, 0x0B

Section = tuple[int, bytes]


@dataclass(frozen=True)
class Segment:
    """A piece of data: where it goes (None: nowhere by itself), and its bytes.

    ``base`` is the index of the global that the address is relative to.
    """

    address: int | None
    data: bytes
    base: int | None = None


def split(module: bytes) -> list[Section]:
    if module[: len(HEADER)] != HEADER:
        raise BuildError("not a wasm module")
    sections = []
    at = len(HEADER)
    while at < len(module):
        kind = module[at]
        size, start = read_unsigned(module, at + 1)
        at = start + size
        if at > len(module):
            raise BuildError("a wasm module ends too early")
        sections.append((kind, module[start:at]))
    return sections


def join(sections: list[Section]) -> bytes:
    parts = [HEADER]
    for kind, content in sections:
        parts += [bytes([kind]), unsigned(len(content)), content]
    return b"".join(parts)


def find(sections: list[Section], kind: int) -> bytes | None:
    """The content of the first section of a kind."""
    return next((content for found, content in sections if found == kind), None)


def replace(sections: list[Section], kind: int, content: bytes | None) -> list[Section]:
    """The sections with another one of this kind, in its place; None removes it."""
    rest = [section for section in sections if section[0] != kind]
    if content is None:
        return rest
    rank = ORDER.index(kind)
    place = next(
        (i for i, (other, _) in enumerate(rest) if other != CUSTOM and ORDER.index(other) > rank),
        len(rest),
    )
    return [*rest[:place], (kind, content), *rest[place:]]


def custom(name: str, content: bytes) -> Section:
    return CUSTOM, vector(name.encode()) + content


def unsigned(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def signed(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        if (value == 0 and not low & 0x40) or (value == -1 and low & 0x40):
            out.append(low)
            return bytes(out)
        out.append(low | 0x80)


def vector(content: bytes) -> bytes:
    """Bytes behind their number."""
    return unsigned(len(content)) + content


def read_unsigned(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends."""
    value = shift = 0
    while at < len(data) and shift < 35:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise BuildError("a number in a wasm module is damaged")


def read_signed(data: bytes, at: int) -> tuple[int, int]:
    value, end = read_unsigned(data, at)
    bits = 7 * (end - at)
    return value - (1 << bits) if value >> (bits - 1) & 1 else value, end


def _read_offset(content: bytes, at: int) -> tuple[int, int | None, int]:
    """The constant expression of a segment's place: address, base global, end."""
    address, base = 0, None
    if content[at] == GLOBAL_GET:
        base, at = read_unsigned(content, at + 1)
    elif content[at] == I32_CONST:
        address, at = read_signed(content, at + 1)
    else:
        raise BuildError("a data segment has a place of an unknown form")
    if content[at] != END:
        raise BuildError("a data segment has a place of an unknown form")
    return address & 0xFFFFFFFF, base, at + 1


def data_segments(sections: list[Section]) -> list[Segment]:
    content = find(sections, DATA) or b"\0"
    count, at = read_unsigned(content, 0)
    segments = []
    for _ in range(count):
        flags, at = read_unsigned(content, at)
        address: int | None = None
        base = None
        if flags == 0:
            address, base, at = _read_offset(content, at)
        elif flags != 1:
            raise BuildError("a data segment is of an unknown kind")
        size, at = read_unsigned(content, at)
        segments.append(Segment(address, content[at : at + size], base))
        at += size
    if at != len(content):
        raise BuildError("the data section of a wasm module is damaged")
    return segments


def passive_data(pieces: list[bytes]) -> bytes:
    """A data section whose pieces go nowhere until code copies them."""
    return unsigned(len(pieces)) + b"".join(b"\1" + vector(piece) for piece in pieces)


def global_values(sections: list[Section]) -> list[int]:
    """The initial values of the globals, all of them i32 and none imported."""
    content = find(sections, GLOBAL) or b"\0"
    count, at = read_unsigned(content, 0)
    values = []
    for _ in range(count):
        if content[at] != 0x7F or content[at + 2] != I32_CONST:
            raise BuildError("a global of a wasm module is of an unknown kind")
        value, at = read_signed(content, at + 3)
        values.append(value)
        at += 1
    return values


def exports(sections: list[Section]) -> list[tuple[str, int, int]]:
    """Name, kind and index of every export."""
    content = find(sections, EXPORT) or b"\0"
    count, at = read_unsigned(content, 0)
    result = []
    for _ in range(count):
        size, at = read_unsigned(content, at)
        name, kind = content[at : at + size].decode("utf-8"), content[at + size]
        index, at = read_unsigned(content, at + size + 1)
        result.append((name, kind, index))
    return result


def export_section(entries: list[tuple[str, int, int]]) -> bytes:
    return unsigned(len(entries)) + b"".join(
        vector(name.encode()) + bytes([kind]) + unsigned(index) for name, kind, index in entries
    )


def read_elements(sections: list[Section]) -> tuple[int, list[int]]:
    """The first slot of the table that is filled, and the functions from there on."""
    content = find(sections, ELEMENT) or b"\0"
    if content[:3] != bytes([1, 0, I32_CONST]):
        raise BuildError("the elements of a wasm module are not one plain segment")
    first, at = read_signed(content, 3)
    count, at = read_unsigned(content, at + 1)
    functions = []
    for _ in range(count):
        function, at = read_unsigned(content, at)
        functions.append(function)
    return first, functions


def element_section(first: int, functions: list[int]) -> bytes:
    head = bytes([1, 0, I32_CONST]) + signed(first) + bytes([END]) + unsigned(len(functions))
    return head + b"".join(unsigned(function) for function in functions)


def append(content: bytes, entry: bytes) -> tuple[bytes, int]:
    """A vector section with one more entry, and the entry's index."""
    count, at = read_unsigned(content, 0)
    return unsigned(count + 1) + content[at:] + entry, count

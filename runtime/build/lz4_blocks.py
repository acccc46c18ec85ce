# SPDX-License-Identifier: MIT
"""Changes LZ4 blocks so that they are unpacked faster.

A compressor takes every match it finds. In code that V8 has just compiled for the first time, a
match costs about 20 ns however short it is, and reading a byte more of a bundle about 2 ns: one
that saves less than ten bytes is better written out.
"""

from __future__ import annotations

from collections.abc import Iterator

NIBBLE = 15
LEAST_MATCH = 4
# The best of 4 to 32 for the snapshot: 276,000 matches become 100,000, and 1.6 MB 2.1 MB.
WORTHWHILE_MATCH = 10

# Literals, distance, length of the match; the last one has no match: distance 0.
Sequence = tuple[bytes, int, int]


def without_short_matches(block: bytes, least: int = WORTHWHILE_MATCH) -> bytes:
    """The same content without matches shorter than ``least`` bytes."""
    packed = bytearray()
    content = bytearray()
    pending = 0  # where the literals begin that are not written yet
    for literals, distance, length in sequences(block):
        content += literals
        end = len(content)
        if distance:
            copy_match(content, distance, length)
        if distance and length >= least:
            packed += _head(end - pending, length - LEAST_MATCH)
            packed += content[pending:end] + distance.to_bytes(2, "little")
            packed += _more(length - LEAST_MATCH)
            pending = len(content)
    packed += _head(len(content) - pending, 0) + content[pending:]
    return bytes(packed)


def sequences(block: bytes) -> Iterator[Sequence]:
    """What a block consists of."""
    at = 0
    while True:
        token = block[at]
        count, at = _length(block, at + 1, token >> 4)
        literals, at = block[at : at + count], at + count
        if at >= len(block):
            yield literals, 0, 0
            return
        distance = int.from_bytes(block[at : at + 2], "little")
        length, at = _length(block, at + 2, token & NIBBLE)
        yield literals, distance, length + LEAST_MATCH


def copy_match(content: bytearray, distance: int, length: int) -> None:
    """Repeats what stands ``distance`` bytes before the end; the copy may reach into itself."""
    start = len(content) - distance
    while length > 0:
        piece = content[start : start + length]
        content += piece
        length -= len(piece)
        start += len(piece)


def _length(block: bytes, at: int, nibble: int) -> tuple[int, int]:
    if nibble < NIBBLE:
        return nibble, at
    length = nibble
    while block[at] == 255:
        length += 255
        at += 1
    return length + block[at], at + 1


def _head(literals: int, match: int) -> bytes:
    """The token, and with how much the number of literals goes on."""
    token = min(literals, NIBBLE) << 4 | min(match, NIBBLE)
    return bytes([token]) + _more(literals)


def _more(length: int) -> bytes:
    if length < NIBBLE:
        return b""
    rest = length - NIBBLE
    return b"\xff" * (rest // 255) + bytes([rest % 255])

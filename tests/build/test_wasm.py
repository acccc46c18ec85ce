# SPDX-License-Identifier: MIT
"""What changes finished wasm modules: the packed snapshot, packed side modules, few exports."""

from __future__ import annotations

import json
import random
import struct
import unittest
import zlib

from runtime.build import lz4_blocks, packed_side_module, packed_snapshot, symbols
from runtime.build import wasm_sections as wasm
from runtime.build.context import BuildError

STACK_TOP = 2 * packed_snapshot.PAGE


def active(address: int, data: bytes, base: int | None = None) -> bytes:
    place = b"\x41" + wasm.signed(address) if base is None else b"\x23" + wasm.unsigned(base)
    return b"\0" + place + b"\x0b" + wasm.vector(data)


def data_section(*segments: bytes) -> bytes:
    return wasm.unsigned(len(segments)) + b"".join(segments)


def core(*segments: bytes) -> bytes:
    """A module like the core: two functions, one of them in the table, and a stack pointer."""
    code = wasm.vector(b"\0\x0b")
    exports = [
        ("memory", 2, 0),
        ("__stack_pointer", 3, 0),
        ("pm_unpack", 0, 1),
        ("PyNone_Type", 3, 1),
        ("pm_boot", 0, 1),
        ("PyList_New", 0, 2),
        ("PyList_Size", 0, 1),
    ]
    return wasm.join(
        [
            (wasm.TYPE, b"\1\x60\0\0"),
            (wasm.IMPORT, b"\1" + wasm.vector(b"pymode") + wasm.vector(b"log") + b"\0\0"),
            (wasm.FUNCTION, b"\2\0\0"),
            (wasm.TABLE, b"\1\x70\0\2"),
            (wasm.MEMORY, b"\1\0\1"),
            (
                wasm.GLOBAL,
                b"\2\x7f\1\x41"
                + wasm.signed(STACK_TOP)
                + b"\x0b\x7f\0\x41"
                + wasm.signed(20000)
                + b"\x0b",
            ),
            (wasm.EXPORT, wasm.export_section(exports)),
            (wasm.ELEMENT, wasm.element_section(1, [1])),
            (wasm.CODE, b"\2" + code + code),
            (wasm.DATA, data_section(*segments)),
        ]
    )


def unpacked(block: bytes) -> bytes:
    content = bytearray()
    for literals, distance, length in lz4_blocks.sequences(block):
        content += literals
        if distance:
            lz4_blocks.copy_match(content, distance, length)
    return bytes(content)


class NumbersTest(unittest.TestCase):
    def test_round_trip(self) -> None:
        for value in (0, 1, 63, 64, 127, 128, 8191, 8192, 2**31 - 1):
            with self.subTest(value):
                self.assertEqual(wasm.read_unsigned(wasm.unsigned(value), 0)[0], value)
                for signed in (value, -value - 1):
                    self.assertEqual(wasm.read_signed(wasm.signed(signed), 0)[0], signed)

    def test_damaged(self) -> None:
        for content in (b"", b"\x80", b"\xff\xff\xff\xff\xff\xff"):
            with self.subTest(content), self.assertRaises(BuildError):
                wasm.read_unsigned(content, 0)


class SectionsTest(unittest.TestCase):
    def test_split_and_join(self) -> None:
        module = core(active(STACK_TOP, b"x"))
        self.assertEqual(wasm.join(wasm.split(module)), module)
        with self.assertRaises(BuildError):
            wasm.split(module[:-1])

    def test_replace_keeps_the_order(self) -> None:
        sections = wasm.replace(wasm.split(core()), wasm.START, b"\0")
        sections = wasm.replace(sections, wasm.DATA_COUNT, b"\0")
        kinds = [kind for kind, _ in sections]
        self.assertEqual(kinds, [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11])

    def test_segments(self) -> None:
        found = wasm.data_segments(
            wasm.split(core(active(70000, b"a"), b"\1\1b", active(0, b"c", 3)))
        )
        wanted = [(70000, b"a", None), (None, b"b", None), (0, b"c", 3)]
        self.assertEqual([(s.address, s.data, s.base) for s in found], wanted)


class BlocksTest(unittest.TestCase):
    # "abcd" by itself, then a match that reaches into itself, then the last literals
    BLOCK = b"\x44abcd\4\0\x80abcdefgh"

    def test_short_matches_become_literals(self) -> None:
        content = unpacked(self.BLOCK)
        self.assertEqual(content, b"abcd" * 4 + b"efgh")
        for least, matches in ((4, 1), (8, 1), (9, 0)):
            with self.subTest(least):
                block = lz4_blocks.without_short_matches(self.BLOCK, least)
                self.assertEqual(unpacked(block), content)
                found = [length for _, distance, length in lz4_blocks.sequences(block) if distance]
                self.assertEqual(len(found), matches)

    def test_long_lengths(self) -> None:
        chance = random.Random(1)
        literals = chance.randbytes(1000)
        head = b"\xff" + b"\xff" * 3 + bytes([1000 - 15 - 3 * 255])
        block = head + literals + b"\1\0" + b"\xff" + bytes([300 - 4 - 15 - 255]) + b"\x50tails"
        content = literals + literals[-1:] * 300 + b"tails"
        self.assertEqual(unpacked(block), content)
        self.assertEqual(unpacked(lz4_blocks.without_short_matches(block)), content)
        self.assertEqual(unpacked(lz4_blocks.without_short_matches(block, 301)), content)


class PiecesTest(unittest.TestCase):
    def test_zero_pages_are_left_out(self) -> None:
        page = packed_snapshot.PAGE
        segments = [
            wasm.Segment(100, b"dead stack"),
            wasm.Segment(STACK_TOP + 8, b"first"),
            wasm.Segment(STACK_TOP + page, b"second"),
            wasm.Segment(STACK_TOP + 3 * page + 5, b"third"),
        ]
        pieces = packed_snapshot.memory_pieces(segments, STACK_TOP)
        self.assertEqual([a for a, _ in pieces], [STACK_TOP, STACK_TOP + 3 * page])
        self.assertEqual([len(data) for _, data in pieces], [2 * page, page])
        self.assertEqual(
            pieces[0][1].rstrip(b"\0"), b"\0" * 8 + b"first" + b"\0" * (page - 13) + b"second"
        )

    def test_large_pieces_are_cut(self) -> None:
        data = b"x" * (2 * packed_snapshot.BLOCK + 1)
        pieces = packed_snapshot.memory_pieces([wasm.Segment(STACK_TOP, data)], STACK_TOP)
        self.assertLessEqual(max(len(piece) for _, piece in pieces), packed_snapshot.BLOCK)
        self.assertEqual(b"".join(piece for _, piece in pieces).rstrip(b"\0"), data)

    def test_unknown_places_are_refused(self) -> None:
        for segment in (wasm.Segment(None, b"x"), wasm.Segment(0, b"x", 1)):
            with self.subTest(segment), self.assertRaises(BuildError):
                packed_snapshot.memory_pieces([segment], STACK_TOP)


class SymbolsTest(unittest.TestCase):
    def test_moved_exports(self) -> None:
        sections = wasm.split(symbols.table_symbols(core(), frozenset({"pm_unpack"})))
        names = [name for name, _, _ in wasm.exports(sections)]
        self.assertEqual(names, ["memory", "__stack_pointer", "pm_boot"])
        packed = next(content for kind, content in sections if kind == wasm.CUSTOM)
        packed = packed[1 + len(symbols.SECTION) :]
        text = zlib.decompress(packed[4:], -zlib.MAX_WBITS)
        self.assertEqual(struct.unpack("<I", packed[:4])[0], len(text))
        # the function in the table keeps its slot, the other one gets the next
        wanted = {"functions": {"PyList_New": 2, "PyList_Size": 1}, "data": {"PyNone_Type": 20000}}
        self.assertEqual(json.loads(text), wanted)
        self.assertEqual(wasm.read_elements(sections), (1, [1, 2]))
        self.assertEqual(wasm.find(sections, wasm.TABLE), b"\1\x70\0\3")


class SideModuleTest(unittest.TestCase):
    def module(self, data: bytes) -> bytes:
        return wasm.join(
            [
                wasm.custom("dylink.0", b"\1\4\0\0\0\0"),
                (wasm.DATA, data_section(active(0, data, 1))),
            ]
        )

    def test_data_is_packed(self) -> None:
        data = b"table" * 10000 + b"\0\0\0"
        sections = wasm.split(packed_side_module.pack(self.module(data)))
        self.assertIsNone(wasm.find(sections, wasm.DATA))
        name = packed_side_module.SECTION
        packed = sections[-1][1][1 + len(name) :]
        self.assertEqual(zlib.decompress(packed[4:], -zlib.MAX_WBITS), data.rstrip(b"\0"))
        self.assertEqual(struct.unpack("<I", packed[:4])[0], len(data.rstrip(b"\0")))

    def test_little_is_left_alone(self) -> None:
        module = self.module(b"table" * 10)
        self.assertEqual(packed_side_module.pack(module), module)

    def test_fixed_places_are_refused(self) -> None:
        module = wasm.join([(wasm.DATA, data_section(active(16, b"x" * 10000)))])
        with self.assertRaises(BuildError):
            packed_side_module.pack(module)


if __name__ == "__main__":
    unittest.main()

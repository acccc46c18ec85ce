# SPDX-License-Identifier: MIT
"""Reads the import, export and dylink sections of a wasm module: enough to check what the linker
made.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .context import BuildError

KINDS = ("function", "table", "memory", "global", "tag")
DYLINK_MEMORY_INFO = 1
DYLINK_NEEDED = 2


@dataclass
class Module:
    """``imports``: (module, name, kind); ``exports``: name to kind."""

    imports: list[tuple[str, str, str]] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)
    needed: list[str] = field(default_factory=list)
    memory_size: int = 0
    is_side_module: bool = False


class _Reader:
    def __init__(self, data: bytes, position: int, end: int) -> None:
        self.data, self.position, self.end = data, position, end

    def byte(self) -> int:
        if self.position >= self.end:
            raise BuildError("a wasm module ends too early")
        value = self.data[self.position]
        self.position += 1
        return value

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise BuildError("a wasm module holds a number that is too long")

    def text(self) -> str:
        size = self.number()
        start, self.position = self.position, self.position + size
        if self.position > self.end:
            raise BuildError("a wasm module ends too early")
        return self.data[start : self.position].decode("utf-8")

    def limits(self) -> None:
        flags = self.number()
        self.number()
        if flags & 1:
            self.number()


def read_module(data: bytes) -> Module:
    """The parts of a module that concern linking."""
    if data[:8] != b"\0asm\1\0\0\0":
        raise BuildError("not a wasm module")
    module = Module()
    outer = _Reader(data, 8, len(data))
    while outer.position < outer.end:
        section, size = outer.byte(), outer.number()
        inner = _Reader(data, outer.position, outer.position + size)
        if inner.end > len(data):
            raise BuildError("a wasm module ends too early")
        if section == 0 and inner.text() == "dylink.0":
            _read_dylink(inner, module)
        elif section == 2:
            _read_imports(inner, module)
        elif section == 7:
            for _ in range(inner.number()):
                name, kind = inner.text(), inner.byte()
                module.exports[name] = KINDS[kind]
                inner.number()
        outer.position = inner.end
    return module


def _read_imports(reader: _Reader, module: Module) -> None:
    for _ in range(reader.number()):
        space, name, kind = reader.text(), reader.text(), reader.byte()
        if kind == 0:
            reader.number()
        elif kind == 1:
            reader.byte()
            reader.limits()
        elif kind == 2:
            reader.limits()
        elif kind == 3:
            reader.byte()
            reader.byte()
        else:
            reader.byte()
            reader.number()
        module.imports.append((space, name, KINDS[kind]))


def _read_dylink(reader: _Reader, module: Module) -> None:
    module.is_side_module = True
    while reader.position < reader.end:
        kind, size = reader.byte(), reader.number()
        part = _Reader(reader.data, reader.position, reader.position + size)
        if kind == DYLINK_MEMORY_INFO:
            module.memory_size = part.number()
        elif kind == DYLINK_NEEDED:
            module.needed = [part.text() for _ in range(part.number())]
        reader.position = part.end

# SPDX-License-Identifier: MIT
"""HTTP headers: names without regard to case, any number of values for one name."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import overload

    type HeadersInit = Headers | Mapping[str, str] | Iterable[tuple[str, str]]

# RFC 9110: the characters of a token.
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
# A line end in a value would let it add headers of its own, or a whole second response.
_FORBIDDEN = ("\r", "\n", "\0")
_PAIRS = (tuple, list)


class Headers:
    """An ordered multi-mapping.

    >>> headers = Headers({"Content-Type": "text/html"})
    >>> headers.append("Set-Cookie", "a=1")
    >>> headers.append("Set-Cookie", "b=2")
    >>> headers["content-type"], headers.get_all("set-cookie")
    ('text/html', ['a=1', 'b=2'])

    Iteration gives each name once, in lower case; `items()` gives every line.
    """

    __slots__ = ("_lines",)

    def __init__(self, init: HeadersInit | None = None) -> None:
        self._lines: list[tuple[str, str]] = []
        if init is None:
            return
        if isinstance(init, Headers):
            self._lines.extend(init._lines)
            return
        items = getattr(init, "items", None)
        for pair in items() if items is not None else init:
            if not isinstance(pair, _PAIRS) or len(pair) != 2:
                raise TypeError(f"a header is a pair of a name and a value, not {pair!r}")
            self.append(*pair)

    @classmethod
    def _received(cls, lines: list[tuple[str, str]]) -> Headers:
        """Lines that the host has checked already."""
        headers = cls()
        headers._lines = [(name.lower(), value) for name, value in lines]
        return headers

    if TYPE_CHECKING:

        @overload
        def get(self, name: str) -> str | None: ...
        @overload
        def get[T](self, name: str, default: T) -> str | T: ...

    def get(self, name: str, default: object = None) -> object:
        """The first value of a name."""
        wanted = name.lower()
        for key, value in self._lines:
            if key == wanted:
                return value
        return default

    def get_all(self, name: str) -> list[str]:
        """The value of every line with this name, in order."""
        wanted = name.lower()
        return [value for key, value in self._lines if key == wanted]

    def append(self, name: str, value: str) -> None:
        """Adds a line; those of the same name stay."""
        self._lines.append(_checked(name, value))

    def set(self, name: str, value: str) -> None:
        """Replaces every line of this name by one."""
        line = _checked(name, value)
        self._lines = [kept for kept in self._lines if kept[0] != line[0]]
        self._lines.append(line)

    def setdefault(self, name: str, value: str) -> str:
        """The value of a name, which is set first if it is missing."""
        present = self.get(name)
        if present is None:
            self.append(name, value)
            return value
        return present

    def _set_content_type(self, value: str) -> None:
        """Adds one of the runtime's own values, which need no check, unless there is one."""
        if "content-type" not in self:
            self._lines.append(("content-type", value))

    def remove(self, name: str) -> None:
        """Removes every line of this name; none is fine."""
        wanted = name.lower()
        self._lines = [kept for kept in self._lines if kept[0] != wanted]

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self.remove(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def keys(self) -> list[str]:
        return list(dict.fromkeys(name for name, _ in self._lines))

    def values(self) -> list[str]:
        """The value of every line."""
        return [value for _, value in self._lines]

    def items(self) -> list[tuple[str, str]]:
        """Every line as (name in lower case, value)."""
        return list(self._lines)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._lines == other._lines

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Headers({self._lines!r})"


def _checked(name: str, value: object) -> tuple[str, str]:
    if not isinstance(name, str):
        raise TypeError(f"a header name is a str, not {type(name).__name__}")
    key = name.lower()
    if not key or not _TOKEN.issuperset(key):
        raise ValueError(f"not a header name: {name!r}")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise TypeError(f"the value of header {name!r} is a str, not {type(value).__name__}")
    if any(character in value for character in _FORBIDDEN):
        raise ValueError(f"the value of header {name!r} contains a line end or a NUL")
    if not value.isascii() and any(ord(character) > 255 for character in value):
        raise ValueError(f"the value of header {name!r} contains a character beyond latin-1")
    return key, value.strip(" \t")

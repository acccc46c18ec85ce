# SPDX-License-Identifier: MIT
"""The query string as a mapping that keeps repeated names."""

from __future__ import annotations

from pymode._percent import decode_form

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import overload


class Query:
    """Names and values of a query string, in order.

    >>> query = Query("tag=a&tag=b&page=2&empty=")
    >>> query.get("page"), query.get("missing", "1"), query.get_all("tag"), query["empty"]
    ('2', '1', ['a', 'b'], '')

    Iteration gives each name once; `items()` gives every pair.
    """

    __slots__ = ("_pairs",)

    def __init__(self, text: str = "") -> None:
        self._pairs = [_pair(part) for part in text.split("&") if part]

    if TYPE_CHECKING:

        @overload
        def get(self, name: str) -> str | None: ...
        @overload
        def get[T](self, name: str, default: T) -> str | T: ...

    def get(self, name: str, default: object = None) -> object:
        """The first value of a name."""
        for key, value in self._pairs:
            if key == name:
                return value
        return default

    def get_all(self, name: str) -> list[str]:
        """Every value of a name, in order."""
        return [value for key, value in self._pairs if key == name]

    def __getitem__(self, name: str) -> str:
        for key, value in self._pairs:
            if key == name:
                return value
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _ in self._pairs)

    def keys(self) -> list[str]:
        return list(dict.fromkeys(key for key, _ in self._pairs))

    def values(self) -> list[str]:
        """Every value, repeated names included."""
        return [value for _, value in self._pairs]

    def items(self) -> list[tuple[str, str]]:
        """Every pair, repeated names included."""
        return list(self._pairs)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __repr__(self) -> str:
        return f"Query({self._pairs!r})"


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return decode_form(name), decode_form(value)

# SPDX-License-Identifier: MIT
"""What a Durable Object stores."""

from __future__ import annotations

from _pymode import JsObject, globals_, new_array, new_object

from pymode._js import options, to_data, to_js, to_python
from pymode._ops import wait_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import Any

_BYTES = (bytes, bytearray, memoryview)


class Storage:
    """The storage of one Durable Object: names and values, an alarm, and a database in `sql`.

    >>> self.ctx.storage.put("count", 1)
    >>> self.ctx.storage.get("count", 0)
    1

    A value is bytes, or data that JSON can hold. Calls return their result and block the calling
    thread only. What was written in one event is on the disk before its answer leaves.
    """

    __slots__ = ("_js", "sql")

    def __init__(self, js: JsObject) -> None:
        self._js = js
        self.sql = Sql(js)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""
        found = wait_value(self._js.call("get", key))
        return default if found is None else to_data(found)

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """The values of those keys that exist, 128 at most."""
        return _entries(wait_value(self._js.call("get", _array(keys))))

    def put(self, key: str, value: Any) -> None:
        """Stores a value."""
        wait_value(self._js.call("put", key, _stored(value)))

    def put_many(self, values: Mapping[str, Any]) -> None:
        """Stores several, all or none, 128 at most."""
        entries = new_object()
        for key, value in values.items():
            entries.set(key, _stored(value))
        wait_value(self._js.call("put", entries))

    def delete(self, key: str) -> bool:
        """Removes a key; whether it was there."""
        return bool(wait_value(self._js.call("delete", key)))

    def delete_many(self, keys: Iterable[str]) -> int:
        """Removes keys, 128 at most; how many were there."""
        return int(wait_value(self._js.call("delete", _array(keys))))

    def delete_all(self) -> None:
        """Removes everything, the database too."""
        wait_value(self._js.call("deleteAll"))

    def list(
        self,
        *,
        prefix: str | None = None,
        start: str | None = None,
        end: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> dict[str, Any]:
        """Keys and values in order; `start` is the first one, `end` the first one left out."""
        how = options(prefix=prefix, start=start, end=end, limit=limit, reverse=reverse or None)
        return _entries(wait_value(self._js.call("list", how)))

    def set_alarm(self, when: float | datetime) -> None:
        """Calls `alarm` of the object then; `when` is in seconds since 1970, or a datetime."""
        seconds = when if isinstance(when, int | float) else when.timestamp()
        wait_value(self._js.call("setAlarm", float(round(seconds * 1000))))

    def get_alarm(self) -> float | None:
        """When the alarm is set for, in seconds since 1970."""
        found = wait_value(self._js.call("getAlarm"))
        return None if found is None else found / 1000

    def delete_alarm(self) -> None:
        """Takes the alarm back."""
        wait_value(self._js.call("deleteAlarm"))


class Sql:
    """The SQLite database of a Durable Object.

    >>> self.ctx.storage.sql.execute("INSERT INTO notes (text) VALUES (?)", "hello")
    >>> [row["text"] for row in self.ctx.storage.sql.execute("SELECT text FROM notes")]
    ['hello']
    """

    __slots__ = ("_storage",)

    def __init__(self, storage: JsObject) -> None:
        self._storage = storage

    def execute(self, query: str, *parameters: str | float | bytes | None) -> Rows:
        """Runs statements; the parameters stand for the `?` of the last one."""
        return Rows(self._storage.get("sql").call("exec", query, *parameters))

    @property
    def size(self) -> int:
        """Bytes of the database."""
        return int(self._storage.get("sql").get("databaseSize"))


class Rows:
    """The rows of a query, each a dict; they are read as they are asked for."""

    __slots__ = ("_cursor", "columns")

    def __init__(self, cursor: JsObject) -> None:
        self._cursor = cursor
        self.columns: list[str] = to_python(cursor.get("columnNames"))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        raw = self._cursor.call("raw")
        while not (step := raw.call("next")).get("done"):
            row = step.get("value")
            values = [to_data(row.get(index)) for index in range(len(self.columns))]
            yield dict(zip(self.columns, values, strict=True))

    def one(self) -> dict[str, Any] | None:
        """The first row, None when there is none."""
        return next(iter(self), None)


def _array(values: Iterable[str]) -> JsObject:
    array = new_array()
    for index, value in enumerate(values):
        array.set(index, value)
    return array


def _stored(value: Any) -> Any:
    if isinstance(value, _BYTES):
        return value
    if value is None:
        raise TypeError("None cannot be stored: it is what a key that does not exist has")
    return to_js(value)


def _entries(found: JsObject) -> dict[str, Any]:
    """The entries of a JavaScript Map."""
    pairs = globals_().get("Array").call("from", found)
    result = {}
    for index in range(int(pairs.get("length"))):
        pair = pairs.get(index)
        result[pair.get(0)] = to_data(pair.get(1))
    return result

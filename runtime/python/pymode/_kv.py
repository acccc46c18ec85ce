# SPDX-License-Identifier: MIT
"""Workers KV."""

from __future__ import annotations

from _pymode import JsObject

from pymode._js import options, to_js, to_python
from pymode._ops import wait_value
from pymode._stream import ByteStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Buffer, Iterator
    from typing import Any, Literal, overload

# Python's name of a value type -> the platform's.
_TYPES = {"text": "text", "json": "text", "bytes": "arrayBuffer", "stream": "stream"}


class KVEntry:
    """A value with what was stored beside it. Both are None for a key that does not exist."""

    __slots__ = ("metadata", "value")

    def __init__(self, value: Any, metadata: Any) -> None:
        self.value = value
        self.metadata = metadata

    def __repr__(self) -> str:
        return f"KVEntry(value={self.value!r}, metadata={self.metadata!r})"


class KVKey:
    """One line of a listing. `expiration` is in seconds since 1970."""

    __slots__ = ("expiration", "metadata", "name")

    def __init__(self, name: str, expiration: int | None, metadata: Any) -> None:
        self.name = name
        self.expiration = expiration
        self.metadata = metadata

    def __repr__(self) -> str:
        return f"KVKey({self.name!r}, expiration={self.expiration!r}, metadata={self.metadata!r})"


class KVList:
    """One page of a listing; iterate over it for its keys. `cursor` asks for the next page."""

    __slots__ = ("complete", "cursor", "keys")

    def __init__(self, keys: list[KVKey], complete: bool, cursor: str | None) -> None:
        self.keys = keys
        self.complete = complete
        self.cursor = cursor

    def __iter__(self) -> Iterator[KVKey]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)

    def __repr__(self) -> str:
        return f"KVList({self.keys!r}, complete={self.complete}, cursor={self.cursor!r})"


class KVNamespace:
    """A KV binding.

    >>> env.ITEMS.put("greeting", "hello", expiration_ttl=3600)
    >>> env.ITEMS.get("greeting")
    'hello'

    Calls return their result. They block the calling thread only: other requests and other threads
    go on. In a coroutine, `await asyncio.to_thread(env.ITEMS.get, key)` lets other tasks go on too.
    """

    __slots__ = ("_js", "_name")

    def __init__(self, js: JsObject, name: str) -> None:
        self._js = js
        self._name = name

    if TYPE_CHECKING:

        @overload
        def get(
            self, key: str, type: Literal["text"] = "text", *, cache_ttl: int | None = None
        ) -> str | None: ...
        @overload
        def get(self, key: str, type: Literal["json"], *, cache_ttl: int | None = None) -> Any: ...
        @overload
        def get(
            self, key: str, type: Literal["bytes"], *, cache_ttl: int | None = None
        ) -> bytes | None: ...
        @overload
        def get(
            self, key: str, type: Literal["stream"], *, cache_ttl: int | None = None
        ) -> ByteStream | None: ...

    def get(self, key: str, type: str = "text", *, cache_ttl: int | None = None) -> Any:
        """The value of a key, None when there is none. `type`: text, json, bytes or stream."""
        wanted = options(type=_type(type), cacheTtl=cache_ttl)
        return _value(wait_value(self._js.call("get", _key(key), wanted)), type)

    def get_with_metadata(
        self, key: str, type: str = "text", *, cache_ttl: int | None = None
    ) -> KVEntry:
        """The value of a key together with its metadata."""
        wanted = options(type=_type(type), cacheTtl=cache_ttl)
        result = wait_value(self._js.call("getWithMetadata", _key(key), wanted))
        return KVEntry(_value(result.get("value"), type), to_python(result.get("metadata")))

    def put(
        self,
        key: str,
        value: str | Buffer | dict[str, Any] | list[Any],
        *,
        expiration: int | None = None,
        expiration_ttl: int | None = None,
        metadata: Any = None,
    ) -> None:
        """Stores a value: text, bytes, or a dict or list as JSON.

        `expiration` is a time in seconds since 1970, `expiration_ttl` a number of seconds.
        `metadata` is any data that JSON can hold, 1024 bytes at most.
        """
        how = options(
            expiration=expiration,
            expirationTtl=expiration_ttl,
            metadata=None if metadata is None else to_js(metadata),
        )
        wait_value(self._js.call("put", _key(key), _stored(value), how))

    def delete(self, key: str) -> None:
        """Removes a key; one that does not exist is fine."""
        wait_value(self._js.call("delete", _key(key)))

    def list(
        self, *, prefix: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> KVList:
        """Keys in order, 1000 a page at most."""
        page = wait_value(self._js.call("list", options(prefix=prefix, limit=limit, cursor=cursor)))
        data = to_python(page)
        keys = [KVKey(k["name"], k.get("expiration"), k.get("metadata")) for k in data["keys"]]
        return KVList(keys, data["list_complete"], data.get("cursor") or None)

    def __repr__(self) -> str:
        return f"<KVNamespace {self._name}>"


def _type(name: str) -> str:
    try:
        return _TYPES[name]
    except KeyError:
        raise ValueError(f"unknown type {name!r}: use text, json, bytes or stream") from None


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key is a str, not {type(key).__name__}")
    return key


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "json":
        import json

        return json.loads(value)
    if kind == "bytes":
        return value.to_bytes()
    return ByteStream(value) if kind == "stream" else value


def _stored(value: Any) -> Any:
    if isinstance(value, str | bytes | bytearray | memoryview):
        return value
    if isinstance(value, dict | list):
        import json

        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    raise TypeError(f"a value is text, bytes, a dict or a list, not {type(value).__name__}")

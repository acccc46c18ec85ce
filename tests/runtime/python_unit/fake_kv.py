# SPDX-License-Identifier: MIT
"""Workers KV as JavaScript shows it, kept in a dict. Promises settle a moment later."""

import _pymode


def namespace():
    """What is stored, and the binding."""
    stored = {}

    def get(key, options):
        value, _ = stored.get(key, (None, None))
        return _pymode.later(0, convert(value, options["type"]))

    def get_with_metadata(key, options):
        value, how = stored.get(key, (None, {}))
        metadata = (how or {}).get("metadata")
        return _pymode.later(0, {"value": convert(value, options["type"]), "metadata": metadata})

    def convert(value, kind):
        if value is None or kind == "text":
            return value.decode() if isinstance(value, bytes) else value
        data = value.encode() if isinstance(value, str) else value
        return data if kind == "arrayBuffer" else stream([data[:2], data[2:]])

    def put(key, value, how):
        stored[key] = value, how
        return _pymode.later(0)

    def delete(key):
        stored.pop(key, None)
        return _pymode.later(0)

    def listing(options):
        options = options or {}
        names = sorted(name for name in stored if name.startswith(options.get("prefix", "")))
        start = int(options.get("cursor", 0))
        end = start + options.get("limit", 1000)
        keys = [{"name": n, **dict((stored[n][1] or {}).items())} for n in names[start:end]]
        more = (
            {"list_complete": False, "cursor": str(end)}
            if end < len(names)
            else {"list_complete": True}
        )
        return _pymode.later(0, {"keys": keys, **more})

    methods = {
        "get": get,
        "getWithMetadata": get_with_metadata,
        "put": put,
        "delete": delete,
        "list": listing,
    }
    return stored, _pymode.JsObject(methods, "KvNamespace")


def stream(pieces):
    left = list(pieces)

    def read():
        if left:
            return _pymode.later(0, {"done": False, "value": left.pop(0)})
        return _pymode.later(0, {"done": True, "value": None})

    return {"getReader": lambda: {"read": read, "cancel": lambda: _pymode.later(0)}}

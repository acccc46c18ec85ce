# SPDX-License-Identifier: MIT
"""Between Python's and JavaScript's values, and their promises."""

from __future__ import annotations

from _pymode import JsObject, globals_, new_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def constructor_name(value: JsObject) -> str:
    """`value.constructor.name`, or an empty string where there is none."""
    constructor = value.get("constructor")
    if not isinstance(constructor, JsObject):
        return ""
    name = constructor.get("name")
    return name if isinstance(name, str) else ""


def to_python(value: Any) -> Any:
    """Plain JSON-like data as dict, list and scalars. Only for objects known to be such data."""
    if not isinstance(value, JsObject):
        return value
    import json

    text = globals_().get("JSON").call("stringify", value)
    # `undefined` and functions have no JSON text.
    return None if text is None else json.loads(text)


def to_data(value: Any) -> Any:
    """Bytes, or plain JSON-like data: what may be stored or sent as a value."""
    if isinstance(value, JsObject) and value.kind == "bytes":
        return value.to_bytes()
    return to_python(value)


def header_pairs(headers: JsObject) -> list[list[str]]:
    """The lines of a JavaScript `Headers`: name, in lower case, and value."""
    pairs: list[list[str]] = to_python(globals_().get("Array").call("from", headers))
    return pairs


def to_js(value: object) -> Any:
    """A dict or list as a JavaScript object; TypeError for what JSON cannot hold."""
    if value is None or isinstance(value, bool | float | str | JsObject):
        return value
    import json

    return globals_().get("JSON").call("parse", json.dumps(value, allow_nan=False))


def options(**values: object) -> JsObject | None:
    """An options object of the values that are not None; None when there are none."""
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        return None
    made = new_object()
    for name, value in given.items():
        made.set(name, value)
    return made


async def js_await(value: object) -> Any:
    """Awaits a JavaScript promise in a coroutine, while other tasks go on.

    A value that is no promise comes back as it is. A rejection raises `JsError`.
    """
    if not isinstance(value, JsObject) or value.kind != "thenable":
        return value
    import _pymode

    from pymode._loop import operation

    return await operation(_pymode.op_start(value))

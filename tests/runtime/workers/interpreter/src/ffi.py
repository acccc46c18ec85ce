# SPDX-License-Identifier: MIT
"""JavaScript's values seen from Python."""

import weakref

import _pymode

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def through_javascript(value):
    array = _pymode.new_array()
    array.set(0, value)
    return array.get(0)


def refused(action):
    """The exception that an action raises, as text."""
    try:
        return repr(action())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@case
def values():
    numbers = (0, -1, 2**53, 2**53 + 1, -(2**60), 2**63, 2**100, -(2**100), 1.5, float("inf"))
    texts = ("", "x\u00e9\U0001f600", "a\0b")
    return [
        value
        for value in (None, True, False, *numbers, *texts)
        if through_javascript(value) != value or type(through_javascript(value)) is not type(value)
    ]


@case
def buffers():
    every = bytes(range(256))
    return [
        through_javascript(make(every)).to_bytes() == every
        for make in (bytes, bytearray, memoryview)
    ]


@case
def not_convertible():
    return [refused(lambda v=v: through_javascript(v)) for v in ({}, [1], 1j, object, "\ud800")]


@case
def objects():
    globals_ = _pymode.globals_()
    value = globals_.get("JSON").call("parse", '{"a": 1, "b": [1, 2], "c": null}')
    seen = [value.keys(), value.has("a"), value.has("z"), value.get("z"), value.kind]
    value.remove("a")
    value.set("d", value)
    date = globals_.get("Date").construct(0)
    return [
        *seen,
        value.get("b").kind,
        value.keys(),
        value.same(value.get("d")),
        value.to_str(),
        repr(value),
        date.call("toISOString"),
        date.instance_of(globals_.get("Date")),
        globals_.get("Math").call("max", *range(100)),
        globals_.get("String").call_self(12),
    ]


@case
def errors():
    globals_ = _pymode.globals_()
    try:
        globals_.get("JSON").call("parse", "{")
    except _pymode.JsError as error:
        seen = [error.name, str(error).startswith("SyntaxError: "), bool(error.stack)]
        seen.append(error.value.instance_of(globals_.get("SyntaxError")))
    promise = globals_.get("Promise")
    return [
        *seen,
        refused(lambda: _pymode.wait(promise.call("reject", "a text"))),
        refused(lambda: _pymode.wait(promise.call("reject", _pymode.new_object()))),
        refused(lambda: globals_.call("no_such_function")),
        refused(_pymode.JsObject),
        refused(lambda: _pymode.handle(123_456)),
    ]


@case
def promises():
    promise = _pymode.globals_().get("Promise")
    return [_pymode.wait(promise.call("resolve", 42)), _pymode.wait(7)]


@case
def released():
    value = _pymode.new_object()
    watch = weakref.ref(value)
    del value
    return watch() is None


@case
def operations():
    """A sleep that ends, one that is cancelled, and the kick that is remembered."""
    assert _pymode.ops_wait(0) == []
    _pymode.kick(_pymode.thread_id())
    assert _pymode.ops_wait(60) == []
    cancelled = _pymode.op_sleep(0.01)
    _pymode.op_cancel(cancelled)
    slept = _pymode.op_sleep(0.02)
    assert _pymode.ops_wait(None) == [slept]
    return [_pymode.op_result(slept), refused(lambda: _pymode.op_result(cancelled)).split(":")[0]]


@case
def responses():
    send = _pymode.response_send
    return [
        refused(lambda: send(1)),
        refused(lambda: send(1, 200, [("a\0b", "c")], b"")),
        refused(lambda: send(1, 200, [("a",)], b"")),
        refused(lambda: send(1, 200, "head", b"")),
        refused(lambda: send(10**20, 200, [], b"")),
        refused(lambda: _pymode.op_sleep(float("nan"))),
    ]

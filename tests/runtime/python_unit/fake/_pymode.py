# SPDX-License-Identifier: MIT
"""A stand-in for the interpreter's `_pymode`, so that the Python packages can be tested natively.

Threads are real ones. A JavaScript object is a dict of properties with a constructor name; a
promise is a `Promise`. Answers are collected in `exchanges`.
"""

import itertools
import json
import threading

exchanges = {}
logs = []
entry_name = ["main"]
_numbers = itertools.count(1)
_lock = threading.Lock()
_threads = {}
_operations = {}


class Promise:
    """Settled by `resolve` or `reject`, from any thread, after `delay` seconds if given."""

    def __init__(self):
        self.done = False
        self.callbacks = []
        self.value = self.error = None

    def resolve(self, value=None):
        self._settle(value, None)

    def reject(self, error):
        self._settle(None, error)

    def _settle(self, value, error):
        with _lock:
            self.done, self.value, self.error = True, value, error
            callbacks, self.callbacks = self.callbacks, []
        for callback in callbacks:
            callback()

    def then(self, callback):
        with _lock:
            if not self.done:
                self.callbacks.append(callback)
                return
        callback()


def later(seconds, value=None, error=None):
    promise = Promise()
    settle = (lambda: promise.reject(error)) if error else (lambda: promise.resolve(value))
    threading.Timer(seconds, settle).start()
    return promise


class JsObject:
    def __init__(self, value, constructor="Object"):
        self.js = value
        self.constructor = constructor

    @property
    def kind(self):
        if isinstance(self.js, Promise):
            return "thenable"
        if isinstance(self.js, bytes):
            return "bytes"
        return "array" if isinstance(self.js, list) else "object"

    def get(self, key):
        if key == "constructor":
            return JsObject({"name": self.constructor})
        return _out(self.js.get(key))

    def set(self, key, value):
        self.js[key] = _in(value)

    def has(self, key):
        return key in self.js

    def keys(self):
        return list(self.js)

    def call(self, name, *args):
        return _out(self.js[name](*map(_in, args)))

    def to_bytes(self):
        return self.js


class JsError(Exception):
    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name, self.message, self.stack = name, message, ""


def _out(value):
    if isinstance(value, dict | list | bytes | Promise):
        names = {dict: "Object", list: "Array", bytes: "ArrayBuffer", Promise: "Promise"}
        return JsObject(value, names[type(value)])
    return value


def _in(value):
    if isinstance(value, JsObject):
        return value.js if value.constructor in ("Object", "Array") else value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    assert value is None or isinstance(value, bool | int | float | str | bytes), value
    return value


def load_code(path):
    """None: nothing is compiled here, the caller turns to the source."""


def globals_():
    return JsObject({"JSON": {"parse": json.loads, "stringify": json.dumps}})


def new_object():
    return JsObject({})


# Operations


class _Inbox:
    def __init__(self):
        self.changed = threading.Condition()
        self.finished = []
        self.kicked = False


def _inbox(tid):
    with _lock:
        return _threads.setdefault(tid, _Inbox())


def thread_id():
    return threading.get_ident()


def op_start(value):
    op = next(_numbers)
    promise = value.js if isinstance(value, JsObject) and value.kind == "thenable" else Promise()
    if promise is not getattr(value, "js", None):
        promise.resolve(value)
    inbox = _inbox(thread_id())
    _operations[op] = promise

    def finish():
        with inbox.changed:
            if op in _operations:
                inbox.finished.append(op)
                inbox.changed.notify_all()

    promise.then(finish)
    return op


def op_result(op):
    promise = _operations.pop(op)
    if promise.error is not None:
        raise promise.error
    return _out(promise.value)


def op_cancel(op):
    _operations.pop(op, None)


def ops_wait(timeout):
    inbox = _inbox(thread_id())
    with inbox.changed:
        inbox.changed.wait_for(lambda: inbox.finished or inbox.kicked, timeout)
        inbox.kicked = False
        finished = [op for op in inbox.finished if op in _operations]
        inbox.finished = []
        return finished


def kick(tid):
    inbox = _inbox(tid)
    with inbox.changed:
        inbox.kicked = True
        inbox.changed.notify_all()


# Requests


class Exchange:
    def __init__(self, method="GET", url="https://x.test/", headers=(), body=b""):
        self.head = (method, url, list(headers))
        self.body = body
        self.status = self.headers = self.aborted = None
        self.chunks = []
        self.ended = False
        self.client_gone_after = None
        self.req = next(_numbers)
        exchanges[self.req] = self

    @property
    def content(self):
        return b"".join(self.chunks)


def request_head(req):
    return exchanges[req].head


def op_body(req):
    exchange = exchanges[req]
    body, exchange.body = exchange.body, JsError("TypeError", "body already read")
    promise = Promise()
    if isinstance(body, Exception):
        promise.reject(body)
    elif isinstance(body, Promise):
        promise = body
    else:
        promise.resolve(body)
    return op_start(JsObject(promise))


def op_write(req, data):
    exchange = exchanges[req]
    assert exchange.status is not None
    gone = exchange.client_gone_after
    if gone is not None and len(exchange.chunks) >= gone:
        return op_start(JsObject(later(0, error=JsError("Error", "the client has gone"))))
    exchange.chunks.append(bytes(data))
    return op_start(None)


def response_send(req, status, head, body):
    response_start(req, status, head)
    exchanges[req].chunks.append(bytes(body))
    exchanges[req].ended = True


def response_start(req, status, head):
    exchange = exchanges[req]
    if exchange.status is not None:
        raise JsError("Error", "already answered")
    exchange.status, exchange.headers = status, list(head)


def response_end(req):
    exchanges[req].ended = True


def response_abort(req, message):
    exchanges[req].aborted = message


def log(level, text):
    text.encode()  # the real one takes nothing that is not UTF-8
    logs.append((level, text))


def entry():
    return entry_name[0]

# SPDX-License-Identifier: MIT
"""The names a Worker's code imports.

from pymode.workers import Request, Response

def on_fetch(request: Request, env):
    return Response(f"Hello, {request.query.get('name', 'world')}!")
"""

from __future__ import annotations

from _pymode import JsError, JsObject

from pymode._context import Context
from pymode._env import Env
from pymode._errors import BadRequest
from pymode._headers import Headers
from pymode._js import js_await
from pymode._kv import KVEntry, KVKey, KVList, KVNamespace
from pymode._query import Query
from pymode._request import Request
from pymode._response import Response
from pymode._stream import ByteStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pymode._durable import (
        DurableObject,
        DurableObjectNamespace,
        DurableObjectState,
        DurableObjectStub,
    )
    from pymode._events import Message, MessageBatch, ScheduledEvent
    from pymode._queue import Queue
    from pymode._service import Service
    from pymode._storage import Storage

# Not every program needs them, and each import is time of its first request.
_LATER = {
    "DurableObject": "_durable",
    "DurableObjectNamespace": "_durable",
    "DurableObjectState": "_durable",
    "DurableObjectStub": "_durable",
    "Message": "_events",
    "MessageBatch": "_events",
    "Queue": "_queue",
    "ScheduledEvent": "_events",
    "Service": "_service",
    "Storage": "_storage",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    value = getattr(__import__(f"pymode.{_LATER[name]}", fromlist=[name]), name)
    globals()[name] = value
    return value


__all__ = [
    "BadRequest",
    "ByteStream",
    "Context",
    "DurableObject",
    "DurableObjectNamespace",
    "DurableObjectState",
    "DurableObjectStub",
    "Env",
    "Headers",
    "JsError",
    "JsObject",
    "KVEntry",
    "KVKey",
    "KVList",
    "KVNamespace",
    "Message",
    "MessageBatch",
    "Query",
    "Queue",
    "Request",
    "Response",
    "ScheduledEvent",
    "Service",
    "Storage",
    "js_await",
]

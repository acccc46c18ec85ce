# SPDX-License-Identifier: MIT
"""The names a Worker's code imports.

from pymode.workers import Request, Response

def on_fetch(request: Request, env):
    return Response(f"Hello, {request.query.get('name', 'world')}!")
"""

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

__all__ = [
    "BadRequest",
    "ByteStream",
    "Context",
    "Env",
    "Headers",
    "JsError",
    "JsObject",
    "KVEntry",
    "KVKey",
    "KVList",
    "KVNamespace",
    "Query",
    "Request",
    "Response",
    "js_await",
]

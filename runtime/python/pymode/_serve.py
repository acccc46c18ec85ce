# SPDX-License-Identifier: MIT
"""From a request to its answer: the interpreter calls `handle` in a thread of its own."""

from __future__ import annotations

import sys
from contextvars import Context as Variables

import _pymode

from pymode import _adapters, _entry, _failure, _missing, _send
from pymode._context import Context
from pymode._env import Env
from pymode._request import Request
from pymode._response import from_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pymode._send import Exchange


def handle(req: int, env: _pymode.JsObject, ctx: _pymode.JsObject) -> None:
    """Serves one request. Nothing escapes from here: every failure becomes an answer and a log."""
    exchange = _send.Exchange(req)
    try:
        # Context variables of one request are not those of another one.
        Variables().run(_serve, exchange, env, ctx)
    except BaseException as error:  # noqa: BLE001
        _failure.answer(exchange, error, env)
    finally:
        _flush()


def _serve(exchange: Exchange, env: _pymode.JsObject, ctx: _pymode.JsObject) -> None:
    request = Request(exchange.req)
    exchange.begin(request)
    function, count = _entry.handler(env)
    context = Context(ctx)
    result = function(*(request, Env(env), context)[:count])
    if hasattr(type(result), "__await__"):
        from pymode import _loop

        _loop.run(_serve_async(exchange, result, context))
        return
    _send.send(exchange, from_result(result, _entry.HANDLER))
    if context._later:
        from pymode import _loop

        _loop.run(_later(context))


async def _serve_async(exchange: Exchange, result: Any, context: Context) -> None:
    await _send.send_async(exchange, from_result(await result, _entry.HANDLER))
    if context._later:
        await _later(context)


async def _later(context: Context) -> None:
    """Coroutines of `ctx.wait_until`: all of them, also when one fails."""
    import asyncio

    results = await asyncio.gather(*context._later, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            _failure.log(result, "in ctx.wait_until")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        # The program may have replaced or closed them.
        try:
            stream.flush()
        except Exception:  # noqa: BLE001
            pass


_adapters.install()
_missing.install()

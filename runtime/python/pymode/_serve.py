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
    from collections.abc import Callable
    from typing import Any

    from pymode._response import Response
    from pymode._send import Exchange

# What the host puts into `ctx` when it calls for something else than a client's request.
_EVENT = "pymodeEvent"


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
    context = Context(ctx)
    if ctx.has(_EVENT):
        from pymode import _events

        with _events.prepare(ctx.get(_EVENT), request, env, context) as event:
            exchange.line = event.line
            _finish(exchange, event.call(), context, event.answer)
        return
    function, count = _entry.handler(env)
    _finish(exchange, function(*(request, Env(env), context)[:count]), context, _answer)


def _answer(result: Any) -> Response:
    return from_result(result, _entry.HANDLER)


def _finish(
    exchange: Exchange, result: Any, context: Context, answer: Callable[[Any], Response]
) -> None:
    """Sends the answer that a handler's result stands for, and does what is left for later."""
    if hasattr(type(result), "__await__"):
        from pymode import _loop

        _loop.run(_finish_async(exchange, result, context, answer))
        return
    _send.send(exchange, answer(result))
    if context._later:
        from pymode import _loop

        _loop.run(_later(context))


async def _finish_async(
    exchange: Exchange, result: Any, context: Context, answer: Callable[[Any], Response]
) -> None:
    await _send.send_async(exchange, answer(await result))
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

# SPDX-License-Identifier: MIT
"""What the client and the log are told when a handler fails."""

from __future__ import annotations

import _pymode

from pymode._env import in_dev
from pymode._errors import BadRequest
from pymode._response import TEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from pymode._send import Exchange

_ERROR = 4
_WARNING = 3
_AWAITED_VALUE = "can't be used in 'await' expression"
_OWN_FILES = __file__.rpartition("/")[0] + "/"


def answer(exchange: Exchange, error: BaseException, env: _pymode.JsObject) -> None:
    """Answers a request whose handler raised. Never raises."""
    if exchange.finished:
        # The request is over: work after the answer failed, or was ended with SystemExit.
        if not isinstance(error, SystemExit):
            log(error, f"after the answer to {exchange.line}")
        return
    try:
        if isinstance(error, BadRequest) and not exchange.started:
            _bad_request(exchange, error)
            return
        mark = _mark()
        text = log(error, f"{mark} {exchange.line}")
        if exchange.started:
            exchange.abort(f"error id: {mark}")
            return
        status, reason = _status(error)
        shown = text if _dev(env) else f"error id: {mark}\n"
        body = f"{reason}\n\n{shown}".encode("utf-8", "replace")
        exchange.whole(status, [("content-type", TEXT), ("cache-control", "no-store")], body)
    except Exception as second:  # noqa: BLE001
        log(second, f"while the failure of {exchange.line} was answered")


def log(error: BaseException, what: str) -> str:
    """Writes one log event with the traceback; returns its text."""
    text = f"error {what}\n{_traceback(error)}"
    _write(_ERROR, text)
    return text


def _write(level: int, text: str) -> None:
    # Messages may hold lone surrogates, from file names for instance; logs are UTF-8.
    _pymode.log(level, text.encode("utf-8", "backslashreplace").decode())


def _bad_request(exchange: Exchange, error: BadRequest) -> None:
    _write(_WARNING, f"400 {exchange.line}: {error}")
    body = f"Bad Request\n\n{error}\n".encode("utf-8", "replace")
    exchange.whole(400, [("content-type", TEXT)], body)


def _status(error: BaseException) -> tuple[int, str]:
    # Out of memory is this moment's trouble: the same request may succeed later.
    if isinstance(error, MemoryError):
        return 503, "Service Unavailable"
    return 500, "Internal Server Error"


def _traceback(error: BaseException) -> str:
    try:
        if isinstance(error, MemoryError):
            _drop_locals(error.__traceback__)
        import traceback

        _add_hint(error)
        frames = _without_own(error.__traceback__)
        lines = traceback.format_exception(type(error), error, frames)
        return "".join(lines).rstrip("\n")
    except (MemoryError, RecursionError):
        return f"{type(error).__name__} (no memory or stack left for its traceback)"
    except Exception as second:  # noqa: BLE001
        # A program's own exception class can fail in __str__, and a module of its own can stand in
        # the way of one that `traceback` imports.
        places = "".join(_frame_lines(error.__traceback__))
        return f"{places}{type(error).__name__} (its traceback raised {type(second).__name__})"


def _frame_lines(frames: TracebackType | None) -> list[str]:
    """The places of a traceback, without the module that knows how to show them."""
    lines = []
    frames = _without_own(frames)
    while frames is not None:
        code = frames.tb_frame.f_code
        lines.append(f'  File "{code.co_filename}", line {frames.tb_lineno}, in {code.co_name}\n')
        frames = frames.tb_next
    return lines


def _drop_locals(frames: TracebackType | None) -> None:
    """Gives back what the failed calls still hold: the answer needs memory, too."""
    while frames is not None:
        try:
            frames.tb_frame.clear()
        except RuntimeError:
            pass  # this one is still running
        frames = frames.tb_next


def _add_hint(error: BaseException) -> None:
    if isinstance(error, TypeError) and _AWAITED_VALUE in str(error):
        error.add_note("Methods of request and env return the value itself: leave out `await`.")


def _without_own(frames: TracebackType | None) -> TracebackType | None:
    """Leaves out the frames that led to the program's own; none when it does not occur."""
    first = frames
    while first is not None and _leads_to_program(first.tb_frame.f_code.co_filename):
        first = first.tb_next
    return first or frames


def _leads_to_program(filename: str) -> bool:
    return filename.startswith((_OWN_FILES, "<frozen importlib")) or "/asyncio/" in filename


def _mark() -> str:
    """A name for this failure, in the answer and in the log."""
    import os

    return os.urandom(6).hex()


def _dev(env: _pymode.JsObject) -> bool:
    try:
        return in_dev(env)
    except _pymode.JsError:
        return False

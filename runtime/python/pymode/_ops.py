# SPDX-License-Identifier: MIT
"""Waiting for host operations, for code that blocks and for event loops on the same thread.

The host reports finished operations to the thread that started them, whoever asks. So a blocking
call inside a coroutine may be told of operations that the event loop below it waits for: those are
kept here until the loop asks.
"""

from __future__ import annotations

from _thread import _local

import _pymode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Kept(_local):
    """Operations of this thread that ended while somebody waited for another one."""

    def __init__(self) -> None:
        self.finished: list[int] = []


_kept = _Kept()


def wait(op: int) -> Any:
    """Blocks this thread alone until the operation has ended; its result, or JsError."""
    _wait_for(op, None)
    return _pymode.op_result(op)


def wait_at_most(op: int, seconds: float | None) -> Any:
    """The same; TimeoutError after so many seconds, and the result is never taken."""
    if seconds is None:
        return wait(op)
    # A timer of the host, since waiting may end early and the clock may stand still.
    timer = _pymode.op_sleep(seconds)
    try:
        _wait_for(op, timer)
    except BaseException:
        _forget(timer)
        raise
    _forget(timer)
    return _pymode.op_result(op)


def _wait_for(op: int, timer: int | None) -> None:
    while op not in _kept.finished:
        if timer in _kept.finished:
            _pymode.op_cancel(op)
            raise TimeoutError
        try:
            _kept.finished.extend(_pymode.ops_wait(None))
        except BaseException:
            _pymode.op_cancel(op)
            raise
    _kept.finished.remove(op)


def _forget(op: int) -> None:
    if op in _kept.finished:
        _kept.finished.remove(op)
        _pymode.op_result(op)
    else:
        _pymode.op_cancel(op)


def finished(timeout: float | None) -> list[int]:
    """Operations that ended, for an event loop. Waits as `_pymode.ops_wait` does."""
    if not _kept.finished:
        return _pymode.ops_wait(timeout)
    done, _kept.finished = _kept.finished, []
    return done


def wait_value(value: object) -> Any:
    """Awaits a JavaScript promise by blocking this thread; other values come back as they are."""
    if isinstance(value, _pymode.JsObject) and value.kind == "thenable":
        return wait(_pymode.op_start(value))
    return value

# SPDX-License-Identifier: MIT
"""asyncio on the host's operations.

There are no file descriptors to watch. The loop's "selector" puts its thread to sleep until one of
the thread's host operations has ended, another thread kicks it, or the next timer is due. Any
thread can have a loop, and all loops of an instance run side by side.
"""

from __future__ import annotations

import asyncio
from asyncio import base_events, events

import _pymode

from pymode import _ops

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, NoReturn


class _HostSelector:
    """What BaseEventLoop needs of a selector."""

    __slots__ = ("_loop",)

    def __init__(self, loop: HostLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[int]:
        if timeout is not None and timeout <= 0:
            return _ops.finished(0)
        return self._loop._sleep(timeout)

    def close(self) -> None:
        pass


class HostLoop(base_events.BaseEventLoop):
    """The event loop of a Worker: everything of asyncio but sockets, pipes and processes."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _HostSelector(self)
        self._thread = _pymode.thread_id()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._kicked = False
        self._floor = 0.0

    def time(self) -> float:
        # The platform's clock stands still between I/O and is coarse: a timer that has fired may
        # not be over by the clock. Time is therefore never before the end of a sleep.
        return max(super().time(), self._floor)

    def run_forever(self) -> None:
        self._thread = _pymode.thread_id()
        super().run_forever()

    def operation(self, op: int) -> asyncio.Future[Any]:
        """A future of a host operation that this thread has started."""
        future = self.create_future()
        self._waiting[op] = future
        future.add_done_callback(lambda done: self._forget(op, done))
        return future

    def _forget(self, op: int, future: asyncio.Future[Any]) -> None:
        if future.cancelled() and self._waiting.pop(op, None) is not None:
            _pymode.op_cancel(op)

    def _sleep(self, timeout: float | None) -> list[int]:
        self._kicked = False
        start = self.time()
        done = _ops.finished(timeout)
        if timeout is not None and not done and not self._kicked:
            self._floor = max(self._floor, start + timeout)
        return done

    def _process_events(self, event_list: list[int]) -> None:
        for op in event_list:
            future = self._waiting.pop(op, None)
            if future is None or future.done():
                continue
            try:
                result = _pymode.op_result(op)
            except Exception as error:  # noqa: BLE001
                future.set_exception(error)
            else:
                future.set_result(result)

    def _write_to_self(self) -> None:
        self._kicked = True
        _pymode.kick(self._thread)

    def close(self) -> None:
        if self.is_closed():
            return
        waiting, self._waiting = self._waiting, {}
        for op in waiting:
            _pymode.op_cancel(op)
        super().close()


def _unsupported(name: str) -> Callable[..., NoReturn]:
    def refuse(self: HostLoop, *args: object, **kwargs: object) -> NoReturn:
        raise NotImplementedError(f"asyncio's {name} is not available in a Worker")

    refuse.__name__ = name
    return refuse


for _name in (
    "add_reader add_signal_handler add_writer connect_accepted_socket connect_read_pipe"
    " connect_write_pipe create_connection create_datagram_endpoint create_server"
    " create_unix_connection create_unix_server getaddrinfo getnameinfo remove_reader"
    " remove_signal_handler remove_writer sendfile sock_accept sock_connect sock_recv"
    " sock_recv_into sock_recvfrom sock_recvfrom_into sock_sendall sock_sendfile sock_sendto"
    " start_tls subprocess_exec subprocess_shell"
).split():
    setattr(HostLoop, _name, _unsupported(_name))


class HostPolicy(events.BaseDefaultEventLoopPolicy):
    """Makes `asyncio.run` and `asyncio.new_event_loop` give a `HostLoop`."""

    _loop_factory = HostLoop


def operation(op: int) -> asyncio.Future[Any]:
    """A future of a host operation, on the running loop."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, HostLoop):
        _pymode.op_cancel(op)
        raise RuntimeError(f"host operations need pymode's event loop, not {type(loop).__name__}")
    return loop.operation(op)


def run[T](main: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine in a loop of its own, as `asyncio.run`, minus what a request never needs.

    That saves signal handling and two turns of the loop when there is nothing to clean up.
    """
    loop = HostLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        try:
            _finish(loop)
        finally:
            loop.close()


def _finish(loop: HostLoop) -> None:
    """Cancels what is left, closes generators, and lets the threads of `to_thread` end."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        _report(loop, left)
    if loop._asyncgens:  # type: ignore[attr-defined]
        loop.run_until_complete(loop.shutdown_asyncgens())
    if loop._default_executor is not None:  # type: ignore[attr-defined]
        loop.run_until_complete(loop.shutdown_default_executor())


def _report(loop: HostLoop, tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        if not task.cancelled() and task.exception() is not None:
            loop.call_exception_handler(
                {
                    "message": "exception while a task was cancelled at the end of its request",
                    "exception": task.exception(),
                    "task": task,
                }
            )


asyncio.set_event_loop_policy(HostPolicy())  # type: ignore[abstract]

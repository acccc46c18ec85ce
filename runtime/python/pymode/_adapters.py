# SPDX-License-Identifier: MIT
"""Adjusts a few modules, most of the standard library, to Workers when they are imported.

Nothing is imported for it: a Worker that never uses asyncio does not pay for asyncio.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, NoReturn


def _adapt_asyncio(module: ModuleType) -> None:
    # Importing it sets the policy. When it was `_loop` that imported asyncio, this does nothing.
    import pymode._loop  # noqa: F401


def _adapt_thread_pool(module: Any) -> None:
    """Threads end with the request that started them, a pool of the module's level does not.

    The pool would go on to count its dead workers, and start no others.
    """
    pool = module.ThreadPoolExecutor
    original = pool._adjust_thread_count

    def adjust_thread_count(self: Any) -> None:
        dead = {thread for thread in self._threads if not thread.is_alive()}
        if dead:
            self._threads -= dead
            # Each dead worker had announced itself as idle; the living ones will do so again.
            while self._idle_semaphore.acquire(blocking=False):
                pass
        original(self)

    pool._adjust_thread_count = adjust_thread_count


def _adapt_futures(module: Any) -> None:
    """Idle pool workers are ended with SystemExit after their request: no news for the log."""

    def worth_logging(record: Any) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], SystemExit))

    module.LOGGER.addFilter(worth_logging)


def _adapt_threading(module: Any) -> None:
    """The thread of a request was not started by `threading`, which takes such ones for daemons.

    A thread inherits that: every thread started by a handler would be a daemon unasked.
    """
    dummy = module._DummyThread
    original = dummy.__init__

    def initialize(self: Any) -> None:
        original(self)
        self._daemonic = False

    dummy.__init__ = initialize


def _adapt_socket(module: Any) -> None:
    """Names that cannot be looked up are an OSError, as libraries expect, not an AttributeError."""

    def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise module.gaierror(
            module.EAI_FAIL, "a Worker has no sockets; the platform's fetch does HTTP and HTTPS"
        )

    low = module._socket
    for name in ("getaddrinfo", "getnameinfo", "gethostbyaddr", "gethostbyname"):
        if not hasattr(low, name):
            setattr(low, name, refuse)
            if not hasattr(module, name):
                setattr(module, name, refuse)
    if not hasattr(low, "gethostname"):
        low.gethostname = module.gethostname = lambda: "localhost"


def _adapt_http_client(module: ModuleType) -> None:
    from pymode._http_clients import adapt_http_client

    adapt_http_client(module)


def _adapt_urllib3(module: ModuleType) -> None:
    from pymode._http_clients import adapt_urllib3

    adapt_urllib3(module)


def _adapt_httpx(module: ModuleType) -> None:
    from pymode._http_clients import adapt_httpx

    adapt_httpx(module)


_ADAPTERS: dict[str, Callable[[ModuleType], None]] = {
    "asyncio": _adapt_asyncio,
    "concurrent.futures._base": _adapt_futures,
    "concurrent.futures.thread": _adapt_thread_pool,
    "http.client": _adapt_http_client,
    "httpx._transports.default": _adapt_httpx,
    "socket": _adapt_socket,
    "threading": _adapt_threading,
    "urllib3.connection": _adapt_urllib3,
}


class _AdaptingLoader:
    """Runs the real loader, then the adapter."""

    def __init__(self, loader: Any, adapt: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._adapt = adapt

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        # The module shall look as if it had been loaded without us.
        spec = module.__spec__
        assert spec is not None
        spec.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._adapt(module)


class _Adapter:
    """A finder that lets the others find, and puts the adapting loader around what they found."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        adapt = _ADAPTERS.get(name)
        if adapt is None:
            return None
        for finder in sys.meta_path:
            if finder is _Adapter:
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                spec.loader = _AdaptingLoader(spec.loader, adapt)  # type: ignore[assignment]
                return spec
        return None


def install() -> None:
    """Adapts what is imported already, and what will be."""
    if any(finder is _Adapter for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, _Adapter)
    for name, adapt in _ADAPTERS.items():
        module = sys.modules.get(name)
        if module is not None:
            adapt(module)
    _folders_first()
    _flush_by_line()


def _folders_first() -> None:
    """Lets the finder of folders look at a place of sys.path before that of archives.

    Nearly all are folders, and the other one takes long to find that out. Each refuses what is the
    other's, so nothing else changes.
    """
    hooks = sys.path_hooks
    hooks.sort(key=lambda hook: isinstance(hook, type))


def _flush_by_line() -> None:
    """Text printed before a crash shall be in the log, and in order with stderr's."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True)

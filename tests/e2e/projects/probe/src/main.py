# SPDX-License-Identifier: MIT
"""A Worker with one path for each thing that load.test.ts tries."""

import hashlib
import queue
import threading
import time

import _pymode
from pymode.workers import Request, Response

ALL_BYTES = bytes(range(256)) * 4096  # 1 MiB


def on_fetch(request: Request, env):
    print("at", request.path)
    path = request.path.strip("/")
    handler = HANDLERS.get(path)
    return handler(request) if handler else Response("no such path", status=404)


def bytes_out(request: Request) -> Response:
    return Response(ALL_BYTES, headers={"content-type": "application/octet-stream"})


def bytes_in(request: Request) -> dict:
    body = request.bytes()
    return {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def echo(request: Request) -> Response:
    return Response(request.bytes(), headers={"content-type": "application/octet-stream"})


def sleep(request: Request) -> dict:
    token = request.query.get("token")
    time.sleep(0.5)
    return {"token": token}


def threads(request: Request) -> dict:
    """Eight threads take work from one queue and put their results into another."""
    token = int(request.query.get("token"))
    work: queue.Queue[int | None] = queue.Queue()
    done: queue.Queue[int] = queue.Queue()

    def worker() -> None:
        while (number := work.get()) is not None:
            time.sleep(0.001)
            done.put(number * token)

    workers = [threading.Thread(target=worker) for _ in range(8)]
    for thread in workers:
        thread.start()
    for number in range(100):
        work.put(number)
    for _ in workers:
        work.put(None)
    for thread in workers:
        thread.join()
    return {"token": token, "sum": sum(done.get_nowait() for _ in range(100))}


def fail(request: Request) -> None:
    raise LookupError("this failure is on purpose")


def recurse(request: Request) -> dict:
    def deeper(level: int) -> int:
        return deeper(level + 1) + 1

    try:
        deeper(0)
    except RecursionError:
        return {"raised": "RecursionError"}
    return {"raised": None}


def exhaust(request: Request) -> dict:
    try:
        bytearray(1 << 30)
    except MemoryError:
        return {"raised": "MemoryError"}
    return {"raised": None}


def trap(request: Request) -> None:
    _pymode._trap()


HANDLERS = {
    "": lambda request: "ok",
    "bytes-out": bytes_out,
    "bytes-in": bytes_in,
    "echo": echo,
    "sleep": sleep,
    "threads": threads,
    "fail": fail,
    "recurse": recurse,
    "exhaust": exhaust,
    "trap": trap,
}

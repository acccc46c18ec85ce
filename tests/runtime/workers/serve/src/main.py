# SPDX-License-Identifier: MIT
"""One route for each thing that serving must get right. The tests of tests/runtime ask for them."""

import asyncio
import gc
import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import _pymode
from helpers import greet
from pymode.workers import Request, Response
from src.utils import twice

PATTERN = bytes(range(256))
pool = ThreadPoolExecutor(3)
variable = ContextVar("variable", default="fresh")
routes = {}


def route(function):
    routes["/" + function.__name__] = function
    return function


def on_fetch(request: Request, env, ctx):
    found = routes.get(request.path)
    if found is None:
        return Response("no such route\n", status=404)
    return found(request, env, ctx)


@route
def imports(request, env, ctx):
    return [greet("you"), twice(2), sys.path, __name__, __file__]


@route
def prints(request, env, ctx):
    print("printed\nin two lines")
    print("to stderr", file=sys.stderr)
    print("no line end", end="")
    return "answer"


@route
def echo(request, env, ctx):
    return request.bytes()


@route
def pattern(request, env, ctx):
    return PATTERN * (int(request.query["size"]) // len(PATTERN))


@route
def info(request, env, ctx):
    return {
        "method": request.method,
        "path": request.path,
        "query": request.query.items(),
        "headers": request.headers.items(),
        "text": request.text(),
    }


@route
def cookies(request, env, ctx):
    response = Response.redirect("/käse", 303)
    response.headers.append("Set-Cookie", "a=1")
    response.headers.append("Set-Cookie", "b=2; Path=/")
    return response


@route
def respond(request, env, ctx):
    """The status asked for, and a body unless HTTP allows none."""
    status = int(request.query["status"])
    return Response(None if status in (204, 205, 304) else "body", status, {"X-Test": "yes"})


@route
def variables(request, env, ctx):
    import os

    return [env.TEXT, env.JSON, os.environ["TEXT"], "JSON" in os.environ, env.get("NO"), list(env)]


@route
def kv(request, env, ctx):
    kv = env.ITEMS
    kv.put("text", "ä")
    kv.put("bytes", PATTERN)
    kv.put("json", {"a": [1, None]}, expiration_ttl=600, metadata={"by": "me"})
    entry = kv.get_with_metadata("json", "json")
    first = kv.list(limit=2)
    second = kv.list(limit=2, cursor=first.cursor)
    kv.delete("text")
    return {
        "kind": repr(kv),
        "text": kv.get("text"),
        "bytes": kv.get("bytes", "bytes") == PATTERN,
        "stream": b"".join(kv.get("bytes", "stream")) == PATTERN,
        "entry": [entry.value, entry.metadata],
        "pages": [[key.name for key in first], [key.name for key in second], second.complete],
        "expires": [key.expiration is not None for key in [*first, *second]],
    }


@route
def kv_refused(request, env, ctx):
    try:
        env.ITEMS.put("", "x")
    except _pymode.JsError as error:
        return [error.name, error.message]
    return "accepted"


@route
def sleep(request, env, ctx):
    time.sleep(float(request.query["seconds"]))
    return "slept"


@route
async def asleep(request, env, ctx):
    seconds = float(request.query["seconds"])
    await asyncio.gather(*(asyncio.sleep(seconds) for _ in range(10)))
    return "slept"


@route
def threads(request, env, ctx):
    """Eight threads pass numbers on through queues; the sum tells whether all arrived once."""
    count = int(request.query.get("count", "8"))
    todo, done = queue.Queue(), queue.Queue(maxsize=2)

    def work():
        while (item := todo.get()) is not None:
            time.sleep(0.001)
            done.put(item * item)

    workers = [threading.Thread(target=work) for _ in range(count)]
    for worker in workers:
        worker.start()
    for number in range(40):
        todo.put(number)
    total = sum(done.get() for _ in range(40))
    for _ in workers:
        todo.put(None)
    for worker in workers:
        worker.join()
    return [total, request.query.get("id")]


@route
def pooled(request, env, ctx):
    return list(pool.map(lambda n: (time.sleep(0.002), n * n)[1], range(9)))


@route
async def tasks(request, env, ctx):
    """Most of asyncio in one request."""
    loop = asyncio.get_running_loop()
    variable.set("seen")
    in_thread = await asyncio.to_thread(variable.get)
    event = asyncio.Event()
    threading.Thread(target=loop.call_soon_threadsafe, args=(event.set,)).start()
    await asyncio.wait_for(event.wait(), 5)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(asyncio.sleep(0.001, "task"))
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.005)
    except TimeoutError:
        timed_out = True
    body = await request.read()
    return [in_thread, task.result(), timed_out, body.decode()]


@route
def context(request, env, ctx):
    before = variable.get()
    variable.set("used")
    return before


@route
def stream(request, env, ctx):
    def pieces():
        for number in range(5):
            yield f"{number}\n"
            time.sleep(0.005)

    return Response(pieces())


@route
async def astream(request, env, ctx):
    async def pieces():
        for _ in range(64):
            yield PATTERN * 64
            await asyncio.sleep(0)

    return Response(pieces())


@route
def broken_stream(request, env, ctx):
    def pieces():
        yield "begin"
        raise ValueError("in the middle")

    return Response(pieces())


closed = []


@route
def endless(request, env, ctx):
    def pieces():
        try:
            while True:
                yield PATTERN * 256
                time.sleep(0.001)
        finally:
            closed.append("closed")

    return Response(pieces())


@route
def was_closed(request, env, ctx):
    return closed


@route
def later(request, env, ctx):
    def work():
        time.sleep(0.02)
        print("later work is done")

    ctx.wait_until(work)
    return "at once"


@route
def json_body(request, env, ctx):
    return {"got": request.json()}


@route
def raises(request, env, ctx):
    raise ValueError("private words")


@route
def exits(request, env, ctx):
    sys.exit(3)


@route
def wrong_type(request, env, ctx):
    return 5


@route
def recurse(request, env, ctx):
    """Goes 100,000 deep, in the way asked for."""
    depth = 100_000
    how = request.query["how"]
    nested = []
    for _ in range(depth):
        nested = [nested]

    def python(n):
        return n and python(n - 1)

    def through_c(n):
        return n and sorted([1, 2], key=lambda _: through_c(n - 1))

    class Attribute:
        def __getattr__(self, name):
            return getattr(self, name + "x")

    ways = {
        "python": lambda: python(depth),
        "sorted": lambda: through_c(depth),
        "repr": lambda: repr(nested),
        "equal": lambda: nested == [nested],
        "json": lambda: __import__("json").loads("[" * depth),
        "getattr": lambda: Attribute().x,
        "compile": lambda: compile("(" * depth + ")" * depth, "x", "eval"),
        "unary": lambda: compile("-" * depth + "1", "x", "eval"),
        "pickle": lambda: __import__("pickle").dumps(nested),
        "regex": lambda: __import__("re").compile("(" * depth + ")" * depth),
    }
    if how == "raised limit":
        # Python's own frames live on the heap: with a raised limit 100,000 of them are allowed.
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(1_000_000)
        try:
            return str(python(depth))
        finally:
            sys.setrecursionlimit(limit)
    try:
        return f"no error: {type(ways[how]()).__name__}"
    except (RecursionError, MemoryError) as error:
        return type(error).__name__


@route
def recurse_uncaught(request, env, ctx):
    def down():
        return down()

    return down()


@route
def allocate(request, env, ctx):
    return str(len(bytearray(1 << 30)))


@route
def allocate_lists(request, env, ctx):
    kept = []
    while True:
        kept.append([0] * 100_000)


@route
def trap(request, env, ctx):
    _pymode._trap()


@route
def deadlock(request, env, ctx):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


@route
def memory(request, env, ctx):
    gc.collect()
    return [_pymode.memory(), threading.active_count()]


@route
def entropy(request, env, ctx):
    import os
    import random
    import uuid

    return [os.urandom(8).hex(), random.random(), str(uuid.uuid4()), hash("text")]


@route
def temporary(request, env, ctx):
    import tempfile

    with tempfile.TemporaryDirectory() as folder, open(folder + "/x", "w+b") as file:
        file.write(PATTERN)
        file.seek(0)
        return [file.read() == PATTERN, tempfile.gettempdir()]


@route
def database(request, env, ctx):
    import sqlite3

    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table t (a, b)")
        connection.executemany("insert into t values (?, ?)", [(1, "x"), (2, b"\0\xff")])
        return str(connection.execute("select * from t order by a").fetchall())

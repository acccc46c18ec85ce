# SPDX-License-Identifier: MIT
import _thread
import json
import subprocess
import sys

import _pymode
from support import HERE, ServeCase


class AsyncTest(ServeCase):
    def test_sleep_and_gather_overlap(self):
        self.load("""
import asyncio, time
async def one(i):
    await asyncio.sleep(0.05)
    return i
async def on_fetch(r):
    start = time.monotonic()
    result = await asyncio.gather(*map(one, range(20)))
    return [result, time.monotonic() - start]
""")
        result, seconds = json.loads(self.text())
        self.assertEqual(result, list(range(20)))
        self.assertLess(seconds, 0.5)

    def test_threads_and_executors(self):
        self.load("""
import asyncio, threading
from contextvars import ContextVar
v = ContextVar("v")
async def on_fetch(r):
    v.set("seen")
    loop = asyncio.get_running_loop()
    a = await asyncio.to_thread(v.get)
    other = lambda: threading.current_thread() is not threading.main_thread()
    b = await loop.run_in_executor(None, other)
    event = asyncio.Event()
    threading.Thread(target=loop.call_soon_threadsafe, args=(event.set,)).start()
    await asyncio.wait_for(event.wait(), 5)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(asyncio.sleep(0, "task"))
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.01)
    except TimeoutError:
        c = "timeout"
    return [a, b, task.result(), c]
""")
        self.assertEqual(json.loads(self.text()), ["seen", True, "task", "timeout"])

    def test_promises(self):
        self.env = {
            "good": _pymode.later(0.01, 5),
            "bad": _pymode.later(0.01, error=_pymode.JsError("E", "no")),
        }
        self.load("""
from pymode.workers import js_await, JsError
async def on_fetch(r, env):
    try: await js_await(env.bad)
    except JsError as e: failed = e.message
    return [await js_await(env.good), failed, await js_await("plain")]
""")
        self.assertEqual(json.loads(self.text()), [5, "no", "plain"])

    def test_a_blocking_call_does_not_lose_what_the_loop_waits_for(self):
        self.env = {"soon": _pymode.later(0.02, "soon")}
        self.load("""
import asyncio
from pymode.workers import js_await
async def on_fetch(r, env):
    task = asyncio.ensure_future(js_await(env.soon))
    await asyncio.sleep(0)
    body = r.text()
    return [body, await asyncio.wait_for(task, 5)]
""")
        body = _pymode.later(0.1, b"body")
        self.assertEqual(json.loads(self.text(body=body)), ["body", "soon"])

    def test_reading_the_body_lets_others_go_on(self):
        self.load("""
import asyncio
async def on_fetch(r):
    done = []
    async def other(): done.append("other")
    task = asyncio.ensure_future(other())
    body = await r.read()
    return [done, body.decode(), (await r.read()).decode()]
""")
        body = _pymode.later(0.05, b"body")
        self.assertEqual(json.loads(self.text(body=body)), [["other"], "body", "body"])

    def test_left_over_tasks_are_cancelled(self):
        self.load("""
import asyncio
ended = []
async def forever():
    try: await asyncio.sleep(1000)
    finally: ended.append("ended")
async def on_fetch(r):
    global task
    task = asyncio.ensure_future(forever())
    await asyncio.sleep(0)
    return "x"
""")
        self.assertEqual(self.text(), "x")
        self.assertEqual(sys.modules["main"].ended, ["ended"])

    def test_sockets_are_refused_clearly(self):
        self.load("""
import asyncio
async def on_fetch(r):
    try: await asyncio.open_connection("x.test", 80)
    except NotImplementedError as e: return str(e)
""")
        self.assertEqual(self.text(), "asyncio's create_connection is not available in a Worker")

    def test_asyncio_run_uses_the_host_loop(self):
        self.load("""
import asyncio
async def kind(): return type(asyncio.get_running_loop()).__name__
def on_fetch(r): return asyncio.run(kind())
""")
        self.assertEqual(self.text(), "HostLoop")

    def test_wait_until(self):
        for kind in ["def", "async def"]:
            with self.subTest(kind=kind):
                self.load(f"""
import asyncio
done = []
async def work(n):
    await asyncio.sleep(0.01)
    done.append(n)
async def fails(): raise KeyError("late")
{kind} on_fetch(r, env, ctx):
    ctx.wait_until(work(1))
    ctx.wait_until(fails())
    ctx.wait_until(done.append, 2)
    return "x"
""")
                self.assertEqual(self.text(), "x")
                self.assertEqual(sorted(sys.modules["main"].done), [1, 2])
                self.assertIn("KeyError: 'late'", self.log_text())


class StreamTest(ServeCase):
    SOURCE = """
from pymode.workers import Response
closed = []
def plain():
    try:
        yield "a"
        yield b"b"
        yield ""
        yield memoryview(b"c")
    finally: closed.append("closed")
async def asynchronous():
    for piece in plain(): yield piece
def fails():
    yield "a"
    raise KeyError("middle")
def fails_at_once():
    raise KeyError("first")
    yield
def wrong(): yield 5
"""

    def answer(self, kind, body, **how):
        self.load(self.SOURCE + f"{kind} on_fetch(r): return Response({body})")
        return self.ask(**how)

    def test_pieces(self):
        for kind in ["def", "async def"]:
            for body in ["plain()", "asynchronous()", "iter(['a', b'bc'])"]:
                with self.subTest(kind=kind, body=body):
                    exchange = self.answer(kind, body)
                    self.assertEqual((exchange.content, exchange.ended), (b"abc", True))
                    self.assertEqual(
                        exchange.headers, [("content-type", "text/plain; charset=utf-8")]
                    )
                    self.assertGreater(len(exchange.chunks), 1)

    def test_nothing_and_bytes(self):
        for body, content in [("iter([])", b""), ("iter([b'x'])", b"x")]:
            exchange = self.answer("def", body)
            self.assertEqual(
                (exchange.status, exchange.content, exchange.ended), (200, content, True)
            )
            self.assertEqual(exchange.headers, [("content-type", "application/octet-stream")])

    def test_failure_in_the_middle_breaks_the_body_off(self):
        for kind in ["def", "async def"]:
            with self.subTest(kind=kind):
                exchange = self.answer(kind, "fails()")
                self.assertEqual((exchange.status, exchange.content), (200, b"a"))
                self.assertFalse(exchange.ended)
                self.assertRegex(exchange.aborted, "error id: [0-9a-f]{12}")
                self.assertIn("KeyError: 'middle'", self.log_text())

    def test_failure_before_the_first_piece_is_500(self):
        for body in ["fails_at_once()", "wrong()"]:
            for kind in ["def", "async def"]:
                with self.subTest(kind=kind, body=body):
                    self.assertEqual(self.answer(kind, body).status, 500)

    def test_the_client_goes(self):
        for kind in ["def", "async def"]:
            for body in ["plain()"]:
                with self.subTest(kind=kind, body=body):
                    exchange = self.answer(kind, body, client_gone_after=1)
                    self.assertEqual((exchange.content, exchange.ended), (b"a", False))
                    self.assertEqual(sys.modules["main"].closed, ["closed"])
                    self.assertEqual(_pymode.logs, [])

    def test_head_runs_no_body(self):
        for kind in ["def", "async def"]:
            for body in ["plain()", "asynchronous()"]:
                with self.subTest(kind=kind, body=body):
                    exchange = self.answer(kind, body, method="HEAD")
                    self.assertEqual((exchange.status, exchange.content), (200, b""))


class AdapterTest(ServeCase):
    def test_a_pool_of_the_module_survives_its_threads(self):
        self.load("""
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(2)
def on_fetch(r):
    if r.path == "/die":
        for _ in range(2): pool._work_queue.put(None if r.query.get("quiet") else Dies())
        for thread in pool._threads: thread.join()
    return str(list(pool.map(abs, [-1, -2, -3])))
class Dies:
    future = None
    def run(self): raise SystemExit
""")
        self.assertEqual(self.text(), "[1, 2, 3]")
        with self.assertNoLogs("concurrent.futures"):
            self.assertEqual(self.text("https://x.test/die"), "[1, 2, 3]")

    def test_threads_of_a_handler_are_no_daemons(self):
        self.load("""
import threading
def on_fetch(r): return [threading.Thread().daemon, threading.Thread(daemon=True).daemon]
""")
        answers = []
        # The interpreter starts the thread of a request without `threading`, as `_thread` does.
        done = _thread.allocate_lock()
        done.acquire()

        def serve():
            answers.append(self.text())
            done.release()

        _thread.start_new_thread(serve, ())
        self.assertTrue(done.acquire(timeout=10))
        self.assertEqual(answers, ["[false,true]"])

    def test_request_path_imports_little(self):
        """Each of these would be paid for at every cold start."""
        code = """
import sys
before = set(sys.modules)
import pymode._serve, pymode.workers
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(new - {"pymode", "_pymode", "__future__", "contextvars", "_contextvars", "_thread"}))
"""
        fake = "import sys, types; sys.path[:0] = sys.argv[1:3]\n"
        # The stand-in itself imports more than the real module.
        stub = """
m = types.ModuleType("_pymode"); m.JsObject = type("JsObject", (), {}); m.JsError = Exception
for n in "globals_ new_object".split(): setattr(m, n, None)
sys.modules["_pymode"] = m
"""
        paths = [str(HERE / "fake"), str(HERE.parents[2] / "runtime" / "python")]
        run = subprocess.run(
            [sys.executable, "-I", "-S", "-c", fake + stub + code, *paths],
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual(run.stdout, "[]\n")

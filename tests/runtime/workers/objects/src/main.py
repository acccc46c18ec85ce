# SPDX-License-Identifier: MIT
"""Durable Objects, crons and queues."""

import asyncio
import time

from pymode.workers import DurableObject, Request, Response

events = []


class Counter(DurableObject):
    made = 0

    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        type(self).made += 1
        self.calls = 0

    def fetch(self, request: Request):
        self.calls += 1
        action = getattr(self, "do_" + request.path.strip("/"))
        return action(request)

    def do_add(self, request):
        count = self.ctx.storage.get("count", 0) + int(request.query.get("by", "1"))
        self.ctx.storage.put("count", count)
        return {"count": count, "calls": self.calls}

    def do_safely(self, request):
        with self.lock:
            count = self.ctx.storage.get("count", 0)
            time.sleep(0.001)
            self.ctx.storage.put("count", count + 1)
        return str(count + 1)

    async def do_async(self, request):
        await asyncio.sleep(0.001)
        return Response(
            {"body": request.text(), "name": self.ctx.name, "id": self.ctx.id}, status=201
        )

    def do_values(self, request):
        storage = self.ctx.storage
        storage.delete_all()
        storage.put_many({"a": 1, "b": b"\x00\xff", "c": {"deep": [None, 2.5, "é"]}})
        got = storage.get_many(["a", "b", "missing"])
        listed = storage.list(start="b", reverse=True)
        first = storage.list(prefix="a", limit=1)
        return repr(
            (
                got,
                listed,
                first,
                storage.delete("a"),
                storage.delete("a"),
                storage.delete_many(["b", "c", "d"]),
                storage.list(),
                storage.get("x", 7),
            )
        )

    def do_sql(self, request):
        sql = self.ctx.storage.sql
        sql.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text, data, real)")
        sql.execute("DELETE FROM notes")
        for text, data, real in (("one", b"\x01", 1.5), (None, None, None), ("drei'); --", b"", 3)):
            sql.execute("INSERT INTO notes (text, data, real) VALUES (?, ?, ?)", text, data, real)
        rows = sql.execute("SELECT text, data, real FROM notes ORDER BY id")
        none = sql.execute("SELECT 1 AS x WHERE 0").one()
        return repr((rows.columns, list(rows), none, sql.size > 0))

    def do_alarm(self, request):
        self.ctx.storage.set_alarm(time.time() + 0.05)
        return repr(self.ctx.storage.get_alarm() is not None)

    def do_rang(self, request):
        return str(self.ctx.storage.get("rang", 0))

    def do_fail(self, request):
        raise ValueError("the object failed")

    def alarm(self):
        self.ctx.storage.put("rang", self.ctx.storage.get("rang", 0) + 1)
        if self.ctx.storage.get("rang") == 1:
            raise RuntimeError("the first time it fails")


class Bare(DurableObject):
    pass


def on_fetch(request: Request, env):
    if request.path == "/events":
        return Response.json(events)
    if request.path == "/made":
        return str(Counter.made)
    if request.path == "/id":
        stub = env.COUNTER.create()
        again = env.COUNTER.get(stub.id)
        return Response.json(
            [len(stub.id), stub.fetch("/add?by=5").status, again.fetch("/add").content.decode()]
        )
    if request.path == "/bare":
        return env.BARE.get_by_name("x").fetch("/")
    if request.path == "/send":
        env.QUEUE.send(request.query["text"])
        return "sent"
    if request.path == "/batch":
        env.QUEUE.send_batch([b"\x00\xff", {"a": [1, None]}, 7])
        return "sent"
    name = request.headers.get("x-object", "one")
    return env.COUNTER.get_by_name(name).fetch(request)


def on_scheduled(event, env):
    events.append([event.cron, event.time])
    if event.cron == "fail":
        raise ValueError("no cron of ours")


async def on_queue(batch, env, ctx):
    for message in batch:
        await asyncio.sleep(0)
        body = message.body if not isinstance(message.body, bytes) else list(message.body)
        events.append([batch.queue, body, message.attempts])
        if message.attempts == 1 and message.body == "again":
            message.retry()
        else:
            message.ack()

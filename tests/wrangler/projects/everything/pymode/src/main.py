# SPDX-License-Identifier: MIT
# What the JavaScript Worker beside it does.
import json
from pathlib import Path

from pymode.workers import DurableObject, Response, js_await


class Counter(DurableObject):
    def fetch(self, request):
        count = self.ctx.storage.get("count", 0) + 1
        self.ctx.storage.put("count", count)
        return str(count)


async def on_fetch(request, env):
    env.KV.put("k", "kv")
    await js_await(env.R2.call("put", "o", "r2"))
    env.Q.send({"at": request.url})
    count = env.COUNTER.get_by_name("one").fetch("http://counter/").content.decode()
    row = await js_await(env.DB.call("prepare", "SELECT 42 AS answer").call("first"))
    stored = await js_await(env.R2.call("get", "o"))
    values = [
        env.GREETING,
        env.CONF,
        env.KV.get("k"),
        await js_await(stored.call("text")),
        row.get("answer"),
        count,
        Path(__file__).with_name("note.txt").read_text().strip(),
    ]
    text = json.dumps(values, separators=(",", ":"))
    return Response(text, headers={"content-type": "application/json"})


def on_scheduled(event):
    pass


def on_queue(batch):
    pass

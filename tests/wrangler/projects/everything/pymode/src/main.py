# SPDX-License-Identifier: MIT
# What the JavaScript Worker beside it does, but for the Durable Object: its class cannot be Python yet.
import json
from pathlib import Path

from pymode.workers import Response, js_await


async def on_fetch(request, env):
    env.KV.put("k", "kv")
    await js_await(env.R2.call("put", "o", "r2"))
    await js_await(env.Q.call("send", request.url))
    row = await js_await(env.DB.call("prepare", "SELECT 42 AS answer").call("first"))
    stored = await js_await(env.R2.call("get", "o"))
    values = [
        env.GREETING,
        env.CONF,
        env.KV.get("k"),
        await js_await(stored.call("text")),
        row.get("answer"),
        Path(__file__).with_name("note.txt").read_text().strip(),
    ]
    return Response(json.dumps(values, separators=(",", ":")), headers={"content-type": "application/json"})

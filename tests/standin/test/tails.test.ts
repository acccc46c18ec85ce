// SPDX-License-Identifier: MIT
// A tail shows what really happens in the Worker, through its filters, on a WebSocket of its own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SCRIPTS, TestClient } from "./client.ts";
import { RawWebSocket } from "./raw-websocket.ts";

const SOURCE = `export default {
    async fetch(request) {
        console.log("at", new URL(request.url).pathname, { deep: [1] });
        if (request.url.endsWith("/throw")) throw new TypeError("ouch");
        return new Response("ok");
    },
    async scheduled(event) { console.warn("cron", event.cron); },
};`;
const HOST = "tailed.example-sub.workers.test";

let client: TestClient;
before(async () => {
    client = await TestClient.start();
    await client.deploy("tailed", SOURCE);
});
after(() => client.stop());

async function open(filters?: object[]): Promise<{ id: string; socket: RawWebSocket }> {
    const reply = await client.call("POST", `${SCRIPTS}/tailed/tails`, { json: filters ? { filters } : {} });
    assert.equal(reply.status, 200, reply.messages.join("; "));
    const { id, url } = reply.result as { id: string; url: string };
    return { id, socket: await RawWebSocket.open(url) };
}

const pathOf = (event: Record<string, unknown>): string => new URL((event["event"] as { request: { url: string } }).request.url).pathname;

test("requests, logs, exceptions and cron runs arrive as one message each", async () => {
    const { id, socket } = await open();
    assert.match(socket.head, /^HTTP\/1\.1 101 [\s\S]*Sec-WebSocket-Protocol: trace-v1/);
    // wrangler's first frame is not masked, and it pings.
    socket.send(1, '{"debug":false}', false);
    socket.send(9, "wrangler tail ping", true);
    assert.deepEqual(await socket.next(), { opcode: 10, data: Buffer.from("wrangler tail ping") });

    await client.visit(HOST, "/a");
    const ok = await socket.event();
    assert.deepEqual([ok["outcome"], ok["scriptName"], pathOf(ok)], ["ok", "tailed", "/a"]);
    assert.deepEqual((ok["logs"] as { message: unknown[]; level: string }[]).map((log) => [log.level, log.message]), [["log", ["at", "/a", { deep: [1] }]]]);
    assert.equal(typeof ok["eventTimestamp"], "number");

    assert.equal((await client.visit(HOST, "/throw")).status, 500);
    const thrown = await socket.event();
    assert.equal(thrown["outcome"], "exception");
    assert.deepEqual((thrown["exceptions"] as { name: string; message: string }[]).map(({ name, message }) => [name, message]), [["TypeError", "ouch"]]);

    await client.call("PUT", `${SCRIPTS}/tailed/schedules`, { json: [{ cron: "0 3 * * 1" }] });
    await client.control("POST", "scheduled", { script: "tailed", cron: "0 3 * * 1" });
    assert.equal(((await socket.event())["event"] as { cron: string }).cron, "0 3 * * 1");

    assert.equal((await client.call("DELETE", `${SCRIPTS}/tailed/tails/${id}`)).status, 200);
    const closing = await socket.next();
    assert.deepEqual([closing.opcode, closing.data.readUInt16BE(0)], [8, 1000]);
    assert.equal((await client.call("DELETE", `${SCRIPTS}/tailed/tails/${id}`)).status, 404);
});

test("filters choose events", async () => {
    const errors = await open([{ outcome: ["exception"] }]);
    const query = await open([{ query: "/find" }, { method: ["GET"] }]);
    const header = await open([{ header: { key: "X-Mark", query: "es" } }]);
    const never = await open([{ sampling_rate: 0 }]);
    await client.visit(HOST, "/other");
    await client.visit(HOST, "/throw");
    await client.visit(HOST, "/find", { "x-mark": "yes" });
    assert.equal(pathOf(await errors.socket.event()), "/throw");
    assert.equal(pathOf(await query.socket.event()), "/find");
    assert.equal(pathOf(await header.socket.event()), "/find");
    const listed = (await client.call("GET", `${SCRIPTS}/tailed/tails`)).result as { id: string }[];
    assert.equal(listed.length, 4);
    for (const { id, socket } of [errors, query, header, never]) {
        await client.call("DELETE", `${SCRIPTS}/tailed/tails/${id}`);
        assert.equal((await socket.next()).opcode, 8, "and nothing else was in its way");
    }
    assert.equal((await client.call("POST", `${SCRIPTS}/tailed/tails`, { json: { filters: [{ colour: 1 }] } })).status, 400);
});

test("a tail needs its address and its protocol", async () => {
    const wrong = await RawWebSocket.open(`ws://127.0.0.1:${client.standin.port}/tail/unknown`);
    assert.match(wrong.head, /^HTTP\/1\.1 404/);
    const { url } = (await client.call("POST", `${SCRIPTS}/tailed/tails`, { json: {} })).result as { url: string };
    const other = await RawWebSocket.open(url, "chat");
    assert.match(other.head, /^HTTP\/1\.1 400/);
});

test("events that come before the client are kept for it", async () => {
    const { result } = await client.call("POST", `${SCRIPTS}/tailed/tails`, { json: {} });
    await client.visit(HOST, "/early");
    const socket = await RawWebSocket.open((result as { url: string }).url);
    assert.equal(pathOf(await socket.event()), "/early");
    socket.end();
});

test("connections of tails can be broken, with a code or without a word", async () => {
    const first = await open();
    await client.control("POST", "drop-tails", { code: 1012 });
    const closing = await first.socket.next();
    assert.deepEqual([closing.opcode, closing.data.readUInt16BE(0)], [8, 1012]);
    const second = await open();
    await client.control("POST", "drop-tails", { code: 0 });
    await assert.rejects(second.socket.next(), /the connection ended/);
});

test("the logs of several scripts are kept apart", async () => {
    await client.deploy("second", 'export default { fetch() { console.log("from the second"); return new Response("ok"); } };');
    await Promise.all([client.visit(HOST, "/mixed"), client.visit("second.example-sub.workers.test")]);
    const second = (await client.ask("logs?script=second")) as { message: string }[];
    assert.deepEqual(second.map((event) => event.message), ["from the second"]);
    const tailed = (await client.ask("logs?script=tailed")) as { message: string }[];
    assert.equal(tailed.filter((event) => event.message.startsWith("at /mixed")).length, 1);
});

test("a tail Worker gets the events of the scripts that name it", async () => {
    await client.deploy("watcher", 'export default { async tail(events) { console.log("saw", events.map((event) => event.outcome).join()); } };');
    await client.deploy("watched", SOURCE, { tail_consumers: [{ service: "watcher" }] });
    const producers = (await client.call("GET", `${SCRIPTS.replace("/scripts", "/tails/by-consumer/watcher")}`)).result as { producer: { script: string } }[];
    assert.deepEqual(producers.map((one) => one.producer.script), ["watched"]);
    await client.visit("watched.example-sub.workers.test", "/throw");
    let seen: string[] = [];
    for (let tries = 0; tries < 20 && seen.length === 0; tries += 1) {
        seen = ((await client.ask("logs?script=watcher")) as { message: string }[]).map((event) => event.message);
    }
    assert.deepEqual(seen, ["saw exception"]);
});

// SPDX-License-Identifier: MIT
// What the API stores is what the running Workers see, and the other way round.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DEFAULTS } from "../standin.ts";
import { ACCOUNT, SCRIPTS, TestClient } from "./client.ts";

const KV = `${ACCOUNT}/storage/kv/namespaces`;
const D1 = `${ACCOUNT}/d1/database`;
const R2 = `${ACCOUNT}/r2/buckets`;

let client: TestClient;
before(async () => {
    client = await TestClient.start({ buckets: ["pictures"] });
});
after(() => client.stop());

const worker = (body: string): string => `export default { async fetch(request, env) { const path = new URL(request.url).pathname; ${body} } };`;

async function visit(name: string, path = "/"): Promise<string> {
    const answer = await client.visit(`${name}.example-sub.workers.test`, path);
    assert.equal(answer.status, 200, answer.text);
    return answer.text;
}

async function created(method: string, path: string, json: unknown): Promise<Record<string, unknown>> {
    const reply = await client.call(method, path, { json });
    assert.equal(reply.status, 200, reply.messages.join("; "));
    return reply.result as Record<string, unknown>;
}

test("KV: values, metadata, expiry, keys with a cursor, in bulk", async () => {
    const { id } = await created("POST", KV, { title: "things" });
    const values = `${KV}/${String(id)}`;
    const bindings = [{ type: "kv_namespace", name: "KV", namespace_id: id }];
    await client.deploy("kv", worker('await env.KV.put("from-worker", path); return new Response(await env.KV.get("from-api") ?? "nothing");'), { bindings });
    assert.equal(await visit("kv", "/first"), "nothing");

    const text = { "content-type": "text/plain;charset=UTF-8" };
    assert.equal((await client.call("PUT", `${values}/values/from-api`, { body: Buffer.from("héllo"), headers: text })).status, 200);
    assert.equal(await visit("kv", "/second"), "héllo");
    assert.equal((await client.call("GET", `${values}/values/from-worker`)).text, "/second");
    assert.deepEqual((await client.call("GET", `${values}/values/none`)).codes, [10009]);

    const parts = [{ name: "value", data: "v" }, { name: "metadata", data: '{"a":1}' }];
    assert.equal((await client.upload("PUT", `${values}/values/a%2Fb%20c?expiration_ttl=3600`, parts)).status, 200);
    assert.deepEqual((await client.call("GET", `${values}/metadata/a%2Fb%20c`)).result, { a: 1 });
    const keys = (await client.call("GET", `${values}/keys?prefix=a`)).result as { name: string; expiration: number; metadata: unknown }[];
    assert.deepEqual(keys.map(({ name, metadata }) => [name, metadata]), [["a/b c", { a: 1 }]]);
    assert.ok(keys[0] && keys[0].expiration > Date.now() / 1000);

    const pairs = Array.from({ length: 25 }, (_, index) => ({ key: `n${String(index).padStart(2, "0")}`, value: Buffer.from(String(index)).toString("base64"), base64: true }));
    await created("PUT", `${values}/bulk`, pairs);
    const names: string[] = [];
    for (let cursor = ""; ; ) {
        const page = await client.call("GET", `${values}/keys?prefix=n&limit=10${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        names.push(...(page.result as { name: string }[]).map((key) => key.name));
        cursor = String(page.info?.["cursor"] ?? "");
        if (cursor === "") break;
    }
    assert.deepEqual(names, pairs.map((pair) => pair.key));
    assert.deepEqual((await created("POST", `${values}/bulk/get`, { keys: ["n07", "none"] }))["values"], { n07: "7", none: null });
    await client.call("DELETE", `${values}/bulk`, { json: names });
    assert.deepEqual((await client.call("GET", `${values}/keys?prefix=n`)).result, []);
});

test("KV: namespaces have one title, pages, and can go", async () => {
    const { id } = await created("POST", KV, { title: "zz-last" });
    assert.deepEqual((await client.call("POST", KV, { json: { title: "zz-last" } })).codes, [10014]);
    const page = await client.call("GET", `${KV}?per_page=1&page=2&order=title&direction=desc`);
    assert.equal((page.result as unknown[]).length, 1);
    assert.equal((page.info as { per_page: number }).per_page, 1);
    assert.equal((await client.call("DELETE", `${KV}/${String(id)}`)).status, 200);
    assert.deepEqual((await client.call("GET", `${KV}/${String(id)}/keys`)).codes, [10013]);
});

test("D1: queries run on the Worker's database", async () => {
    const { uuid } = await created("POST", D1, { name: "shop" });
    assert.deepEqual((await client.call("POST", D1, { json: { name: "shop" } })).codes, [7502]);
    assert.equal(((await client.call("GET", `${D1}/shop`)).result as { uuid: string }).uuid, uuid);
    const query = `${D1}/${String(uuid)}/query`;
    const setup = "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT); -- a; b\nINSERT INTO items (name) VALUES ('tea; green'), ('coffee');";
    const done = (await created("POST", query, { sql: setup })) as unknown as { success: boolean }[];
    assert.deepEqual(done.map((one) => one.success), [true, true]);
    const bindings = [{ type: "d1", name: "DB", id: uuid }];
    await client.deploy("d1", worker('await env.DB.prepare("INSERT INTO items (name) VALUES (?)").bind(path).run(); return Response.json(await env.DB.prepare("SELECT count(*) AS n FROM items").first());'), { bindings });
    assert.equal(await visit("d1", "/x"), '{"n":3}');
    const rows = (await created("POST", query, { sql: "SELECT name FROM items WHERE id > ?", params: [1] })) as unknown as { results: unknown }[];
    assert.deepEqual(rows[0]?.results, [{ name: "coffee" }, { name: "/x" }]);
    const raw = (await created("POST", `${D1}/${String(uuid)}/raw`, { sql: "SELECT id, name FROM items LIMIT 1" })) as unknown as { results: unknown }[];
    assert.deepEqual(raw[0]?.results, { columns: ["id", "name"], rows: [[1, "tea; green"]] });
    assert.deepEqual((await client.call("POST", query, { json: { sql: "SELECT nothing" } })).codes, [7500]);
    assert.deepEqual((await client.call("GET", `${D1}?name=sho`)).info, { page: 1, per_page: 100, count: 1, total_count: 1 });
    assert.equal((await client.call("DELETE", `${D1}/${String(uuid)}`)).status, 200);
    assert.deepEqual((await client.call("GET", `${D1}/shop`)).codes, [7404]);
});

test("R2: objects are the Worker's objects", async () => {
    await created("POST", R2, { name: "backups" });
    assert.deepEqual((await client.call("POST", R2, { json: { name: "backups" } })).codes, [10004]);
    const bindings = [{ type: "r2_bucket", name: "R2", bucket_name: "backups" }];
    await client.deploy("r2", worker('await env.R2.put("from/worker", path); return new Response(await (await env.R2.get("a/b.txt"))?.text() ?? "nothing");'), { bindings });
    const object = `${R2}/backups/objects/a/b.txt`;
    const put = await client.call("PUT", object, { body: Buffer.from("content"), headers: { "content-type": "text/plain", "cache-control": "max-age=60" } });
    assert.equal((put.result as { size: number }).size, 7);
    assert.equal(await visit("r2", "/w"), "content");
    const got = await client.call("GET", object);
    assert.deepEqual([got.text, got.headers.get("content-type"), got.headers.get("cache-control")], ["content", "text/plain", "max-age=60"]);
    assert.equal((await client.call("GET", `${R2}/backups/objects/from/worker`)).text, "/w");
    const listed = (await client.call("GET", `${R2}/backups/objects?prefix=from`)).result as { key: string }[];
    assert.deepEqual(listed.map((one) => one.key), ["from/worker"]);
    assert.deepEqual((await client.call("DELETE", `${R2}/backups`)).codes, [10008]);
    for (const key of ["a/b.txt", "from/worker"]) assert.equal((await client.call("DELETE", `${R2}/backups/objects/${key}`)).status, 200);
    assert.equal((await client.call("DELETE", object)).status, 404);
    const { buckets } = (await client.call("GET", R2)).result as { buckets: { name: string }[] };
    assert.deepEqual(buckets.map((bucket) => bucket.name), ["backups", "pictures"]);
});

test("the scripts of an account share what they bind", async () => {
    const bindings = [{ type: "kv_namespace", name: "KV", namespace_id: DEFAULTS.namespaces[0] }];
    await client.deploy("writer", worker('await env.KV.put("shared", path); return new Response("written");'), { bindings });
    await client.deploy("reader", worker('return new Response(await env.KV.get("shared"));'), { bindings });
    assert.equal(await visit("writer", "/one"), "written");
    assert.equal(await visit("reader"), "/one");
});

test("a script calls another one, and cannot be deleted from under it", async () => {
    await client.deploy("callee", 'import { WorkerEntrypoint } from "cloudflare:workers"; export class Sums extends WorkerEntrypoint { add(a, b) { return a + b; } } export default { fetch() { return new Response("callee"); } };');
    const bindings = [{ type: "service", name: "OTHER", service: "callee" }, { type: "service", name: "SUMS", service: "callee", entrypoint: "Sums" }];
    await client.deploy("caller", worker('return new Response(await (await env.OTHER.fetch(request)).text() + await env.SUMS.add(2, 3));'), { bindings });
    assert.equal(await visit("caller"), "callee5");
    const missing = await client.deploy("lonely", worker("return new Response()"), { bindings: [{ type: "service", name: "OTHER", service: "nobody" }] });
    assert.deepEqual(missing.codes, [10143]);

    const references = (await client.call("GET", `${SCRIPTS}/callee/references`)).result as { services: { incoming: { service: string; name: string }[] } };
    assert.deepEqual(references.services.incoming.map((one) => [one.service, one.name]), [["caller", "OTHER"], ["caller", "SUMS"]]);
    assert.equal((await client.call("DELETE", `${ACCOUNT}/workers/services/callee?force=false`)).status, 400);
    assert.equal((await client.call("DELETE", `${ACCOUNT}/workers/services/callee?force=true`)).status, 200);
    assert.equal((await client.visit("caller.example-sub.workers.test")).status, 500, "and the caller fails, but runs");
});

test("queues deliver to their consumer, retry, and give up to the dead letters", async () => {
    const queues = `${ACCOUNT}/queues`;
    const { queue_id } = await created("POST", queues, { queue_name: "work" });
    const dead = await created("POST", queues, { queue_name: "lost" });
    assert.equal((await client.call("POST", queues, { json: { queue_name: "work" } })).status, 409);
    const bindings = [{ type: "queue", name: "Q", queue_name: "work" }, { type: "kv_namespace", name: "KV", namespace_id: DEFAULTS.namespaces[0] }];
    const consumer = `async queue(batch, env) {
        await env.KV.put(batch.queue + "-" + batch.messages[0].attempts, JSON.stringify(batch.messages.map((message) => message.body)));
        if (batch.queue === "work" && batch.messages.some((message) => message.body === "bad")) batch.retryAll();
    }`;
    await client.deploy("producer", worker('await env.Q.send(path.slice(1)); return new Response("sent");'), { bindings });
    await client.deploy("consumer", `export default { ${consumer} };`, { bindings: bindings.slice(1) });
    const settings = { batch_size: 2, max_wait_time_ms: 50, max_retries: 1 };
    const consumers = `${queues}/${String(queue_id)}/consumers`;
    const made = await created("POST", consumers, { type: "worker", script_name: "consumer", settings, dead_letter_queue: "lost" });
    await created("PUT", `${consumers}/${String(made["consumer_id"])}`, { type: "worker", script_name: "consumer", settings, dead_letter_queue: "lost" });
    await created("POST", `${queues}/${String(dead["queue_id"])}/consumers`, { type: "worker", script_name: "consumer", settings });
    assert.equal((await client.call("POST", consumers, { json: { type: "worker", script_name: "consumer" } })).status, 409);

    const value = async (key: string): Promise<string> => {
        for (let tries = 0; tries < 400; tries += 1) {
            const reply = await client.call("GET", `${KV}/${DEFAULTS.namespaces[0] ?? ""}/values/${key}`);
            if (reply.status === 200) return reply.text;
        }
        throw new Error(`${key} was never written`);
    };
    await visit("producer", "/good");
    assert.equal(await value("work-1"), '["good"]');
    await visit("producer", "/bad");
    assert.equal(await value("work-2"), '["bad"]');
    assert.equal(await value("lost-1"), '["bad"]');

    const listed = (await client.call("GET", `${queues}?name=work&name=lost&page=1`)).result as { queue_name: string; producers_total_count: number; consumers_total_count: number }[];
    assert.deepEqual(listed.map((queue) => [queue.queue_name, queue.producers_total_count, queue.consumers_total_count]), [["work", 1, 1], ["lost", 0, 1]]);
    assert.equal((await client.call("DELETE", `${queues}/${String(queue_id)}`)).status, 400, "it is in use");
});

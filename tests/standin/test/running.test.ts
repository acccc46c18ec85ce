// SPDX-License-Identifier: MIT
// What was deployed really runs, with its bindings, and the tests can look behind it.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { DEFAULTS } from "../standin.ts";
import { SCRIPTS, TestClient, UPLOAD_QUERY, metadataPart, modulePart } from "./client.ts";

const COUNTER = `export default { async fetch(request, env) {
    const count = Number(await env.KV.get("count")) + 1;
    await env.KV.put("count", String(count));
    console.log("counted", count);
    return Response.json({ count, greeting: env.GREETING, settings: env.SETTINGS, secret: env.SECRET ?? null, host: new URL(request.url).host });
} };`;

const BINDINGS = [
    { type: "plain_text", name: "GREETING", text: "hi" },
    { type: "json", name: "SETTINGS", json: { a: [1] } },
    { type: "kv_namespace", name: "KV", namespace_id: DEFAULTS.namespaces[0] },
];

let client: TestClient;
before(async () => {
    client = await TestClient.start();
});
after(() => client.stop());

async function visitJson(name: string): Promise<Record<string, unknown>> {
    const answer = await client.visit(`${name}.example-sub.workers.test`);
    assert.equal(answer.status, 200, answer.text);
    return JSON.parse(answer.text) as Record<string, unknown>;
}

test("bindings work, and KV outlives a deploy", async () => {
    assert.equal((await client.deploy("counter", COUNTER, { bindings: BINDINGS })).status, 200);
    assert.deepEqual(await visitJson("counter"), {
        count: 1,
        greeting: "hi",
        settings: { a: [1] },
        secret: null,
        host: "counter.example-sub.workers.test",
    });
    await client.deploy("counter", COUNTER, { bindings: BINDINGS });
    assert.equal((await visitJson("counter"))["count"], 2);
});

test("a secret survives a deploy only when the deploy keeps it", async () => {
    await client.deploy("keeper", COUNTER, { bindings: BINDINGS });
    const json = { name: "SECRET", text: "s3cr3t", type: "secret_text" };
    assert.equal((await client.call("PUT", `${SCRIPTS}/keeper/secrets`, { json })).status, 200);
    await client.deploy("keeper", COUNTER, { bindings: BINDINGS, keep_bindings: ["secret_text"] });
    assert.equal((await visitJson("keeper"))["secret"], "s3cr3t");
    await client.deploy("keeper", COUNTER, { bindings: BINDINGS });
    assert.equal((await visitJson("keeper"))["secret"], null);
});

test("a refused upload leaves the old version running", async () => {
    await client.deploy("steady", "export default { fetch() { return Response.json({ old: true }); } };");
    assert.deepEqual((await client.deploy("steady", "nope();")).codes, [10021]);
    assert.deepEqual(await visitJson("steady"), { old: true });
});

test("a version runs only after its deployment", async () => {
    await client.deploy("staged", "export default { fetch() { return Response.json({ version: 1 }); } };");
    const parts = [metadataPart("index.js"), modulePart("index.js", "export default { fetch() { return Response.json({ version: 2 }); } };")];
    const uploaded = await client.upload("POST", `${SCRIPTS}/staged/versions?bindings_inherit=strict`, parts);
    assert.deepEqual(await visitJson("staged"), { version: 1 });
    const share = { version_id: (uploaded.result as { id: string }).id, percentage: 100 };
    await client.call("POST", `${SCRIPTS}/staged/deployments`, { json: { strategy: "percentage", versions: [share] } });
    assert.deepEqual(await visitJson("staged"), { version: 2 });
});

test("a script is found by the header as well, and its failures are its own", async () => {
    await client.deploy("thrower", "export default { fetch() { throw new Error('ouch'); } };");
    const answer = await client.visit("anything.test", "/", { "x-standin-script": "thrower" });
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.text, /<html/i, "Miniflare's error page must not replace the Worker's answer");
});

test("uploads, logs and calls can be looked at", async () => {
    await client.deploy("seen", COUNTER, { bindings: BINDINGS });
    await visitJson("seen");
    const folder = path.join(client.standin.stateFolder, "scripts", "seen", "1");
    assert.equal(fs.readFileSync(path.join(folder, "modules", "index.js"), "utf8"), COUNTER);
    const control = `http://127.0.0.1:${client.standin.port}/__standin`;
    const logs = (await (await fetch(`${control}/logs?script=seen`)).json()) as { result: { message: string }[] };
    assert.match(logs.result.map((event) => event.message).join("\n"), /^counted \d+$/);
    const calls = (await (await fetch(`${control}/requests`)).json()) as { result: { method: string; path: string }[] };
    assert.ok(calls.result.some((call) => call.method === "PUT" && call.path === `${SCRIPTS}/seen`));
});

test("a fault is answered as often as it was ordered", async () => {
    const fault = { method: "PUT", path: "/scripts/faulty$", status: 503, code: 10013, message: "busy" };
    const ordered = await fetch(`http://127.0.0.1:${client.standin.port}/__standin/faults`, { method: "POST", body: JSON.stringify(fault) });
    assert.equal(ordered.status, 200);
    const upload = (): Promise<{ status: number }> =>
        client.upload("PUT", `${SCRIPTS}/faulty${UPLOAD_QUERY}`, [metadataPart("index.js"), modulePart("index.js", COUNTER)]);
    assert.equal((await upload()).status, 503);
    assert.equal((await upload()).status, 200);
});

test("a token of an account is no user's, and a user can have several accounts", async () => {
    await client.control("POST", "set", { accountToken: true });
    const codes = async (path: string): Promise<number[]> => (await client.call("GET", path)).codes;
    assert.deepEqual(await Promise.all(["/user", "/memberships", "/user/tokens/verify"].map(codes)), [[9109], [10000], [1000]]);
    assert.deepEqual(await codes(`/accounts/${DEFAULTS.id}/tokens/verify`), []);
    await client.control("POST", "set", { accountToken: false, otherAccounts: ["Second", "Third"] });
    const names = ((await client.call("GET", "/memberships?page=1")).result as { account: { name: string } }[]).map((one) => one.account.name);
    await client.control("POST", "set", { otherAccounts: [] });
    assert.deepEqual(names, ["Example", "Second", "Third"]);
});

test("an account without a workers.dev name says so", async () => {
    const bare = await TestClient.start({ subdomain: undefined });
    try {
        const reply = await bare.call("GET", `/accounts/${DEFAULTS.id}/workers/subdomain`);
        assert.deepEqual([reply.status, reply.codes], [404, [10007]]);
        assert.deepEqual((await bare.deploy("early", COUNTER)).codes, [10063]);
        await bare.call("PUT", `/accounts/${DEFAULTS.id}/workers/subdomain`, { json: { subdomain: "mine" } });
        assert.equal((await bare.deploy("early", "export default { fetch() { return new Response('here'); } };")).status, 200);
        assert.equal((await bare.visit("early.mine.workers.test")).text, "here");
    } finally {
        await bare.stop();
    }
});

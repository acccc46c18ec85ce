// SPDX-License-Identifier: MIT
// What the real wrangler sent is accepted, and answered in the shape that was recorded.

import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { TestClient, type FilePart } from "./client.ts";

interface RecordedPart {
    name: string;
    filename?: string;
    contentType?: string;
    json?: unknown;
}

interface RecordedCall {
    method: string;
    path: string;
    query?: Record<string, string>;
    headers?: Record<string, string>;
    json?: unknown;
    parts?: RecordedPart[];
    answer: { status: number; keys?: string[]; codes?: number[] };
}

const recorded = JSON.parse(fs.readFileSync(new URL("recorded.json", import.meta.url), "utf8")) as {
    scenarios: Record<string, RecordedCall[]>;
};

/** The recording leaves the contents out; these work under the recorded names. */
const CONTENTS: Record<string, string | Uint8Array> = {
    "i.js": 'export default { fetch() { return new Response("again"); } };',
    "index.mjs": [
        'import { x } from "./lib/x.mjs";',
        'import add from "./lib/add.wasm";',
        'import note from "./lib/note.txt";',
        "const { exports } = new WebAssembly.Instance(add);",
        "export default { fetch() { return Response.json([x, exports.add(2, 3), note]); } };",
    ].join("\n"),
    "lib/add.wasm": Buffer.from("0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b", "hex"),
    "lib/note.txt": "note\n",
    "lib/x.mjs": "export const x = 1;\n",
};

let client: TestClient;
before(async () => {
    client = await TestClient.start();
});
after(() => client.stop());

/** The id of the version that was uploaded last: a deployment names it. */
let versionId = "";

async function replay(call: RecordedCall): Promise<void> {
    const query = call.query ? `?${new URLSearchParams(call.query).toString()}` : "";
    const json = call.path.endsWith("/deployments") && call.json ? withVersion(call.json) : call.json;
    const reply = call.parts
        ? await client.upload(call.method, call.path + query, call.parts.map(withContents))
        : await client.call(call.method, call.path + query, { ...(json !== undefined && { json }), ...(call.headers && { headers: call.headers }) });

    const what = `${call.method} ${call.path}: ${reply.messages.join("; ")}`;
    assert.equal(reply.status, call.answer.status, what);
    assert.deepEqual(reply.codes, call.answer.codes ?? [], what);
    const answered = Object.keys((reply.result ?? {}) as object);
    for (const key of call.answer.keys ?? []) assert.ok(answered.includes(key), `${what} lacks ${key}`);
    if (call.path.endsWith("/versions") && call.method === "POST") versionId = (reply.result as { id: string }).id;
}

const withVersion = (json: unknown): unknown => ({ ...(json as object), versions: [{ version_id: versionId, percentage: 100 }] });

function withContents(part: RecordedPart): FilePart {
    const { json, ...rest } = part;
    const data = json === undefined ? CONTENTS[part.name] : JSON.stringify(json);
    assert.ok(data !== undefined, `no contents for ${part.name}`);
    return { ...rest, data };
}

async function replayScenario(name: string): Promise<void> {
    const calls = recorded.scenarios[name];
    assert.ok(calls && calls.length > 0, `${name} was not recorded`);
    for (const call of calls.filter(isSupported)) await replay(call);
}

/** Zones and routes came with the recorded configuration; the stand-in has none. */
const isSupported = (call: RecordedCall): boolean => !/^\/zones|\/(routes|domains)/.test(call.path);

async function show(enabled: boolean): Promise<void> {
    const reply = await client.call("POST", "/accounts/00000000000000000000000000000abc/workers/scripts/recorded/subdomain", {
        json: { enabled },
        headers: { "cloudflare-workers-script-api-date": "2025-08-01" },
    });
    assert.equal(reply.status, 200);
}

test("whoami", () => replayScenario("whoami"));

test("the first deploy runs with its modules", async () => {
    await replayScenario("first deploy");
    assert.equal((await client.visit("recorded.example-sub.workers.test")).status, 404, "workers.dev was not asked for");
    await show(true);
    const answer = await client.visit("recorded.example-sub.workers.test");
    assert.deepEqual(answer, { status: 200, text: '[1,5,"note\\n"]' });
});

test("a secret makes a new version", () => replayScenario("secret"));

test("the second deploy replaces the first", async () => {
    await replayScenario("deploy again");
    await show(true);
    assert.deepEqual(await client.visit("recorded.example-sub.workers.test"), { status: 200, text: "again" });
});

test("namespaces", () => replayScenario("namespaces"));

test("a deleted script is gone", async () => {
    await replayScenario("delete");
    assert.equal((await client.visit("recorded.example-sub.workers.test")).status, 404);
});

// SPDX-License-Identifier: MIT
// Static assets: announced, uploaded with tokens, served with their rules.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { DEVIATION_CODE } from "../envelope.ts";
import { ACCOUNT, SCRIPTS, TestClient, UPLOAD_QUERY, metadataPart, modulePart, type FilePart, type Reply } from "./client.ts";

const UPLOAD = `${ACCOUNT}/workers/assets/upload`;

let client: TestClient;
before(async () => {
    client = await TestClient.start();
});
after(() => client.stop());

interface File {
    path: string;
    data: string;
    type: string;
}

const file = (path: string, data: string, type = "text/html; charset=utf-8"): File => ({ path, data, type });
const hashOf = (one: File): string => createHash("sha256").update(one.path + one.data).digest("hex").slice(0, 32);

async function open(script: string, files: readonly File[]): Promise<{ jwt: string; buckets: string[][] }> {
    const manifest = Object.fromEntries(files.map((one) => [one.path, { hash: hashOf(one), size: Buffer.byteLength(one.data) }]));
    const reply = await client.call("POST", `${SCRIPTS}/${script}/assets-upload-session`, { json: { manifest } });
    assert.equal(reply.status, 200, reply.messages.join("; "));
    return reply.result as { jwt: string; buckets: string[][] };
}

const part = (one: File, more: Partial<FilePart> = {}): FilePart => ({ name: hashOf(one), filename: hashOf(one), contentType: one.type, data: Buffer.from(one.data).toString("base64"), ...more });

const send = (token: string, parts: readonly FilePart[]): Promise<Reply> => client.upload("POST", `${UPLOAD}?base64=true`, parts, { token });

/** The whole way to the completion token. */
async function uploadAll(script: string, files: readonly File[]): Promise<string> {
    const session = await open(script, files);
    let { jwt } = session;
    for (const bucket of session.buckets) {
        const reply = await send(session.jwt, files.filter((one) => bucket.includes(hashOf(one))).map((one) => part(one)));
        jwt = (reply.result as { jwt?: string }).jwt ?? jwt;
    }
    return jwt;
}

const PAGES = [file("/index.html", "<h1>index</h1>"), file("/404.html", "<h1>lost</h1>"), file("/a b/ü.txt", "text", "text/plain; charset=utf-8"), file("/app.js", "let a;", "text/javascript; charset=utf-8")];

test("files go in buckets, and the last answer has the completion token", async () => {
    const session = await open("buckets", PAGES);
    assert.deepEqual(session.buckets.map((bucket) => bucket.length), [2, 2]);
    const bucket = (index: number): FilePart[] => PAGES.filter((one) => session.buckets[index]?.includes(hashOf(one))).map((one) => part(one));
    const first = await send(session.jwt, bucket(0));
    assert.deepEqual([first.status, first.result], [202, {}]);
    const second = await send(session.jwt, bucket(1));
    assert.equal(second.status, 201);
    assert.ok((second.result as { jwt: string }).jwt);
    const again = await open("buckets", PAGES);
    assert.deepEqual(again.buckets, [], "what is known is not asked for");
});

test("assets are served in front of the Worker, with their rules", async () => {
    const jwt = await uploadAll("site", PAGES);
    const config = { not_found_handling: "404-page", run_worker_first: ["/api/*"], _headers: "/app.js\n  X-Rule: yes\n", _redirects: "/old /new 301\n" };
    const metadata = { assets: { jwt, config }, bindings: [{ type: "assets", name: "ASSETS" }] };
    const source = 'export default { async fetch(request, env) { return new Response("worker " + await (await env.ASSETS.fetch("http://x/app.js")).text()); } };';
    const reply = await client.deploy("site", source, metadata);
    assert.equal(reply.status, 200, reply.messages.join("; "));
    assert.equal((reply.result as { has_assets: boolean }).has_assets, true);
    const host = "site.example-sub.workers.test";
    assert.deepEqual(await client.visit(host, "/"), { status: 200, text: "<h1>index</h1>" });
    assert.deepEqual(await client.visit(host, "/a%20b/%C3%BC.txt"), { status: 200, text: "text" });
    assert.deepEqual(await client.visit(host, "/api/x"), { status: 200, text: "worker let a;" });
    assert.deepEqual(await client.visit(host, "/nothing"), { status: 404, text: "<h1>lost</h1>" });
    assert.equal((await client.visitAll(host, "/app.js")).headers["x-rule"], "yes");
    const moved = await client.visitAll(host, "/old");
    assert.deepEqual([moved.status, moved.headers.location], [301, "/new"]);

    const kept = await client.deploy("site", 'export default { fetch() { return new Response("second"); } };', { keep_assets: true, assets: { config: {} } });
    assert.equal((kept.result as { has_assets: boolean }).has_assets, true);
    assert.deepEqual(await client.visit(host, "/"), { status: 200, text: "<h1>index</h1>" });
    assert.deepEqual(await client.visit(host, "/nothing"), { status: 200, text: "second" });
    await client.deploy("site", 'export default { fetch() { return new Response("third"); } };');
    assert.deepEqual(await client.visit(host, "/"), { status: 200, text: "third" });
});

test("a Worker can be assets alone", async () => {
    const jwt = await uploadAll("alone", PAGES);
    const metadata = { name: "metadata", data: JSON.stringify({ assets: { jwt, config: {} }, compatibility_date: "2026-11-01", compatibility_flags: [] }) };
    assert.equal((await client.upload("PUT", `${SCRIPTS}/alone${UPLOAD_QUERY}`, [metadata])).status, 200);
    await client.show("alone");
    assert.deepEqual(await client.visit("alone.example-sub.workers.test", "/"), { status: 200, text: "<h1>index</h1>" });
    assert.equal((await client.visit("alone.example-sub.workers.test", "/nothing")).status, 404);
});

test("a token can ask for one request for each file", async () => {
    await client.control("POST", "set", { singleAssets: true });
    try {
        const one = file("/single.css", "a{}", "text/css; charset=utf-8");
        const { jwt } = await open("single", [one]);
        const claims = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
        assert.equal(claims["wrangler_single_asset_uploads"], true);
        const reply = await client.call("POST", `${UPLOAD}/${hashOf(one)}`, { token: jwt, body: Buffer.from(one.data), headers: { "content-type": one.type } });
        assert.equal(reply.status, 201, reply.messages.join("; "));
    } finally {
        await client.control("POST", "set", { singleAssets: false });
    }
});

const NEW = file("/new.html", "new");

/** What is wrong, and the status and code that say so. */
const WRONG: Record<string, (jwt: string) => Promise<[Reply, number, number]>> = {
    "the API's token": async () => [await send("test-token", [part(NEW)]), 403, 10000],
    "a token that was changed": async (jwt) => [await send(`${jwt.slice(0, -2)}AA`, [part(NEW)]), 403, 10000],
    "a completion token": async () => [await send(await uploadAll("wrong", PAGES), [part(NEW)]), 403, 10000],
    "bytes that are not base64": async (jwt) => [await send(jwt, [part(NEW, { data: "???" })]), 400, DEVIATION_CODE],
    "another size": async (jwt) => [await send(jwt, [part(NEW, { data: "bmV3IQ==" })]), 400, DEVIATION_CODE],
    "a hash that was not announced": async (jwt) => [await send(jwt, [part(file("/else", "x"))]), 400, DEVIATION_CODE],
    "no type": async (jwt) => [await send(jwt, [{ name: hashOf(NEW), filename: hashOf(NEW), data: "bmV3" }]), 400, DEVIATION_CODE],
    "another filename": async (jwt) => [await send(jwt, [part(NEW, { filename: "new.html" })]), 400, DEVIATION_CODE],
    "no base64 in the query": async (jwt) => [await client.upload("POST", UPLOAD, [part(NEW)], { token: jwt }), 400, DEVIATION_CODE],
    "one file, when buckets were asked for": async (jwt) => [
        await client.call("POST", `${UPLOAD}/${hashOf(NEW)}`, { token: jwt, body: Buffer.from(NEW.data), headers: { "content-type": NEW.type } }),
        400,
        DEVIATION_CODE,
    ],
};

for (const [name, attempt] of Object.entries(WRONG)) {
    test(`upload: ${name}`, async () => {
        const { jwt } = await open("wrong", [NEW]);
        const [reply, status, code] = await attempt(jwt);
        assert.deepEqual([reply.status, reply.codes[0]], [status, code], reply.messages.join("; "));
        assert.deepEqual((await open("wrong", [NEW])).buckets, [[hashOf(NEW)]], "nothing was taken");
    });
}

const MANIFESTS: Record<string, Record<string, unknown>> = {
    "a path without a slash": { "a.txt": { hash: "0".repeat(32), size: 1 } },
    "a path that leaves": { "/../a.txt": { hash: "0".repeat(32), size: 1 } },
    "the rules themselves": { "/_headers": { hash: "0".repeat(32), size: 1 } },
    "a hash of another length": { "/a.txt": { hash: "0".repeat(64), size: 1 } },
    "a file above 25 MiB": { "/a.txt": { hash: "0".repeat(32), size: 25 * 1024 * 1024 + 1 } },
    "no size": { "/a.txt": { hash: "0".repeat(32) } },
};

for (const [name, manifest] of Object.entries(MANIFESTS)) {
    test(`manifest: ${name}`, async () => {
        const reply = await client.call("POST", `${SCRIPTS}/wrong/assets-upload-session`, { json: { manifest } });
        assert.deepEqual(reply.codes, [DEVIATION_CODE], reply.messages.join("; "));
    });
}

test("metadata: an upload token, another script's token, a binding without assets", async () => {
    const parts = (metadata: object): FilePart[] => [metadataPart("index.js", { ...metadata }), modulePart("index.js", "export default {};")];
    const put = (metadata: object): Promise<Reply> => client.upload("PUT", `${SCRIPTS}/wrong${UPLOAD_QUERY}`, parts(metadata));
    const { jwt } = await open("wrong", [NEW]);
    assert.deepEqual((await put({ assets: { jwt } })).codes, [DEVIATION_CODE]);
    assert.deepEqual((await put({ assets: { jwt: await uploadAll("another", PAGES) } })).codes, [DEVIATION_CODE]);
    assert.deepEqual((await put({ bindings: [{ type: "assets", name: "ASSETS" }] })).codes, [10021]);
});

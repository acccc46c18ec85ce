// SPDX-License-Identifier: MIT
// What goes over the wire, and what the host does with clients that misbehave.

import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { after, before, test } from "node:test";

import { INSPECT_PATH, startWorker } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
    worker = await startWorker({ folder: new URL("./workers/http/", import.meta.url), inspect: true, dev: true });
});
after(async () => {
    await worker?.stop();
});

/**
 * Without fetch's own ideas of decoding and lengths.
 * @param {string} path @param {http.RequestOptions} [options] @param {Uint8Array | string} [body]
 * @returns {Promise<{status: number | undefined, headers: http.IncomingHttpHeaders, body: Buffer}>}
 */
function ask(path, options = {}, body) {
    return new Promise((resolve, reject) => {
        const request = http.request(worker.url + path, { agent: false, ...options }, (response) => {
            /** @type {Buffer[]} */
            const chunks = [];
            response.on("data", (chunk) => chunks.push(chunk));
            response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
            response.on("error", reject);
        });
        request.on("error", reject);
        request.end(body);
    });
}

const inspect = async () => JSON.parse((await ask(INSPECT_PATH)).body.toString());
const idle = () => worker.until(async () => (await inspect()).threads === 0);

test("HEAD has the length of the answer and no body", async () => {
    const { status, headers, body } = await ask("/hello", { method: "HEAD" });
    assert.deepEqual([status, headers["content-length"], headers["x-method"], body.length], [200, "5", "HEAD", 0]);
});

test("a body that the application has compressed goes out as it is", async () => {
    const { headers, body } = await ask("/squeezed", { headers: { "accept-encoding": "gzip" } });
    assert.equal(headers["content-encoding"], "gzip");
    assert.deepEqual([...body.subarray(0, 2)], [0x1f, 0x8b]);
    assert.equal(await (await fetch(`${worker.url}/squeezed`)).text(), "squeezed ".repeat(1000));
});

test("a wrong Content-Length of a whole answer is put right", async () => {
    const { headers, body } = await ask("/wrong_length");
    assert.deepEqual([headers["content-length"], body.toString()], ["12", "twelve bytes"]);
});

test("a stream is chunked, or has the length that was announced", async () => {
    const streamed = await ask("/streamed");
    assert.deepEqual([streamed.headers["transfer-encoding"], streamed.body.toString()], ["chunked", "one two"]);
    const sized = await ask("/sized");
    assert.deepEqual([sized.headers["content-length"], sized.body.toString()], ["7", "one two"]);
});

test("a chunked body arrives whole, a large one is refused", async () => {
    const chunked = await ask("/size", { method: "POST", headers: { "transfer-encoding": "chunked" } }, Buffer.alloc(3_000_000));
    assert.equal(chunked.body.toString(), "3000000");
    // The connection may be closed before all of it is sent; whether the answer is seen then is a matter of chance.
    const large = await ask("/size", { method: "POST" }, Buffer.alloc(49 << 20)).catch((error) => {
        assert.match(error.code, /^(EPIPE|ECONNRESET)$/);
        return { status: 400 };
    });
    assert.ok(large.status !== undefined && large.status >= 400, `${large.status}`);
    await worker.logs.waitFor("larger than");
    assert.equal((await ask("/hello")).status, 200);
});

test("a broken body ends its request only", async () => {
    const { port } = new URL(worker.url);
    const socket = net.connect(Number(port), "127.0.0.1");
    socket.write("POST /size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nthis is no size\r\n");
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", () => undefined);
    socket.resume();
    await closed;
    assert.equal((await ask("/hello")).status, 200);
    await idle();
});

test("when the client goes away the handler still comes to its end", async () => {
    const gone = http.request(`${worker.url}/slow`, { agent: false });
    gone.on("error", () => undefined);
    gone.end();
    await worker.until(async () => (await inspect()).threads === 1);
    gone.destroy();
    await worker.until(async () => JSON.parse((await ask("/seen")).body.toString())[0].includes("slow"));
    await idle();
    assert.equal((await inspect()).requests, 0);
});

test("os._exit ends its request, not the Worker", async () => {
    const { status, body } = await ask("/exits");
    assert.equal(status, 500);
    assert.match(body.toString(), /exit\(3\)/, "development shows why");
    assert.equal((await ask("/hello")).status, 200);
});

test("side modules work, and what cannot be loaded says so", async () => {
    assert.deepEqual(JSON.parse((await ask("/libraries")).body.toString()), {
        bz2: true,
        lzma: true,
        sqlite3: [1],
        unicodedata: "LATIN SMALL LETTER A WITH DIAERESIS",
        tree: "c",
        jp: "93fa967b",
    });
    const problems = JSON.parse((await ask("/unload")).body.toString());
    assert.equal(problems.length, 2);
    for (const problem of problems) assert.match(problem, /no such library in this Worker/);
});

test("in development another origin may call", async () => {
    const headers = { origin: "http://page.test" };
    const answer = await ask("/hello", { headers });
    assert.equal(answer.headers["access-control-allow-origin"], "http://page.test");
    const asked = { ...headers, "access-control-request-method": "PUT", "access-control-request-headers": "x-a" };
    const preflight = await ask("/hello", { method: "OPTIONS", headers: asked });
    assert.deepEqual([preflight.status, preflight.headers["access-control-allow-headers"]], [204, "x-a"]);
    assert.equal((await ask("/hello", { method: "OPTIONS" })).headers["x-method"], "OPTIONS");
});

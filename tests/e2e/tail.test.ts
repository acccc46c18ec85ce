// SPDX-License-Identifier: MIT
// pymode tail: the events of a deployed Worker over a real WebSocket, also through a proxy and over TLS.

import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { makeCertificate } from "../index/tls.ts";
import { Cloud } from "./support/cloud.ts";
import { ROOT, run, succeed, temporaryFolder } from "./support/pymode.ts";
import { Session } from "./support/session.ts";

const NAME = "hello-worker";

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-tail-"));
    await succeed(["deploy", path.join(ROOT, "examples", NAME)], { cwd: folder, environment: cloud.environment(folder) });
    fs.rmSync(folder, { recursive: true });
});
after(() => cloud.stop());

async function order(what: string, body: object): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${cloud.standin.port}/__standin/${what}`, { method: "POST", body: JSON.stringify(body) });
    assert.equal(response.status, 200, await response.text());
}

function tail(context: TestContext, folder: string, args: readonly string[], environment: Record<string, string> = {}): Session {
    const session = new Session(["tail", NAME, ...args], { cwd: folder, environment: { ...cloud.environment(folder), ...environment } });
    context.after(() => session.end("SIGKILL"));
    return session;
}

async function openTails(): Promise<unknown[]> {
    const response = await fetch(`http://127.0.0.1:${cloud.standin.port}/__standin/state`);
    return ((await response.json()) as { result: { tails: unknown[] } }).result.tails;
}

test("events as JSON, a lost connection made again, Ctrl-C deletes the tail", async (context) => {
    const folder = temporaryFolder(context);
    const session = tail(context, folder, ["--json", "-vv"]);
    await session.says("stderr", /listening to hello-worker\n/);
    await cloud.ask(NAME, "/greet?name=Ada");
    const [line] = await session.says("stdout", /^.*\n/);
    const event = JSON.parse(line) as { outcome: string; logs: { message: unknown[] }[]; event: { request: { url: string } } };
    assert.deepEqual([event.outcome, event.logs.map((log) => log.message)], ["ok", [["greeting Ada"]]]);
    assert.match(event.event.request.url, /\/greet\?name=Ada$/);

    await order("drop-tails", { code: 0 });
    await session.says("stderr", /the tail was lost \(.*\); a new one in 1 s\n[^]*listening to hello-worker again\n/);
    await cloud.ask(NAME, "/greet?name=Bob");
    await session.says("stdout", /greeting Bob/, line.length);

    assert.equal(await session.end("SIGINT"), 0, session.output);
    assert.deepEqual(await openTails(), [], "the lost one too");
    // The address is a secret, and the id is in it.
    assert.match(session.stderr, /DELETE \S+\/tails\/\*\*\*/);
    assert.doesNotMatch(session.stderr, /tails?\/[0-9a-f]{8}-/);
});

test("events for people, by filters; SIGTERM and Cloudflare's own end", async (context) => {
    const folder = temporaryFolder(context);
    const posts = tail(context, folder, ["--method", "POST"]);
    const all = tail(context, folder, ["--status", "ok", "--sampling-rate", "1"]);
    await Promise.all([posts.says("stderr", /listening/), all.says("stderr", /listening/)]);
    await cloud.ask(NAME, "/greet?name=Eve");
    await cloud.ask(NAME, "/elsewhere", { method: "POST", body: "x" });
    await all.says("stdout", /^\d\d:\d\d:\d\dZ GET http\S+\/greet\?name=Eve .*\bok\n  greeting Eve\n/m);
    await posts.says("stdout", /^\d\d:\d\d:\d\dZ POST http\S+\/elsewhere .*\bok$/m);
    assert.doesNotMatch(posts.stdout, /Eve/);
    assert.equal(await posts.end("SIGTERM"), 0, posts.output);
    await order("drop-tails", { code: 1000 });
    assert.equal(await all.end(), 0, all.output);
    assert.match(all.stderr, /Cloudflare ended the tail/);
    assert.deepEqual(await openTails(), []);
});

test("a Worker that does not exist, and a filter that is none", async (context) => {
    const folder = temporaryFolder(context);
    const environment = cloud.environment(folder);
    const missing = await run(["tail", "not-there"], { cwd: folder, environment });
    assert.deepEqual([missing.code, missing.stdout], [1, ""]);
    assert.match(missing.stderr, /10007/);
    const before = (await cloud.calls()).length;
    const wrong = await run(["tail", NAME, "--status", "bad"], { cwd: folder, environment });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /ok, error or canceled/);
    assert.equal((await cloud.calls()).length, before, "nothing was sent");
});

test("through a proxy with a password", async (context) => {
    const folder = temporaryFolder(context);
    const connects: string[] = [];
    const proxy = http.createServer((request, response) => {
        const { host, port, pathname, search } = new URL(request.url ?? "");
        const onward = http.request({ host: host.split(":")[0], port, path: pathname + search, method: request.method, headers: request.headers });
        onward.on("response", (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)));
        request.pipe(onward);
    });
    proxy.on("connect", (request, client, head) => {
        connects.push(`${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`);
        const onward = net.connect(cloud.standin.port, "127.0.0.1", () => {
            client.write("HTTP/1.1 200 OK\r\n\r\n");
            onward.write(head);
            onward.pipe(client).pipe(onward);
        });
        client.on("error", () => onward.destroy());
        onward.on("error", () => client.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    context.after(() => {
        proxy.close();
        proxy.closeAllConnections();
    });
    const { port } = proxy.address() as AddressInfo;
    const session = tail(context, folder, [], { http_proxy: `http://me:p%40ss@127.0.0.1:${port}` });
    await session.says("stderr", /listening/);
    await cloud.ask(NAME, "/greet?name=Proxy");
    await session.says("stdout", /greeting Proxy/);
    assert.equal(await session.end("SIGINT"), 0, session.output);
    assert.deepEqual(connects, [`127.0.0.1:${cloud.standin.port} Basic ${Buffer.from("me:p@ss").toString("base64")}`]);
});

test("over TLS, with a certificate that is trusted or not", async (context) => {
    const folder = temporaryFolder(context);
    const certificate = makeCertificate(folder);
    // TLS in front of the local Cloudflare: its addresses become wss.
    const front = https.createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
        const onward = http.request({ host: "127.0.0.1", port: cloud.standin.port, path: request.url, method: request.method, headers: { ...request.headers, "accept-encoding": "identity" } });
        onward.on("response", (answer) => {
            const chunks: Buffer[] = [];
            answer.on("data", (chunk: Buffer) => chunks.push(chunk));
            answer.on("end", () => {
                response.writeHead(answer.statusCode ?? 502, { "content-type": "application/json" });
                response.end(Buffer.concat(chunks).toString("utf8").replace('"ws://', '"wss://'));
            });
        });
        request.pipe(onward);
    });
    front.on("upgrade", (request, client) => {
        const onward = net.connect(cloud.standin.port, "127.0.0.1", () => {
            const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
            onward.write(`GET ${request.url ?? ""} HTTP/1.1\r\n${headers.join("")}\r\n`);
            onward.pipe(client).pipe(onward);
        });
        client.on("error", () => onward.destroy());
        onward.on("error", () => client.destroy());
    });
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    context.after(() => {
        front.close();
        front.closeAllConnections();
    });
    const { port } = front.address() as AddressInfo;
    const secure = { CLOUDFLARE_API_BASE_URL: `https://127.0.0.1:${port}/client/v4`, SSL_CERT_FILE: certificate.file };
    const session = tail(context, folder, [], secure);
    await session.says("stderr", /listening/);
    await cloud.ask(NAME, "/greet?name=Tls");
    await session.says("stdout", /greeting Tls/);
    assert.equal(await session.end("SIGINT"), 0, session.output);

    // The API without TLS, the tail with a certificate that nobody knows.
    const half = http.createServer((request, response) => {
        const onward = https.request({ host: "127.0.0.1", port, ca: certificate.authority, path: request.url, method: request.method, headers: { ...request.headers, host: `127.0.0.1:${port}` } });
        onward.on("response", (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)));
        request.pipe(onward);
    });
    await new Promise<void>((resolve) => half.listen(0, "127.0.0.1", resolve));
    context.after(() => half.close());
    const open = `http://127.0.0.1:${(half.address() as AddressInfo).port}/client/v4`;
    const refused = await run(["tail", NAME], { cwd: folder, environment: { ...cloud.environment(folder), CLOUDFLARE_API_BASE_URL: open } });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /cannot agree on TLS with 127\.0\.0\.1: .*certificate verify failed/);
    assert.deepEqual(await openTails(), [], "a tail that cannot be listened to is deleted");
});

// SPDX-License-Identifier: MIT
// The API's HTTP server: reads a call, lets the router answer it or a fault spoil it, and keeps a journal for the tests.

import http from "node:http";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Control } from "./control.ts";
import { Refused, deviation, failure, type Answer } from "./envelope.ts";
import { isHandled, spoil, type Spoiled } from "./faults.ts";
import { Router, type Call, type Services } from "./router.ts";
import { allRoutes } from "./routes/all.ts";

const PREFIX = "/client/v4";
/** More than the largest script, so that it is the script's own check that speaks. */
const MAX_BODY_BYTES = 96 * 1024 * 1024;

export function createApi(services: Services): http.Server {
    const router = new Router(allRoutes);
    const control = new Control(services);
    const server = http.createServer((request, response) => {
        handle(request, router, control, services)
            .catch((error: unknown): Spoiled => {
                console.error("stand-in:", error); // the client may ask again, and nobody would know
                return { kind: "answer", answer: failure(500, { code: 10013, message: `stand-in: ${String(error)}` }) };
            })
            .then((answer) => send(response, answer));
    });
    server.on("upgrade", (request, socket) => services.tails.connect(request, socket));
    return server;
}

async function handle(request: http.IncomingMessage, router: Router, control: Control, services: Services): Promise<Spoiled> {
    const url = new URL(request.url ?? "/", "http://api.test");
    const body = await readBody(request);
    const method = request.method ?? "GET";
    const as = (answer: Answer): Spoiled => ({ kind: "answer", answer });
    if (body === undefined) return as(failure(413, { code: 10027, message: "workers.api.error.script_too_large" }));
    if (url.pathname.startsWith("/__standin/")) return as(await orRefusal(() => control.answer(method, url, body)));

    const login = url.pathname.startsWith("/oauth2/");
    if (!login && !url.pathname.startsWith(`${PREFIX}/`)) return as(deviation(`the path ${url.pathname} is not below ${PREFIX}`));
    const path = login ? url.pathname : url.pathname.slice(PREFIX.length);
    const call: Call = { method, path, query: url.searchParams, headers: request.headers, body };
    const answer = (): Promise<Answer> =>
        orRefusal(async () => services.logins.answer(method, url, request.headers["content-type"] ?? "", body) ?? router.answer(call, services));
    return answerOrFault(call, answer, control);
}

async function answerOrFault(call: Call, answer: () => Promise<Answer>, control: Control): Promise<Spoiled> {
    const before = performance.now();
    const fault = control.faults.take(call);
    if (!fault) {
        const plain = await answer();
        control.journal.record(call, plain, undefined, performance.now() - before);
        return { kind: "answer", answer: plain };
    }
    const spoiled = spoil(fault, isHandled(fault) ? await answer() : undefined);
    if (fault.seconds !== undefined) await sleep(fault.seconds * 1000);
    control.journal.record(call, "answer" in spoiled ? spoiled.answer : undefined, fault.kind, performance.now() - before);
    return spoiled;
}

async function orRefusal(action: () => Promise<Answer>): Promise<Answer> {
    try {
        return await action();
    } catch (error) {
        if (error instanceof Refused) return error.answer;
        throw error;
    }
}

/** Nothing when it is too long; the rest is still read, so that the client sees the answer. */
async function readBody(stream: Readable): Promise<Buffer | undefined> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream) {
        size += (chunk as Buffer).length;
        if (size <= MAX_BODY_BYTES) chunks.push(chunk as Buffer);
    }
    return size <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined;
}

function send(response: http.ServerResponse, spoiled: Spoiled): void {
    if (spoiled.kind === "silence") return; // until the client goes
    if (spoiled.kind === "drop") {
        response.destroy();
        return;
    }
    const { status, headers, body } = spoiled.answer;
    const whole = body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
    const half = whole.subarray(0, Math.floor(whole.length / 2));
    const sent = spoiled.kind === "truncated" ? half : whole;
    response.writeHead(status, { "content-type": "application/json", "cf-ray": "0000000000000000-LOC", "content-length": sent.length, ...headers });
    if (spoiled.kind === "cut") response.write(half, () => response.destroy());
    else response.end(sent);
}

// SPDX-License-Identifier: MIT
// The API's HTTP server: reads a call, lets the router answer it, and keeps a journal for the tests.

import http from "node:http";
import type { Readable } from "node:stream";
import { Refused, deviation, failure, type Answer } from "./envelope.ts";
import { Control } from "./control.ts";
import { Router, type Call, type Services } from "./router.ts";
import { kvRoutes } from "./routes/kv.ts";
import { scriptRoutes } from "./routes/scripts.ts";
import { subdomainRoutes } from "./routes/subdomain.ts";
import { userRoutes } from "./routes/users.ts";
import { versionRoutes } from "./routes/versions.ts";

const PREFIX = "/client/v4";
/** More than the largest script, so that it is the script's own check that speaks. */
const MAX_BODY_BYTES = 96 * 1024 * 1024;

export function createApi(services: Services): http.Server {
    const router = new Router([...userRoutes, ...scriptRoutes, ...versionRoutes, ...subdomainRoutes, ...kvRoutes]);
    const control = new Control(services);
    return http.createServer((request, response) => {
        handle(request, router, control, services)
            .then((answer) => send(response, answer))
            .catch((error: unknown) => send(response, failure(500, { code: 10013, message: `stand-in: ${String(error)}` })));
    });
}

async function handle(request: http.IncomingMessage, router: Router, control: Control, services: Services): Promise<Answer> {
    const url = new URL(request.url ?? "/", "http://api.test");
    const body = await readBody(request);
    if (body === undefined) return failure(413, { code: 10027, message: "workers.api.error.script_too_large" });
    const method = request.method ?? "GET";
    if (url.pathname.startsWith("/__standin/")) return control.answer(method, url, body);
    if (!url.pathname.startsWith(`${PREFIX}/`)) return deviation(`the path ${url.pathname} is not below ${PREFIX}`);

    const call: Call = { method, path: url.pathname.slice(PREFIX.length), query: url.searchParams, headers: request.headers, body };
    const answer = control.takeFault(call) ?? (await answerCall(router, call, services));
    control.record(call, answer);
    return answer;
}

async function answerCall(router: Router, call: Call, services: Services): Promise<Answer> {
    try {
        return await router.answer(call, services);
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

function send(response: http.ServerResponse, answer: Answer): void {
    response.writeHead(answer.status, { "content-type": "application/json", "cf-ray": "0000000000000000-LOC", ...answer.headers });
    response.end(JSON.stringify(answer.body));
}

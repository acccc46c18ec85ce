// SPDX-License-Identifier: MIT
// The other side: visitors' requests, given to the deployed Worker that the Host names.

import http from "node:http";
import type { Duplex } from "node:stream";
import type { Account } from "./account.ts";
import type { Fleet, Lease } from "./fleet.ts";
import { Hosts, SCRIPT_HEADER, type Target } from "./hosts.ts";
import { TARGET_HEADER } from "./world.ts";

export function createEdge(account: Account, fleet: Fleet): http.Server {
    // Keeping connections open matters for timing, and nothing limits how many requests overlap.
    const edge: Edge = { hosts: new Hosts(account), fleet, agent: new http.Agent({ keepAlive: true, maxSockets: Infinity }) };
    const server = http.createServer((request, response) => {
        forward(request, response, edge).catch((error: unknown) => {
            plain(response, 502, `stand-in: ${String(error)}\n`);
        });
    });
    server.on("upgrade", (request, socket, head) => {
        upgrade(request, socket, head, edge).catch((error: unknown) => socket.end(`HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\nstand-in: ${String(error)}\n`));
    });
    server.on("close", () => edge.agent.destroy());
    return server;
}

interface Edge {
    hosts: Hosts;
    fleet: Fleet;
    agent: http.Agent;
}

async function forward(request: http.IncomingMessage, response: http.ServerResponse, edge: Edge): Promise<void> {
    const target = edge.hosts.find(request.headers, request.url ?? "/");
    if (!target) return plain(response, 404, "There is nothing here yet\n");
    const lease = await edge.fleet.lease(target.script, target.version);
    response.on("close", () => lease.release());
    const upstream = http.request({ ...upstreamOptions(request, target, lease), agent: edge.agent });
    upstream.on("response", (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
        answer.pipe(response);
        // A Worker that breaks off its body must look broken off to the visitor, too.
        answer.on("error", () => response.destroy());
        answer.on("aborted", () => response.destroy());
    });
    upstream.on("error", (error) => plain(response, 502, `stand-in: ${error.message}\n`));
    response.on("close", () => {
        if (!response.writableFinished) upstream.destroy();
    });
    request.pipe(upstream);
}

/** A WebSocket of the Worker: the two connections become one. */
async function upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer, edge: Edge): Promise<void> {
    const target = edge.hosts.find(request.headers, request.url ?? "/");
    if (!target) return void socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n");
    const lease = await edge.fleet.lease(target.script, target.version);
    socket.on("close", () => lease.release());
    const options = upstreamOptions(request, target, lease);
    const upstream = http.request({ ...options, headers: [...options.headers, "Connection", "Upgrade"] });
    upstream.on("upgrade", (answer, other, rest) => {
        socket.write(headOf(answer));
        socket.write(rest);
        other.write(head);
        socket.pipe(other).pipe(socket);
        socket.on("error", () => other.destroy());
        other.on("error", () => socket.destroy());
    });
    upstream.on("response", (answer) => {
        socket.write(headOf(answer));
        answer.pipe(socket);
    });
    upstream.on("error", () => socket.destroy());
    upstream.end();
}

function headOf(answer: http.IncomingMessage): string {
    const lines = [`HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ""}`];
    for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) lines.push(`${answer.rawHeaders[index] ?? ""}: ${answer.rawHeaders[index + 1] ?? ""}`);
    return `${lines.join("\r\n")}\r\n\r\n`;
}

interface UpstreamOptions {
    host: string;
    port: string;
    method: string | undefined;
    path: string | undefined;
    headers: string[];
    setHost: false;
}

const upstreamOptions = (request: http.IncomingMessage, target: Target, lease: Lease): UpstreamOptions => ({
    host: lease.url.hostname,
    port: lease.url.port,
    method: request.method,
    path: request.url,
    headers: upstreamHeaders(request, target.host, lease.worker),
    setHost: false,
});

/** Names and values in their order and spelling, as the visitor sent them. */
function upstreamHeaders(request: http.IncomingMessage, host: string, worker: string): string[] {
    // Miniflare would replace the answer of a Worker that throws by a page of its own.
    const headers = ["Host", host, "MF-Disable-Pretty-Error", "true", TARGET_HEADER, worker];
    for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
        const name = request.rawHeaders[index] ?? "";
        if (["host", SCRIPT_HEADER, TARGET_HEADER, "mf-route-override", "connection", "keep-alive"].includes(name.toLowerCase())) continue;
        headers.push(name, request.rawHeaders[index + 1] ?? "");
    }
    return headers;
}

function plain(response: http.ServerResponse, status: number, text: string): void {
    if (response.headersSent) {
        response.destroy();
        return;
    }
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
    response.end(text);
}

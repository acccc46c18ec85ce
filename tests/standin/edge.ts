// SPDX-License-Identifier: MIT
// The other side: visitors' requests, given to the deployed Worker that the Host names.

import http from "node:http";
import type { Account, Script } from "./account.ts";
import type { Fleet } from "./fleet.ts";

export const SCRIPT_HEADER = "x-standin-script";

export function createEdge(account: Account, fleet: Fleet): http.Server {
    // Keeping connections open matters for timing, and nothing limits how many requests overlap.
    const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
    const server = http.createServer((request, response) => {
        forward(request, response, { account, fleet, agent }).catch((error: unknown) => {
            plain(response, 502, `stand-in: ${String(error)}\n`);
        });
    });
    server.on("close", () => agent.destroy());
    return server;
}

interface Edge {
    account: Account;
    fleet: Fleet;
    agent: http.Agent;
}

async function forward(request: http.IncomingMessage, response: http.ServerResponse, edge: Edge): Promise<void> {
    const script = findScript(request.headers, edge.account);
    if (!script?.workersDev.enabled) return plain(response, 404, "There is nothing here yet\n");
    const address = await edge.fleet.address(script);
    if (!address) return plain(response, 404, "This Worker has no deployed version\n");
    const upstream = http.request({
        agent: edge.agent,
        host: address.hostname,
        port: address.port,
        method: request.method,
        path: request.url,
        headers: upstreamHeaders(request, hostOf(script, edge.account)),
        setHost: false,
    });
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

function findScript(headers: http.IncomingHttpHeaders, account: Account): Script | undefined {
    const named = headers[SCRIPT_HEADER];
    if (typeof named === "string") return account.scripts.get(named);
    const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    return [...account.scripts.values()].find((script) => hostOf(script, account) === host);
}

const hostOf = (script: Script, account: Account): string => `${script.name}.${account.subdomain ?? "none"}.workers.test`;

/** Names and values in their order and spelling, as the visitor sent them. */
function upstreamHeaders(request: http.IncomingMessage, host: string): string[] {
    // Miniflare would replace the answer of a Worker that throws by a page of its own.
    const headers = ["Host", host, "MF-Disable-Pretty-Error", "true"];
    for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
        const name = request.rawHeaders[index] ?? "";
        if (["host", SCRIPT_HEADER, "connection", "keep-alive"].includes(name.toLowerCase())) continue;
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

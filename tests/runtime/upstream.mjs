// SPDX-License-Identifier: MIT
// The other side of a Worker's outgoing requests: a server on the loopback that tells what it was asked.

import { once } from "node:events";
import http from "node:http";
import { gzipSync } from "node:zlib";

/** @typedef {import("node:http").IncomingMessage} Request @typedef {import("node:http").ServerResponse} Response */

/** @type {Record<string, (request: Request, body: Buffer, response: Response) => unknown>} */
const ROUTES = {
    "/echo": (request, body, response) => {
        const { method, url, headers } = request;
        response.writeHead(200, { "content-type": "application/json", "set-cookie": ["a=1; Path=/", "b=2; Path=/"] });
        response.end(JSON.stringify({ method, url, body: body.toString(), type: headers["content-type"] ?? null, own: headers["x-own"] ?? null, authorization: headers.authorization ?? null, cookie: headers.cookie ?? null }));
    },
    "/gzip": (_request, _body, response) => {
        response.writeHead(200, { "content-type": "text/plain; charset=utf-8", "content-encoding": "gzip" });
        response.end(gzipSync("unpacked ä ".repeat(1000)));
    },
    "/redirect": (_request, _body, response) => response.writeHead(302, { location: "/echo?after=redirect" }).end(),
    "/teapot": (_request, _body, response) => response.writeHead(418, "I'm a teapot", { "content-type": "text/plain" }).end("short and stout"),
    "/nothing": (_request, _body, response) => response.writeHead(204).end(),
    "/bytes": (_request, _body, response) => response.writeHead(200).end(Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251))),
    "/pieces": async (_request, _body, response) => {
        response.writeHead(200, { "content-type": "text/plain" });
        for (let i = 0; i < 5; i += 1) {
            response.write(`piece ${i}\n`);
            await new Promise((resolve) => setImmediate(resolve));
        }
        response.end();
    },
    // Never answered.
    "/silent": () => undefined,
    "/broken": (_request, _body, response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("only this", () => response.destroy());
    },
};

/** Listens on a port of its own. */
export async function startUpstream() {
    const server = http.createServer(async (request, response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const route = ROUTES[new URL(request.url ?? "/", "http://x").pathname];
        if (route) route(request, Buffer.concat(chunks), response);
        else response.writeHead(404).end("not here");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return {
        url: `http://127.0.0.1:${address.port}`,
        stop: async () => {
            const closed = once(server, "close");
            server.close();
            server.closeAllConnections();
            await closed;
        },
    };
}

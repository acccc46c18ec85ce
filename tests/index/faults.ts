// SPDX-License-Identifier: MIT
// What can go wrong between an index and its client, on demand: each fault matches some requests and spoils their answers.

import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createGzip, gunzipSync } from "node:zlib";

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

export interface Reply {
    status: number;
    headers: Record<string, string>;
    body: Buffer;
}

export type Effect =
    /** The connection ends: before the answer, or after so many bytes of its body. */
    | { kind: "drop"; after?: number }
    /** HTTP/2 only: this stream is reset, the connection lives on. Over HTTP/1.1 the same as `drop`. */
    | { kind: "reset" }
    /** A body that ends early and looks complete. */
    | { kind: "truncate"; to: number }
    /** One byte in the middle is another one. */
    | { kind: "corrupt" }
    | { kind: "status"; status: number; headers?: Record<string, string>; body?: string }
    | { kind: "redirect"; to: string | ((path: string) => string); status?: number }
    /** Pieces of so many bytes, with so many milliseconds between them. */
    | { kind: "drip"; bytes: number; every: number }
    /** The answer begins so many milliseconds late. */
    | { kind: "late"; by: number }
    /** The body goes on, with spaces, until the client has enough or so many bytes were sent; `packed`: gzip, counted unpacked. */
    | { kind: "gigantic"; bytes: number; packed?: boolean };

export type Fault = Effect & {
    /** Of the path; default: every path. */
    path?: RegExp;
    /** How many requests it spoils; default: one. */
    times?: number;
    /** Only requests with a Range header, or only those without. */
    ranged?: boolean;
};

export class Faults {
    #faults: (Fault & { left: number })[] = [];

    add(fault: Fault): void {
        this.#faults.push({ ...fault, left: fault.times ?? 1 });
    }

    clear(): void {
        this.#faults = [];
    }

    /** How many are still waiting for a request: a test that spoiled nothing proves nothing. */
    get waiting(): number {
        return this.#faults.filter((fault) => Number.isFinite(fault.left)).length;
    }

    take(path: string, ranged: boolean): Effect | undefined {
        const fault = this.#faults.find((one) => (one.path?.test(path) ?? true) && (one.ranged ?? ranged) === ranged);
        if (!fault) return undefined;
        fault.left -= 1;
        this.#faults = this.#faults.filter((one) => one.left > 0);
        return fault;
    }
}

const PIECE = Buffer.alloc(1024 * 1024, " ");

/** Sends the reply as the effect spoils it; resolves to the number of bytes of the body that were written. */
export async function send(request: Request, response: Response, reply: Reply, effect: Effect | undefined, path: string): Promise<number> {
    const { body } = reply;
    switch (effect?.kind) {
        case undefined:
            return finish(request, response, reply);
        case "status":
            return finish(request, response, { status: effect.status, headers: { "content-type": "text/plain", ...effect.headers }, body: Buffer.from(effect.body ?? "") });
        case "redirect": {
            const location = typeof effect.to === "string" ? effect.to : effect.to(path);
            return finish(request, response, { status: effect.status ?? 302, headers: { location }, body: Buffer.alloc(0) });
        }
        case "truncate":
            return finish(request, response, { ...reply, body: body.subarray(0, effect.to) });
        case "corrupt": {
            const other = Buffer.from(body);
            const middle = other.length >> 1;
            if (other.length > 0) other[middle] = (other[middle] ?? 0) ^ 0xff;
            return finish(request, response, { ...reply, body: other });
        }
        case "late":
            await sleep(effect.by, undefined, { ref: false });
            return finish(request, response, reply);
        case "drop":
            return drop(response, reply, effect.after);
        case "reset":
            if ("stream" in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
            else destroy(response);
            return 0;
        case "drip":
            head(response, reply, body.length);
            return pour(response, pieces(body, effect.bytes), effect.every);
        case "gigantic":
            return gigantic(response, reply, effect.bytes, effect.packed ?? false);
    }
}

function finish(request: Request, response: Response, reply: Reply): number {
    const bodiless = request.method === "HEAD" || reply.status === 304;
    head(response, reply, reply.status === 304 ? undefined : reply.body.length);
    if (bodiless) response.end();
    else response.end(reply.body);
    return bodiless ? 0 : reply.body.length;
}

function head(response: Response, { status, headers }: Reply, length: number | undefined): void {
    const all = { ...headers, ...(length !== undefined && { "content-length": String(length) }) };
    if ("stream" in response) response.writeHead(status, all);
    else response.writeHead(status, all);
}

async function drop(response: Response, reply: Reply, after: number | undefined): Promise<number> {
    if (after === undefined) {
        destroy(response);
        return 0;
    }
    head(response, reply, reply.body.length);
    const sent = reply.body.subarray(0, Math.min(after, reply.body.length - 1));
    await write(response, sent);
    destroy(response);
    return sent.length;
}

function destroy(response: Response): void {
    if ("stream" in response) response.stream.session?.destroy();
    else response.socket?.destroy();
}

function* pieces(body: Buffer, size: number): Generator<Buffer> {
    for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

function* endless(body: Buffer, limit: number): Generator<Buffer> {
    // The last byte would complete the document, so it never comes.
    yield body.subarray(0, body.length - 1);
    for (let sent = 0; sent < limit; sent += PIECE.length) yield PIECE;
}

function gigantic(response: Response, reply: Reply, bytes: number, packed: boolean): Promise<number> {
    const { "content-encoding": encoding, ...headers } = reply.headers;
    const plain = endless(encoding === "gzip" ? gunzipSync(reply.body) : reply.body, bytes);
    head(response, { ...reply, headers: { ...headers, ...(packed && { "content-encoding": "gzip" }) } }, undefined);
    return pour(response, packed ? Readable.from(plain).pipe(createGzip({ level: 1 })) : plain, 0);
}

/** Writes until the client has gone, with the pause between the pieces. */
async function pour(response: Response, body: Iterable<Buffer> | AsyncIterable<Buffer>, pause: number): Promise<number> {
    let sent = 0;
    for await (const piece of body) {
        if (!(await write(response, piece))) return sent;
        sent += piece.length;
        if (pause > 0) await sleep(pause, undefined, { ref: false });
    }
    response.end();
    return sent;
}

/** False when the client has gone. */
function write(response: Response, piece: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
        if (response.destroyed || response.writableEnded) return resolve(false);
        const gone = (): void => resolve(false);
        response.once("close", gone);
        const written = (error?: Error | null): void => {
            response.off("close", gone);
            resolve(!error);
        };
        if ("stream" in response) response.write(piece, written);
        else response.write(piece, written);
    });
}

// SPDX-License-Identifier: MIT
// The requests being served, and the imports by which Python reads them and answers (docs/runtime-abi.md, "Requests").

import { readBody } from "./body";
import { allowOrigin } from "./cors";
import { deferred } from "./deferred";
import { failureResponse } from "./errors";
import type { Guest } from "./guest";
import { formatHead, parseHead } from "./headers";
import type { Operations } from "./operations";
import type { PendingError } from "./pending-error";
import type { TransferSlot } from "./transfer";

export interface ServedRequest {
    readonly id: number;
    readonly request: Request;
    readonly development: boolean;
    /** The answer, whoever gives it. */
    readonly response: Promise<Response>;
    readonly respond: (response: Response) => void;
    answered: boolean;
    bodyTaken: boolean;
    /** The open stream of the answer's body. */
    writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
}

export interface Requests {
    open(id: number, request: Request, development: boolean): ServedRequest;
    get(id: number): ServedRequest | undefined;
    /** Answers with 500, or breaks off the stream, when there is no whole answer yet. Logs in both cases. */
    fail(served: ServedRequest, what: string, error: unknown): void;
    close(id: number): void;
    count(): number;
    readonly imports: Record<string, (...args: never[]) => number | void>;
}

export interface RequestParts {
    readonly guest: Guest;
    readonly transfer: TransferSlot;
    readonly pending: PendingError;
    readonly operations: Operations;
}

const NULL_BODY_STATUSES = new Set([204, 205, 304]);
const LOG_METHODS = ["debug", "log", "info", "warn", "error"] as const;

export function createRequests({ guest, transfer, pending, operations }: RequestParts): Requests {
    const requests = new Map<number, ServedRequest>();

    function known(id: number): ServedRequest {
        const served = requests.get(id);
        if (served === undefined) throw new TypeError("the request is over");
        return served;
    }

    function unanswered(id: number): ServedRequest {
        const served = known(id);
        if (served.answered) throw new TypeError("the request has been answered already");
        return served;
    }

    function send(id: number, status: number, head: number, headLength: number, body: number, length: number): number {
        return pending.attempt(() => {
            const served = unanswered(id);
            const headers = parseHead(guest.memory.text(head, headLength));
            answer(served, wholeResponse(served, status, headers, guest.memory.slice(body, length)));
            return 1;
        }, 0);
    }

    function start(id: number, status: number, head: number, headLength: number): number {
        return pending.attempt(() => {
            const served = unanswered(id);
            const headers = parseHead(guest.memory.text(head, headLength));
            answer(served, streamedResponse(served, status, headers));
            return 1;
        }, 0);
    }

    function write(id: number, pointer: number, length: number, thread: number): number {
        return operations.start(writeChunk(requests.get(id)?.writer, guest.memory.slice(pointer, length)), thread);
    }

    function end(id: number): void {
        const served = requests.get(id);
        const writer = served?.writer;
        if (served === undefined || writer === undefined) return;
        served.writer = undefined;
        // Rejected when the client has gone, which is not the application's affair.
        writer.close().catch(ignore);
    }

    function abort(id: number, message: number, length: number): void {
        const served = requests.get(id);
        if (served === undefined) return;
        const error = new Error(guest.memory.text(message, length));
        if (served.answered) breakOff(served, error);
        else fail(served, "the response was aborted", error);
    }

    return {
        open(id, request, development) {
            const { promise: response, resolve: respond } = deferred<Response>();
            const served = { id, request, development, response, respond, answered: false, bodyTaken: false, writer: undefined };
            requests.set(id, served);
            return served;
        },
        get: (id) => requests.get(id),
        fail,
        close: (id) => void requests.delete(id),
        count: () => requests.size,
        imports: {
            request_head: (id: number): number => pending.attempt(() => transfer.putText(formatHead(known(id).request)), -1),
            request_body: (id: number, thread: number): number => operations.start(takeBody(requests.get(id)), thread),
            response_send: send,
            response_start: start,
            response_write: write,
            response_end: end,
            response_abort: abort,
            log: (level: number, pointer: number, length: number): void =>
                console[LOG_METHODS[level] ?? "log"](guest.memory.text(pointer, length)),
        },
    };
}

function answer(served: ServedRequest, response: Response): void {
    served.answered = true;
    served.respond(response);
}

function fail(served: ServedRequest, what: string, error: unknown): void {
    if (served.answered && served.writer === undefined) return;
    const { method, url } = served.request;
    const response = failureResponse(`${method} ${url}: ${what}`, error, served.development);
    if (served.answered) {
        breakOff(served, new Error(what));
        return;
    }
    if (served.development) allowOrigin(served.request, response.headers);
    answer(served, response);
}

/** The client must see that the body is not complete. */
function breakOff(served: ServedRequest, error: Error): void {
    const { writer } = served;
    served.writer = undefined;
    writer?.abort(error).catch(ignore);
}

async function takeBody(served: ServedRequest | undefined): Promise<Uint8Array> {
    if (served === undefined) throw new TypeError("the request is over");
    if (served.bodyTaken) throw new TypeError("the request's body has been read already");
    served.bodyTaken = true;
    return readBody(served.request);
}

function wholeResponse(served: ServedRequest, status: number, headers: Headers, body: Uint8Array): Response {
    const init = responseInit(served, status, headers);
    if (NULL_BODY_STATUSES.has(status)) {
        if (body.length > 0) throw new TypeError(`a response with status ${status} cannot have a body`);
        return new Response(null, init);
    }
    if (served.request.method === "HEAD") {
        if (!headers.has("content-length")) headers.set("content-length", String(body.length));
        return new Response(null, init);
    }
    // The platform counts itself; a length that differs would be a broken response.
    headers.delete("content-length");
    return new Response(body.slice(), init);
}

function streamedResponse(served: ServedRequest, status: number, headers: Headers): Response {
    const init = responseInit(served, status, headers);
    if (NULL_BODY_STATUSES.has(status) || served.request.method === "HEAD") return new Response(null, init);
    const { readable, writable } = bodyStream(headers.get("content-length"));
    const response = new Response(readable, init);
    const writer = writable.getWriter();
    // The same rejection reaches the writes; without a handler it would be reported a second time.
    writer.closed.catch(ignore);
    served.writer = writer;
    return response;
}

/** With a known length the response is not chunked. */
function bodyStream(contentLength: string | null): TransformStream<Uint8Array, Uint8Array> {
    if (contentLength !== null && /^\d{1,15}$/.test(contentLength)) return new FixedLengthStream(Number(contentLength));
    return new IdentityTransformStream();
}

function responseInit(served: ServedRequest, status: number, headers: Headers): ResponseInit {
    if (served.development) allowOrigin(served.request, headers);
    // Bytes that the application has compressed itself must not be compressed again.
    return headers.has("content-encoding") ? { status, headers, encodeBody: "manual" } : { status, headers };
}

/** Rejected when there is nobody to write to: the client has gone, or the response must not have a body. */
function writeChunk(writer: WritableStreamDefaultWriter<Uint8Array> | undefined, chunk: Uint8Array): Promise<void> {
    if (writer === undefined) return Promise.reject(new Error("the response is not open for writing"));
    return chunk.length === 0 ? Promise.resolve() : writer.write(chunk.slice());
}

function ignore(): void {}

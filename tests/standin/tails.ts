// SPDX-License-Identifier: MIT
// Tails: who listens to which script, through which filters, and the events that reach them.

import { randomUUID } from "node:crypto";
import type http from "node:http";
import type { Duplex } from "node:stream";
import { either, list, literal, number, record, text, type Shape } from "./shape.ts";
import { acceptWebSocket, type WebSocketEnd } from "./websocket.ts";

const TAIL_HOURS = 6;
const MAX_WAITING = 1000;
const PATH = "/tail/";

/** An event as workerd gives it to a tail Worker, and as Cloudflare sends it: one JSON message each. */
export interface TraceEvent {
    outcome: string;
    scriptName: string | null;
    exceptions: { name: string; message: string; timestamp: number }[];
    logs: { message: unknown[]; level: string; timestamp: number }[];
    eventTimestamp: number | null;
    event: Record<string, unknown> | null;
    [key: string]: unknown;
}

interface Filter {
    sampling_rate?: number;
    outcome?: string[];
    method?: string[];
    header?: { key: string; query?: string };
    query?: string;
    client_ip?: string[];
    scriptVersion?: string;
}

const outcomes = literal("ok", "exception", "exceededCpu", "exceededMemory", "unknown", "canceled", "scriptNotFound", "responseStreamDisconnected");

export const filtersShape: Shape = list(
    either(
        record({ sampling_rate: number(0, 1) }),
        record({ outcome: list(outcomes) }),
        record({ method: list(text({ pattern: /^[A-Z]+$/ })) }),
        record({ header: record({ key: text() }, { query: text() }) }),
        record({ query: text() }),
        record({ client_ip: list(text()) }),
        record({ scriptVersion: text() }),
    ),
);

interface Tail {
    id: string;
    script: string;
    filters: Filter[];
    expires: Date;
    client: WebSocketEnd | undefined;
    /** Events that came before the client did. */
    waiting: string[];
}

export class Tails {
    readonly #tails = new Map<string, Tail>();

    open(script: string, filters: Filter[]): { id: string; path: string; expires_at: string } {
        const tail: Tail = { id: randomUUID(), script, filters, expires: new Date(Date.now() + TAIL_HOURS * 3600_000), client: undefined, waiting: [] };
        this.#tails.set(tail.id, tail);
        return { id: tail.id, path: PATH + tail.id, expires_at: tail.expires.toISOString() };
    }

    list(script?: string): { id: string; script: string; expires_at: string; connected: boolean }[] {
        return [...this.#tails.values()]
            .filter((tail) => script === undefined || tail.script === script)
            .map((tail) => ({ id: tail.id, script: tail.script, expires_at: tail.expires.toISOString(), connected: tail.client !== undefined }));
    }

    /** False when the script has no such tail. */
    close(script: string, id: string): boolean {
        const tail = this.#tails.get(id);
        if (tail?.script !== script) return false;
        this.#tails.delete(id);
        tail.client?.close(1000);
        return true;
    }

    /** Ends the connections of a script's tails with a close code; 0 is none, as when the network breaks. */
    drop(script: string | undefined, code: number): void {
        for (const tail of this.#tails.values()) {
            if (script === undefined || tail.script === script) tail.client?.close(code);
        }
    }

    /** The client's WebSocket: the address is the secret, so no token is asked for. */
    connect(request: http.IncomingMessage, socket: Duplex): void {
        const tail = this.#tails.get((request.url ?? "").slice(PATH.length));
        if (!request.url?.startsWith(PATH) || !tail || tail.expires < new Date()) {
            socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n");
            return;
        }
        const client = acceptWebSocket(request, socket, {
            protocol: "trace-v1",
            // wrangler says {"debug":false}; nothing follows from it.
            onText: () => undefined,
            onClose: () => {
                if (tail.client === client) tail.client = undefined;
            },
        });
        if (!client) return;
        tail.client = client;
        for (const message of tail.waiting.splice(0)) client.send(message);
    }

    deliver(script: string, version: string, event: TraceEvent): void {
        for (const tail of this.#tails.values()) {
            if (tail.script !== script || tail.expires < new Date()) continue;
            if (!tail.filters.every((filter) => passes(filter, event, version))) continue;
            const message = JSON.stringify({ ...event, scriptName: script, scriptVersion: { id: version } });
            if (tail.client) tail.client.send(message);
            else if (tail.waiting.length < MAX_WAITING) tail.waiting.push(message);
        }
    }
}

function passes(filter: Filter, event: TraceEvent, version: string): boolean {
    if (filter.sampling_rate !== undefined) return Math.random() < filter.sampling_rate;
    if (filter.outcome) return filter.outcome.includes(event.outcome);
    if (filter.query !== undefined) return JSON.stringify(event.logs).includes(filter.query);
    if (filter.scriptVersion !== undefined) return filter.scriptVersion === version;
    const request = (event.event?.["request"] ?? {}) as { method?: string; headers?: Record<string, string> };
    if (filter.method) return filter.method.includes(request.method ?? "");
    if (filter.client_ip) return filter.client_ip.includes(request.headers?.["cf-connecting-ip"] ?? "");
    if (filter.header) {
        const value = request.headers?.[filter.header.key.toLowerCase()];
        return value !== undefined && value.includes(filter.header.query ?? "");
    }
    return true;
}

// SPDX-License-Identifier: MIT
// Faults on demand: which calls go wrong, and how. One is ordered through POST /__standin/faults.

import { deviation, failure, refuse, type Answer } from "./envelope.ts";
import type { Call } from "./router.ts";
import { bool, dictionary, literal, number, record, text } from "./shape.ts";

const KINDS = ["error", "html", "unsuccessful", "truncated", "cut", "wrong-type", "stall", "drop", "silence"] as const;

/** What the answer becomes. */
export type Spoiled =
    | { kind: "answer"; answer: Answer }
    /** The connection ends without an answer. */
    | { kind: "drop" }
    /** It stays open without one. */
    | { kind: "silence" }
    /** The answer's text ends in the middle: "truncated" as if that were all, "cut" by a connection that ends. */
    | { kind: "truncated" | "cut"; answer: Answer };

export interface FaultOrder {
    method: string;
    /** A pattern for the path without /client/v4; the query, if there is one, follows after a "?". */
    path: string;
    kind?: (typeof KINDS)[number];
    /** The first matching call that goes wrong, from 1. */
    nth?: number;
    /** How many do, from that one on. */
    times?: number;
    /** The call takes effect all the same: only its answer goes wrong. */
    handled?: boolean;
    status?: number;
    code?: number;
    message?: string;
    headers?: Record<string, string>;
    /** For "stall": the answer is right, but comes late. */
    seconds?: number;
}

interface Fault extends FaultOrder {
    kind: (typeof KINDS)[number];
    pattern: RegExp;
    seen: number;
    left: number;
}

const orderShape = record(
    { method: text({ pattern: /^(?:[A-Z]+|\*)$/ }), path: text() },
    {
        kind: literal(...KINDS),
        nth: number(1, 10_000),
        times: number(1, 10_000),
        handled: bool,
        status: number(200, 599),
        code: number(1, 1_000_000),
        message: text(),
        headers: dictionary(/^[\w-]+$/, text()),
        seconds: number(0, 600),
    },
);

export class Faults {
    #faults: Fault[] = [];

    /** Throws Refused when the order is wrong. */
    order(value: unknown): void {
        const problem = orderShape(value, "fault");
        if (problem !== undefined) refuse(deviation(problem));
        const order = value as FaultOrder;
        this.#faults.push({ ...order, kind: order.kind ?? "error", pattern: new RegExp(order.path), seen: 0, left: order.times ?? 1 });
    }

    clear(): void {
        this.#faults = [];
    }

    /** Those that have not struck as often as they were ordered. */
    pending(): FaultOrder[] {
        return this.#faults.map(({ pattern, seen, left, ...order }) => ({ ...order, times: left, path: pattern.source, nth: Math.max(1, (order.nth ?? 1) - seen) }));
    }

    /** The fault for this call, which counts as struck now. */
    take(call: Call): Fault | undefined {
        const target = call.query.size > 0 ? `${call.path}?${call.query.toString()}` : call.path;
        const matching = this.#faults.filter((fault) => (fault.method === "*" || fault.method === call.method) && (fault.pattern.test(call.path) || fault.pattern.test(target)));
        for (const fault of matching) fault.seen += 1;
        const fault = matching.find((one) => one.seen >= (one.nth ?? 1));
        if (!fault) return undefined;
        fault.left -= 1;
        this.#faults = this.#faults.filter((one) => one.left > 0);
        return fault;
    }
}

/** Whether the call is to be carried out: some faults can only spoil a real answer. */
export const isHandled = (fault: Fault): boolean => fault.handled ?? ["truncated", "cut", "wrong-type", "stall"].includes(fault.kind);

/** Applies a fault; `answer` is the call's own, or nothing when it was not carried out. */
export function spoil(fault: Fault, answer: Answer | undefined): Spoiled {
    const real = answer ?? failure(500, { code: 10013, message: "workers.api.error.unknown" });
    const headers = fault.headers ?? {};
    switch (fault.kind) {
        case "drop":
        case "silence":
            return { kind: fault.kind };
        case "truncated":
        case "cut":
            return { kind: fault.kind, answer: real };
        case "stall":
            return { kind: "answer", answer: real };
        case "wrong-type":
            return { kind: "answer", answer: { ...real, headers: { ...real.headers, "content-type": "text/html; charset=utf-8", ...headers } } };
        case "html":
            return { kind: "answer", answer: html(fault.status ?? 502, headers) };
        case "unsuccessful":
        case "error":
            return { kind: "answer", answer: error(fault, headers) };
    }
}

const html = (status: number, headers: Record<string, string>): Answer => ({
    status,
    headers: { "content-type": "text/html; charset=utf-8", ...headers },
    body: Buffer.from("<html><head><title>Bad gateway</title></head><body><center><h1>Bad gateway</h1></center></body></html>\n"),
});

function error(fault: Fault, headers: Record<string, string>): Answer {
    const status = fault.status ?? (fault.kind === "unsuccessful" ? 200 : 500);
    const code = fault.code ?? (status === 429 ? 971 : 10013);
    const message = fault.message ?? (status === 429 ? "Please wait and consider throttling your request speed" : "workers.api.error.unknown");
    return { ...failure(status, { code, message }), headers };
}

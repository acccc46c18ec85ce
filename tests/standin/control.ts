// SPDX-License-Identifier: MIT
// What only the tests use, below /__standin/: the journal of calls, the Workers' logs, and faults on demand.

import { deviation, failure, ok, type Answer } from "./envelope.ts";
import type { Call, Services } from "./router.ts";
import { number, record, text } from "./shape.ts";

const MAX_JOURNAL = 10_000;

interface JournalEntry {
    method: string;
    path: string;
    query: string;
    userAgent: string;
    status: number;
}

interface Fault {
    method: string;
    pattern: RegExp;
    times: number;
    answer: Answer;
}

const faultShape = record(
    { method: text(), path: text(), status: number(400, 599), code: number(1, 1_000_000), message: text() },
    { times: number(1, 100), headers: record({}, { "Retry-After": text() }) },
);

export class Control {
    readonly #services: Services;
    readonly #journal: JournalEntry[] = [];
    #faults: Fault[] = [];

    constructor(services: Services) {
        this.#services = services;
    }

    answer(method: string, url: URL, body: Buffer): Answer {
        const what = `${method} ${url.pathname.slice("/__standin/".length)}`;
        if (what === "GET requests") return ok(this.#journal);
        if (what === "GET logs") return ok(this.#services.fleet.logs(url.searchParams.get("script") ?? ""));
        if (what === "POST faults") return this.#addFault(body);
        return deviation(`there is no ${what}`);
    }

    record(call: Call, answer: Answer): void {
        if (this.#journal.length === MAX_JOURNAL) this.#journal.shift();
        this.#journal.push({
            method: call.method,
            path: call.path,
            query: call.query.toString(),
            userAgent: call.headers["user-agent"] ?? "",
            status: answer.status,
        });
    }

    /** The answer of a fault that was ordered for this call. */
    takeFault(call: Call): Answer | undefined {
        const fault = this.#faults.find((one) => one.method === call.method && one.pattern.test(call.path));
        if (!fault) return undefined;
        fault.times -= 1;
        this.#faults = this.#faults.filter((one) => one.times > 0);
        return fault.answer;
    }

    #addFault(body: Buffer): Answer {
        const value: unknown = JSON.parse(body.toString("utf8"));
        const problem = faultShape(value, "fault");
        if (problem !== undefined) return deviation(problem);
        const fault = value as { method: string; path: string; status: number; code: number; message: string; times?: number; headers?: Record<string, string> };
        const answer = failure(fault.status, { code: fault.code, message: fault.message });
        this.#faults.push({
            method: fault.method,
            pattern: new RegExp(fault.path),
            times: fault.times ?? 1,
            answer: { ...answer, ...(fault.headers && { headers: fault.headers }) },
        });
        return ok({});
    }
}

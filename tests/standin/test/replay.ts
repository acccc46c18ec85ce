// SPDX-License-Identifier: MIT
// Sends recorded calls again, with the ids and tokens of this run, and compares the answers with the recorded ones.

import assert from "node:assert/strict";
import fs from "node:fs";
import type { FilePart, Reply, TestClient } from "./client.ts";

interface RecordedPart {
    name: string;
    filename?: string;
    contentType?: string;
    json?: unknown;
    text?: string;
}

export interface RecordedCall {
    method: string;
    path: string;
    query?: [string, string][];
    headers?: Record<string, string>;
    json?: unknown;
    text?: string;
    parts?: RecordedPart[];
    answer: { status: number; codes?: number[]; result?: unknown; info?: string[]; html?: true; headers?: Record<string, string> };
}

export interface Run {
    label: string;
    command: string;
    /** wrangler's exit code; missing when it was not recorded. */
    exit?: number;
    /** Of which runs only the calls that matter were kept, or none; missing: all. */
    kept?: "some" | "none";
    calls: RecordedCall[];
}

export const runs = (JSON.parse(fs.readFileSync(new URL("recorded.json", import.meta.url), "utf8")) as { runs: Run[] }).runs;

/** An answer whose status or codes differ on purpose. */
export interface Difference {
    recorded: number;
    status: number;
    reason: string;
}

/** Enough for every recorded script: the classes of all migrations, and a handler of each kind. */
const SCRIPT = `import { DurableObject } from "cloudflare:workers";
export class Counter extends DurableObject { async fetch() {
    const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
    await this.ctx.storage.put("count", count);
    return new Response(String(count));
} }
export class Tally extends Counter {}
export class Other extends DurableObject {}
export class C extends DurableObject {}
export default {
    async fetch(request, env) { return Response.json({ path: new URL(request.url).pathname, greeting: env.GREETING ?? null }); },
    async scheduled() {},
    async queue() {},
};`;

const WASM = Buffer.from("0061736d0100000001070160027f7f017f03020100070701036164640000" + "0a09010700200020016a0b", "hex");

/** The recording has only short texts; these stand in for the rest, by name or else by type. */
const CONTENTS: Record<string, string | Uint8Array> = {
    "index.mjs": [
        'import { x } from "./lib/x.mjs";',
        'import add from "./lib/add.wasm";',
        'import note from "./lib/note.txt";',
        "const { exports } = new WebAssembly.Instance(add);",
        "export default { fetch() { return Response.json([x, exports.add(2, 3), note]); } };",
    ].join("\n"),
    "sw.js": 'addEventListener("fetch", (event) => event.respondWith(new Response(String(new WebAssembly.Instance(W).exports.add(2, 3)) + T)));',
    "application/javascript+module": SCRIPT,
    "application/wasm": WASM,
    "application/octet-stream": Uint8Array.from({ length: 256 }, (_, index) => index),
    "application/source-map": '{"version":3,"file":"index.js","sources":[],"mappings":""}',
};

/** Files that were sent as they are; the recording shows their line ends as dots. */
const FILES: Record<string, string> = { "1cb10ed97f060783a9abe3bcc31ea436": "b\n", "8d0be47d408e4efc15e7cd9ec2ada4d5": "<h1>a</h1>\n" };

const ID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export class Replay {
    readonly #client: TestClient;
    readonly #ids = new Map<string, string>();
    jwt = "";
    /** The version of an upload whose answer the recording has not: the deployment that follows names it. */
    #upload: string | undefined;

    constructor(client: TestClient) {
        this.#client = client;
    }

    async send(call: RecordedCall, token: string | undefined, difference: Difference | undefined): Promise<void> {
        const reply = await this.#send(call, token);
        const what = `${call.method} ${call.path} answered ${reply.status}: ${reply.messages.join("; ")}`;
        const { status, codes = [], info, html } = call.answer;
        const result = shapeOf(call);
        if (difference) assert.equal(status, difference.recorded, `${call.path} has no such difference`);
        assert.equal(reply.status, difference?.status ?? status, what);
        if (html) return;
        assert.deepEqual(reply.codes, codes, what);
        assert.equal(misfit(result ?? null, reply.result ?? null, "result"), undefined, what);
        for (const name of info ?? []) assert.ok(reply.info && name in reply.info, `${what} lacks result_info.${name}`);
        if (result === call.answer.result) this.#learn(result, reply.result);
        else if (call.method === "POST" && call.path.endsWith("/versions")) this.#upload = (reply.result as { id: string }).id;
        const { jwt } = (reply.result ?? {}) as { jwt?: string };
        if (jwt) this.jwt = jwt;
    }

    async #send(call: RecordedCall, token: string | undefined): Promise<Reply> {
        if (call.method === "POST" && call.path.endsWith("/deployments")) this.#name(call.json as { versions: { version_id: string }[] });
        const query = call.query ? `?${new URLSearchParams(call.query).toString()}` : "";
        const path = this.#current(call.path) + query;
        const headers = this.#current(call.headers ?? {});
        const options = { headers, ...(token !== undefined && { token }) };
        if (call.parts) return this.#client.upload(call.method, path, call.parts.map((part) => this.#contents(part)), options);
        const hash = /\/assets\/upload\/([0-9a-f]{32})$/.exec(call.path)?.[1];
        if (hash !== undefined) return this.#client.call(call.method, path, { ...options, body: Buffer.from(FILES[hash] ?? "") });
        return this.#client.call(call.method, path, { ...options, ...(call.json !== undefined && { json: this.#current(call.json) }) });
    }

    #contents(part: RecordedPart): FilePart {
        const { json, text, ...rest } = part;
        if (json !== undefined) return { ...rest, data: JSON.stringify(this.#current(json)) };
        const data = CONTENTS[part.name] ?? text ?? CONTENTS[part.contentType ?? ""];
        assert.ok(data !== undefined, `no contents for ${part.name}`);
        return { ...rest, data };
    }

    /** The value with this run's ids and token. */
    #current<T>(value: T): T {
        const text = JSON.stringify(value).replaceAll("<jwt>", this.jwt);
        return JSON.parse(text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}/g, (id) => this.#ids.get(id) ?? id)) as T;
    }

    #name({ versions }: { versions: { version_id: string }[] }): void {
        const unknown = versions.find(({ version_id }) => !this.#ids.has(version_id));
        if (unknown && this.#upload !== undefined) this.#ids.set(unknown.version_id, this.#upload);
        this.#upload = undefined;
    }

    #learn(recorded: unknown, now: unknown): void {
        if (typeof recorded === "string" && typeof now === "string" && ID.test(recorded) && ID.test(now)) {
            if (!this.#ids.has(recorded)) this.#ids.set(recorded, now);
            // A version's id comes with its dashes, and in one place without.
            if (/^[0-9a-f]{32}$/.test(now)) this.#ids.set(dashed(recorded), this.#ids.get(dashed(recorded)) ?? dashed(now));
        }
        if (typeof recorded !== "object" || recorded === null || typeof now !== "object" || now === null) return;
        for (const [key, value] of Object.entries(recorded)) this.#learn(value, (now as Record<string, unknown>)[key]);
    }
}

const kindOf = (call: RecordedCall): string => `${call.method} ${call.path.replace(/[0-9a-f-]{36}/g, "ID")} ${call.answer.status}`;

/** The recording has a long answer once; where it says "trimmed", the first of its kind is the model. */
function shapeOf(call: RecordedCall): unknown {
    if (typeof call.answer.result !== "string") return call.answer.result;
    const first = runs.flatMap((run) => run.calls).find((one) => kindOf(one) === kindOf(call) && typeof one.answer.result === "object");
    assert.ok(first, `no answer like that of ${call.path} was kept`);
    return first.answer.result;
}

const dashed = (id: string): string => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

/** Where an answer has another shape than the recorded one: a key less, or a value of another type. */
function misfit(recorded: unknown, now: unknown, path: string): string | undefined {
    // What may be null was null or had a value, depending on what was there.
    if (recorded === null || now === null) return recorded === now || path !== "result" ? undefined : `${path} is ${JSON.stringify(now)}`;
    if (Array.isArray(recorded) !== Array.isArray(now) || typeof recorded !== typeof now) return `${path} is ${JSON.stringify(now)}`;
    if (Array.isArray(recorded)) return recorded.length > 0 && Array.isArray(now) && now.length > 0 ? misfit(recorded[0], now[0], `${path}[0]`) : undefined;
    // The keys of annotations are what somebody wrote.
    if (typeof recorded !== "object" || path.endsWith(".annotations")) return undefined;
    const answer = now as Record<string, unknown>;
    for (const [key, value] of Object.entries(recorded as object)) {
        if (!Object.hasOwn(answer, key)) return `${path}.${key} is missing`;
        const problem = misfit(value, answer[key], `${path}.${key}`);
        if (problem !== undefined) return problem;
    }
    return undefined;
}

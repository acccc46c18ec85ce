// SPDX-License-Identifier: MIT
// Faults strike the calls that were chosen, in the way that was ordered, before or after the call takes effect.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { ACCOUNT, TestClient, type Reply } from "./client.ts";

const KV = `${ACCOUNT}/storage/kv/namespaces`;

let client: TestClient;
before(async () => {
    client = await TestClient.start();
});
after(() => client.stop());
beforeEach(() => client.control("DELETE", "faults"));

const order = (fault: Record<string, unknown>): Promise<void> => client.control("POST", "faults", { method: "POST", path: "/namespaces$", ...fault });

let count = 0;
const create = (): Promise<Reply> => client.call("POST", KV, { json: { title: `namespace ${(count += 1)}` } });

/** Whether the newest namespace was made. */
async function made(): Promise<boolean> {
    const { namespaces } = (await client.ask("state")) as { namespaces: { title: string }[] };
    return namespaces.some((one) => one.title === `namespace ${count}`);
}

interface Row {
    fault: Record<string, unknown>;
    /** Nothing: the connection ends without an answer. */
    status?: number;
    says?: RegExp;
    type?: RegExp;
    made: boolean;
}

const ROWS: Record<string, Row> = {
    "dropped before": { fault: { kind: "drop" }, made: false },
    "dropped after": { fault: { kind: "drop", handled: true }, made: true },
    "silent until the client goes": { fault: { kind: "silence", handled: true }, made: true },
    "429 with Retry-After": { fault: { status: 429, headers: { "Retry-After": "1" } }, status: 429, says: /"code":971/, made: false },
    "429 without": { fault: { status: 429 }, status: 429, says: /throttling/, made: false },
    "500": { fault: {}, status: 500, says: /"code":10013/, made: false },
    "500 after": { fault: { handled: true }, status: 500, made: true },
    "502 with a page": { fault: { kind: "html" }, status: 502, says: /^<html>/, type: /^text\/html/, made: false },
    "truncated JSON": { fault: { kind: "truncated" }, status: 200, says: /^\{"success":true(?!.*\}$)/, made: true },
    "an answer that is cut off": { fault: { kind: "cut" }, made: true },
    "not successful with 200": { fault: { kind: "unsuccessful", code: 10000, message: "no" }, status: 200, says: /"success":false.*10000/, made: false },
    "a stall": { fault: { kind: "stall", seconds: 0.2 }, status: 200, made: true },
    "another type": { fault: { kind: "wrong-type" }, status: 200, type: /^text\/html/, says: /"success":true/, made: true },
    "a fault of one's own": { fault: { status: 418, code: 1, message: "teapot" }, status: 418, says: /teapot/, made: false },
};

for (const [name, row] of Object.entries(ROWS)) {
    test(name, async () => {
        await order(row.fault);
        const before = performance.now();
        const away = new AbortController();
        const answer = raw(away.signal);
        if (row.fault["kind"] === "silence") {
            while ((await lastCall())?.fault !== "silence") await new Promise(setImmediate);
            away.abort();
        }
        const reply = await answer;
        assert.equal(reply?.status, row.status);
        if (row.says) assert.match(reply?.text ?? "", row.says);
        if (row.type) assert.match(reply?.type ?? "", row.type);
        if (row.fault["headers"]) assert.equal(reply?.retryAfter, "1");
        if (row.fault["seconds"] !== undefined) assert.ok(performance.now() - before >= 190);
        assert.equal(await made(), row.made);
        assert.deepEqual(await client.ask("faults"), []);
        assert.equal((await lastCall())?.fault, row.fault["kind"] ?? "error");
        assert.equal((await create()).status, 200, "the next call is well again");
    });
}

async function lastCall(): Promise<{ fault?: string } | undefined> {
    return ((await client.ask("requests")) as { fault?: string }[]).at(-1);
}

/** As a client without a parser sees it. */
async function raw(signal: AbortSignal): Promise<{ status: number; text: string; type: string; retryAfter: string | null } | undefined> {
    count += 1;
    try {
        const response = await fetch(`http://127.0.0.1:${client.standin.port}/client/v4${KV}`, {
            method: "POST",
            headers: { authorization: "Bearer test-token", "content-type": "application/json", "user-agent": "test" },
            body: JSON.stringify({ title: `namespace ${count}` }),
            signal,
        });
        const text = await response.text();
        return { status: response.status, text, type: response.headers.get("content-type") ?? "", retryAfter: response.headers.get("retry-after") };
    } catch (error) {
        assert.ok(error instanceof TypeError || signal.aborted);
        return undefined;
    }
}

test("the nth call, as often as ordered, and only what matches", async () => {
    await order({ nth: 2, times: 2, status: 503 });
    const statuses: number[] = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await create()).status);
    assert.deepEqual(statuses, [200, 503, 503, 200]);
    await order({ method: "*", path: "\\?page=2$", status: 503 });
    assert.equal((await client.call("GET", `${KV}?page=1`)).status, 200);
    assert.equal((await client.call("GET", `${KV}?page=2`)).status, 503);
    await order({ times: 3 });
    assert.equal(((await client.ask("faults")) as unknown[]).length, 1);
});

test("a wrong order is refused", async () => {
    await assert.rejects(order({ kind: "earthquake" }), /must be "error"/);
    await assert.rejects(order({ colour: "red" }), /is not known/);
});

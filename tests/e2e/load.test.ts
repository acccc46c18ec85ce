// SPDX-License-Identifier: MIT
// One deployed Worker under everything at once: overlapping requests, threads, large bodies, failures between them.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import path from "node:path";
import { after, before, test } from "node:test";
import { Cloud, type Answer } from "./support/cloud.ts";
import { ROOT, succeed, temporaryFolder } from "./support/pymode.ts";
import { Workerd, addMemoryProbe, compileConfig } from "./support/workerd.ts";

const PROJECT = path.join(ROOT, "tests/e2e/projects/probe");
/** Every byte value, one mebibyte. */
const BYTES = Buffer.from(Array.from({ length: 256 * 4096 }, (_, index) => index % 256));
const SUM = 4950;

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
    await succeed(["deploy", PROJECT], { environment: cloud.environment("/nonexistent") });
    assert.equal((await cloud.ask("probe", "/")).text, "ok");
});
after(() => cloud.stop());

async function json(pathname: string): Promise<unknown> {
    const answer = await cloud.ask("probe", pathname);
    assert.equal(answer.status, 200, `${pathname}: ${answer.text}`);
    return JSON.parse(answer.text);
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

async function timed<T>(action: () => Promise<T>): Promise<[number, T]> {
    const before = performance.now();
    const result = await action();
    return [performance.now() - before, result];
}

test("a megabyte of every byte value, both ways", async () => {
    assert.ok((await cloud.ask("probe", "/bytes-out")).body.equals(BYTES));
    const post = (pathname: string): Promise<Answer> => cloud.ask("probe", pathname, { method: "POST", body: BYTES });
    const sha256 = createHash("sha256").update(BYTES).digest("hex");
    assert.deepEqual(JSON.parse((await post("/bytes-in")).text), { size: BYTES.length, sha256 });
    assert.ok((await post("/echo")).body.equals(BYTES));
});

test("40 overlapping requests that sleep take no longer than two of them", async () => {
    const [single] = await timed(() => json("/sleep?token=0"));
    const [together, answers] = await timed(() => Promise.all(range(40).map((token) => json(`/sleep?token=${token}`))));
    assert.deepEqual(answers, range(40).map((token) => ({ token: String(token) })));
    assert.ok(together <= 2 * single, `${together.toFixed(0)} ms together, ${single.toFixed(0)} ms alone`);
});

test("20 overlapping requests with 8 threads each, failures between them", async () => {
    const threads = range(20).map(async (token) => {
        assert.deepEqual(await json(`/threads?token=${token}`), { token, sum: SUM * token });
    });
    const failures = range(10).map(async () => {
        const answer = await cloud.ask("probe", "/fail");
        assert.equal(answer.status, 500);
        assert.doesNotMatch(answer.text, /on purpose/);
    });
    const hard = range(3).flatMap(() => [
        json("/recurse").then((value) => assert.deepEqual(value, { raised: "RecursionError" })),
        json("/exhaust").then((value) => assert.deepEqual(value, { raised: "MemoryError" })),
    ]);
    await Promise.all([...threads, ...failures, ...hard]);
    assert.equal((await cloud.ask("probe", "/")).text, "ok");
    assert.match((await cloud.logs("probe")).join("\n"), /LookupError: this failure is on purpose/);
});

test("a trap ends its own request, and the others get their answers", async () => {
    const asleep = range(10).map(async (token) => assert.deepEqual(await json(`/sleep?token=${token}`), { token: String(token) }));
    const trapped = await cloud.ask("probe", "/trap");
    assert.equal(trapped.status, 500);
    await Promise.all(asleep);
    assert.equal((await cloud.ask("probe", "/")).text, "ok");
    assert.deepEqual(await json("/threads?token=3"), { token: 3, sum: 3 * SUM });
});

test("linear memory after 5,000 requests is that after 500", async (context) => {
    const folder = temporaryFolder(context);
    await succeed(["build", PROJECT, "--out", folder]);
    const workerd = await Workerd.start(compileConfig({ folder, mainModule: addMemoryProbe(folder) }));
    context.after(() => workerd.stop());
    const memory = async (): Promise<string> => (await workerd.get("/__memory")).text;
    const requests = async (count: number, overlapping: number): Promise<void> => {
        for (let done = 0; done < count; done += overlapping) {
            const answers = await Promise.all(range(overlapping).map((index) => workerd.get(index === 0 ? "/threads?token=2" : "/")));
            for (const answer of answers) assert.equal(answer.status, 200, answer.text);
        }
    };
    await requests(500, 20);
    const early = await memory();
    assert.match(early, /^\[\d+\]$/);
    await requests(4500, 20);
    assert.equal(await memory(), early);
});

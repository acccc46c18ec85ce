// SPDX-License-Identifier: MIT
// The host in the real workerd, around a stand-in for the interpreter.

import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { fakePython } from "./fake-python.mjs";
import { zip } from "./zip.mjs";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const runtime = path.join(repository, "build/tests/fake-runtime", String(process.pid));
let worker;

before(async () => {
    mkdirSync(runtime, { recursive: true });
    writeFileSync(path.join(runtime, "python.wasm"), fakePython());
    writeFileSync(path.join(runtime, "stdlib.zip"), zip([]));
    buildSync({
        entryPoints: [path.join(repository, "runtime/host/src/main.ts")],
        outfile: path.join(runtime, "host.js"),
        bundle: true,
        format: "esm",
        target: "es2023",
    });
    process.env["PYMODE_RUNTIME"] = runtime;
    const { startWorker } = await import("../harness.mjs");
    worker = await startWorker({ folder: path.join(runtime, "none"), inspect: true });
});

after(async () => {
    await worker?.stop();
    rmSync(runtime, { recursive: true, force: true });
});

beforeEach(() => worker.logs.clear());

async function ask(letter) {
    const response = await fetch(`${worker.url}/?${letter}`);
    return [response.status, await response.text()];
}

const HELLO = [200, "hello"];
const inspect = async () => (await fetch(`${worker.url}/__inspect`)).json();

test("answers, and holds nothing afterwards", async () => {
    assert.deepEqual(await ask("h"), HELLO);
    const { threads, requests, handles, instances } = await inspect();
    assert.deepEqual([threads, requests, handles, instances], [0, 0, 0, 1]);
});

test("40 sleepers overlap", async () => {
    const one = performance.now();
    assert.deepEqual(await ask("s"), HELLO);
    const alone = performance.now() - one;
    const all = performance.now();
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask("s")));
    assert.deepEqual(answers, Array(40).fill(HELLO));
    assert.ok(performance.now() - all < 10 * alone, "not one after the other");
});

test("no answer is 500 with an id that is also in the log", async () => {
    const [status, page] = await ask("n");
    assert.equal(status, 500);
    const id = /error id: ([0-9a-f]{8})/.exec(page)?.[1];
    const event = await worker.logs.waitFor(id);
    assert.match(event.message, /without a whole answer/);
});

test("one request can wake a thread of another, which answers its own", async () => {
    // As long as a timer runs, a thread that waits for ever is not in a deadlock.
    const limited = ask("l");
    await worker.until(async () => (await inspect()).threads === 1);
    const waiting = ask("w");
    await worker.until(async () => (await inspect()).threads === 2);
    assert.deepEqual(await ask("k"), HELLO);
    assert.deepEqual(await Promise.all([limited, waiting]), [HELLO, HELLO]);
    assert.ok(!worker.logs.text().includes("deadlock"));
});

test("a thread that nobody can wake is made to raise", async () => {
    assert.deepEqual(await ask("d"), [500, "raised"]);
    await worker.logs.waitFor("deadlock");
});

test("a thread that was left behind is cancelled", async () => {
    assert.deepEqual(await ask("b"), HELLO);
    await worker.until(async () => (await inspect()).threads === 0);
    assert.ok(!worker.logs.text().includes("deadlock"));
});

for (const [letter, what] of [["t", "unreachable"], ["r", "Maximum call stack"]]) {
    test(`${what} ends one request, the others go on, new ones get a fresh instance`, async () => {
        const before = (await inspect()).instances;
        const sleeping = Array.from({ length: 5 }, () => ask("s"));
        await worker.until(async () => (await inspect()).threads === 5);
        const [status, page] = await ask(letter);
        assert.equal(status, 500);
        assert.match(page, /error id/);
        await worker.logs.waitFor(what);
        assert.deepEqual(await ask("h"), HELLO);
        assert.deepEqual(await Promise.all(sleeping), Array(5).fill(HELLO));
        const { instances, threads } = await inspect();
        assert.deepEqual([instances, threads], [before + 1, 0]);
    });
}

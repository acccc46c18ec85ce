// SPDX-License-Identifier: MIT
// The resolver decides markers for an interpreter that it does not run (core/pep/environment.cpp). Its values are those of the
// table that the unit test of that file reads too; here the interpreter confirms the table.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { startWorker } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
    worker = await startWorker({ folder: new URL("workers/markers/", import.meta.url), libraries: [] });
});

after(() => worker.stop());

test("the interpreter has the marker environment that packages are resolved for", async () => {
    const expected = JSON.parse(readFileSync(new URL("../unit/pep/target_environment.json", import.meta.url), "utf8"));
    const answer = await (await fetch(worker.url)).json();
    assert.deepEqual(answer.markers, expected);
    assert.equal(answer.platform, "wasi-0.0.0-wasm32");
    assert.ok(answer.suffixes.includes(".cpython-313-wasm32-wasi.so"), String(answer.suffixes));
});

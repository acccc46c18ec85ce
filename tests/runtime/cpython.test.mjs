// SPDX-License-Identifier: MIT
// Twelve of CPython's own test files in workerd. What fails stands in cpython-known.json with its reason.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { startWorker } from "./harness.mjs";

const FILES = [
  "test_json", "test_re", "test_struct", "test_dict", "test_list", "test_str", "test_datetime",
  "test_decimal", "test_zlib", "test_sqlite3", "test_threading", "test_queue",
];
const LIBRARY = new URL("../../build/runtime/stdlib-tests/", import.meta.url);
/** @type {Record<string, string>} */
const known = JSON.parse(readFileSync(new URL("./cpython-known.json", import.meta.url), "utf8"));

/** @type {string[]} */
const table = [];
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  assert.ok(existsSync(LIBRARY), "build/runtime/stdlib-tests is missing: build the runtime first");
  worker = await startWorker({
    folder: new URL("./workers/cpython/", import.meta.url),
    extra: { "": LIBRARY },
  });
});
after(async () => {
  console.log(`\n${"file".padEnd(16)}    run  failed skipped\n${table.join("\n")}`);
  await worker?.stop();
});

for (const name of FILES) {
  test(name, { timeout: 300_000 }, async () => {
    const response = await fetch(`${worker.url}/?name=${name}`);
    const answer = await response.text();
    assert.equal(response.status, 200, answer + worker.logs.text());
    const { run, failed, skipped, problems, unexpected } = JSON.parse(answer);
    const cells = [run, failed, skipped].map((cell) => String(cell).padStart(7));
    table.push(name.padEnd(16) + cells.join(""));
    const surprises = Object.entries(problems).filter(([id]) => !(id in known));
    assert.deepEqual(surprises, []);
    assert.deepEqual(unexpected, []);
    const repaired = Object.keys(known).filter((id) => id.startsWith(`test.${name}.`) && !(id in problems));
    assert.deepEqual(repaired, [], "these pass now: take them out of cpython-known.json");
    assert.ok(run > 0);
  });
}

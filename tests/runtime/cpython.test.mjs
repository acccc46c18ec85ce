// SPDX-License-Identifier: MIT
// Twelve of CPython's own test files in workerd. What fails stands in cpython-known.json with its reason.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startWorker } from "./harness.mjs";

const FILES = [
    "test_json", "test_re", "test_struct", "test_dict", "test_list", "test_str", "test_datetime",
    "test_decimal", "test_zlib", "test_sqlite3", "test_threading", "test_queue",
];
// What these files import and read, out of Lib/test: the whole folder is twice the size of a Worker.
const FOLDERS = ["support", "test_json", "test_sqlite3", "decimaltestdata"];
const MODULES = [
    "__init__", "datetimetester", "list_tests", "lock_tests", "mapping_tests", "re_tests", "seq_tests",
    "string_tests",
];
const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const RUNTIME = process.env["PYMODE_RUNTIME"] ?? path.join(REPOSITORY, "build/runtime");
const LIBRARY = path.join(RUNTIME, "stdlib-tests");
/** @type {Record<string, string>} */
const known = JSON.parse(readFileSync(new URL("./cpython-known.json", import.meta.url), "utf8"));

/** @type {string[]} */
const table = [];
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
    assert.ok(existsSync(LIBRARY), `${LIBRARY} is missing: build the runtime first`);
    const files = [...MODULES, ...FILES].map((name) => `${name}.py`);
    worker = await startWorker({
        folder: new URL("./workers/cpython/", import.meta.url),
        extra: Object.fromEntries(FOLDERS.map((name) => [`test/${name}`, path.join(LIBRARY, name)])),
        files: Object.fromEntries(
            files
                .filter((name) => existsSync(path.join(LIBRARY, name)))
                .map((name) => [`test/${name}`, readFileSync(path.join(LIBRARY, name))]),
        ),
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

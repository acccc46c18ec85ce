// SPDX-License-Identifier: MIT
// The wheels of the wheelhouse in workerd: every recipe's own test does real work through the C code, and its speed is
// printed next to what there would be without it.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { wheelFolder } from "../packages/wheels.ts";
import { startWorker } from "./harness.mjs";
import { readZip } from "./host/zip.mjs";

const RUNTIME = path.resolve(process.env["PYMODE_RUNTIME"] ?? fileURLToPath(new URL("../../build/runtime", import.meta.url)));
const WHEELHOUSE = path.join(RUNTIME, "wheelhouse");
const INDEX = path.join(WHEELHOUSE, "index.json");
assert.ok(existsSync(INDEX), `${INDEX} is missing: build the executable, or python3 -m runtime.build --recipe-builder …`);

/** @typedef {{ name: string, version: string, filename: string, test: string, modules: { name: string, bytes: number }[] }} Wheel */
/** @type {Wheel[]} */
const WHEELS = JSON.parse(readFileSync(INDEX, "utf8")).wheels;

/** What the wheelhouse must have; another recipe is tested all the same. */
const EXPECTED = ["frozenlist", "markupsafe", "multidict", "propcache", "pyyaml", "regex", "yarl", "zstandard"];

/** What yarl needs and is pure. */
const IDNA = "idna-3.20-py3-none-any.whl";

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
    /** @type {Record<string, string | Uint8Array>} */
    const packages = {};
    /** @type {Record<string, Uint8Array>} */
    const natives = {};
    for (const wheel of WHEELS) {
        for (const { name, data } of readZip(readFileSync(path.join(WHEELHOUSE, wheel.filename)))) {
            if (name.endsWith(".so")) natives[name] = data;
            else packages[name] = data;
        }
        packages[`recipe_tests/${wheel.name}.py`] = wheel.test;
    }
    for (const { name, data } of readZip(readFileSync(path.join(wheelFolder("wheels.txt"), IDNA)))) packages[name] = data;
    const main = readFileSync(new URL("../../runtime/dev/recipe_test.py", import.meta.url));
    worker = await startWorker({ files: { "src/main.py": main }, packages, natives, dev: true });
});

after(() => worker?.stop());

/** @param {string} query */
async function ask(query) {
    const response = await fetch(`${worker.url}/?${query}`);
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return JSON.parse(text);
}

test("the wheelhouse has the eight packages", () => {
    const names = new Set(WHEELS.map((wheel) => wheel.name));
    assert.deepEqual(EXPECTED.filter((name) => !names.has(name)), []);
});

for (const wheel of WHEELS) {
    test(`${wheel.name} ${wheel.version} works through its C code`, async () => {
        const answer = await ask(`check=${wheel.name}`);
        assert.deepEqual(answer.loaded, wheel.modules.map((module) => module.name));
    });
}

test("how fast each is, next to what there is without C", async (context) => {
    for (const wheel of WHEELS) {
        for (const { what, native, other, label } of await ask(`compare=${wheel.name}`)) {
            const faster = (other / native).toFixed(1);
            context.diagnostic(
                `${wheel.name.padEnd(11)} ${what.padEnd(34)} ${format(native)} ms  ${label}: ${format(other)} ms  (${faster} times)`,
            );
            assert.ok(native > 0 && other > 0, "the clock stands still");
        }
    }
});

/** @param {number} milliseconds */
function format(milliseconds) {
    return milliseconds.toFixed(3).padStart(9);
}

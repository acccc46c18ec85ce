// SPDX-License-Identifier: MIT
// A bundle without some side modules: what is there imports, what is not says why.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startWorker } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
    worker = await startWorker({ folder: new URL("workers/side-modules/", import.meta.url), libraries: ["_bz2", "unicodedata"] });
});

after(() => worker.stop());

/** @param {string} module */
const importing = async (module) => (await fetch(`${worker.url}/?module=${module}`)).text();

test("a side module of the bundle imports", async () => {
    assert.equal(await importing("bz2"), "imported");
    assert.equal(await importing("unicodedata"), "imported");
});

test("one that was left out says how to include it", async () => {
    const why = /^ModuleNotFoundError: No module named '_sqlite3' \(left out of this Worker .*stdlib-modules = \["_sqlite3"\] to \[tool\.pymode\]/;
    assert.match(await importing("_sqlite3"), why);
    // Also through the module that a program imports.
    assert.match(await importing("sqlite3"), why);
});

test("the library itself copes with those that it can do without", async () => {
    for (const module of ["shutil", "tarfile", "zipfile", "profile"]) assert.equal(await importing(module), "imported", module);
});

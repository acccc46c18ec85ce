// SPDX-License-Identifier: MIT
// Imports the whole standard library in workerd. Modules that raise must be those of docs/stdlib.md.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { startWorker } from "./harness.mjs";

const PAGE = new URL("../../docs/stdlib.md", import.meta.url);

/** Names and reasons of the page's table rows: | `a`, `b` | reason | */
function documented() {
    /** @type {Map<string, string>} */
    const reasons = new Map();
    const [page = ""] = readFileSync(PAGE, "utf8").split("## Modules that import but do less");
    for (const [, names, reason] of page.matchAll(/^\| (`.*`) \| (.+) \|$/gm)) {
        for (const [, name] of (names ?? "").matchAll(/`([^`]+)`/g)) {
            assert.ok(name && reason && !reasons.has(name), `${name} stands twice in docs/stdlib.md`);
            reasons.set(name, reason);
        }
    }
    return reasons;
}

test("every module imports, or is documented", { timeout: 120_000 }, async () => {
    const worker = await startWorker({ folder: new URL("./workers/stdlib/", import.meta.url) });
    try {
        const response = await fetch(worker.url);
        const answer = await response.text();
        assert.equal(response.status, 200, answer + worker.logs.text());
        const { tried, failures } = JSON.parse(answer);
        const reasons = documented();
        console.log(`${tried} modules tried, ${Object.keys(failures).length} raise:`);
        for (const [name, error] of Object.entries(failures)) {
            console.log(`  ${name}: ${error}\n    ${reasons.get(name) ?? "NOT IN docs/stdlib.md"}`);
        }
        assert.deepEqual(Object.keys(failures).sort(), [...reasons.keys()].sort());
        for (const [name, error] of Object.entries(failures)) {
            assert.match(error, /not available in a Worker/, name);
        }
        assert.ok(tried > 500, `only ${tried} modules were found`);
    } finally {
        await worker.stop();
    }
});

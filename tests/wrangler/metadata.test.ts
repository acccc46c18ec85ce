// SPDX-License-Identifier: MIT
// The real wrangler still produces the metadata that tests/unit/bundle/metadata holds, from which the unit tests know
// what pymode has to produce. UPDATE=1 writes them anew.

import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { suite, test } from "node:test";
import { files, readCases, wranglerMetadata, writeCases, type Case } from "./metadata.ts";

for (const file of files) {
    suite(`wrangler's metadata: ${file}`, { concurrency: availableParallelism() }, () => {
        const cases = readCases(file);
        const made = new Map<Case, unknown>();
        for (const one of cases) {
            test(one.name, async () => {
                const metadata = await wranglerMetadata(one);
                made.set(one, metadata);
                if (process.env["UPDATE"] !== "1") assert.deepEqual(metadata, one.metadata, "if wrangler changed, run this with UPDATE=1");
                else if (made.size === cases.length) writeCases(file, cases.map((each) => ({ ...each, metadata: made.get(each) })));
            });
        }
    });
}

// SPDX-License-Identifier: MIT
// Calls that must not take effect twice are asked about when their answer is lost. Here the question fails as well: the
// command does not claim what it cannot know, makes nothing twice, and a second run completes.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallName, Spoiling } from "./support/fault_lane.ts";
import { inLanes, startLanes } from "./support/fault_lanes.ts";
import { SITUATIONS } from "./support/fault_situations.ts";

const LANES = 8;
const ALWAYS = 50;

const LOST: Record<string, Spoiling> = {
    "never arrived": { kind: "drop", times: ALWAYS },
    "took effect": { kind: "drop", handled: true, times: ALWAYS },
};

const UNANSWERED: Record<string, Spoiling> = {
    drop: { kind: "drop", times: ALWAYS },
    500: { kind: "error", status: 500, times: ALWAYS },
    "502 HTML": { kind: "html", times: ALWAYS },
    "success: false": { kind: "unsuccessful", times: ALWAYS },
};

/** Of which situation which call is lost, and which question follows: the how manieth such call of the deployment. */
const PAIRS: readonly [situation: string, lost: string, question: string, nth: number][] = [
    ["new", "PUT /workers/scripts/NAME", "GET /workers/scripts/NAME/deployments", 2],
    ["again", "POST /workers/scripts/NAME/deployments", "GET /workers/scripts/NAME/deployments", 2],
    ["migration", "PUT /workers/scripts/NAME", "GET /workers/services/NAME", 2],
    ["migration", "PUT /workers/scripts/NAME", "GET /workers/scripts/NAME/deployments", 2],
    ["migration again", "PUT /workers/scripts/NAME", "GET /workers/services/NAME", 2],
    ["migration again", "PUT /workers/scripts/NAME", "GET /workers/scripts/NAME/deployments", 2],
    ["provision", "POST /storage/kv/namespaces", "GET /storage/kv/namespaces", 2],
    ["provision", "POST /d1/database", "GET /d1/database/NAME-shop", 2],
    ["provision", "POST /r2/buckets", "GET /r2/buckets/NAME-files", 2],
    ["provision", "POST /queues", "GET /queues", 2],
    ["consumer", "POST /queues/ID/consumers", "GET /queues", 3],
    ["zone by zone", "POST /zones/ID/workers/routes", "GET /zones/ID/workers/routes", 2],
];

interface Case {
    name: string;
    situation: string;
    faults: (CallName & Spoiling)[];
}

const CASES: Case[] = PAIRS.flatMap(([situation, lost, question, nth]) =>
    Object.entries(LOST).flatMap(([how, losing]) =>
        Object.entries(UNANSWERED).map(([kind, spoiling]) => ({
            name: `${situation}: ${lost} ${how}, ${question} ${kind}`,
            situation,
            faults: [
                { text: lost, nth: 1, ...losing },
                { text: question, nth, ...spoiling },
            ],
        })),
    ),
);

test("the answer is lost, and nobody can be asked", { timeout: 300_000 }, async (context) => {
    const lanes = await startLanes(context, LANES);
    const counts = { failed: 0, "went on": 0 };
    const wrong = await inLanes(lanes, CASES, ({ name }) => name, async (lane, { situation, faults }) => {
        const { how } = await lane.check(SITUATIONS.find(({ name }) => name === situation) ?? assert.fail(`there is no situation ${situation}`), faults);
        counts[how] += 1;
    });
    context.diagnostic(`${CASES.length} runs: ${counts.failed} failed, claimed only what is so, and a second run completed; ${counts["went on"]} went on`);
    assert.deepEqual(wrong, []);
    assert.equal(counts["went on"], 0);
});

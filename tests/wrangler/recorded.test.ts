// SPDX-License-Identifier: MIT
// pymode does what wrangler did in each of the recorded runs (tests/standin/test/recorded.json), and sends the same; each
// difference is listed with its reason in differences.json or recorded/differences.json.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { runs } from "../standin/test/replay.ts";
import { RecordedRuns, table } from "./recorded.ts";
import { Reasons } from "./reasons.ts";

let recorded: RecordedRuns;
before(async () => {
    recorded = await RecordedRuns.start();
});
after(() => recorded.stop());

const reasons = new Reasons("recorded/differences.json", "differences.json");
const EQUAL = "equal";
const EXPLAINED = "equal but for listed differences";
const NONE = "no counterpart";
const outcomes = new Map<string, { kind: string; detail: string }>();

for (const run of runs) {
    const counterpart = table[run.label];
    if (!counterpart) continue;
    if ("none" in counterpart) {
        outcomes.set(run.label, { kind: NONE, detail: counterpart.none });
        continue;
    }
    test(`${run.label}: pymode ${counterpart.args.join(" ")}`, async (context) => {
        const differences = await recorded.differences(run, counterpart);
        const { wanted, unknown } = reasons.explain(differences, counterpart.project ?? "", run.label);
        for (const difference of wanted) context.diagnostic(difference);
        assert.deepEqual(unknown, [], "list these in recorded/differences.json, or send what wrangler sends");
        outcomes.set(run.label, wanted.length === 0 ? { kind: EQUAL, detail: "" } : { kind: EXPLAINED, detail: String(wanted.length) });
    });
}

test("each of the 61 recorded runs has its counterpart, or the reason why there is none", (context) => {
    assert.equal(runs.length, 61);
    assert.deepEqual(Object.keys(table), runs.map((run) => run.label), "recorded/runs.json has them in the order of the recording");
    for (const { label } of runs) {
        const { kind, detail } = outcomes.get(label) ?? { kind: "failed", detail: "" };
        context.diagnostic(`${label.padEnd(34)} ${kind}${detail && `: ${detail}`}`);
    }
    const counts = [EQUAL, EXPLAINED, NONE].map((kind) => `${[...outcomes.values()].filter((outcome) => outcome.kind === kind).length} ${kind}`);
    context.diagnostic(`of ${runs.length} runs: ${counts.join(", ")}`);
});

test("no reason is left that explains nothing", () => {
    assert.deepEqual(reasons.unused, []);
});

// SPDX-License-Identifier: MIT
// pymode deploys the equal projects, and sends what wrangler sends; each difference is listed with its reason in
// differences.json. wrangler's side is what calls/ holds, so this needs no wrangler.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "./compare.ts";
import { hasProject, projects, recorded, runProject } from "./project.ts";
import { Reasons } from "./reasons.ts";

const reasons = new Reasons("differences.json");

for (const project of projects) {
    const skip = hasProject("pymode", project) ? false : `projects/${project.name} has no pymode project yet`;
    test(`pymode beside wrangler: ${project.name}`, { skip }, async (context) => {
        const wrangler = recorded(project);
        const pymode = await runProject("pymode", project);
        for (const { step, calls } of pymode) {
            const theirs = wrangler.find((one) => one.step === step)?.calls ?? assert.fail(`wrangler has no step ${step}`);
            const { wanted, unknown } = reasons.explain(compare(theirs, calls), project.name, step);
            for (const difference of wanted) context.diagnostic(`${step}: ${difference}`);
            assert.deepEqual(unknown, [], `${project.name}, ${step}: list these in differences.json, or send what wrangler sends`);
        }
        for (const step of project.steps.filter((one) => one.pymode === undefined)) context.diagnostic(`${step.name}: pymode has no such command yet`);
    });
}

test("no reason is left that explains nothing", () => {
    assert.deepEqual(reasons.unused, []);
});

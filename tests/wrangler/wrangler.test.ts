// SPDX-License-Identifier: MIT
// The real wrangler deploys the projects to the local Cloudflare, is never refused, and sends what calls/ holds.
// UPDATE=1 writes calls/ anew.

import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { DEVIATION_CODE } from "../standin/envelope.ts";
import { projects, recordedFile, runProject, shown } from "./project.ts";

for (const project of projects) {
    test(`wrangler: ${project.name}, ${project.about}`, async () => {
        const steps = await runProject("wrangler", project);
        const refused = steps.flatMap(({ calls }) => calls).filter((call) => call.codes?.includes(DEVIATION_CODE));
        assert.deepEqual(refused, [], "the stand-in refuses what wrangler sends");
        const now = shown(steps);
        if (process.env["UPDATE"] === "1") fs.writeFileSync(recordedFile(project), now);
        assert.equal(now, fs.readFileSync(recordedFile(project), "utf8"), "if wrangler changed, run this with UPDATE=1");
    });
}

// SPDX-License-Identifier: MIT
// Every resolver scenario of packse through the real executable: `pymode lock` against a loopback index.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { readScenarios, SHARED, type Scenario } from "../index/packse.ts";
import { LoopbackIndex } from "../index/server.ts";
import { wheelFolder } from "../packages/wheels.ts";
import { PackageProject } from "./support/packages.ts";

const AT_ONCE = 2;
const CHECKER = fileURLToPath(new URL("../index/check_solutions.py", import.meta.url));

const scenarios = readScenarios();
if (!scenarios) console.error(`SKIPPED: no packse scenarios in ${SHARED} (PYMODE_SHARED)`);

/** What a second opinion shall look at. */
interface Solution {
    name: string;
    requires: string[];
    packages: Scenario["packages"];
    locked: Record<string, string>;
}

let index: LoopbackIndex;
before(async () => {
    index = await LoopbackIndex.start({ catalogs: new Map((scenarios ?? []).map((one) => [one.name, one.catalog])) });
});
after(() => index.stop());

test("packse", { skip: !scenarios, concurrency: AT_ONCE, timeout: 600_000 }, async (context) => {
    const solutions: Solution[] = [];
    const running = (scenarios ?? []).map((scenario) => {
        const skip = scenario.needsSdists ? "sdists are never chosen" : false;
        return context.test(`${scenario.class}: ${scenario.name}`, { skip }, async (inner) => {
            const locked = await resolve(inner, scenario);
            if (locked) solutions.push({ name: scenario.name, requires: scenario.requires, packages: scenario.packages, locked });
        });
    });
    await Promise.all(running);
    await context.test(`the solutions hold for a second reader`, () => {
        const text = execFileSync("python3", [CHECKER, path.join(wheelFolder("wheels.txt"))], { input: JSON.stringify(solutions), encoding: "utf8" });
        assert.deepEqual(JSON.parse(text), {});
        assert.ok(solutions.length > 80, `only ${solutions.length} scenarios were solved`);
    });
});

/** Locks; the versions, or nothing when that failed as it should. */
async function resolve(context: TestContext, { name, requires, expected, options }: Scenario): Promise<Record<string, string> | undefined> {
    const project = new PackageProject(context, { index: index.url(name), dependencies: requires });
    const outcome = await project.run("lock", "--no-wheelhouse", ...options);
    const said = `${outcome.stdout}\n${outcome.stderr}`;
    if (!expected.satisfiable) {
        assert.ok(outcome.code === 1 || outcome.code === 2, `expected no solution, got ${outcome.code}\n${said}`);
        assert.ok(!project.exists("pylock.toml"));
        assert.match(outcome.stderr, /^error: /m);
        return undefined;
    }
    assert.equal(outcome.code, 0, said);
    const locked = project.locked();
    if (expected.packages) assert.deepEqual(locked, expected.packages);
    return locked;
}

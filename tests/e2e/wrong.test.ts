// SPDX-License-Identifier: MIT
// What a handler can do wrong is answered well: what the page says while developing, what it says when it is deployed, and
// what the log says, as golden files in tests/e2e/wrong. UPDATE=1 takes what comes as expected.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { Cloud, type Answer, type Question } from "./support/cloud.ts";
import { DevServer } from "./support/dev.ts";
import { ROOT, succeed, temporaryFolder } from "./support/pymode.ts";

const CASES: Record<string, Question> = {
    broken_body: { method: "POST", body: "{broken" },
    wrong_type: {},
    recursion: {},
    allocation: {},
};

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
});
after(() => cloud.stop());

function copy(context: TestContext): string {
    const project = path.join(temporaryFolder(context), "wrong");
    fs.cpSync(path.join(ROOT, "tests/e2e/projects/wrong"), project, { recursive: true });
    return project;
}

function shown(answer: Answer): string {
    return `HTTP ${answer.status}, ${answer.headers["content-type"] ?? "no type"}\n${answer.text.trimEnd()}\n`;
}

/** What varies or will: ids, how deep the stack was before the handler, lines of our own files. */
function normalised(text: string): string {
    return text
        .replace(/\b[0-9a-f]{12}\b/g, "<id>")
        .replace(/repeated \d+ more times/g, "repeated <n> more times")
        .replace(/(File "\/lib\/.*", line )\d+/g, "$1<n>");
}

test("wrong handlers are answered as the golden files say", async (context) => {
    const project = copy(context);
    const environment = cloud.environment(path.dirname(project));
    await succeed(["deploy", project], { cwd: project, environment });
    const dev = await DevServer.start(context, project);
    for (const [name, question] of Object.entries(CASES)) {
        const developing = shown(await dev.ask(`/${name}`, question));
        const before = (await cloud.logs("wrong")).length;
        const deployed = shown(await cloud.ask("wrong", `/${name}`, question));
        const log = (await cloud.logs("wrong")).slice(before).join("\n");
        const text = normalised(`--- pymode dev\n${developing}--- deployed\n${deployed}--- its log\n${log}\n`);
        const golden = path.join(ROOT, "tests/e2e/wrong", `${name}.txt`);
        if (process.env["UPDATE"] === "1") fs.writeFileSync(golden, text);
        assert.equal(text, fs.readFileSync(golden, "utf8"), name);
    }
    // Nothing of it harms the next request.
    const last = CASES["broken_body"] ?? {};
    assert.equal((await cloud.ask("wrong", "/broken_body", last)).status, 400);
    assert.equal((await dev.ask("/broken_body", last)).status, 400);
});

// SPDX-License-Identifier: MIT
// docs/ci.md: its commands work as they stand there; and no secret reaches an output, whatever happens.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Cloud } from "./support/cloud.ts";
import { PYMODE, ROOT, run, succeed, temporaryFolder } from "./support/pymode.ts";
import { Session } from "./support/session.ts";

const TOKEN = "a-token-that-only-this-test-has_0123456789";
const PAGE = fs.readFileSync(path.join(ROOT, "docs/ci.md"), "utf8");

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start({ token: TOKEN });
});
after(() => cloud.stop());

const environment = (home: string): Record<string, string> => ({ ...cloud.environment(home), CLOUDFLARE_API_TOKEN: TOKEN });

/** The lines of a snippet that run our executable. */
function commandsOf(snippet: string): string[] {
    return [...snippet.matchAll(/^\s+(?:- )?(pymode .*)$/gm)].map((match) => match[1] ?? "");
}

test("each snippet's commands deploy a project", async (context) => {
    const snippets = [...PAGE.matchAll(/^```yaml\n([^]*?)^```/gm)].map((match) => match[1] ?? "");
    assert.equal(snippets.length, 2);
    for (const [index, snippet] of snippets.entries()) {
        const folder = temporaryFolder(context);
        const programs = path.join(folder, "bin");
        fs.mkdirSync(programs);
        fs.symlinkSync(PYMODE, path.join(programs, "pymode"));
        const settings = { ...environment(folder), PATH: programs };
        await succeed(["init", `ci-${index}`], { cwd: folder, environment: settings });
        const project = path.join(folder, `ci-${index}`);
        await succeed(["lock"], { cwd: project, environment: settings });
        const commands = commandsOf(snippet);
        assert.ok(commands.length >= 4, "the snippet's commands were found");
        for (const command of commands) {
            await promisify(execFile)("/bin/sh", ["-e", "-c", command], { cwd: project, env: settings });
        }
        const result = JSON.parse(fs.readFileSync(path.join(project, "deploy.json"), "utf8")) as Record<string, unknown>;
        const promised = /After `pymode deploy`:\n\n([^]*?)\n\n/.exec(PAGE)?.[1] ?? "";
        const members = [...promised.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1] ?? "");
        assert.ok(members.length > 0);
        for (const member of members) assert.equal(typeof result[member], "string", member);
        assert.equal((await cloud.ask(`ci-${index}`, "/")).status, 200);
    }
});

test("no token in any output: deploys with -vvv, that fail, that are killed", async (context) => {
    const folder = temporaryFolder(context);
    const settings = environment(folder);
    // A value of .dev.vars is a secret too; deploy has no use for it.
    await succeed(["init", "quiet"], { cwd: folder, environment: settings });
    const project = path.join(folder, "quiet");
    fs.writeFileSync(path.join(project, ".dev.vars"), 'API_KEY="a-secret-of-the-project-9876"\n');
    const outputs: string[] = [];
    const deploy = async (args: readonly string[] = [], more: Record<string, string> = {}): Promise<number> => {
        const outcome = await run(["deploy", project, "-vvv", ...args], { cwd: folder, environment: { ...settings, ...more } });
        outputs.push(outcome.stdout, outcome.stderr);
        return outcome.code;
    };
    assert.equal(await deploy(), 0);
    assert.equal(await deploy(["--json"]), 0);
    assert.equal(await deploy(["--dry-run", "--json"]), 0);

    for (const kind of ["error", "html", "unsuccessful", "drop", "truncated", "cut", "wrong-type"] as const) {
        await cloud.fault({ method: "*", path: ".", times: 20, kind });
        await deploy();
        await deploy(["--json"]);
        await cloud.forgetFaults();
    }
    await cloud.fault({ method: "*", path: ".", times: 20, message: `the token ${TOKEN} is wrong` });
    assert.equal(await deploy(), 1);
    assert.match(outputs.at(-1) ?? "", /the token \*\*\* is wrong/);
    const plain = await run(["deploy", project], { cwd: folder, environment: settings });
    assert.match(plain.stderr, /the token \*\*\* is wrong/);
    await cloud.forgetFaults();
    // Wrong in ways that name the credentials.
    const wrong = { CLOUDFLARE_API_TOKEN: `${TOKEN} x` };
    assert.equal(await deploy([], wrong), 2);
    assert.equal(await deploy([], { CLOUDFLARE_API_TOKEN: `${TOKEN}-of-another` }), 1);
    assert.notEqual(await deploy([], { CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:1/client/v4" }), 0);

    for (const signal of ["SIGINT", "SIGABRT", "SIGSEGV"] as const) {
        await cloud.fault({ method: "*", path: ".", kind: "stall", seconds: 30, times: 20 });
        const session = new Session(["deploy", project, "-vvv"], { cwd: folder, environment: settings });
        await session.says("stderr", /http: GET .* starts/);
        assert.notEqual(await session.end(signal), 0);
        outputs.push(session.output);
        await cloud.forgetFaults();
    }
    for (const output of outputs) {
        assert.ok(!output.includes(TOKEN), output);
        assert.ok(!output.includes("a-secret-of-the-project-9876"), output);
    }
});

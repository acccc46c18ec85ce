// SPDX-License-Identifier: MIT
// `pymode deploy` as a team uses it: versions, assets, secrets, and what is said when it ends early.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { Cloud } from "./support/cloud.ts";
import { run, start, succeed, temporaryFolder } from "./support/pymode.ts";

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
});
after(() => cloud.stop());

interface Project {
    folder: string;
    environment: Record<string, string>;
    write(file: string, text: string): void;
}

/** A Worker that answers with `answer`, and what else its configuration says. */
function project(context: TestContext, name: string, answer: string, settings = ""): Project {
    const folder = path.join(temporaryFolder(context), name);
    const write = (file: string, text: string): void => {
        fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        fs.writeFileSync(path.join(folder, file), text);
    };
    write("pyproject.toml", `[project]\nname = "${name}"\nversion = "1"\n\n[tool.pymode]\nmain = "main.py"\n${settings}`);
    write("main.py", source(answer));
    return { folder, environment: cloud.environment(path.dirname(folder)), write };
}

const source = (answer: string): string => `async def on_fetch(request, env):\n    return ${answer}\n`;

const deploy = ({ folder, environment }: Project, ...args: string[]) => succeed(["deploy", ...args], { cwd: folder, environment });

interface Deployed {
    url: string;
    version_id: string;
    created: boolean;
    bytes: number;
    startup_time_ms: number;
    assets: { files: number; uploaded: number } | null;
}

const deployed = async (one: Project, ...args: string[]): Promise<Deployed> => JSON.parse((await deploy(one, "--json", ...args)).stdout) as Deployed;

test("a redeploy is a version that is made to answer; --tag and --message are kept", async (context) => {
    const one = project(context, "versions", "'first'");
    const first = await deployed(one);
    assert.deepEqual([first.created, first.url, first.assets], [true, "https://versions.example-sub.workers.dev", null]);
    assert.equal((await cloud.ask("versions", "/")).text, "first");

    one.write("main.py", source("'second'"));
    await cloud.forgetCalls();
    const second = await deployed(one, "--tag", "v2", "--message", "the second");
    assert.equal(second.created, false);
    assert.notEqual(second.version_id, first.version_id);
    assert.equal((await cloud.ask("versions", "/")).text, "second");
    const calls = (await cloud.calls()).map((call) => call.replace(/\/accounts\/\w+\/workers/, ""));
    assert.deepEqual(calls.filter((call) => !call.startsWith("GET")), [
        "POST /scripts/versions/versions 200",
        "POST /scripts/versions/deployments 200",
        "PATCH /scripts/versions/script-settings 200",
        "POST /scripts/versions/subdomain 200",
    ]);
    const { versions, deployments } = await cloud.worker("versions");
    const { "workers/tag": tag, "workers/message": message } = versions.at(-1)?.annotations ?? {};
    assert.deepEqual([tag, message], ["v2", "the second"]);
    assert.equal(deployments[0]?.annotations["workers/message"], "the second");
    assert.equal(versions.length, 2);
});

test("assets are served, changed, and not uploaded twice; Python reads them through env", async (context) => {
    const settings = '[tool.pymode.assets]\ndirectory = "public"\nbinding = "ASSETS"\nrun-worker-first = ["/api/*"]\n';
    const one = project(context, "assets", "'from Python'", settings);
    one.write(
        "main.py",
        "def on_fetch(request, env):\n    return 'read: ' + env.ASSETS.fetch('/page.txt').content.decode()\n",
    );
    one.write("public/index.html", "<h1>home</h1>");
    one.write("public/page.txt", "a page");
    one.write("public/twin.txt", "a page");
    one.write("public/.well-known/thing", "known");
    one.write("public/_headers", "/page.txt\n  X-Page: yes\n");
    one.write("public/notes.draft", "secret");
    one.write("public/.assetsignore", "*.draft\n");
    const first = await deployed(one);
    assert.deepEqual(first.assets, { files: 4, uploaded: 3 }, "equal files are uploaded once");
    assert.equal((await cloud.ask("assets", "/")).text, "<h1>home</h1>");
    const page = await cloud.ask("assets", "/page.txt");
    assert.deepEqual([page.text, page.headers["x-page"]], ["a page", "yes"]);
    assert.equal((await cloud.ask("assets", "/.well-known/thing")).text, "known");
    assert.notEqual((await cloud.ask("assets", "/notes.draft")).text, "secret");
    assert.equal((await cloud.ask("assets", "/api/x")).text, "read: a page");

    assert.deepEqual((await deployed(one)).assets, { files: 4, uploaded: 0 });
    one.write("public/page.txt", "another page");
    assert.deepEqual((await deployed(one)).assets, { files: 4, uploaded: 1 });
    assert.equal((await cloud.ask("assets", "/api/x")).text, "read: another page");
});

test("an upload of assets that breaks off goes on where it was", async (context) => {
    const one = project(context, "resume", "'x'", '[tool.pymode.assets]\ndirectory = "public"\n');
    for (let index = 0; index < 20; index += 1) one.write(`public/${index}.txt`, `file ${index}`);
    // Two files a bucket, three buckets a round: the second round fails.
    await cloud.fault({ method: "POST", path: "/assets/upload", kind: "error", status: 400, code: 1, message: "no", nth: 4, times: 3 });
    const failed = await run(["deploy"], { cwd: one.folder, environment: one.environment });
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /nothing was changed: there is no Worker of this name yet/);
    const { assets } = await deployed(one);
    assert.deepEqual(assets, { files: 20, uploaded: 14 });
    assert.equal((await cloud.ask("resume", "/7.txt")).text, "file 7");
});

test("secrets stay over deployments, come with a file, and are not overwritten by a variable", async (context) => {
    const one = project(context, "secrets", "env.API_KEY");
    one.write(".secrets", "API_KEY=s3cr3t-value\n");
    const outcome = await deploy(one, "--secrets-file", ".secrets", "-vv");
    assert.doesNotMatch(outcome.stdout + outcome.stderr, /s3cr3t-value/);
    assert.equal((await cloud.ask("secrets", "/")).text, "s3cr3t-value");
    await deploy(one);
    assert.equal((await cloud.ask("secrets", "/")).text, "s3cr3t-value");

    const file = path.join(one.folder, "pyproject.toml");
    fs.appendFileSync(file, '[tool.pymode.vars]\nAPI_KEY = "public"\n');
    const refused = await run(["deploy"], { cwd: one.folder, environment: one.environment });
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /API_KEY is a secret of the Worker/);
    assert.match(refused.stderr, /nothing was changed: version \S+ still answers/);
});

test("a version that cannot be made to answer: said, and a second run completes", async (context) => {
    const one = project(context, "halfway", "'first'");
    const first = await deployed(one);
    one.write("main.py", source("'second'"));
    await cloud.fault({ method: "POST", path: "/scripts/halfway/deployments", kind: "error", status: 400, code: 1, message: "no" });
    const failed = await run(["deploy"], { cwd: one.folder, environment: one.environment });
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, new RegExp(`version \\S+ is uploaded but does not answer: version ${first.version_id} still does`));
    assert.equal((await cloud.ask("halfway", "/")).text, "first");
    await deploy(one);
    assert.equal((await cloud.ask("halfway", "/")).text, "second");
});

test("Ctrl-C during a call: exit code 130, and what is live is said", async (context) => {
    const one = project(context, "interrupted", "'first'");
    const { version_id } = await deployed(one);
    const cases: [string, string, RegExp][] = [
        ["GET", "/services/interrupted", /nothing was changed/],
        ["POST", "/scripts/interrupted/versions", new RegExp(`nothing was changed: version ${version_id} still answers`)],
        ["POST", "/scripts/interrupted/deployments", /version \S+ (is uploaded but does not answer|answers now)/],
    ];
    for (const [method, where, said] of cases) {
        await cloud.forgetCalls();
        await cloud.fault({ method, path: where, kind: "stall", seconds: 20 });
        const child = start(["deploy"], { cwd: one.folder, environment: one.environment });
        let stderr = "";
        child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
        const closed = once(child, "close");
        await cloud.struck();
        child.kill("SIGINT");
        const [code] = (await closed) as [number];
        assert.equal(code, 130, stderr);
        assert.match(stderr, said);
    }
    await deploy(one);
    assert.equal((await cloud.ask("interrupted", "/")).text, "first");
});

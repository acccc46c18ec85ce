// SPDX-License-Identifier: MIT
// From nothing to a deployed Worker that answers, with the real executable.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Cloud } from "./support/cloud.ts";
import { ROOT, run, succeed, temporaryFolder } from "./support/pymode.ts";

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
});
after(() => cloud.stop());

test("init, build, deploy: the Worker answers", async (context) => {
    const folder = temporaryFolder(context);
    const environment = cloud.environment(folder);
    await succeed(["init", "hello"], { cwd: folder, environment });
    const project = path.join(folder, "hello");
    await succeed(["build", project, "--out", path.join(folder, "bundle")], { cwd: folder, environment });
    const deployed = await succeed(["deploy", project], { cwd: folder, environment });
    assert.match(deployed.stdout, /https:\/\/hello\.example-sub\.workers\.dev/);

    const answer = await cloud.ask("hello", "/");
    assert.deepEqual([answer.status, answer.text], [200, "Hello from Python!\n"]);
});

test("the example hello-worker answers, and print() is a log", async (context) => {
    const folder = temporaryFolder(context);
    await succeed(["deploy", path.join(ROOT, "examples/hello-worker")], { cwd: folder, environment: cloud.environment(folder) });
    const home = await cloud.ask("hello-worker", "/");
    assert.deepEqual([home.status, home.text], [200, "Hello from Python!\n"]);
    const greeting = await cloud.ask("hello-worker", "/greet?name=Ada%20%C3%A9");
    assert.equal(greeting.status, 200);
    assert.match(greeting.headers["content-type"] ?? "", /^application\/json/);
    assert.deepEqual(JSON.parse(greeting.text), { message: "Hello, Ada é!" });
    assert.equal((await cloud.ask("hello-worker", "/elsewhere")).status, 404);
    assert.deepEqual(await cloud.logs("hello-worker"), ["greeting Ada é"]);
});

test("deploying again replaces the Worker", async (context) => {
    const folder = temporaryFolder(context);
    const environment = cloud.environment(folder);
    await succeed(["init", "twice"], { cwd: folder, environment });
    const main = path.join(folder, "twice/src/main.py");
    for (const text of ["first", "second"]) {
        fs.writeFileSync(main, `def on_fetch(request, env):\n    return "${text}"\n`);
        await succeed(["deploy"], { cwd: path.join(folder, "twice"), environment });
        assert.equal((await cloud.ask("twice", "/")).text, text);
    }
});

test("the same project gives the same bundle, wherever it is", async (context) => {
    const folder = temporaryFolder(context);
    const environment = cloud.environment(folder);
    const bundles = ["one", "two/deeper"].map((place) => {
        const project = path.join(folder, place);
        fs.cpSync(path.join(ROOT, "examples/api-worker"), project, { recursive: true });
        return { project, out: path.join(folder, `${path.basename(place)}-bundle`) };
    });
    for (const { project, out } of bundles) await succeed(["build", project, "--out", out], { cwd: folder, environment });
    const [first, second] = bundles.map(({ out }) => readFolder(out));
    assert.ok(first && second && first.size > 5);
    assert.deepEqual([...first.keys()], [...second.keys()]);
    for (const [name, bytes] of first) assert.ok(bytes.equals(second.get(name) ?? Buffer.alloc(0)), `${name} differs`);
});

test("a dry run changes nothing", async (context) => {
    const folder = temporaryFolder(context);
    await cloud.forgetCalls();
    await succeed(["deploy", path.join(ROOT, "examples/hello-worker"), "--dry-run"], { cwd: folder, environment: cloud.environment(folder) });
    assert.deepEqual((await cloud.calls()).filter((call) => !call.startsWith("GET")), []);
});

test("a Cloudflare that is busy for a moment is asked again", async (context) => {
    const folder = temporaryFolder(context);
    const environment = cloud.environment(folder);
    await succeed(["init", "patient"], { cwd: folder, environment });
    await cloud.fault({ method: "PUT", path: "/scripts/patient$", status: 503, code: 10013, message: "busy" });
    await succeed(["deploy", "patient"], { cwd: folder, environment });
    const uploads = (await cloud.calls()).filter((call) => call.startsWith("PUT") && call.includes("/patient"));
    assert.deepEqual(uploads.map((call) => call.split(" ")[2]), ["503", "200"]);
    assert.equal((await cloud.ask("patient", "/")).status, 200);
});

test("a module that fails when it is imported is an error of the request, not of the deploy", async (context) => {
    const folder = temporaryFolder(context);
    const environment = cloud.environment(folder);
    await succeed(["init", "broken"], { cwd: folder, environment });
    const source = "import nothing_of_this_name\n\ndef on_fetch(request, env):\n    return 'never'\n";
    fs.writeFileSync(path.join(folder, "broken/src/main.py"), source);
    await succeed(["deploy"], { cwd: path.join(folder, "broken"), environment });
    const answer = await cloud.ask("broken", "/");
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.text, /Traceback|nothing_of_this_name/, "a traceback is not for visitors");
    const logs = (await cloud.logs("broken")).join("\n");
    assert.match(logs, /ModuleNotFoundError: No module named 'nothing_of_this_name'/);
});

test("a syntax error is found before anything is uploaded", async (context) => {
    const folder = temporaryFolder(context);
    const environment = cloud.environment(folder);
    await succeed(["init", "typo"], { cwd: folder, environment });
    fs.writeFileSync(path.join(folder, "typo/src/main.py"), "def on_fetch(request, env):\n    return (\n");
    const before = (await cloud.calls()).length;
    const outcome = await run(["deploy"], { cwd: path.join(folder, "typo"), environment });
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stderr, /src\/main\.py/);
    assert.match(outcome.stderr, /never closed/);
    assert.equal((await cloud.calls()).length, before);
});

function readFolder(folder: string): Map<string, Buffer> {
    const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
    const files = names.filter((name) => fs.statSync(path.join(folder, name)).isFile());
    return new Map(files.map((name) => [name, fs.readFileSync(path.join(folder, name))]));
}

// SPDX-License-Identifier: MIT
// `pymode dev`: the bundle in workerd, reloaded when a file is saved.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { DevServer, READY_MS, devEnvironment } from "./support/dev.ts";
import { run, succeed, temporaryFolder } from "./support/pymode.ts";

async function newProject(context: TestContext, source?: string): Promise<string> {
    const folder = temporaryFolder(context);
    await succeed(["init", "dev-worker"], { cwd: folder });
    const project = path.join(folder, "dev-worker");
    if (source !== undefined) writeMain(project, source);
    return project;
}

const writeMain = (project: string, source: string): void => fs.writeFileSync(path.join(project, "src/main.py"), source);

test("a saved file is in the next answer, and a broken one leaves the old answer", async (context) => {
    const project = await newProject(context);
    const server = await DevServer.start(context, project);
    assert.equal((await server.ask("/")).text, "Hello from Python!\n");

    let mark = server.mark;
    writeMain(project, "def on_fetch(request, env):\n    return 'changed'\n");
    await server.says(/reloaded|ready/i, mark);
    assert.equal((await server.ask("/")).text, "changed");

    mark = server.mark;
    writeMain(project, "def on_fetch(request, env:\n");
    await server.says(/main\.py/, mark);
    assert.equal((await server.ask("/")).text, "changed");

    mark = server.mark;
    writeMain(project, "from helper import word\n\ndef on_fetch(request, env):\n    return word\n");
    fs.writeFileSync(path.join(project, "src/helper.py"), "word = 'repaired'\n");
    await server.says(/reloaded|ready/i, mark);
    // The two writes may have been seen as one change or as two.
    await until(async () => (await server.ask("/")).text === "repaired");
});

test("variables come from .dev.vars and --env, and KV is kept", async (context) => {
    const source = `def on_fetch(request, env):
    count = int(env.COUNTER.get("n") or 0) + 1
    env.COUNTER.put("n", str(count))
    return {"word": env.WORD, "more": env.MORE, "count": count}
`;
    const project = await newProject(context, source);
    fs.appendFileSync(path.join(project, "pyproject.toml"), '\n[[tool.pymode.kv-namespaces]]\nbinding = "COUNTER"\nid = "00000000000000000000000000000001"\n');
    fs.writeFileSync(path.join(project, ".dev.vars"), "# local only\nWORD=\"from the file\"\nMORE=hidden\n");
    const server = await DevServer.start(context, project, ["--env", "MORE=from the option"]);
    const expected = { word: "from the file", more: "from the option" };
    assert.deepEqual(JSON.parse((await server.ask("/")).text), { ...expected, count: 1 });
    assert.deepEqual(JSON.parse((await server.ask("/")).text), { ...expected, count: 2 });
});

test("any origin may ask, and a failure shows its traceback and a log", async (context) => {
    const project = await newProject(context, "def on_fetch(request, env):\n    return 1 / 0\n");
    const server = await DevServer.start(context, project);
    const preflight = await server.ask("/", {
        method: "OPTIONS",
        headers: { origin: "http://localhost:3000", "access-control-request-method": "POST" },
    });
    assert.ok(preflight.status === 200 || preflight.status === 204, String(preflight.status));
    assert.ok(preflight.headers["access-control-allow-origin"]);
    const failed = await server.ask("/", { headers: { origin: "http://localhost:3000" } });
    assert.equal(failed.status, 500);
    assert.ok(failed.headers["access-control-allow-origin"]);
    assert.match(failed.text, /ZeroDivisionError/);
    assert.match(failed.text, /return 1 \/ 0/, "the source line is shown");
    await server.says(/ZeroDivisionError/);
});

test("a port in use is named", async (context) => {
    const project = await newProject(context);
    const other = net.createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    context.after(() => other.close());
    const { port } = other.address() as net.AddressInfo;
    const outcome = await run(["dev", project, "--workerd", "--port", String(port)], { cwd: project, environment: devEnvironment(project) });
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stderr, new RegExp(`${port}`));
});

test("what a killed session leaves behind goes away at the next start", async (context) => {
    const project = await newProject(context);
    const temporary = temporaryFolder(context);
    const killed = await DevServer.start(context, project, [], { TMPDIR: temporary });
    await killed.kill();
    const left = fs.readdirSync(temporary).filter((name) => name.startsWith("pymode-dev-"));
    assert.equal(left.length, 1);
    const next = await DevServer.start(context, project, ["-v"], { TMPDIR: temporary });
    await next.says(/of a session that was killed: removed/);
    const now = fs.readdirSync(temporary).filter((name) => name.startsWith("pymode-dev-"));
    assert.equal(now.length, 1);
    assert.notEqual(now[0], left[0]);
    assert.equal((await next.ask("/")).text, "Hello from Python!\n");
});

test("messages of queues, schedules and assets reach the Worker, or its visitors", async (context) => {
    const source = `seen = []


def on_fetch(request, env):
    if request.path == "/send":
        env.JOBS.send({"job": 7})
        return "sent"
    if request.path == "/asset":
        return env.ASSETS.fetch("/page.txt")
    return seen


def on_queue(batch, env):
    seen.extend([batch.queue, message.body] for message in batch.messages)


def on_scheduled(event, env):
    seen.append(event.cron)
`;
    const project = await newProject(context, source);
    fs.mkdirSync(path.join(project, "public"));
    fs.writeFileSync(path.join(project, "public/page.txt"), "an asset");
    fs.writeFileSync(path.join(project, "public/_headers"), "/*\n  X-Note: here\n");
    fs.appendFileSync(
        path.join(project, "pyproject.toml"),
        `
[tool.pymode.assets]
directory = "public"
binding = "ASSETS"

[tool.pymode.triggers]
crons = ["0 3 * * 1"]

[[tool.pymode.queues.producers]]
binding = "JOBS"
queue = "jobs"

[[tool.pymode.queues.consumers]]
queue = "jobs"
max-batch-size = 1
`,
    );
    const server = await DevServer.start(context, project);
    await server.says(/schedules run when asked for: http:\S+\/scheduled\?cron=/);
    const scheduled = new URL(/asked for: (\S+)\?cron=/.exec(server.output)?.[1] ?? "").pathname;
    const page = await server.ask("/page.txt");
    assert.deepEqual([page.text, page.headers["x-note"]], ["an asset", "here"]);
    assert.equal((await server.ask("/asset")).text, "an asset");
    assert.equal((await server.ask("/send")).text, "sent");
    await until(async () => isDeepStrictEqual(JSON.parse((await server.ask("/")).text), [["jobs", { job: 7 }]]));
    assert.equal((await server.ask(`${scheduled}?cron=0+3+*+*+1`)).status, 200);
    assert.deepEqual(JSON.parse((await server.ask("/")).text), [["jobs", { job: 7 }], "0 3 * * 1"]);

    const mark = server.mark;
    fs.writeFileSync(path.join(project, "public/new.txt"), "a new asset");
    await server.says(/the assets have changed/, mark);
    assert.equal((await server.ask("/new.txt")).text, "a new asset");
});

async function until(condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + READY_MS;
    while (!(await condition())) {
        if (Date.now() > deadline) throw new Error("it never became true");
    }
}

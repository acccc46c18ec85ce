// SPDX-License-Identifier: MIT
// What a deployment sets up around the Worker: routes, domains, schedules, consumers, and the resources of bindings.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { Cloud } from "./support/cloud.ts";
import { run, succeed, temporaryFolder } from "./support/pymode.ts";

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
});
after(() => cloud.stop());

interface Project {
    file: string;
    at: { cwd: string; environment: Record<string, string> };
}

function project(context: TestContext, name: string, settings: string, source = "async def on_fetch(request, env):\n    return 'here'\n\n\ndef on_scheduled(event):\n    pass\n\n\ndef on_queue(batch):\n    pass\n"): Project {
    const cwd = path.join(temporaryFolder(context), name);
    fs.mkdirSync(cwd);
    const file = path.join(cwd, "pyproject.toml");
    fs.writeFileSync(file, `[project]\nname = "${name}"\nversion = "1"\n\n[tool.pymode]\nmain = "main.py"\n${settings}`);
    fs.writeFileSync(path.join(cwd, "main.py"), source);
    return { file, at: { cwd, environment: cloud.environment(path.dirname(cwd)) } };
}

interface Result {
    urls: string[];
    triggers: { kind: string; what: string; set: boolean }[];
}

interface DryRun {
    changes: { change: string; what: string; before?: string; after?: string }[];
}

const json = async <T>(one: Project, ...args: string[]): Promise<T> => JSON.parse((await succeed(["deploy", "--json", ...args], one.at)).stdout) as T;

const everything = `workers-dev = true
limits.cpu-ms = 50
observability.enabled = true
routes = [
    "example.com/api/*",
    { pattern = "shop.example.com", custom-domain = true },
]
triggers.crons = ["0 3 * * 1"]

[[tool.pymode.queues.consumers]]
queue = "jobs"
max-batch-size = 5
`;

test("routes, domains, schedules and consumers are set, and a dry run shows what would change", async (context) => {
    const one = project(context, "around", everything);
    const missing = await run(["deploy"], one.at);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /the account has no queue jobs/);
    assert.match(missing.stderr, /pymode deploy --provision/);

    const before = await json<DryRun>(one, "--dry-run");
    assert.ok(before.changes.every(({ change }) => change === "added"));
    assert.ok(before.changes.some(({ what }) => what === "route example.com/api/*"));

    const { urls, triggers } = await json<Result>(one, "--provision");
    assert.deepEqual(urls, ["https://around.example-sub.workers.dev", "https://example.com/api/", "https://shop.example.com"]);
    assert.ok(triggers.every(({ set }) => set));
    assert.deepEqual(
        triggers.map(({ kind }) => kind),
        ["workers_dev", "route", "custom_domain", "schedules", "queue_consumer"],
    );
    for (const [host, where] of [["example.com", "/api/x"], ["shop.example.com", "/"]] as const) {
        assert.equal((await cloud.ask("around", where, { headers: { host } })).text, "here", host);
    }
    assert.deepEqual((await json<DryRun>(one, "--dry-run")).changes, []);

    fs.writeFileSync(one.file, fs.readFileSync(one.file, "utf8").replace("0 3 * * 1", "0 4 * * 1").replace("size = 5", "size = 6").replace("cpu-ms = 50", "cpu-ms = 60"));
    assert.deepEqual((await json<DryRun>(one, "--dry-run")).changes, [
        { change: "changed", what: "limits", before: "cpu_ms 50", after: "cpu_ms 60" },
        { change: "removed", what: "schedule 0 3 * * 1" },
        { change: "added", what: "schedule 0 4 * * 1" },
        { change: "changed", what: "consumer of the queue jobs", before: "batch_size 5", after: "batch_size 6" },
    ]);
    await cloud.forgetCalls();
    await succeed(["deploy"], one.at);
    const consumers = (await cloud.calls()).filter((call) => call.includes("/consumers"));
    assert.equal(consumers.length, 1);
    assert.match(consumers[0] ?? "", /^PUT .*\/consumers\/\w+ 200$/, "it is a consumer already");
});

test("a domain of another Worker is taken with --yes only", async (context) => {
    const settings = 'workers-dev = true\nroutes = [{ pattern = "taken.example.com", custom-domain = true }]\n';
    await succeed(["deploy"], project(context, "owner", settings).at);
    const one = project(context, "thief", settings);
    const refused = await run(["deploy"], one.at);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /1 of 2 triggers of the uploaded Worker was not set/);
    assert.match(refused.stderr, /set: workers\.dev: on/);
    assert.match(refused.stderr, /taken\.example\.com belongs to the Worker owner/);
    await succeed(["deploy", "--yes"], one.at);
});

test("a trigger that fails leaves the others set, and a second run completes", async (context) => {
    const one = project(context, "partly", 'workers-dev = true\nroutes = ["example.com/partly"]\ntriggers.crons = ["0 3 * * 1"]\n');
    await cloud.fault({ method: "PUT", path: "/scripts/partly/routes", kind: "error", status: 400, code: 1, message: "no" });
    const failed = await run(["deploy"], one.at);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /not set: route example\.com\/partly: .*no \[code: 1\]/);
    assert.equal((await cloud.worker("partly")).schedules.length, 1);
    assert.equal((await cloud.ask("partly", "/")).text, "here");
    await succeed(["deploy"], one.at);
    assert.equal((await cloud.ask("partly", "/partly", { headers: { host: "example.com" } })).text, "here");
});

const stored = `
[[tool.pymode.kv-namespaces]] # words
binding = "MY_CACHE"

[[tool.pymode.d1-databases]]
binding = "DB"
database-name = "shop"
`;

const keepsWords = "async def on_fetch(request, env):\n    env.MY_CACHE.put('k', 'kept')\n    return env.MY_CACHE.get('k')\n";

test("--provision makes what is missing once, and writes the ids into the file", async (context) => {
    const one = project(context, "provided", stored, keepsWords);
    const text = fs.readFileSync(one.file, "utf8");
    const refused = await run(["deploy"], one.at);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /the binding MY_CACHE has no id, and the account has no KV namespace provided-my-cache/);
    assert.match(refused.stderr, /pyproject\.toml:8:/);
    assert.equal(await cloud.findWorker("provided"), undefined);

    // The answer is lost after it has taken effect.
    await cloud.fault({ method: "POST", path: "/storage/kv/namespaces", kind: "cut" });
    await succeed(["deploy", "--provision"], one.at);
    assert.equal((await cloud.ask("provided", "/")).text, "kept");
    const made = (await cloud.journal()).filter(({ method, path: where }) => method === "POST" && /namespaces$|database$/.test(where));
    assert.equal(made.length, 2, "one namespace, one database");

    const written = fs.readFileSync(one.file, "utf8");
    const id = /\nid = "([0-9a-f]{32})"\n/.exec(written)?.[1] ?? "";
    const uuid = /\ndatabase-id = "([0-9a-f-]{36})"\n/.exec(written)?.[1] ?? "";
    assert.equal(written, text.replace('"MY_CACHE"\n', `"MY_CACHE"\nid = "${id}"\n`).replace('"shop"\n', `"shop"\ndatabase-id = "${uuid}"\n`));

    // With the old file: the Worker's bindings and the names say the same ids.
    fs.writeFileSync(one.file, text);
    await succeed(["deploy"], one.at);
    assert.equal((await cloud.ask("provided", "/")).text, "kept");
    assert.equal(fs.readFileSync(one.file, "utf8"), text);
});

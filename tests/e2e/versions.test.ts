// SPDX-License-Identifier: MIT
// Versions, rollouts, rollbacks, and the end of a Worker.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Cloud } from "./support/cloud.ts";
import { WorkerProject } from "./support/worker_project.ts";

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
});
after(() => cloud.stop());

interface Version {
    id: string;
    live_percentage: number;
}

const answer = async (name: string): Promise<string> => (await cloud.ask(name, "/")).text;

/** Newest first. */
const versions = async (project: WorkerProject): Promise<Version[]> => (await project.json("versions", "list")) as Version[];

test("a rollback brings the former answer back", { timeout: 180_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "rolled");
    await project.refuse(1, /the account has no Worker rolled/, "rollback", "--yes");
    await project.deploy('"first"');
    await project.refuse(1, /no earlier deployment of rolled/, "rollback", "--yes");
    await project.deploy('"second"');
    assert.equal(await answer("rolled"), "second");
    const [second, first] = await versions(project);
    assert.ok(first && second);
    assert.deepEqual([first.live_percentage, second.live_percentage], [0, 100]);

    await project.refuse(2, /Send all requests of rolled to version .*--yes/s, "rollback");
    assert.equal(await answer("rolled"), "second");
    const rolled = await project.succeed("rollback", "--yes", "--message", "prices");
    assert.match(rolled.stderr, new RegExp(`version ${first.id} of rolled is live`));
    assert.equal(await answer("rolled"), "first");
    const deployments = (await project.json("deployments")) as { message: string; versions: unknown[] }[];
    assert.equal(deployments[0]?.message, "prices");
    assert.deepEqual(deployments[0].versions, [{ version_id: first.id, percentage: 100 }]);

    await project.refuse(2, /is what is live already/, "rollback", first.id, "--yes");
    await project.succeed("rollback", second.id, "--yes");
    assert.equal(await answer("rolled"), "second");
    const shown = await project.succeed("versions", "view", second.id);
    assert.match(shown.stdout, new RegExp(`version +${second.id}\n`));
    const none = "3b5c9a1e-0c4d-4e55-9d0c-8f1d7a6e2b10";
    await project.refuse(1, /has no version/, "versions", "view", none);
    await project.refuse(1, /has no version/, "rollback", none, "--yes");
    await project.refuse(2, /is no id of a version/, "rollback", "latest", "--yes");
});

test("two versions share the requests", { timeout: 180_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "shared");
    await project.deploy('"a"');
    await project.deploy('"b"');
    const [b, a] = await versions(project);
    assert.ok(a && b);
    await project.succeed("versions", "deploy", `${a.id}@50`, `${b.id}@50`, "-m", "half");
    const answers = new Set([await answer("shared"), await answer("shared")]);
    assert.deepEqual([...answers].toSorted(), ["a", "b"]);
    const listed = await project.succeed("deployments", "list");
    assert.match(listed.stdout, /50 % of .*, 50 % of .*half/);
    await project.refuse(2, /the percentages make 90, not 100/, "versions", "deploy", `${a.id}@90`);
    await project.refuse(2, /named twice/, "versions", "deploy", `${a.id}@50`, `${a.id}@50`);
});

test("a version is uploaded, looked at, and deployed later", { timeout: 180_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "later", "triggers.crons = []\n");
    project.write("main.py", "def on_fetch(request, env):\n    return 'first'\n");
    await project.refuse(1, /no Worker later that could get another version; nothing was changed/, "versions", "upload");
    await project.deploy('"old"');
    project.write("main.py", 'def on_fetch(request, env):\n    return f"new {getattr(env, \'KEY\', None)}"\n');
    const uploaded = (await project.json("versions", "upload", "--tag", "t1", "--message", "try")) as { version_id: string; preview_url: string };
    assert.equal(await answer("later"), "old");
    const preview = new URL(uploaded.preview_url);
    assert.equal(preview.hostname, `${uploaded.version_id.slice(0, 8)}-later.example-sub.workers.dev`);
    const host = preview.hostname.replace(/dev$/, "test");
    assert.equal((await cloud.ask("later", "/", { headers: { host } })).text, "new None");
    const [head] = (await project.json("versions", "list")) as { id: string; tag: string; message: string }[];
    assert.deepEqual([head?.id, head?.tag, head?.message], [uploaded.version_id, "t1", "try"]);

    // A secret for it, which `secret put` could only set by deploying the code as well.
    await project.refuseWith("value-of-it", 1, /the latest version of later is not the one that is deployed/, "secret", "put", "KEY");
    const put = await project.succeedWith("value-of-it", "versions", "secret", "put", "KEY");
    assert.doesNotMatch(put.stderr, /value-of-it/);
    const withSecret = /version ([0-9a-f-]{36}) of later: set the secret KEY/.exec(put.stderr)?.[1] ?? assert.fail(put.stderr);
    await project.succeed("versions", "deploy", withSecret);
    assert.equal(await answer("later"), "new value-of-it");
    await project.succeedWith("OTHER=1\nTHIRD=2\n", "versions", "secret", "bulk");
    const without = (await project.json("versions", "secret", "delete", "KEY")) as { version_id: string; deleted: string[] };
    assert.deepEqual(without.deleted, ["KEY"]);
    await project.succeed("versions", "deploy", without.version_id, "--yes");
    assert.equal(await answer("later"), "new None");
});

test("a version that is deployed brings the settings that no version has", { timeout: 180_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "watched");
    await project.deploy('"here"');
    const settings = async (): Promise<Record<string, unknown>> => (await cloud.worker("watched")).settings;
    project.write("pyproject.toml", '[project]\nname = "watched"\n\n[tool.pymode]\nmain = "main.py"\nlogpush = true\nobservability.enabled = true\n');
    const { version_id } = (await project.json("versions", "upload")) as { version_id: string };
    assert.equal((await settings())["logpush"], false);

    await cloud.fault({ method: "PATCH", path: "/script-settings$", kind: "error", status: 400, times: 1 });
    await project.refuse(1, new RegExp(`100 % of ${version_id} answers all the same`), "versions", "deploy", version_id);
    assert.equal((await cloud.worker("watched")).active[0]?.id, version_id);
    await project.succeed("versions", "deploy", version_id, "--name", "watched");
    const { logpush, observability } = await settings();
    assert.deepEqual([logpush, (observability as { enabled: boolean }).enabled], [true, true]);
});

test("a version cannot bring a migration, and triggers are set without code", { timeout: 180_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "apart", "workers-dev = false\n");
    await project.deploy('"here"');
    const before = (await versions(project)).length;
    project.write(
        "pyproject.toml",
        '[project]\nname = "apart"\n\n[tool.pymode]\nmain = "main.py"\ntriggers.crons = ["0 3 * * 1"]\nroutes = ["example.com/apart/*"]\nworkers-dev = true\n',
    );
    const set = await project.succeed("triggers", "deploy");
    assert.match(set.stderr, /set the triggers of apart\n.*workers\.dev: on\n.*route example\.com\/apart\/\*\n.*schedule 0 3 \* \* 1\n/s);
    assert.match(set.stdout, /^https:\/\/apart\.example-sub\.workers\.dev$/m);
    assert.equal(await answer("apart"), "here");
    assert.equal((await versions(project)).length, before, "there is no new version");
    await cloud.fault({ method: "PUT", path: "/apart/schedules$", status: 400, code: 10100, message: "invalid cron string" });
    await project.refuse(1, /1 of 3 triggers.*set: workers\.dev: on, route .*not set: schedule 0 3/s, "triggers", "deploy");

    project.write("main.py", "from pymode.workers import DurableObject\n\n\nclass Counter(DurableObject):\n    pass\n\n\ndef on_scheduled(event):\n    pass\n\n\ndef on_fetch(request, env):\n    return 'here'\n");
    fs.appendFileSync(path.join(project.folder, "pyproject.toml"), '[[tool.pymode.migrations]]\ntag = "v1"\nnew-sqlite-classes = ["Counter"]\n');
    await project.refuse(2, /a migration of Durable Objects is pending.*nothing was changed: version .* still answers/s, "versions", "upload");
    assert.equal((await versions(project)).length, before);
});

test("secrets that have changed since are said", { timeout: 180_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "drifted");
    await project.deploy('f"first {getattr(env, \'KEY\', None)}"');
    await project.succeedWith("value", "secret", "put", "KEY");
    assert.equal(await answer("drifted"), "first value");
    const rolled = await project.succeed("rollback", "--yes");
    assert.match(rolled.stderr, /warning: .*secrets have changed: KEY/);
    assert.equal(await answer("drifted"), "first None");
    assert.ok((await cloud.calls()).some((call) => /POST .*\/drifted\/deployments 400/.test(call)));
});

for (const [kind, handled] of [["drop", false], ["drop", true], ["truncated", true], ["html", false]] as const) {
    test(`a rollback whose answer is spoiled (${kind}${handled ? ", handled" : ""}) happens once`, { timeout: 120_000 }, async (context) => {
        const name = `spoiled-${kind}-${handled ? "yes" : "no"}`;
        const project = new WorkerProject(context, cloud, name);
        await cloud.deployScript(name, 'export default { fetch() { return new Response("one"); } };');
        await cloud.deployScript(name, 'export default { fetch() { return new Response("two"); } };');
        await cloud.fault({ method: "POST", path: `/${name}/deployments$`, kind, handled });
        await project.succeed("rollback", "--yes");
        assert.equal(await answer(name), "one");
        assert.equal(((await project.json("deployments")) as unknown[]).length, 3);
    });
}

test("a Worker is deleted, and who depends on it is named", { timeout: 120_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "wanted");
    await project.refuse(1, /the account has no Worker wanted/, "delete", "--yes");
    const hello = 'export default { fetch() { return new Response("hello"); } };';
    await cloud.deployScript("wanted", hello);
    await cloud.deployScript("caller", hello, [{ type: "service", name: "BACKEND", service: "wanted" }]);
    await project.refuse(2, /warning: wanted: caller calls it through its binding BACKEND\n.*others depend on wanted/s, "delete", "--yes");
    assert.equal(await answer("wanted"), "hello");
    await project.succeed("delete", "--name", "caller", "--yes");
    await project.refuse(2, /Delete wanted, its versions, routes, secrets\?/, "delete");
    await cloud.fault({ method: "DELETE", path: "/services/wanted", kind: "drop", handled: true });
    await project.succeed("delete", "--yes");
    assert.equal((await cloud.ask("wanted", "/")).status, 404);
});

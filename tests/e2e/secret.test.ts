// SPDX-License-Identifier: MIT
// Secrets: what is set arrives in the Worker's env, and is seen nowhere else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Cloud } from "./support/cloud.ts";
import { onTerminal } from "./support/terminal.ts";
import { WorkerProject } from "./support/worker_project.ts";

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
});
after(() => cloud.stop());

const SHOW = '" ".join(f"{name}={getattr(env, name, None)}" for name in ("KEY", "OTHER"))';

const answer = async (name: string): Promise<string> => (await cloud.ask(name, "/")).text;

test("a secret is set, listed, deleted", { timeout: 120_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "one-secret");
    await project.deploy(SHOW);
    const put = await project.succeedWith("s3cr3t-value\n", "-vv", "secret", "put", "KEY");
    assert.match(put.stderr, /one-secret has the secret KEY/);
    assert.doesNotMatch(put.stdout + put.stderr, /s3cr3t-value/);
    assert.equal(await answer("one-secret"), "KEY=s3cr3t-value OTHER=None", "the end of the line is cut");
    assert.deepEqual(await project.json("secret", "list"), [{ name: "KEY", type: "secret_text" }]);

    await project.deploy(`"again " + ${SHOW}`);
    assert.equal(await answer("one-secret"), "again KEY=s3cr3t-value OTHER=None", "a deploy keeps it");

    await project.refuse(2, /--yes confirms it/, "secret", "delete", "KEY");
    await project.succeed("secret", "delete", "KEY", "--yes");
    assert.equal(await answer("one-secret"), "again KEY=None OTHER=None");
    await project.refuse(1, /has no secret KEY/, "secret", "delete", "KEY", "--yes");
});

test("several at once, from lines and from JSON", { timeout: 120_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "many-secrets");
    await project.deploy(SHOW);
    project.write("secrets.env", "# both\nKEY=one\nOTHER='t w o'\n");
    assert.deepEqual(await project.json("secret", "bulk", "secrets.env"), { worker: "many-secrets", set: ["KEY", "OTHER"], deleted: [] });
    assert.equal(await answer("many-secrets"), "KEY=one OTHER=t w o");
    const json = JSON.stringify({ KEY: "changed", OTHER: null });
    await project.refuseWith(json, 2, /--yes/, "secret", "bulk");
    await project.succeedWith(json, "secret", "bulk", "--yes");
    assert.equal(await answer("many-secrets"), "KEY=changed OTHER=None");
});

test("what cannot be done has its sentence", { timeout: 120_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "no-secret");
    await project.refuseWith("value", 1, /the account has no Worker no-secret\n.*hint: deploy it first/s, "secret", "put", "KEY");
    await project.refuseWith("", 2, /the value is empty/, "secret", "put", "KEY");
    await project.refuseWith(Buffer.from([0xff]), 2, /the value is not UTF-8/, "secret", "put", "KEY");
    await project.refuseWith("x", 2, /`KEY=value` is no name of a secret/, "secret", "put", "KEY=value");
    await project.deploy('"v1"');
    await cloud.fault({ method: "PUT", path: "/secrets$", status: 400, code: 10215, message: "Secret edit failed." });
    await project.refuseWith("value", 1, /the latest version of no-secret is not the one that is deployed/, "secret", "put", "KEY");
});

test("at a terminal the value is asked for, and not shown", { timeout: 120_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "typed-secret");
    await project.deploy(SHOW);
    const seen = await onTerminal(cloud.environment(project.folder), project.folder, ["secret", "put", "KEY"], [["Value of KEY", "typed-value\r"]]);
    assert.match(seen, /Value of KEY \(it is not shown\)/);
    assert.doesNotMatch(seen, /typed-value/);
    assert.equal(await answer("typed-secret"), "KEY=typed-value OTHER=None");

    const no = await onTerminal(cloud.environment(project.folder), project.folder, ["secret", "delete", "KEY"], [["[y/N]", "n\r"]]);
    assert.match(no, /nothing was changed/);
    await onTerminal(cloud.environment(project.folder), project.folder, ["secret", "delete", "KEY"], [["[y/N]", "y\r"]]);
    assert.equal(await answer("typed-secret"), "KEY=None OTHER=None");
});

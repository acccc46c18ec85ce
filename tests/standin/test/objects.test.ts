// SPDX-License-Identifier: MIT
// Durable Objects: the tags of migrations, and state that outlives deploys, renames and everything but a deletion.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ACCOUNT, SCRIPTS, TestClient, VERSIONS_QUERY, metadataPart, modulePart, type Reply } from "./client.ts";

let client: TestClient;
before(async () => {
    client = await TestClient.start();
});
after(() => client.stop());

/** Counts in an object of its class. */
const source = (className: string, others: string[] = []): string => `import { DurableObject } from "cloudflare:workers";
export class ${className} extends DurableObject { async fetch() {
    const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
    await this.ctx.storage.put("count", count);
    return new Response("${className} " + count);
} }
${others.map((other) => `export class ${other} extends DurableObject {}`).join("\n")}
export default { fetch(request, env) { return env.COUNTER.get(env.COUNTER.idFromName("one")).fetch(request); } };`;

const binding = (className: string, more: object = {}): object => ({ type: "durable_object_namespace", name: "COUNTER", class_name: className, ...more });

const deploy = (name: string, className: string, migrations?: object, others?: string[]): Promise<Reply> =>
    client.deploy(name, source(className, others), { bindings: [binding(className)], ...(migrations && { migrations }) });

const visit = async (name: string): Promise<string> => (await client.visit(`${name}.example-sub.workers.test`)).text;

const V1 = { new_tag: "v1", steps: [{ new_sqlite_classes: ["Counter"] }] };

async function tagOf(name: string): Promise<unknown> {
    const { result } = await client.call("GET", `${ACCOUNT}/workers/services/${name}`);
    return (result as { default_environment: { script: { migration_tag?: string } } }).default_environment.script.migration_tag;
}

test("a class needs a migration, once, with the tag that is current", async () => {
    assert.deepEqual((await deploy("tags", "Counter")).codes, [10061]);
    assert.deepEqual((await client.call("GET", `${SCRIPTS}/tags/settings`)).codes, [10007], "and nothing was kept");
    assert.equal((await deploy("tags", "Counter", V1)).status, 200);
    assert.equal(await tagOf("tags"), "v1");
    const again = await deploy("tags", "Counter", V1);
    assert.deepEqual([again.status, again.codes, again.messages], [412, [10079], ["Migration tag precondition failed; current tag is v1"]]);
    assert.deepEqual((await deploy("tags", "Counter", { old_tag: "v0", new_tag: "v2", steps: [] })).codes, [10079]);
    assert.deepEqual((await deploy("tags", "Counter", { old_tag: "v1", new_tag: "v2", steps: V1.steps })).codes, [10074]);
    const removal = { old_tag: "v1", new_tag: "v2", steps: [{ deleted_classes: ["Nothing"] }] };
    assert.deepEqual((await deploy("tags", "Counter", removal)).codes, [10061]);
    assert.equal(await tagOf("tags"), "v1", "a refused migration leaves the tag");
});

test("a class that the code does not export is refused", async () => {
    const reply = await client.deploy("unexported", "export default { fetch() { return new Response(); } };", { bindings: [binding("Counter")], migrations: V1 });
    assert.deepEqual(reply.codes, [10070]);
    await deploy("forgetful", "Counter", V1);
    assert.deepEqual((await client.deploy("forgetful", "export default {};")).codes, [10064]);
});

test("migrations go with a whole upload, not with a version", async () => {
    await deploy("whole", "Counter", V1);
    const metadata = { bindings: [binding("Tally")], migrations: { old_tag: "v1", new_tag: "v2", steps: [{ renamed_classes: [{ from: "Counter", to: "Tally" }] }] } };
    const parts = [metadataPart("index.js", metadata), modulePart("index.js", source("Tally"))];
    assert.deepEqual((await client.upload("POST", `${SCRIPTS}/whole/versions${VERSIONS_QUERY}`, parts)).codes, [10211]);
});

test("state outlives a deploy, a rename and a transfer, and ends with a deletion", async () => {
    await deploy("first", "Counter", V1);
    assert.equal(await visit("first"), "Counter 1");
    await deploy("first", "Counter");
    assert.equal(await visit("first"), "Counter 2");
    const rename = { old_tag: "v1", new_tag: "v2", steps: [{ renamed_classes: [{ from: "Counter", to: "Tally" }], new_classes: ["Other"] }] };
    assert.equal((await deploy("first", "Tally", rename, ["Other"])).status, 200);
    assert.equal(await visit("first"), "Tally 3");

    const transfer = { new_tag: "v1", steps: [{ transferred_classes: [{ from: "Tally", from_script: "first", to: "Moved" }] }] };
    assert.equal((await deploy("second", "Moved", transfer)).status, 200);
    assert.equal(await visit("second"), "Moved 4");

    const empty = "export default { fetch() { return new Response('none'); } };";
    const removal = { old_tag: "v1", new_tag: "v2", steps: [{ deleted_classes: ["Moved"] }] };
    assert.equal((await client.deploy("second", empty, { migrations: removal })).status, 200);
    assert.equal(await visit("second"), "none");
    const anew = { old_tag: "v2", new_tag: "v3", steps: [{ new_sqlite_classes: ["Moved"] }] };
    assert.equal((await deploy("second", "Moved", anew)).status, 200);
    assert.equal(await visit("second"), "Moved 1");
});

test("another script's objects are bound by its name", async () => {
    await deploy("owner", "Counter", V1);
    assert.equal(await visit("owner"), "Counter 1");
    const foreign = 'export default { fetch(request, env) { return env.COUNTER.get(env.COUNTER.idFromName("one")).fetch(request); } };';
    assert.deepEqual((await client.deploy("user", foreign, { bindings: [binding("Counter", { script_name: "nobody" })] })).codes, [10061]);
    assert.equal((await client.deploy("user", foreign, { bindings: [binding("Counter", { script_name: "owner" })] })).status, 200);
    assert.equal(await visit("user"), "Counter 2");
    const namespaces = (await client.call("GET", `${ACCOUNT}/workers/durable_objects/namespaces?per_page=1000&page=1`)).result as { name: string; use_sqlite: boolean }[];
    assert.ok(namespaces.some((one) => one.name === "owner_Counter" && one.use_sqlite));
    assert.ok(namespaces.some((one) => one.name === "first_Other" && !one.use_sqlite));
});

test("a version from before a migration cannot be deployed again", async () => {
    await deploy("back", "Counter", V1);
    await deploy("back", "Tally", { old_tag: "v1", new_tag: "v2", steps: [{ renamed_classes: [{ from: "Counter", to: "Tally" }] }] });
    const all = ((await client.call("GET", `${SCRIPTS}/back/versions`)).result as { items: { id: string }[] }).items;
    const deployable = ((await client.call("GET", `${SCRIPTS}/back/versions?deployable=true`)).result as { items: { id: string }[] }).items;
    assert.deepEqual([all.length, deployable.length], [2, 1]);
    const versions = [{ version_id: all[1]?.id, percentage: 100 }];
    assert.equal((await client.call("POST", `${SCRIPTS}/back/deployments`, { json: { strategy: "percentage", versions } })).status, 400);
});

test("deleting a script deletes its objects", async () => {
    await deploy("gone", "Counter", V1);
    assert.equal(await visit("gone"), "Counter 1");
    await client.call("DELETE", `${SCRIPTS}/gone?force=true`);
    await deploy("gone", "Counter", V1);
    assert.equal(await visit("gone"), "Counter 1");
});

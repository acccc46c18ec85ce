// SPDX-License-Identifier: MIT
// Two versions share the requests; a rollback runs the older upload again; secrets stand in its way.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SCRIPTS, TestClient, VERSIONS_QUERY, metadataPart, modulePart } from "./client.ts";

let client: TestClient;
before(async () => {
    client = await TestClient.start();
});
after(() => client.stop());

const source = (text: string): string => `export default { fetch(request, env) { return new Response("${text}" + (env.SECRET ?? "")); } };`;
const host = (name: string): string => `${name}.example-sub.workers.test`;

async function upload(name: string, text: string, metadata: object = {}): Promise<string> {
    const parts = [metadataPart("index.js", { keep_bindings: ["secret_text"], ...metadata }), modulePart("index.js", source(text))];
    const reply = await client.upload("POST", `${SCRIPTS}/${name}/versions${VERSIONS_QUERY}`, parts);
    assert.equal(reply.status, 200, reply.messages.join("; "));
    return (reply.result as { id: string }).id;
}

async function roll(name: string, shares: [string, number][], query = ""): Promise<number[]> {
    const versions = shares.map(([version_id, percentage]) => ({ version_id, percentage }));
    const { codes } = await client.call("POST", `${SCRIPTS}/${name}/deployments${query}`, { json: { strategy: "percentage", versions } });
    return codes;
}

async function firstVersion(name: string): Promise<string> {
    await client.deploy(name, source("one"));
    const { result } = await client.call("GET", `${SCRIPTS}/${name}/versions`);
    return (result as { items: { id: string }[] }).items[0]?.id ?? "";
}

test("of ten requests to 90 and 10 percent, nine and one go to each version", async () => {
    const one = await firstVersion("split");
    const two = await upload("split", "two");
    assert.deepEqual(await roll("split", [[one, 90], [two, 10]]), []);
    const answers: string[] = [];
    for (let index = 0; index < 10; index += 1) answers.push((await client.visit(host("split"))).text);
    assert.deepEqual(Object.fromEntries(["one", "two"].map((text) => [text, answers.filter((answer) => answer === text).length])), { one: 9, two: 1 });

    const override = { "cloudflare-workers-version-overrides": `split="${two}"` };
    assert.equal((await client.visit(host("split"), "/", override)).text, "two");
});

test("percentages and versions are checked", async () => {
    const one = await firstVersion("checked");
    const two = await upload("checked", "two");
    assert.deepEqual(await roll("checked", [[one, 50], [two, 40]]), [10021]);
    assert.deepEqual(await roll("checked", [[one, 50], [one, 50]]), [10021]);
    assert.deepEqual(await roll("checked", [["00000000-0000-4000-8000-000000000000", 100]]), [10214]);
    assert.deepEqual(await roll("checked", [[one, 40], [two, 30], [one, 30]]), [99400], "two versions at most");
    assert.equal((await client.visit(host("checked"))).text, "one");
});

test("a rollback runs the older upload again", async () => {
    const one = await firstVersion("back");
    const two = await upload("back", "two");
    await roll("back", [[two, 100]]);
    assert.equal((await client.visit(host("back"))).text, "two");
    assert.deepEqual(await roll("back", [[one, 100]]), []);
    assert.equal((await client.visit(host("back"))).text, "one");
    const { deployments } = (await client.call("GET", `${SCRIPTS}/back/deployments`)).result as { deployments: { versions: { version_id: string }[] }[] };
    assert.deepEqual(deployments.map((deployment) => deployment.versions[0]?.version_id), [one, two, one]);
});

test("a rollback over a changed secret needs force", async () => {
    const one = await firstVersion("drift");
    const secret = { name: "SECRET", text: "!", type: "secret_text" };
    assert.equal((await client.call("PUT", `${SCRIPTS}/drift/secrets`, { json: secret })).status, 200);
    assert.equal((await client.visit(host("drift"))).text, "one!");
    assert.deepEqual(await roll("drift", [[one, 100]]), [10220]);
    assert.equal((await client.visit(host("drift"))).text, "one!");
    assert.deepEqual(await roll("drift", [[one, 100]], "?force=true"), []);
    assert.equal((await client.visit(host("drift"))).text, "one");
});

test("a secret is not set while the newest version is not deployed, but in a version of its own", async () => {
    await firstVersion("pending");
    await upload("pending", "two");
    const secret = { name: "SECRET", text: "!", type: "secret_text" };
    assert.deepEqual((await client.call("PUT", `${SCRIPTS}/pending/secrets`, { json: secret })).codes, [10215]);
    const headers = { "content-type": "application/merge-patch+json" };
    const latest = SCRIPTS.replace("/scripts", "/workers/pending/versions/latest");
    const patched = await client.call("PATCH", latest, { json: { env: { SECRET: { type: "secret_text", text: "?" } } }, headers });
    assert.equal(patched.status, 200, patched.messages.join("; "));
    assert.equal((await client.visit(host("pending"))).text, "one");
    await roll("pending", [[(patched.result as { id: string }).id, 100]]);
    assert.equal((await client.visit(host("pending"))).text, "two?");
});

test("secrets in bulk are one version", async () => {
    await firstVersion("bulk");
    const headers = { "content-type": "application/merge-patch+json" };
    const bulk = (secrets: object): ReturnType<typeof client.call> => client.call("PATCH", `${SCRIPTS}/bulk/secrets-bulk`, { json: { secrets }, headers });
    const named = (name: string, text: string): object => ({ [name]: { name, text, type: "secret_text" } });
    assert.equal((await bulk({ ...named("SECRET", "a"), ...named("OTHER", "b") })).status, 200);
    assert.equal((await client.visit(host("bulk"))).text, "onea");
    const after = await bulk({ SECRET: null });
    assert.deepEqual(after.result, [{ name: "OTHER", type: "secret_text" }]);
    assert.equal((await client.visit(host("bulk"))).text, "one");
    assert.equal((await bulk({ KEY: { name: "ELSE", text: "", type: "secret_text" } })).status, 400);
    const state = (await client.ask("state")) as { scripts: { bulk: { versions: unknown[]; secrets: string[] } } };
    assert.deepEqual([state.scripts.bulk.versions.length, state.scripts.bulk.secrets], [3, ["OTHER"]]);
});

test("a version has a preview, and so has its alias", async () => {
    await firstVersion("shown");
    const two = await upload("shown", "two", { annotations: { "workers/alias": "next" } });
    assert.equal((await client.visit(`${two.slice(0, 8)}-${host("shown")}`)).text, "two");
    assert.equal((await client.visit(`next-${host("shown")}`)).text, "two");
    assert.equal((await client.visit(host("shown"))).text, "one");
    assert.equal((await client.visit(`ffffffff-${host("shown")}`)).status, 404);
});

test("requests that are under way are answered by the version that they came to", async () => {
    await client.deploy("slow", 'export default { async fetch(request) { if (request.url.endsWith("/wait")) await scheduler.wait(1500); return new Response("old"); } };');
    await client.visit(host("slow"));
    const early = client.visit(host("slow"), "/wait");
    // Its upload alone takes longer than the request needs to arrive.
    await client.deploy("slow", source("new"));
    const late = client.visit(host("slow"));
    assert.deepEqual([(await early).text, (await late).text], ["old", "new"]);
});

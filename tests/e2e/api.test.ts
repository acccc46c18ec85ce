// SPDX-License-Identifier: MIT
// The example api-worker, deployed: several files and a KV namespace.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { DEFAULTS } from "../standin/standin.ts";
import { Cloud } from "./support/cloud.ts";
import { ROOT, run, succeed, temporaryFolder } from "./support/pymode.ts";

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
});
after(() => cloud.stop());

const JSON_TYPE = { "content-type": "application/json" };

/** Puts the id of an existing namespace where the example has a placeholder, as its comment asks. */
async function deployApi(folder: string, name = "api-worker"): Promise<void> {
    const project = path.join(folder, name);
    fs.cpSync(path.join(ROOT, "examples/api-worker"), project, { recursive: true });
    const file = path.join(project, "pyproject.toml");
    const settings = fs.readFileSync(file, "utf8").replace("0".repeat(32), DEFAULTS.namespaces[0] ?? "").replace('"api-worker"', `"${name}"`);
    fs.writeFileSync(file, settings);
    await succeed(["deploy", project], { cwd: folder, environment: cloud.environment(folder) });
}

test("items are created, listed, read and deleted", async (context) => {
    await deployApi(temporaryFolder(context));
    assert.equal((await cloud.ask("api-worker", "/?name=Ada")).status, 200, "sibling and absolute imports work");
    assert.deepEqual(JSON.parse((await cloud.ask("api-worker", "/api/items")).text), { items: [] });

    const item = { name: "Tea", price: 3.5 };
    const created = await cloud.ask("api-worker", "/api/items", { method: "POST", headers: JSON_TYPE, body: JSON.stringify(item) });
    assert.equal(created.status, 201, created.text);
    const { id } = JSON.parse(created.text) as { id: string };
    assert.equal(created.headers["location"], `/api/items/${id}`);

    assert.deepEqual(JSON.parse((await cloud.ask("api-worker", "/api/items")).text), { items: [{ id, ...item }] });
    assert.deepEqual(JSON.parse((await cloud.ask("api-worker", `/api/items/${id}`)).text), { id, ...item });
    assert.equal((await cloud.ask("api-worker", "/api/items/none")).status, 404);

    const deleted = await cloud.ask("api-worker", `/api/items/${id}`, { method: "DELETE" });
    assert.deepEqual([deleted.status, deleted.text], [204, ""]);
    assert.equal((await cloud.ask("api-worker", `/api/items/${id}`)).status, 404);
});

test("wrong items are refused, and a broken body is not a crash", async (context) => {
    await deployApi(temporaryFolder(context), "api-wrong");
    const wrong = await cloud.ask("api-wrong", "/api/items", { method: "POST", headers: JSON_TYPE, body: '{"price":-1}' });
    assert.equal(wrong.status, 400);
    assert.deepEqual(JSON.parse(wrong.text), { errors: ["name is missing", "price is a number, not below 0"] });
    const broken = await cloud.ask("api-wrong", "/api/items", { method: "POST", headers: JSON_TYPE, body: "{" });
    assert.ok(broken.status >= 400 && broken.status <= 500, String(broken.status));
    assert.equal((await cloud.ask("api-wrong", "/api/items")).status, 200);
});

test("a namespace that does not exist is Cloudflare's error, and nothing is deployed", async (context) => {
    const folder = temporaryFolder(context);
    const project = path.join(folder, "api-none");
    fs.cpSync(path.join(ROOT, "examples/api-worker"), project, { recursive: true });
    const outcome = await run(["deploy", project], { cwd: folder, environment: cloud.environment(folder) });
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stderr, /10041/);
});

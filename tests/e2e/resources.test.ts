// SPDX-License-Identifier: MIT
// KV, D1 and R2: what the commands store is what a deployed Worker sees, and the other way round.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Cloud } from "./support/cloud.ts";
import { DevServer } from "./support/dev.ts";
import { PYMODE, TOOLS } from "./support/pymode.ts";
import { WorkerProject } from "./support/worker_project.ts";

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
});
after(() => cloud.stop());

const worker = (body: string): string => `export default { async fetch(request, env) { const path = decodeURIComponent(new URL(request.url).pathname.slice(1)); ${body} } };`;

/** Every byte there is, and text that is none. */
const BINARY = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, i) => i)), Buffer.from("\r\n\n")]);

async function ids(project: WorkerProject, ...list: string[]): Promise<string[]> {
    return ((await project.json(...list)) as { title?: string; name?: string }[]).map((one) => one.title ?? one.name ?? "");
}

test("kv: namespaces", { timeout: 120_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "kv-spaces");
    const made = (await project.json("kv", "namespace", "create", "things & more")) as { id: string };
    assert.match(made.id, /^[0-9a-f]{32}$/);
    assert.ok((await ids(project, "kv", "namespace", "list")).includes("things & more"));
    await project.refuse(1, /there is a KV namespace things & more already/, "kv", "namespace", "create", "things & more");

    await cloud.fault({ method: "POST", path: "/storage/kv/namespaces$", kind: "drop", handled: true });
    await project.succeed("kv", "namespace", "create", "lost");
    await cloud.fault({ method: "POST", path: "/storage/kv/namespaces$", status: 500, times: 2 });
    await project.succeed("kv", "namespace", "create", "late");
    assert.deepEqual((await ids(project, "kv", "namespace", "list")).filter((title) => ["lost", "late"].includes(title)), ["late", "lost"]);

    for (let i = 0; i < 105; i += 1) await project.succeed("-q", "kv", "namespace", "create", `n${i}`);
    assert.ok((await ids(project, "kv", "namespace", "list")).length > 105, "all pages");

    await project.refuse(2, /Delete the KV namespace .* and all its values\?/, "kv", "namespace", "delete", "--namespace-id", made.id);
    await project.succeed("kv", "namespace", "delete", "--namespace-id", made.id, "--yes");
    await project.refuse(1, /the account has no KV namespace/, "kv", "namespace", "delete", "--namespace-id", made.id, "--yes");
});

test("kv: values, seen by a Worker", { timeout: 120_000 }, async (context) => {
    const { id } = (await new WorkerProject(context, cloud, "kv-maker").json("kv", "namespace", "create", "values")) as { id: string };
    const project = new WorkerProject(context, cloud, "kv-values", `\n[[tool.pymode.kv-namespaces]]\nbinding = "ITEMS"\nid = "${id}"\n`);
    const at = ["--binding", "ITEMS"];
    await cloud.deployScript("kv-values", worker('await env.KV.put("by-worker", path); const { value, metadata } = await env.KV.getWithMetadata(path, "arrayBuffer"); return new Response(value ?? "nothing", { headers: { "x-metadata": JSON.stringify(metadata) } });'), [
        { type: "kv_namespace", name: "KV", namespace_id: id },
    ]);

    const key = "a/b c?d#é%2F";
    await project.succeed("kv", "key", "put", key, "hello", ...at, "--metadata", '{"by":"me"}', "--ttl", "3600");
    const seen = await cloud.ask("kv-values", `/${encodeURIComponent(key)}`);
    assert.deepEqual([seen.text, seen.headers["x-metadata"]], ["hello", '{"by":"me"}']);
    assert.equal((await project.succeed("kv", "key", "get", "by-worker", ...at)).stdout, key);
    assert.equal((await project.succeed("kv", "key", "get", key, ...at)).stdout, "hello", "no newline is added");

    project.write("binary.bin", BINARY);
    await project.succeed("kv", "key", "put", "binary", "--path", "binary.bin", ...at);
    assert.deepEqual((await project.succeed("kv", "key", "get", "binary", ...at)).bytes, BINARY);
    assert.deepEqual((await cloud.ask("kv-values", "/binary")).body, BINARY);
    await project.succeedWith(BINARY, "kv", "key", "put", "piped", "--path", "-", ...at, "--metadata", "1");
    assert.deepEqual((await project.succeed("kv", "key", "get", "piped", ...at)).bytes, BINARY);

    const listed = (await project.json("kv", "key", "list", ...at)) as { name: string; expiration?: number }[];
    assert.deepEqual(listed.map((one) => one.name), [key, "binary", "by-worker", "piped"]);
    assert.ok((listed[0]?.expiration ?? 0) > Date.now() / 1000);
    assert.deepEqual((await project.succeed("kv", "key", "list", "--prefix", "b", ...at)).stdout, "binary\nby-worker\n");

    await project.refuse(2, /--yes/, "kv", "key", "delete", "binary", ...at);
    await project.succeed("kv", "key", "delete", "binary", "--yes", ...at);
    await project.refuse(1, /there is no value for binary/, "kv", "key", "get", "binary", ...at);
    await project.refuse(2, /has no KV namespace with the binding NONE/, "kv", "key", "list", "--binding", "NONE");
    await project.refuse(2, /it is not said which namespace is meant/, "kv", "key", "list");
    await project.refuse(2, /is at least 60 seconds/, "kv", "key", "put", "a", "b", "--ttl", "5", ...at);
    await project.refuse(2, /one of both/, "kv", "key", "put", "a", ...at);

    fs.writeFileSync(path.join(project.folder, "big.bin"), "");
    fs.truncateSync(path.join(project.folder, "big.bin"), 25 * 1024 * 1024 + 1);
    await project.refuse(1, /25\.0 MiB/, "kv", "key", "put", "big", "--path", "big.bin", ...at);
});

test("kv: many values at once", { timeout: 120_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "kv-bulk");
    const { id } = (await project.json("kv", "namespace", "create", "bulk")) as { id: string };
    const at = ["--namespace-id", id];
    const pairs = Array.from({ length: 1500 }, (_, i) => ({ key: `k${String(i).padStart(4, "0")}`, value: `v${i}` }));
    project.write("pairs.json", JSON.stringify([...pairs, { key: "bytes", value: BINARY.toString("base64"), base64: true }]));
    await project.succeed("kv", "bulk", "put", "pairs.json", ...at);
    assert.deepEqual((await project.succeed("kv", "key", "get", "bytes", ...at)).bytes, BINARY);
    const { stdout } = await project.succeed("--json", "kv", "key", "list", ...at);
    assert.equal((JSON.parse(stdout) as unknown[]).length, 1501, "all pages");
    assert.equal(((await project.json("kv", "key", "list", "--limit", "3", ...at)) as unknown[]).length, 3);
    project.write("keys.json", stdout);
    await project.refuse(2, /Delete 1501 values\?/, "kv", "bulk", "delete", "keys.json", ...at);
    await project.succeed("kv", "bulk", "delete", "keys.json", "--yes", ...at);
    assert.deepEqual(await project.json("kv", "key", "list", ...at), []);
    project.write("wrong.json", '[{"key":"a"}]');
    await project.refuse(2, /wrong\.json: entry 1: its "value" is missing/, "kv", "bulk", "put", "wrong.json", ...at);
});

test("d1: databases and SQL, seen by a Worker", { timeout: 120_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "d1-sql");
    await cloud.fault({ method: "POST", path: "/d1/database$", kind: "drop", handled: true });
    const { id } = (await project.json("d1", "create", "shop")) as { id: string };
    await project.refuse(1, /there is a D1 database shop already/, "d1", "create", "shop");
    assert.deepEqual(await ids(project, "d1", "list"), ["shop"]);
    project.write("schema.sql", "CREATE TABLE users (z INTEGER, name TEXT); INSERT INTO users VALUES (1, 'Ada; -- \"é\"'), (2, NULL);");
    await project.succeed("d1", "execute", "shop", "--file", "schema.sql");
    await cloud.deployScript("d1-sql", worker('const { results } = await env.DB.prepare("SELECT * FROM users").all(); return Response.json(results);'), [{ type: "d1", name: "DB", id }]);
    const rows = [{ z: 1, name: 'Ada; -- "é"' }, { z: 2, name: null }];
    assert.deepEqual(JSON.parse((await cloud.ask("d1-sql", "/")).text), rows);
    const shown = await project.succeed("d1", "execute", "shop", "--command", "SELECT * FROM users");
    assert.equal(shown.stdout, 'z  name\n1  Ada; -- "é"\n2  NULL\n', "the columns keep their order");
    const json = (await project.json("d1", "execute", id, "--command", "SELECT * FROM users")) as { results: unknown }[];
    assert.deepEqual(json[0]?.results, rows);
    await project.refuse(1, /the SQL is wrong\n.*no such table: nobody/s, "d1", "execute", "shop", "--command", "SELECT * FROM nobody");
    await project.refuse(1, /the account has no D1 database elsewhere/, "d1", "execute", "elsewhere", "--command", "SELECT 1");
    await cloud.fault({ method: "POST", path: "/raw$", kind: "drop", handled: true });
    await project.refuse(1, /whether the SQL has taken effect is not known/, "d1", "execute", "shop", "--command", "INSERT INTO users VALUES (3, 'once')");
    const count = (await project.json("d1", "execute", "shop", "--command", "SELECT count(*) AS n FROM users")) as { results: unknown }[];
    assert.deepEqual(count[0]?.results, [{ n: 3 }], "it was not sent twice");
    await project.refuse(2, /Delete the D1 database shop/, "d1", "delete", "shop");
    await project.succeed("d1", "delete", "shop", "--yes");
    assert.deepEqual(await ids(project, "d1", "list"), []);
});

test("d1: migrations are applied once each, up to the first error", { timeout: 120_000 }, async (context) => {
    const { id } = (await new WorkerProject(context, cloud, "d1-maker").json("d1", "create", "migrated")) as { id: string };
    const project = new WorkerProject(context, cloud, "d1-migrated", `\n[[tool.pymode.d1-databases]]\nbinding = "DB"\ndatabase-id = "${id}"\ndatabase-name = "migrated"\n`);
    await project.refuse(1, /there is no folder .*migrations/, "d1", "migrations", "apply", "DB", "--yes");
    project.write("migrations/2_more.sql", "INSERT INTO a VALUES (2) -- no semicolon");
    project.write("migrations/0001_first.sql", "CREATE TABLE a (x);\n-- a comment\n");
    project.write("migrations/10_bad.sql", "INSERT INTO a VALUES (10); INSERT INTO nowhere VALUES (1);");
    project.write("migrations/11_late.sql", "INSERT INTO a VALUES (11);");
    const names = ["0001_first.sql", "2_more.sql", "10_bad.sql", "11_late.sql"];
    assert.equal((await project.succeed("d1", "migrations", "list", "DB")).stdout, `${names.join("\n")}\n`);
    await project.refuse(2, /Apply 4 migrations to migrated\?/, "d1", "migrations", "apply", "DB");
    const failed = await project.refuse(1, /in 10_bad\.sql/, "d1", "migrations", "apply", "DB", "--yes");
    assert.match(failed.stderr, /applied before that: 0001_first\.sql, 2_more\.sql/);
    assert.match(failed.stderr, /no such table: nowhere/);
    assert.deepEqual(await project.json("d1", "migrations", "list", "DB"), { pending: ["10_bad.sql", "11_late.sql"], applied: ["0001_first.sql", "2_more.sql"] });

    project.write("migrations/10_bad.sql", "INSERT INTO a VALUES (10);");
    await cloud.fault({ method: "POST", path: "/raw$", kind: "drop", handled: true, nth: 2 });
    assert.deepEqual(await project.json("d1", "migrations", "apply", "DB", "--yes"), { applied: ["10_bad.sql", "11_late.sql"] });
    assert.deepEqual(await project.json("d1", "migrations", "apply", "DB", "--yes"), { applied: [] });
    const rows = (await project.json("d1", "execute", "DB", "--command", "SELECT x FROM a ORDER BY x")) as { results: { x: number }[] }[];
    assert.deepEqual(rows[0]?.results.map((row) => row.x).slice(-2), [10, 11]);
    await project.succeed("d1", "delete", "DB", "--yes");
});

test("r2: buckets and objects, seen by a Worker", { timeout: 120_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "r2-objects");
    await cloud.fault({ method: "POST", path: "/r2/buckets$", kind: "drop", handled: true });
    await project.succeed("r2", "bucket", "create", "images");
    await project.refuse(1, /there is an R2 bucket images already/, "r2", "bucket", "create", "images");
    assert.deepEqual(await ids(project, "r2", "bucket", "list"), ["images"]);
    await cloud.deployScript(
        "r2-objects",
        worker('if (request.method === "PUT") { await env.R2.put(path, request.body); return new Response("ok"); } const object = await env.R2.get(path); return new Response(object.body, { headers: { "x-type": object.httpMetadata.contentType } });'),
        [{ type: "r2_bucket", name: "R2", bucket_name: "images" }],
    );

    project.write("logo.bin", BINARY);
    const key = "2026/a b?c#é.bin";
    await project.succeed("r2", "object", "put", `images/${key}`, "--file", "logo.bin", "--content-type", "image/x-test");
    const seen = await cloud.ask("r2-objects", `/${encodeURIComponent(key)}`);
    assert.deepEqual([seen.body, seen.headers["x-type"]], [BINARY, "image/x-test"]);
    assert.deepEqual((await project.succeed("r2", "object", "get", `images/${key}`, "--pipe")).bytes, BINARY);
    await project.succeed("r2", "object", "get", `images/${key}`);
    assert.deepEqual(fs.readFileSync(path.join(project.folder, "a b?c#é.bin")), BINARY);

    await project.succeedWith(BINARY, "r2", "object", "put", "images/piped", "--pipe");
    assert.deepEqual((await cloud.ask("r2-objects", "/piped")).body, BINARY);
    await project.refuse(1, /images has no object none/, "r2", "object", "get", "images/none");
    assert.ok(!fs.existsSync(path.join(project.folder, "none")), "nothing is left of a failed download");
    await project.refuse(1, /the account has no R2 bucket nowhere/, "r2", "object", "get", "nowhere/x");
    await project.refuse(2, /cannot name the object/, "r2", "object", "get", "images/../x");
    await project.refuse(1, /the R2 bucket images is not empty/, "r2", "bucket", "delete", "images", "--yes");
    for (const name of [key, "piped"]) await project.succeed("r2", "object", "delete", `images/${name}`, "--yes");
    await project.succeed("r2", "bucket", "delete", "images", "--yes");
});

test("--local: what is stored here is what a Worker in dev sees", { timeout: 180_000 }, async (context) => {
    const bindings = [
        '[[tool.pymode.kv-namespaces]]\nbinding = "ITEMS"',
        '[[tool.pymode.d1-databases]]\nbinding = "DB"\ndatabase-name = "shop"',
        '[[tool.pymode.r2-buckets]]\nbinding = "FILES"\nbucket-name = "files"',
    ].join("\n\n");
    const project = new WorkerProject(context, cloud, "local-state", `\n${bindings}\n`, { PATH: TOOLS });
    project.write("main.py", 'def on_fetch(request, env):\n    env.ITEMS.put("by-worker", b"\\x00\\xff")\n    return env.ITEMS.get("greeting") or "nothing"\n');
    const kv = ["--binding", "ITEMS", "--local"];
    await project.succeed("kv", "key", "put", "greeting", "hello from here", ...kv);
    await project.succeedWith(BINARY, "kv", "key", "put", "a/b ?", "--path", "-", "--metadata", '{"n":1}', ...kv);
    assert.deepEqual((await project.succeed("kv", "key", "get", "a/b ?", ...kv)).bytes, BINARY);
    await project.refuse(1, /there is no value for none/, "kv", "key", "get", "none", ...kv);

    const dev = await DevServer.start(context, project.folder);
    assert.equal((await dev.ask("/")).text, "hello from here");
    await dev.kill();
    assert.deepEqual((await project.succeed("kv", "key", "get", "by-worker", ...kv)).bytes, Buffer.from([0, 0xff]));
    assert.deepEqual(await project.json("kv", "key", "list", "--prefix", "a", ...kv), [{ name: "a/b ?", metadata: { n: 1 } }]);
    project.write("pairs.json", JSON.stringify([{ key: "x", value: BINARY.toString("base64"), base64: true }]));
    await project.succeed("kv", "bulk", "put", "pairs.json", ...kv);
    assert.deepEqual((await project.succeed("kv", "key", "get", "x", ...kv)).bytes, BINARY);

    project.write("migrations/1_a.sql", "CREATE TABLE a (z, y); -- done\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT CASE WHEN 1 THEN 2 END; END");
    project.write("migrations/2_b.sql", "INSERT INTO a VALUES (1, ';'); INSERT INTO nowhere VALUES (1)");
    await project.refuse(1, /no such table: nowhere/, "d1", "migrations", "apply", "DB", "--local", "--yes");
    assert.deepEqual(await project.json("d1", "migrations", "list", "shop", "--local"), { pending: ["2_b.sql"], applied: ["1_a.sql"] });
    const empty = (await project.json("d1", "execute", "DB", "--local", "--command", "SELECT * FROM a")) as { results: unknown }[];
    assert.deepEqual(empty[0]?.results, [], "a migration that fails leaves nothing");
    await project.succeed("d1", "execute", "DB", "--local", "--command", "INSERT INTO a VALUES (1, ';')");
    assert.equal((await project.succeed("d1", "execute", "DB", "--local", "--command", "SELECT * FROM a")).stdout, "z  y\n1  ;\n");

    project.write("file.bin", BINARY);
    await project.succeed("r2", "object", "put", "files/a/b c", "--file", "file.bin", "--local");
    assert.deepEqual((await project.succeed("r2", "object", "get", "FILES/a/b c", "--pipe", "--local")).bytes, BINARY);
    await project.succeed("r2", "object", "delete", "files/a/b c", "--local", "--yes");
    await project.refuse(1, /has no object/, "r2", "object", "get", "files/a/b c", "--local");
    await project.refuse(2, /binds no R2 bucket other/, "r2", "object", "get", "other/x", "--local");
    assert.ok(!(await cloud.calls()).some((call) => call.includes("/local/")), "Cloudflare is not asked");
});

test("r2: a large object passes through little memory", { timeout: 180_000 }, async (context) => {
    const project = new WorkerProject(context, cloud, "r2-large");
    await project.succeed("r2", "bucket", "create", "large");
    const megabyte = randomBytes(1 << 20);
    project.write("large.bin", Buffer.concat(Array.from({ length: 64 }, () => megabyte)));
    const put = await peakMemory(project, "r2", "object", "put", "large/large.bin", "--file", "large.bin");
    const got = await peakMemory(project, "r2", "object", "get", "large/large.bin", "--file", "copy.bin");
    assert.ok(fs.readFileSync(path.join(project.folder, "copy.bin")).equals(fs.readFileSync(path.join(project.folder, "large.bin"))));
    context.diagnostic(`peak memory: put ${put} MiB, get ${got} MiB for an object of 64 MiB`);
    assert.ok(put < 48 && got < 48, `${put} and ${got} MiB`);
});

/** In MiB, with what the executable takes for itself. The local Cloudflare is in this process, so that nothing may block. */
async function peakMemory(project: WorkerProject, ...args: string[]): Promise<number> {
    const script = "import resource, subprocess, sys; r = subprocess.run(sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024); sys.exit(r.returncode)";
    const { stdout } = await promisify(execFile)("python3", ["-c", script, PYMODE, ...args], { cwd: project.folder, env: { ...cloud.environment(project.folder), PATH: process.env["PATH"] ?? "" } });
    return Number(stdout.trim().split("\n").at(-1));
}

// SPDX-License-Identifier: MIT
// A client that deviates is refused, and nothing of what it sent is kept.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { DEVIATION_CODE } from "../envelope.ts";
import { DEFAULTS } from "../standin.ts";
import { ACCOUNT, DATE, SCRIPTS, TestClient, UPLOAD_QUERY, metadataPart, modulePart, type FilePart } from "./client.ts";

const SOURCE = "export default { fetch() { return new Response('ok'); } };";
const MAIN = modulePart("index.js", SOURCE);
const KV = `${ACCOUNT}/storage/kv/namespaces`;
const NAMESPACE = DEFAULTS.namespaces[0] ?? "";
const OTHER_ACCOUNT = `/accounts/${"f".repeat(32)}`;

let client: TestClient;
before(async () => {
    client = await TestClient.start();
});
after(() => client.stop());

interface Refusal {
    status: number;
    code: number;
    says?: RegExp;
}

async function refuses(parts: readonly FilePart[], expected: Refusal): Promise<void> {
    const reply = await client.upload("PUT", `${SCRIPTS}/wrong${UPLOAD_QUERY}`, parts);
    assert.deepEqual([reply.status, reply.codes[0]], [expected.status, expected.code], reply.messages.join("; "));
    if (expected.says) assert.match(reply.messages[0] ?? "", expected.says);
    const after = await client.call("GET", `${ACCOUNT}/workers/services/wrong`);
    assert.deepEqual(after.codes, [10090], "the refused script must not exist");
}

const deviates = (says: RegExp): Refusal => ({ status: 400, code: DEVIATION_CODE, says });

const bound = (binding: object): FilePart[] => [metadataPart("index.js", { bindings: [binding] }), MAIN];

const FORMS: Record<string, [readonly FilePart[], Refusal]> = {
    "metadata last": [[MAIN, metadataPart("index.js")], deviates(/first part/)],
    "metadata as a file": [[{ ...metadataPart("index.js"), filename: "metadata.json" }, MAIN], deviates(/no filename/)],
    "metadata that is not JSON": [[{ name: "metadata", data: "{" }, MAIN], deviates(/not JSON/)],
    "an unknown key of the metadata": [[metadataPart("index.js", { colour: 1 }), MAIN], deviates(/metadata\.colour is not known/)],
    "bindings missing": [[{ name: "metadata", data: '{"main_module":"index.js"}' }, MAIN], deviates(/bindings is missing/)],
    "a filename that is not the name": [[metadataPart("index.js"), { ...MAIN, filename: "other.js" }], deviates(/has the filename/)],
    "no filename": [[metadataPart("index.js"), { name: "index.js", contentType: "application/wasm", data: "" }], deviates(/has the filename/)],
    "an unknown type of module": [[metadataPart("index.js"), MAIN, modulePart("a.py", "", "text/x-unknown")], deviates(/has the type/)],
    "two parts of one name": [[metadataPart("index.js"), MAIN, MAIN], deviates(/two parts/)],
    "a name that leaves the folder": [[metadataPart("index.js"), MAIN, modulePart("../x.js", "")], deviates(/not a name/)],
    "the main module as a script": [[metadataPart("index.js"), modulePart("index.js", SOURCE, "text/plain")], deviates(/main module/)],
    "an unknown kind of binding": [[metadataPart("index.js", { bindings: [{ type: "magic", name: "A" }] }), MAIN], deviates(/does not run/)],
    "a binding with an unknown key": [
        [metadataPart("index.js", { bindings: [{ type: "plain_text", name: "A", text: "x", more: 1 }] }), MAIN],
        deviates(/bindings\[0\]\.more is not known/),
    ],
    "a binding of the wrong type": [
        [metadataPart("index.js", { bindings: [{ type: "plain_text", name: "A", text: 1 }] }), MAIN],
        deviates(/must be a string/),
    ],
    "a main module that is missing": [[metadataPart("gone.js"), MAIN], { status: 400, code: 10021, says: /No such module "gone\.js"/ }],
    "a namespace that does not exist": [
        [metadataPart("index.js", { bindings: [{ type: "kv_namespace", name: "A", namespace_id: "e".repeat(32) }] }), MAIN],
        { status: 400, code: 10041 },
    ],
    "a database that does not exist": [bound({ type: "d1", name: "A", id: "11111111-2222-3333-4444-555555555555" }), { status: 400, code: 10181 }],
    "a bucket that does not exist": [bound({ type: "r2_bucket", name: "A", bucket_name: "none" }), { status: 400, code: 10085 }],
    "a queue that does not exist": [bound({ type: "queue", name: "A", queue_name: "none" }), { status: 400, code: 11000 }],
    "a Worker that does not exist": [bound({ type: "service", name: "A", service: "none" }), { status: 400, code: 10143 }],
    "a class without a migration": [bound({ type: "durable_object_namespace", name: "A", class_name: "A" }), { status: 400, code: 10061 }],
    "an inherited binding that was not there": [bound({ type: "inherit", name: "A" }), { status: 400, code: 10057 }],
    "a blob outside of the service-worker syntax": [bound({ type: "wasm_module", name: "A", part: "index.js" }), deviates(/service-worker/)],
    "main_module and body_part": [[metadataPart("index.js", { body_part: "index.js" }), MAIN], deviates(/and body_part/)],
    "a migration without steps": [[metadataPart("index.js", { migrations: { new_tag: "v1" } }), MAIN], deviates(/steps is missing/)],
    "a date in the future": [[metadataPart("index.js", { compatibility_date: "2999-01-01" }), MAIN], { status: 400, code: 10021, says: /future/ }],
    "a rule of assets that is none": [[metadataPart("index.js", { assets: { jwt: "x", config: { html_handling: "some" } } }), MAIN], deviates(/html_handling/)],
    "a script that throws while it loads": [
        [metadataPart("index.js"), modulePart("index.js", "nope();")],
        { status: 400, code: 10021, says: /^Uncaught ReferenceError: nope is not defined/ },
    ],
    "an import that does not resolve": [
        [metadataPart("index.js"), modulePart("index.js", 'import "./gone.js"; export default {};')],
        { status: 400, code: 10021, says: /No such module "gone\.js"/ },
    ],
    "wasm that does not compile": [
        [metadataPart("index.js"), modulePart("index.js", 'import "./a.wasm"; export default {};'), modulePart("a.wasm", "no", "application/wasm")],
        { status: 400, code: 10021 },
    ],
};

for (const [name, [parts, expected]] of Object.entries(FORMS)) test(`form: ${name}`, () => refuses(parts, expected));

test("call: an Expect header", async () => {
    const { port } = client.standin;
    const status = await new Promise<number>((resolve, reject) => {
        const headers = { authorization: "Bearer test-token", "user-agent": "test", "content-type": "application/json", "content-length": "2", expect: "100-continue" };
        const request = http.request({ host: "127.0.0.1", port, method: "POST", path: `/client/v4${KV}`, headers }, (response) => resolve(response.resume().statusCode ?? 0));
        request.on("continue", () => request.end("{}"));
        request.on("error", reject);
        request.flushHeaders();
    });
    assert.equal(status, 400);
});

test("form: a broken boundary", async () => {
    const headers = { "content-type": "multipart/form-data; boundary=abc" };
    const reply = await client.call("PUT", `${SCRIPTS}/wrong`, { body: Buffer.from("--abcd\r\n"), headers });
    assert.deepEqual(reply.codes, [DEVIATION_CODE]);
});

test("form: more than 64 MiB", async () => {
    const large = modulePart("large.bin", new Uint8Array(64 * 1024 * 1024), "application/octet-stream");
    await refuses([metadataPart("index.js"), MAIN, large], { status: 413, code: 10027 });
});

const CALLS: Record<string, [string, string, object, number, number]> = {
    "no token": ["GET", `${ACCOUNT}/workers/subdomain`, { token: "" }, 400, 9106],
    "a wrong token": ["GET", `${ACCOUNT}/workers/subdomain`, { token: "wrong" }, 401, 10000],
    "a wrong token, verified": ["GET", "/user/tokens/verify", { token: "wrong" }, 401, 1000],
    "a token with a space": ["GET", "/user", { token: "two words" }, 400, 6003],
    "an account that is no id": ["GET", "/accounts/my-account/workers/subdomain", {}, 404, 7003],
    "another account": ["GET", `${OTHER_ACCOUNT}/workers/subdomain`, {}, 403, 10000],
    "an unknown path": ["GET", `${ACCOUNT}/workers/nothing`, {}, 404, 7003],
    "an unknown query": ["GET", "/accounts?sort=name", {}, 400, DEVIATION_CODE],
    "a script that is missing": ["GET", `${SCRIPTS}/none/settings`, {}, 404, 10007],
    "a name with a capital": ["GET", `${SCRIPTS}/Upper/settings`, {}, 400, DEVIATION_CODE],
    "the subdomain call without its date": ["POST", `${SCRIPTS}/none/subdomain`, { json: { enabled: true } }, 400, DEVIATION_CODE],
    "the subdomain call with more": ["POST", `${SCRIPTS}/none/subdomain`, { json: { enabled: true, x: 1 }, headers: DATE }, 400, DEVIATION_CODE],
    "JSON as text": ["POST", `${ACCOUNT}/storage/kv/namespaces`, { json: { title: "a" }, headers: { "content-type": "text/plain" } }, 400, DEVIATION_CODE],
    "a body that is no form": ["PUT", `${SCRIPTS}/none`, { json: {} }, 400, DEVIATION_CODE],
    "a title with more": ["POST", KV, { json: { title: "a", b: 1 } }, 400, DEVIATION_CODE],
    "a key in a namespace that is missing": ["GET", `${KV}/${"e".repeat(32)}/values/a`, {}, 404, 10013],
    "pairs that are no list": ["PUT", `${KV}/${NAMESPACE}/bulk`, { json: {} }, 400, DEVIATION_CODE],
    "a pair without a value": ["PUT", `${KV}/${NAMESPACE}/bulk`, { json: [{ key: "a" }] }, 400, DEVIATION_CODE],
    "an expiry that is no number": ["PUT", `${KV}/${NAMESPACE}/values/a?expiration=soon`, { body: Buffer.from("a") }, 400, DEVIATION_CODE],
    "a limit of keys below ten": ["GET", `${KV}/${NAMESPACE}/keys?limit=5`, {}, 400, 10002],
    "a database's name with a space": ["POST", `${ACCOUNT}/d1/database`, { json: { name: "a b" } }, 400, DEVIATION_CODE],
    "a database that is missing": ["POST", `${ACCOUNT}/d1/database/none/query`, { json: { sql: "select 1" } }, 404, 7404],
    "a query without SQL": ["POST", `${ACCOUNT}/d1/database/none/query`, { json: { query: "select 1" } }, 400, DEVIATION_CODE],
    "a bucket's name with a capital": ["POST", `${ACCOUNT}/r2/buckets`, { json: { name: "Upper" } }, 400, DEVIATION_CODE],
    "a bucket that is missing": ["GET", `${ACCOUNT}/r2/buckets/none`, {}, 404, 10006],
    "a queue's name with a space": ["POST", `${ACCOUNT}/queues`, { json: { queue_name: "a b" } }, 400, DEVIATION_CODE],
    "a queue by another key": ["POST", `${ACCOUNT}/queues`, { json: { name: "a" } }, 400, DEVIATION_CODE],
    "a consumer of a queue that is missing": ["POST", `${ACCOUNT}/queues/none/consumers`, { json: { type: "worker", script_name: "a" } }, 404, 11000],
    "schedules that are no bare list": ["PUT", `${SCRIPTS}/none/schedules`, { json: { schedules: [] } }, 400, DEVIATION_CODE],
    "schedules of a script that is missing": ["PUT", `${SCRIPTS}/none/schedules`, { json: [] }, 404, 10007],
    "routes as strings": ["PUT", `${SCRIPTS}/none/routes`, { json: ["example.com/*"] }, 400, DEVIATION_CODE],
    "routes of a zone that is missing": ["GET", `/zones/${"e".repeat(32)}/workers/routes`, {}, 404, 7003],
    "domains without what may be overridden": ["PUT", `${SCRIPTS}/none/domains/records`, { json: { origins: [] } }, 400, DEVIATION_CODE],
    "a deployment without a strategy": ["POST", `${SCRIPTS}/none/deployments`, { json: { versions: [] } }, 400, DEVIATION_CODE],
    "a deployment forced with 1": ["POST", `${SCRIPTS}/none/deployments?force=1`, { json: { strategy: "percentage", versions: [] } }, 400, DEVIATION_CODE],
    "secrets in bulk as plain JSON": ["PATCH", `${SCRIPTS}/none/secrets-bulk`, { json: { secrets: {} } }, 400, DEVIATION_CODE],
    "a secret of another type": ["PUT", `${SCRIPTS}/none/secrets`, { json: { name: "A", text: "b", type: "plain_text" } }, 400, DEVIATION_CODE],
    "a secret deleted without url_encoded": ["DELETE", `${SCRIPTS}/none/secrets/A?url_encoded=false`, {}, 400, DEVIATION_CODE],
    "settings with a key that is no setting": ["PATCH", `${SCRIPTS}/none/script-settings`, { json: { name: "x" } }, 400, DEVIATION_CODE],
    "a tail with a filter that is none": ["POST", `${SCRIPTS}/none/tails`, { json: { filters: [{ status: "ok" }] } }, 400, DEVIATION_CODE],
    "a tail of a script that is missing": ["POST", `${SCRIPTS}/none/tails`, { json: { filters: [] } }, 404, 10007],
    "a manifest without the word": ["POST", `${SCRIPTS}/none/assets-upload-session`, { json: {} }, 400, DEVIATION_CODE],
    "a deletion forced with yes": ["DELETE", `${ACCOUNT}/workers/services/none?force=yes`, {}, 400, DEVIATION_CODE],
    "a name on workers.dev that is free": ["GET", `${ACCOUNT}/workers/subdomains/mine`, {}, 404, 10032],
    "a name on workers.dev that is taken": ["GET", `${ACCOUNT}/workers/subdomains/taken`, {}, 409, 10031],
};

for (const [name, [method, path, options, status, code]] of Object.entries(CALLS)) {
    test(`call: ${name}`, async () => {
        const reply = await client.call(method, path, options);
        assert.deepEqual([reply.status, reply.codes[0]], [status, code], reply.messages.join("; "));
    });
}

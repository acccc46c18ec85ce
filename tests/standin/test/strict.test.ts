// SPDX-License-Identifier: MIT
// A client that deviates is refused, and nothing of what it sent is kept.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DEVIATION_CODE } from "../envelope.ts";
import { ACCOUNT, DATE, SCRIPTS, TestClient, UPLOAD_QUERY, metadataPart, modulePart, type FilePart } from "./client.ts";

const SOURCE = "export default { fetch() { return new Response('ok'); } };";
const MAIN = modulePart("index.js", SOURCE);
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
};

for (const [name, [method, path, options, status, code]] of Object.entries(CALLS)) {
    test(`call: ${name}`, async () => {
        const reply = await client.call(method, path, options);
        assert.deepEqual([reply.status, reply.codes[0]], [status, code], reply.messages.join("; "));
    });
}

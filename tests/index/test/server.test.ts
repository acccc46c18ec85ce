// SPDX-License-Identifier: MIT
// The loopback index itself: what it serves is right, and what it does wrong on demand is wrong in the stated way.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import http2 from "node:http2";
import os from "node:os";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { promisify } from "node:util";
import { CHECKERS_PYTHON } from "../../packages/wheels.ts";
import { Catalog, sha256 } from "../catalog.ts";
import { LoopbackIndex, PUBLIC_INDEX, type Behaviour } from "../server.ts";
import { makeCertificate, type Certificate } from "../tls.ts";

const WHEEL = "a-1.0-py3-none-any.whl";
const JSON_TYPE = "application/vnd.pypi.simple.v1+json";

interface Page {
    name: string;
    versions: string[];
    files: { filename: string; url: string; hashes: { sha256: string }; size: number; yanked: string | boolean; "requires-python"?: string; "core-metadata"?: { sha256: string } }[];
}

const catalog = new Catalog()
    .addSpec({ name: "a", version: "1.0", requires: ["b>=1"], requiresPython: ">=3.8", extras: { x: ["c ; python_version < '4'"] }, files: { "a/data.bin": Buffer.alloc(50_000, 7) } }, { sdist: true })
    .addSpec({ name: "A_b.c", version: "2.0" }, { yanked: "broken" })
    .addSpec({ name: "b", version: "1.5" })
    .addEmpty("nothing");

let folder: string;
let certificate: Certificate;
let plain: LoopbackIndex;
let secure: LoopbackIndex;
before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-index-"));
    certificate = makeCertificate(folder);
    plain = await LoopbackIndex.start({ catalogs: catalog });
    secure = await LoopbackIndex.start({ catalogs: new Map([["", catalog], ["other", new Catalog().addSpec({ name: "z", version: "1" })]]), certificate });
});
after(async () => {
    await Promise.all([plain.stop(), secure.stop()]);
    fs.rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
    Object.assign(plain.behaviour, PUBLIC_INDEX);
    plain.faults.clear();
    plain.takeLog();
});

function get(pathname: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(plain.origin + pathname, { headers, redirect: "manual" });
}

async function bytes(response: Response): Promise<Buffer> {
    return Buffer.from(await response.arrayBuffer());
}

test("a project's page as JSON", async () => {
    const response = await get("/simple/a/", { accept: `${JSON_TYPE}, text/html;q=0.1` });
    assert.equal(response.headers.get("content-type"), JSON_TYPE);
    const page = (await response.json()) as Page;
    assert.deepEqual([page.name, page.versions], ["a", ["1.0"]]);
    const [wheel, sdist] = page.files;
    assert.deepEqual([wheel?.filename, sdist?.filename], [WHEEL, "a-1.0.tar.gz"]);
    assert.equal(wheel?.["requires-python"], ">=3.8");
    const file = await bytes(await get(`/files/${WHEEL}`));
    assert.deepEqual([file.length, sha256(file)], [wheel?.size, wheel?.hashes.sha256]);
    const metadata = await bytes(await get(`/files/${WHEEL}.metadata`));
    assert.equal(sha256(metadata), wheel?.["core-metadata"]?.sha256);
    assert.match(metadata.toString(), /^Requires-Dist: c ; \(python_version < '4'\) and extra == "x"$/m);
    assert.equal(sdist?.["core-metadata"], undefined);
});

test("a project's page as HTML, names and yanks", async () => {
    const response = await get("/simple/a-b-c/", { accept: "text/html" });
    const text = await response.text();
    assert.match(text, /href="\.\.\/\.\.\/files\/a_b_c-2\.0-py3-none-any\.whl#sha256=[0-9a-f]{64}"/);
    assert.match(text, /data-yanked="broken"/);
    assert.equal((await get("/simple/nothing/")).status, 200);
    assert.equal((await get("/simple/missing/")).status, 404);
    assert.equal((await get("/simple/a")).status, 301);
    plain.behaviour.pages = "html";
    assert.equal((await get("/simple/a/", { accept: JSON_TYPE })).status, 406);
});

test("ETag, 304, max-age and gzip", async () => {
    const first = await get("/simple/a/", { accept: JSON_TYPE });
    const etag = first.headers.get("etag") ?? "";
    assert.equal(first.headers.get("content-encoding"), "gzip");
    assert.equal(first.headers.get("cache-control"), "max-age=600, public");
    const again = await get("/simple/a/", { accept: JSON_TYPE, "if-none-match": etag });
    assert.deepEqual([again.status, (await bytes(again)).length], [304, 0]);
    Object.assign(plain.behaviour, { etag: false, gzip: false, maxAge: undefined });
    const bare = await get("/simple/a/", { accept: JSON_TYPE, "if-none-match": etag });
    assert.deepEqual(
        ["etag", "content-encoding", "cache-control"].map((name) => bare.headers.get(name)),
        [null, null, null],
    );
});

const RANGES: { ranges: Behaviour["ranges"]; header: string; status: number; label: string | null; from?: number; size?: number }[] = [
    { ranges: "honest", header: "bytes=10-19", status: 206, label: "bytes 10-19/SIZE", from: 10, size: 10 },
    { ranges: "honest", header: "bytes=-5", status: 206, label: "bytes LAST5-LAST/SIZE", from: -5, size: 5 },
    { ranges: "honest", header: "bytes=99999999-", status: 416, label: "bytes */SIZE" },
    { ranges: "ignored", header: "bytes=10-19", status: 200, label: null, from: 0 },
    { ranges: "refused", header: "bytes=10-19", status: 416, label: "bytes */SIZE" },
    { ranges: "shifted", header: "bytes=10-19", status: 206, label: "bytes 10-19/SIZE", from: 9, size: 10 },
    { ranges: "mislabelled", header: "bytes=10-19", status: 206, label: "bytes 0-9/SIZE", from: 10, size: 10 },
];
for (const { ranges, header, status, label, from, size } of RANGES) {
    test(`ranges ${ranges}: ${header}`, async () => {
        plain.behaviour.ranges = ranges;
        const whole = catalog.file(WHEEL)?.bytes ?? Buffer.alloc(0);
        const response = await get(`/files/${WHEEL}`, { range: header });
        const expected = label?.replace("SIZE", String(whole.length)).replace("LAST5", String(whole.length - 5)).replace("LAST", String(whole.length - 1));
        assert.deepEqual([response.status, response.headers.get("content-range")], [status, expected ?? null]);
        if (from === undefined) return;
        const start = from < 0 ? whole.length + from : from;
        assert.deepEqual(await bytes(response), whole.subarray(start, start + (size ?? whole.length)));
        assert.equal(plain.log.at(-1)?.range, header);
    });
}

test("credentials", async () => {
    plain.behaviour.auth = { user: "u", password: "p" };
    assert.equal((await get("/simple/a/")).status, 401);
    assert.equal((await get("/simple/a/", { authorization: `Basic ${btoa("u:p")}` })).status, 200);
    assert.deepEqual(plain.takeLog(), ["GET /simple/a/ 401", "GET /simple/a/ 200"]);
});

test("faults spoil as many requests as they say", async () => {
    plain.faults.add({ kind: "status", status: 429, headers: { "retry-after": "1" }, times: 2, path: /^\/simple\// });
    const answers = [];
    for (let i = 0; i < 3; i += 1) answers.push(await get("/simple/a/"));
    assert.deepEqual(answers.map((answer) => answer.status), [429, 429, 200]);
    assert.equal(answers[0]?.headers.get("retry-after"), "1");
    assert.equal(plain.faults.waiting, 0);
});

test("dropped and spoiled bodies", async () => {
    const whole = catalog.file(WHEEL)?.bytes ?? Buffer.alloc(0);
    plain.faults.add({ kind: "drop" });
    await assert.rejects(get(`/files/${WHEEL}`));
    plain.faults.add({ kind: "drop", after: 100 });
    const dropped = await get(`/files/${WHEEL}`);
    assert.equal(dropped.headers.get("content-length"), String(whole.length));
    await assert.rejects(dropped.arrayBuffer());
    plain.faults.add({ kind: "truncate", to: 100 });
    assert.deepEqual(await bytes(await get(`/files/${WHEEL}`)), whole.subarray(0, 100));
    plain.faults.add({ kind: "corrupt" });
    const corrupt = await bytes(await get(`/files/${WHEEL}`));
    assert.equal(corrupt.length, whole.length);
    assert.notEqual(sha256(corrupt), sha256(whole));
    plain.faults.add({ kind: "redirect", to: (name) => `http://127.0.0.1:1${name}` });
    assert.equal((await get(`/files/${WHEEL}`)).headers.get("location"), `http://127.0.0.1:1/files/${WHEEL}`);
    plain.faults.add({ kind: "drip", bytes: 10_000, every: 1 });
    assert.deepEqual(await bytes(await get(`/files/${WHEEL}`)), whole);
});

for (const packed of [false, true]) {
    test(`a gigantic page${packed ? ", packed," : ""} ends when the client has enough`, async () => {
        plain.faults.add({ kind: "gigantic", bytes: 1024 ** 4, packed });
        const response = await get("/simple/a/");
        assert.equal(response.headers.get("content-encoding"), packed ? "gzip" : null);
        let read = 0;
        for await (const chunk of response.body ?? []) {
            read += (chunk as Uint8Array).length;
            if (read > 8 * 1024 * 1024) break;
        }
        assert.ok(read > 8 * 1024 * 1024);
    });
}

test("HTTP/2, several catalogs, and a reset stream beside a good one", async () => {
    const session = http2.connect(secure.origin, { ca: certificate.authority });
    try {
        const ask = (pathname: string): Promise<string> =>
            new Promise((resolve, reject) => {
                const stream = session.request({ ":path": pathname, accept: JSON_TYPE });
                let text = "";
                stream.setEncoding("utf8");
                stream.on("data", (part: string) => (text += part));
                stream.on("end", () => resolve(text));
                stream.on("error", reject);
            });
        secure.faults.add({ kind: "reset", path: /simple\/b/ });
        const [a, b, z] = await Promise.allSettled([ask("/simple/a/"), ask("/simple/b/"), ask("/other/simple/z/")]);
        assert.deepEqual([a.status, b.status, z.status], ["fulfilled", "rejected", "fulfilled"]);
        assert.equal((JSON.parse(z.status === "fulfilled" ? z.value : "{}") as Page).name, "z");
        assert.deepEqual(secure.log.map((entry) => entry.http), ["2.0", "2.0", "2.0"]);
    } finally {
        session.destroy();
    }
});

test("pip installs from it: an independent client agrees", async () => {
    const target = path.join(folder, "target");
    const environment = { PATH: process.env["PATH"] ?? "", HOME: folder };
    const options = ["--disable-pip-version-check", "--isolated", "--no-cache-dir", "--index-url", plain.url()];
    await promisify(execFile)(CHECKERS_PYTHON, ["-m", "pip", "install", ...options, "--target", target, "--only-binary", ":all:", "a"], { env: environment });
    assert.deepEqual(fs.readdirSync(target).filter((name) => !name.endsWith(".dist-info") && name !== "bin").sort(), ["a", "b"]);
});

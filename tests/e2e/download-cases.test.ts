// SPDX-License-Identifier: MIT
// The cases of wheel_install_cases.json that are about what comes before an installation, each by its id: the index is
// the one on the loopback. tests/unit/packaging/install/vectors_test.cpp has all others, and counts.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { Catalog } from "../index/catalog.ts";
import type { Effect } from "../index/faults.ts";
import { HTML_TYPE, JSON_TYPE } from "../index/pages.ts";
import type { LoopbackIndex } from "../index/server.ts";
import { makeCertificate } from "../index/tls.ts";
import { PackageProject, startIndex } from "./support/packages.ts";
import { ROOT, temporaryFolder } from "./support/pymode.ts";

interface Case {
    id: string;
    expect: "accept" | "reject" | "skip-file";
    says?: string[];
}

const PAGE = /\/simple\/demo\/$/;
const WHEEL = /demo-1\.0-py3-none-any\.whl$/;
const METADATA = /\.whl\.metadata$/;
const ALWAYS = Infinity;
const ENDLESS = 1024 ** 4;

/** The ids that are run here: the C++ half counts with this list, and here it has to be what RUNS has. */
const LISTED = JSON.parse(fs.readFileSync(new URL("../unit/packaging/install/download_cases.json", import.meta.url), "utf8")) as string[];

function catalog(): Catalog {
    return new Catalog().addSpec({ name: "demo", version: "1.0", requires: ["dep"] }).addSpec({ name: "dep", version: "1.0" });
}

/** The page of `demo` is these bytes. */
function pageIs(type: string, body: string): Effect {
    return { kind: "status", status: 200, headers: { "content-type": type }, body };
}

function jsonPage(file: object): Effect {
    return pageIs(JSON_TYPE, JSON.stringify({ meta: { "api-version": "1.0" }, name: "demo", files: [file] }));
}

function demoWheel(): { filename: string; sha256: string; bytes: Buffer } {
    const file = catalog().project("demo")?.[0];
    if (!file) throw new Error("the catalog has no demo");
    return file;
}

interface Run {
    context: TestContext;
    index: LoopbackIndex;
    project: PackageProject;
    /** Of this case, from the vectors. */
    vector: Case;
}

/** `add demo` is refused, nothing is written, and the message holds the words of the vector. */
async function refused({ project, vector }: Run, ...more: string[]): Promise<string> {
    const before = project.snapshot();
    const said = await project.fail("add", "demo", ...more);
    assert.match(said, /^error: /m);
    for (const word of vector.says ?? []) assert.ok(said.includes(word), `"${word}" is not in: ${said}`);
    assert.deepEqual(project.snapshot(), before, "nothing was written");
    return said;
}

async function accepted({ project }: Run, ...more: string[]): Promise<void> {
    await project.succeed("add", "demo", ...more);
    assert.deepEqual(project.locked(), { demo: "1.0", dep: "1.0" });
}

/** All requests for such a path meet it. */
function spoil({ index }: Run, path: RegExp, effect: Effect): void {
    index.faults.add({ ...effect, path, times: ALWAYS });
}

const RUNS: Record<string, (run: Run) => Promise<void>> = {
    "bomb-json": async (run) => {
        const depth = 1_000_000;
        spoil(run, PAGE, pageIs(JSON_TYPE, `{"meta": {"api-version": "1.0"}, "files": ${"[".repeat(depth)}${"]".repeat(depth)}}`));
        await refused(run);
    },
    // The file beside the wheel is refused; the wheel, whose hash is right, is believed.
    "metadata-file-hash-mismatch": async (run) => {
        spoil(run, METADATA, { kind: "status", status: 200, body: "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: evil\n" });
        await accepted(run);
        assert.ok(run.index.log.some((entry) => WHEEL.test(entry.path)), "the wheel was asked");
        assert.ok(!run.index.log.some((entry) => entry.path.includes("evil")), "what the file says was not followed");
    },
    "weak-hash-only": async (run) => {
        spoil(run, PAGE, jsonPage({ filename: demoWheel().filename, url: `../../files/${demoWheel().filename}`, hashes: { md5: "d41d8cd98f00b204e9800998ecf8427e" } }));
        await refused(run, "--require-hashes");
    },
    "url-fragment-filename": async (run) => {
        const { filename, sha256: hash } = demoWheel();
        spoil(run, PAGE, pageIs(HTML_TYPE, `<!DOCTYPE html><a href="../../files/${filename}#sha256=${hash}">${filename}</a>`));
        await accepted(run);
        assert.ok(run.project.read("pylock.toml").includes(hash));
    },
    "filename-version-mismatch-project": async (run) => {
        const { filename, sha256: hash } = demoWheel();
        const other = `<a href="../../files/other-9.0-py3-none-any.whl">other-9.0-py3-none-any.whl</a>`;
        spoil(run, PAGE, pageIs(HTML_TYPE, `<!DOCTYPE html>${other}<a href="../../files/${filename}#sha256=${hash}">${filename}</a>`));
        await accepted(run);
        assert.ok(!run.index.log.some((entry) => entry.path.includes("other")), "the other project's file was not asked for");
    },
    "http-short-body": async (run) => {
        spoil(run, WHEEL, { kind: "drop", after: 200 });
        await refused(run);
        assert.ok(run.index.log.filter((entry) => WHEEL.test(entry.path)).length > 1, "it was tried again");
    },
    "http-redirect-downgrade": async (run) => {
        const certificate = makeCertificate(temporaryFolder(run.context));
        const secure = await startIndex(run.context, { catalogs: catalog(), certificate });
        secure.faults.add({ kind: "redirect", path: WHEEL, times: ALWAYS, to: (file) => run.index.origin + file });
        run.project = new PackageProject(run.context, { index: secure.url(), environment: { SSL_CERT_FILE: certificate.file } });
        assert.match(await refused(run), /redirect|https/i);
        assert.deepEqual(run.index.log, [], "nothing was asked for without TLS");
    },
    "http-redirect-file": async (run) => {
        const outside = path.join(run.project.folder, demoWheel().filename);
        fs.writeFileSync(outside, demoWheel().bytes); // the very bytes: only the scheme is wrong
        spoil(run, WHEEL, { kind: "redirect", to: `file://${outside}` });
        await refused(run);
    },
    "http-redirect-auth": async (run) => {
        const other = await startIndex(run.context, { catalogs: catalog(), host: "localhost" });
        run.index.behaviour.auth = { user: "someone", password: "s3cret-w0rd" };
        spoil(run, WHEEL, { kind: "redirect", to: (file) => other.origin + file });
        run.project = new PackageProject(run.context, { index: run.index.url().replace("//", "//someone:s3cret-w0rd@") });
        await accepted(run);
        assert.ok(other.log.length > 0, "the redirect was followed");
        assert.deepEqual(other.log.filter((entry) => entry.authorization !== undefined), []);
    },
    "download-over-limit": async (run) => {
        spoil(run, WHEEL, { kind: "gigantic", bytes: ENDLESS });
        await refused(run);
    },
};

const SHARED = process.env["PYMODE_SHARED"] ?? path.join(ROOT, "../shared");
const VECTORS = path.join(SHARED, "vectors/wheel_install_cases.json");
const missing = fs.existsSync(VECTORS) ? false : `there are no test vectors at ${VECTORS}`;
const vectors = missing === false ? (JSON.parse(fs.readFileSync(VECTORS, "utf8")) as { cases: Case[] }).cases : [];

test("every listed case is run here, and none else", () => {
    assert.deepEqual(Object.keys(RUNS).sort(), [...LISTED].sort());
});

for (const [id, run] of Object.entries(RUNS)) {
    test(`case ${id}`, { timeout: 120_000, skip: missing }, async (context) => {
        const vector = vectors.find((one) => one.id === id);
        assert.ok(vector, "the vectors have no such case");
        const index = await startIndex(context, { catalogs: catalog() });
        await run({ context, index, project: new PackageProject(context, { index: index.url() }), vector });
    });
}

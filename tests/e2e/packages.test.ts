// SPDX-License-Identifier: MIT
// Packages from the index into the Worker, through the real executable; the index is on the loopback and has the real wheels.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { LoopbackIndex } from "../index/server.ts";
import { makeCertificate } from "../index/tls.ts";
import { testCatalog } from "../packages/wheels.ts";
import { startUpstream } from "../runtime/upstream.mjs";
import { PackageProject } from "./support/packages.ts";
import { Workerd, compileConfig } from "./support/workerd.ts";
import { temporaryFolder } from "./support/pymode.ts";

interface Case {
    package: string;
    case: string;
    code: string[];
    result: unknown;
}

const CASES = JSON.parse(fs.readFileSync(new URL("../packages/cases.json", import.meta.url), "utf8")) as Case[];
const WORKER = fileURLToPath(new URL("../packages/worker/", import.meta.url));
/** The wheelhouse has these; nobody fetches them. */
const COMPILED = ["markupsafe", "pyyaml"];
/** Cases of more than one package, or of none. */
const NO_PACKAGES = new Set(["importlib.metadata", "importlib.resources", "beautifulsoup4 + jinja2"]);

let index: LoopbackIndex;
before(async () => {
    index = await LoopbackIndex.start({ catalogs: testCatalog(["wheels.txt", "emscripten.txt"]) });
});
after(() => index.stop());

test("every tested package is added, locked, built, and does something real in workerd", { timeout: 300_000 }, async (context) => {
    const project = new PackageProject(context, { index: index.url() });
    fs.cpSync(WORKER, project.root, { recursive: true });
    const names = [...new Set(CASES.map((one) => one.package))].filter((name) => !NO_PACKAGES.has(name));
    index.takeLog();
    await project.succeed("add", ...names);
    const locked = project.locked();
    for (const name of names) assert.ok(name in locked, `${name} is not in pylock.toml`);
    assert.deepEqual(index.takeLog().filter((line) => COMPILED.some((name) => line.includes(`/files/${name}`))), []);

    const bundle = path.join(project.folder, "bundle");
    await project.succeed("build", "--out", bundle);
    const upstream = await startUpstream();
    context.after(() => upstream.stop());
    const config = compileConfig({ folder: bundle, mainModule: "worker.js", environment: { UPSTREAM: upstream.url }, localNetwork: true });
    const workerd = await Workerd.start(config);
    try {
        for (const { package: name, case: what, code, result } of CASES) {
            await context.test(`${name}: ${what}`, async () => {
                const answer = await workerd.post("/", code.join("\n"));
                assert.equal(answer.status, 200, answer.text + workerd.output());
                assert.deepEqual(JSON.parse(answer.text), { result });
            });
        }
    } finally {
        await workerd.stop();
    }
});

test("add starlette httpx jinja2 beautifulsoup4 rich, in an empty project", async (context) => {
    const project = new PackageProject(context, { index: index.url() });
    project.write("pyproject.toml", '[project]\nname = "empty"\nversion = "0"\n');
    const added = await project.succeed("add", "starlette", "httpx", "jinja2", "beautifulsoup4", "rich");
    assert.match(added.stderr, /^ \+ starlette==\d/m);
    const text = project.read("pyproject.toml");
    for (const name of ["starlette", "httpx", "jinja2", "beautifulsoup4", "rich"]) assert.match(text, new RegExp(`"${name}>=[0-9.]+"`));
    const list = JSON.parse((await project.succeed("list", "--json")).stdout) as unknown;
    assert.ok(JSON.stringify(list).includes("markupsafe"));
    assert.match((await project.succeed("tree")).stdout, /markupsafe/);
    assert.match((await project.succeed("why", "markupsafe")).stdout, /jinja2/);

    await project.succeed("remove", "rich");
    const locked = project.locked();
    assert.ok(!("rich" in locked) && !("pygments" in locked) && "starlette" in locked);
});

test("a second install makes no request, and needs no network at all", async (context) => {
    const project = new PackageProject(context, { index: index.url() });
    await project.succeed("add", "starlette", "httpx");
    const archive = path.join(project.root, ".pymode/site-packages.zip");
    const first = fs.readFileSync(archive);
    index.takeLog();
    await project.succeed("install");
    assert.deepEqual(index.takeLog(), []);
    fs.rmSync(archive);
    await project.succeed("install");
    assert.deepEqual(index.takeLog(), [], "the cache has the wheels");
    assert.ok(fs.readFileSync(archive).equals(first), "the same bytes again");
    fs.rmSync(path.join(project.root, "pylock.toml"));
    await project.succeed("lock", "--offline");
    await project.succeed("install", "--offline");
    assert.deepEqual(index.takeLog(), []);
    const other = await project.fail("add", "--offline", "tenacity");
    assert.match(other, /tenacity/);
    assert.match(other, /offline/);
});

test("HTTP/2 and TLS are used, metadata is read without the wheels", async (context) => {
    const certificate = makeCertificate(temporaryFolder(context));
    const secure = await LoopbackIndex.start({ catalogs: testCatalog(), certificate });
    context.after(() => secure.stop());
    const project = new PackageProject(context, { index: secure.url(), dependencies: ["starlette", "rich"], environment: { SSL_CERT_FILE: certificate.file } });
    await project.succeed("lock");
    assert.ok(secure.log.length > 5);
    assert.deepEqual([...new Set(secure.log.map((entry) => entry.http))], ["2.0"]);
    assert.deepEqual(secure.log.filter((entry) => entry.path.endsWith(".whl")), []);
    assert.ok(secure.log.some((entry) => entry.path.endsWith(".whl.metadata")));
    const stranger = new PackageProject(context, { index: secure.url(), dependencies: ["rich"] });
    assert.match(await stranger.fail("lock"), /certificate/i);
});

test("pages are asked for again by their ETag", async (context) => {
    index.behaviour.maxAge = 0;
    context.after(() => (index.behaviour.maxAge = 600));
    const project = new PackageProject(context, { index: index.url(), dependencies: ["six"] });
    await project.succeed("lock");
    index.takeLog();
    fs.rmSync(path.join(project.root, "pylock.toml"));
    await project.succeed("lock");
    assert.deepEqual(index.takeLog(), ["GET /simple/six/ 304"]);
});

test("adding fastapi explains that pydantic-core is compiled, and what works instead", async (context) => {
    const project = new PackageProject(context, { index: index.url() });
    const before = project.snapshot();
    const said = await project.fail("add", "fastapi");
    assert.match(said, /fastapi/);
    assert.match(said, /pydantic-core/);
    assert.match(said, /compiled|native/);
    assert.doesNotMatch(said, /0\.0\.1 (is|was) (chosen|installed)/);
    assert.deepEqual(project.snapshot(), before);
});

test("pydantic-core's ancient empty wheel is no solution", async (context) => {
    const project = new PackageProject(context, { index: index.url() });
    const before = project.snapshot();
    assert.match(await project.fail("add", "pydantic-core"), /2\.50\.5/);
    assert.deepEqual(project.snapshot(), before);
});

for (const [name, requirement] of [["msgpack", "msgpack==1.2.4"], ["uharfbuzz", "uharfbuzz"], ["charset-normalizer", "charset-normalizer==3.5.2"]] as const) {
    test(`Emscripten's wheel of ${name}: not yet`, async (context) => {
        const project = new PackageProject(context, { index: index.url() });
        const said = await project.fail("add", requirement);
        assert.match(said, new RegExp(name));
        assert.match(said, /not supported yet/);
    });
}

test("numpy has no wheel for a Worker: which there are is said", async (context) => {
    const project = new PackageProject(context, { index: index.url() });
    const said = await project.fail("add", "numpy");
    assert.match(said, /numpy/);
    assert.match(said, /Linux|linux/);
});

const REAL_INDEX = process.env["PYMODE_TEST_REAL_INDEX"] === "1";
if (!REAL_INDEX) console.error("SKIPPED: the machine's own index is asked only with PYMODE_TEST_REAL_INDEX=1");

test("the machine's own index", { skip: !REAL_INDEX, timeout: 300_000 }, async (context) => {
    const given = Object.entries(process.env).filter(([name]) => /^(https?_proxy|no_proxy|ssl_cert_(file|dir)|pip_.*)$/i.test(name));
    const project = new PackageProject(context, { environment: Object.fromEntries(given) as Record<string, string> });
    delete project.environment["PYMODE_INDEX_URL"];
    project.write("pyproject.toml", '[project]\nname = "empty"\nversion = "0"\n');
    await project.succeed("add", "starlette", "httpx", "jinja2", "beautifulsoup4", "rich");
    assert.match(await project.fail("add", "fastapi"), /pydantic-core/);
    project.write(
        "src/main.py",
        "from bs4 import BeautifulSoup\nfrom jinja2 import Template\nimport httpx, rich, starlette.applications\n" +
            "def on_fetch(request):\n    return Template('{{ x }}!').render(x=BeautifulSoup('<b>hi</b>', 'html.parser').b.text)\n",
    );
    const bundle = path.join(project.folder, "bundle");
    await project.succeed("build", "--out", bundle);
    const workerd = await Workerd.start(compileConfig({ folder: bundle, mainModule: "worker.js" }));
    try {
        assert.deepEqual(await workerd.get("/"), { status: 200, text: "hi!" });
    } finally {
        await workerd.stop();
    }
});

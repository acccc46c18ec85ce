// SPDX-License-Identifier: MIT
// An index and a network that misbehave: the right result or a clear error, and nothing half-written either way.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Catalog } from "../index/catalog.ts";
import type { Fault } from "../index/faults.ts";
import { PLAIN_INDEX, PUBLIC_INDEX, type Behaviour } from "../index/server.ts";
import { PackageProject, smallWorld, startIndex } from "./support/packages.ts";

const PAGE = /\/simple\/a\/$/;
const METADATA = /a-1\.0.*\.whl\.metadata$/;
const WHEEL = /a-1\.0.*\.whl$/;
const ALWAYS = Infinity;
const NO_METADATA: Partial<Behaviour> = { metadata: "absent" };
const GIGANTIC = 1024 ** 4;

interface Case {
    name: string;
    behaviour?: Partial<Behaviour>;
    faults?: Fault[];
    /** What the error says; without it all goes well. */
    fails?: RegExp;
    /** At least so many milliseconds, since the index asked for it. */
    takes?: number;
}

const CASES: Case[] = [
    { name: "a public index" },
    { name: "a plain index: HTML, no metadata, no ETag", behaviour: PLAIN_INDEX },
    { name: "JSON alone", behaviour: { pages: "json" } },

    { name: "a page whose connection drops once", faults: [{ kind: "drop", path: PAGE }] },
    { name: "a page whose connection drops in the middle, once", faults: [{ kind: "drop", after: 50, path: PAGE }] },
    { name: "a page whose connection always drops", faults: [{ kind: "drop", path: PAGE, times: ALWAYS }], fails: /127\.0\.0\.1/ },
    { name: "a page that always ends early", faults: [{ kind: "truncate", to: 60, path: PAGE, times: ALWAYS }], behaviour: { gzip: false }, fails: /\ba\b/ },
    { name: "500 twice", faults: [{ kind: "status", status: 500, times: 2, path: PAGE }] },
    { name: "500 always", faults: [{ kind: "status", status: 500, times: ALWAYS, path: PAGE }], fails: /500/ },
    { name: "503 with Retry-After", faults: [{ kind: "status", status: 503, headers: { "retry-after": "1" }, path: PAGE }], takes: 1000 },
    { name: "429 with Retry-After", faults: [{ kind: "status", status: 429, headers: { "retry-after": "1" }, path: PAGE }], takes: 1000 },
    { name: "404", faults: [{ kind: "status", status: 404, times: ALWAYS, path: PAGE }], fails: /there is no package `a`/ },
    { name: "403", faults: [{ kind: "status", status: 403, times: ALWAYS, path: PAGE }], fails: /403/ },
    { name: "401", behaviour: { auth: { user: "u", password: "p" } }, fails: /401|credentials/ },
    { name: "a page that drips", faults: [{ kind: "drip", bytes: 200, every: 5, path: PAGE }] },
    { name: "a gigantic page", faults: [{ kind: "gigantic", bytes: GIGANTIC, times: ALWAYS, path: PAGE }], fails: /large|big|limit|more than/i },
    { name: "a gigantic page, packed", faults: [{ kind: "gigantic", bytes: GIGANTIC, packed: true, times: ALWAYS, path: PAGE }], fails: /large|big|limit|more than/i },
    { name: "a page that redirects for ever", faults: [{ kind: "redirect", to: (path) => path, times: ALWAYS, path: PAGE }], fails: /redirect/i },
    { name: "a page that redirects to a file of this machine", faults: [{ kind: "redirect", to: "file:///etc/hostname", times: ALWAYS, path: PAGE }], fails: /redirect|protocol|scheme/i },

    { name: "a metadata file that drops once", faults: [{ kind: "drop", after: 10, path: METADATA }] },
    { name: "a metadata file that is not there", faults: [{ kind: "status", status: 404, times: ALWAYS, path: METADATA }] },
    // Such a file is not believed: the wheel itself is asked.
    { name: "a metadata file with another hash than the page says", behaviour: { metadata: "wrong-hash" } },
    { name: "a metadata file of another package", behaviour: { metadata: "wrong-content" } },

    { name: "no metadata file, honest ranges", behaviour: NO_METADATA },
    { name: "no metadata file, ranges ignored", behaviour: { ...NO_METADATA, ranges: "ignored" } },
    { name: "no metadata file, ranges refused", behaviour: { ...NO_METADATA, ranges: "refused" } },
    { name: "no metadata file, other bytes than asked for", behaviour: { ...NO_METADATA, ranges: "shifted" } },
    { name: "no metadata file, ranges of another place", behaviour: { ...NO_METADATA, ranges: "mislabelled" } },
    { name: "no metadata file, a range that drops", behaviour: NO_METADATA, faults: [{ kind: "drop", after: 100, path: WHEEL, ranged: true }] },

    { name: "a wheel that drops in the middle, once", faults: [{ kind: "drop", after: 300, path: WHEEL, ranged: false }] },
    { name: "a wheel that always drops in the middle", faults: [{ kind: "drop", after: 300, path: WHEEL, times: ALWAYS }], fails: /\ba-1\.0|\ba\b.*1\.0/ },
    { name: "a wheel that always ends early", faults: [{ kind: "truncate", to: 300, path: WHEEL, times: ALWAYS }], fails: /size|hash|sha256|bytes/i },
    { name: "a wheel with a wrong byte, once", faults: [{ kind: "corrupt", path: WHEEL }], fails: /wrong hash[^]*expected: sha256[^]*computed: sha256/ },
    { name: "a wheel with a wrong byte", faults: [{ kind: "corrupt", path: WHEEL, times: ALWAYS }], fails: /sha256/ },
    { name: "a wheel that 500s twice", faults: [{ kind: "status", status: 500, path: WHEEL, times: 2 }] },
    { name: "a wheel that is gone", faults: [{ kind: "status", status: 404, path: WHEEL, times: ALWAYS }], fails: /404/ },
    { name: "a wheel that drips", faults: [{ kind: "drip", bytes: 2000, every: 5, path: WHEEL }] },
    { name: "a wheel that comes late", faults: [{ kind: "late", by: 300, path: WHEEL }] },
    { name: "a wheel larger than the page says", faults: [{ kind: "gigantic", bytes: GIGANTIC, path: WHEEL, times: ALWAYS }], fails: /size|large|big|limit|bytes/i },
];

for (const { name, behaviour = {}, faults = [], fails, takes = 0 } of CASES) {
    test(`${name}: ${fails ? "an error" : "works"}`, { timeout: 120_000 }, async (context) => {
        const index = await startIndex(context, { catalogs: smallWorld(new Catalog()), behaviour });
        for (const fault of faults) index.faults.add(fault);
        const project = new PackageProject(context, { index: index.url() });
        const before = project.snapshot();
        const start = performance.now();
        if (fails) {
            const said = await project.fail("add", "a");
            assert.match(said, fails);
            assert.match(said, /^error: /m);
            assert.deepEqual(project.snapshot(), before, "nothing was written");
            // What is left in the cache does no harm.
            index.faults.clear();
            Object.assign(index.behaviour, PUBLIC_INDEX);
        }
        await project.succeed("add", "a");
        assert.ok(performance.now() - start >= takes, `it did not wait: ${performance.now() - start} ms`);
        assert.equal(index.faults.waiting, 0, "every fault was met");
        assert.deepEqual(project.locked(), { a: "1.0", b: "1.5" });
        assert.ok(project.exists(".pymode/site-packages.zip"));
    });
}

test("credentials reach the index, never another host, and are never shown or written", async (context) => {
    const other = await startIndex(context, { catalogs: smallWorld(new Catalog()), host: "localhost" });
    const auth = { user: "someone", password: "s3cret-w0rd" };
    const index = await startIndex(context, { catalogs: smallWorld(new Catalog()), behaviour: { auth } });
    index.faults.add({ kind: "redirect", path: WHEEL, times: ALWAYS, to: (path) => other.origin + path });
    const project = new PackageProject(context, { index: index.url().replace("//", `//${auth.user}:${auth.password}@`) });
    const outcome = await project.succeed("add", "-v", "a");
    assert.ok(index.log.some((entry) => entry.authorization !== undefined && entry.status === 200));
    assert.ok(other.log.some((entry) => entry.path.endsWith(".whl")), "the redirect was followed");
    assert.deepEqual(other.log.filter((entry) => entry.authorization !== undefined), []);
    index.behaviour.auth = { user: "someone", password: "changed" };
    const said = (await project.run("lock", "--upgrade", "--refresh", "-v")).stderr;
    const written = Object.values(project.snapshot()).map((text) => Buffer.from(text, "base64").toString("latin1"));
    for (const text of [outcome.stdout, outcome.stderr, said, ...written]) assert.ok(!text.includes(auth.password), text);
});

test("a killed command leaves the old state, and the next one finishes", { timeout: 120_000 }, async (context) => {
    const index = await startIndex(context, { catalogs: smallWorld(new Catalog()) });
    const project = new PackageProject(context, { index: index.url() });
    await project.succeed("add", "b");
    const before = project.snapshot();
    // It waits for the wheel, and is killed there.
    index.faults.add({ kind: "drip", bytes: 1, every: 50, path: WHEEL });
    await project.killWhen(() => index.log.some((entry) => WHEEL.test(entry.path)), "add", "a");
    assert.deepEqual(project.snapshot(), before);
    await project.succeed("add", "a");
    assert.deepEqual(project.locked(), { a: "1.0", b: "1.5" });
});

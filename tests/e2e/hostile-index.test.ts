// SPDX-License-Identifier: MIT
// An index that shows the resolver another METADATA than the wheel has, with the right hash of it: what is installed would
// not be what was resolved.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Catalog } from "../index/catalog.ts";
import { PackageProject, startIndex } from "./support/packages.ts";

/** `a` needs `b`, and the index hides it; or shows a range of Pythons that the wheel does not say. */
function lyingCatalog(shown: string): Catalog {
    const catalog = new Catalog().addSpec({ name: "a", version: "1.0", requires: ["b"] }).addSpec({ name: "b", version: "1.0" });
    const [file] = catalog.project("a") ?? [];
    if (!file) throw new Error("the catalog has no a");
    file.metadata = Buffer.from(`Metadata-Version: 2.3\nName: a\nVersion: 1.0\n${shown}`);
    return catalog;
}

const LIES = [
    { name: "a requirement is hidden", shown: "", says: /the wheel also requires `b`/ },
    { name: "a requirement is added", shown: "Requires-Dist: b\nRequires-Dist: b[x]\n", says: /the wheel does not require `b\[x\]`/ },
    { name: "other versions are asked for", shown: "Requires-Dist: b>=1\n", says: /the wheel also requires `b`/ },
    { name: "another Python is asked for", shown: "Requires-Dist: b\nRequires-Python: >=3.8\n", says: /Requires-Python/ },
];

for (const { name, shown, says } of LIES) {
    test(`a hostile index: ${name}`, async (context) => {
        const index = await startIndex(context, { catalogs: lyingCatalog(shown) });
        const project = new PackageProject(context, { index: index.url() });
        const before = project.snapshot();
        const said = await project.fail("add", "a");
        assert.match(said, /a-1\.0-py3-none-any\.whl.*its metadata is not the metadata that a was resolved with/);
        assert.match(said, says);
        assert.match(said, /hint: .*--no-verify-metadata/);
        assert.deepEqual(project.snapshot(), before, "nothing was written");

        // Not from the cache either, once somebody has let it in; and it is said again each time.
        const let_in = await project.succeed("add", "a", "--no-verify-metadata");
        assert.match(let_in.stderr, says);
        const other = new PackageProject(context, { index: index.url(), cache: `${project.folder}/cache` });
        assert.match(await other.fail("add", "a"), says);
    });
}

test("a hostile index: the lock was written before any wheel came", async (context) => {
    const index = await startIndex(context, { catalogs: lyingCatalog("") });
    const project = new PackageProject(context, { index: index.url(), dependencies: ["a"] });
    await project.succeed("lock");
    for (const args of [["install"], ["install", "--frozen"]]) {
        const said = await project.fail(...args);
        assert.match(said, /a was resolved with: the wheel also requires `b`/);
        assert.ok(!project.exists(".pymode/site-packages.zip"));
    }
    assert.match((await project.succeed("install", "--no-verify-metadata")).stderr, /warning: a: its metadata/);
});

test("an honest index: a fresh lock is installed from, overrides and extras and all", async (context) => {
    const catalog = new Catalog()
        .addSpec({ name: "a", version: "1.0", requires: ["b<1", 'w ; sys_platform == "win32"'], extras: { x: ["c"] }, requiresPython: ">=3.8,<4" })
        .addSpec({ name: "b", version: "2.0" })
        .addSpec({ name: "c", version: "1.0" });
    const index = await startIndex(context, { catalogs: catalog });
    const project = new PackageProject(context, { index: index.url(), dependencies: ["a[x]"], more: '[tool.pymode]\noverrides = ["b>=2"]\n' });
    await project.succeed("lock");
    await project.succeed("install");
    assert.deepEqual(project.locked(), { a: "1.0", b: "2.0", c: "1.0" });
});

// SPDX-License-Identifier: MIT
// The user's own pymode.toml: it comes after options, variables, the project and the lock.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { Catalog } from "../index/catalog.ts";
import { PackageProject, startIndex, type ProjectOptions } from "./support/packages.ts";

const PLACES = {
    XDG_CONFIG_HOME: (folder: string): string => path.join(folder, "xdg"),
    HOME: (folder: string): string => path.join(folder, ".config"),
};

function configure(project: PackageProject, text: string, place: keyof typeof PLACES = "HOME"): void {
    const folder = path.join(PLACES[place](project.folder), "pymode");
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "pymode.toml"), text);
    if (place === "XDG_CONFIG_HOME") project.environment["XDG_CONFIG_HOME"] = PLACES[place](project.folder);
}

async function world(context: TestContext, options: ProjectOptions = {}): Promise<{ project: PackageProject; url: string }> {
    const catalog = new Catalog().addSpec({ name: "a", version: "1.0" }).addSpec({ name: "a", version: "2.0" });
    const index = await startIndex(context, { catalogs: catalog });
    return { project: new PackageProject(context, options), url: index.url() };
}

for (const place of ["HOME", "XDG_CONFIG_HOME"] as const) {
    test(`an index and a way to choose, by ${place}`, async (context) => {
        const { project, url } = await world(context);
        configure(project, `resolution = "lowest"\n[[index]]\nurl = "${url}"\n`, place);
        await project.succeed("add", "a");
        assert.deepEqual(project.locked(), { a: "1.0" });
        assert.match(await project.fail("add", "a", "--no-config", "--refresh", "-U"), /127\.0\.0\.1:9/);
    });
}

test("options, the project and the lock come first", async (context) => {
    const { project, url } = await world(context, { more: '[tool.pymode]\nresolution = "highest"\n' });
    configure(project, `resolution = "lowest"\n[[index]]\nurl = "${url}"\n`);
    await project.succeed("add", "a");
    assert.deepEqual(project.locked(), { a: "2.0" }, "the project's word counts");

    const other = new PackageProject(context, { dependencies: ["a"], index: url });
    await other.succeed("lock");
    configure(other, 'resolution = "lowest"\n');
    await other.succeed("lock", "--check"); // the lock is no other one for this user
    assert.deepEqual(other.locked(), { a: "2.0" });
    await other.succeed("lock", "--resolution", "lowest");
    assert.deepEqual(other.locked(), { a: "1.0" });
});

test("unknown keys warn, wrong values point at their place", async (context) => {
    const { project, url } = await world(context);
    configure(project, `find-link = []\noverrides = ["a"]\n[[index]]\nurl = "${url}"\n`);
    const { stderr } = await project.succeed("add", "a");
    assert.match(stderr, /pymode\.toml:1: unknown key `find-link`; did you mean `find-links`\?/);
    assert.match(stderr, /pymode\.toml:2: `overrides` belongs to \[tool\.pymode\] of a project/);
    configure(project, 'resolution = "best"\n');
    assert.match(await project.fail("lock"), /pymode\.toml:1:14/);
    await project.succeed("lock", "--no-config", "--index", url);
    assert.match(await project.fail("build"), /pymode\.toml:1:14/, "what installs by the way reads it too");
    await project.succeed("build", "--no-config", "--frozen");
});

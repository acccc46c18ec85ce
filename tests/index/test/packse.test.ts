// SPDX-License-Identifier: MIT
// The scenarios become catalogs as their format says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readScenarios, SHARED } from "../packse.ts";

const scenarios = readScenarios();
if (!scenarios) console.error(`SKIPPED: no packse scenarios in ${SHARED} (PYMODE_SHARED)`);

test("every scenario is there, with what it offers", { skip: !scenarios }, () => {
    assert.ok(scenarios);
    assert.equal(scenarios.length, 161);
    const one = scenarios.find(({ name }) => name === "package-multiple-prereleases-kinds");
    assert.deepEqual(one?.expected, { satisfiable: true, packages: { a: "1.0.0rc1" } });
    assert.deepEqual(
        one?.catalog.project("a")?.map((file) => file.filename),
        ["1.0.0a1", "1.0.0b1", "1.0.0rc1"].flatMap((version) => [`a-${version}-py3-none-any.whl`, `a-${version}.tar.gz`]),
    );
});

test("tags, yanks and required Pythons arrive in the files", { skip: !scenarios }, () => {
    assert.ok(scenarios);
    const files = scenarios.flatMap(({ catalog }) => catalog.names().flatMap((name) => catalog.project(name) ?? []));
    assert.ok(files.some((file) => file.yanked !== undefined));
    assert.ok(files.some((file) => file.filename.endsWith("-cp313-cp313-emscripten_3_1_58_wasm32.whl") || /-(macosx|manylinux|win)/.test(file.filename)));
    assert.ok(files.every((file) => file.requiresPython !== undefined));
});

// SPDX-License-Identifier: MIT
// `pymode recipe`: the wheelhouse inside the executable, and a user's own C extension from its sources to workerd.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ROOT, TOOLS, emptyEnvironment, run, succeed, temporaryFolder } from "./support/pymode.ts";

const EXTENSION = fileURLToPath(new URL("projects/c-extension", import.meta.url));
const WHEEL = "tally-1.0-cp313-cp313-pymode_1_wasm32.whl";

interface Built {
    wheel: string;
    sha256: string;
    modules: { name: string; bytes: number }[];
}

function buildCache(): string {
    const { PYMODE_BUILD_CACHE, XDG_CACHE_HOME } = process.env;
    return PYMODE_BUILD_CACHE || path.join(XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "pymode-build");
}

/** A program that the build uses, as a user would have it from PyPI. */
function program(name: string): string {
    const store = path.join(buildCache(), "store");
    const found = fs.readdirSync(store).map((entry) => path.join(store, entry, name)).find((file) => fs.existsSync(file));
    assert.ok(found, `the build cache has no ${name}`);
    return found;
}

const zig = (): string => program("ziglang/zig");

test("the wheelhouse is listed", async (context) => {
    const home = temporaryFolder(context);
    const { stdout } = await succeed(["recipe", "list", "--json"], { environment: emptyEnvironment(home) });
    const names = (JSON.parse(stdout) as { name: string; filename: string }[]).map((entry) => entry.name);
    for (const name of ["frozenlist", "markupsafe", "multidict", "propcache", "pyyaml", "regex", "yarl", "zstandard"]) {
        assert.ok(names.includes(name), name);
    }
    const licenses = await succeed(["doctor", "--licenses"], { environment: emptyEnvironment(home) });
    assert.match(licenses.stdout, /zstandard [\d.]+ \(BSD-3-Clause\), in the wheelhouse/);
    assert.match(licenses.stdout, /libyaml 0\.2\.5 \(MIT\)/);
});

test("without zig it says how to get it", async (context) => {
    const home = temporaryFolder(context);
    const { code, stderr } = await run(["recipe", "build", EXTENSION, "--out", home], { cwd: home, environment: emptyEnvironment(home) });
    assert.equal(code, 1);
    assert.match(stderr, /needs the compiler zig[^]*hint: .*pip install ziglang==0\.17\.1/);
    assert.deepEqual(fs.readdirSync(home), []);
});

test("a user's C extension is built, twice the same, and works in workerd", async (context) => {
    const home = temporaryFolder(context);
    const environment = { ...emptyEnvironment(home), PYMODE_ZIG: zig(), PATH: TOOLS };
    const options = { cwd: home, environment };
    const wheels: Built[] = [];
    for (const folder of ["one", "two"]) {
        const { stdout } = await succeed(["recipe", "build", EXTENSION, "--out", path.join(home, folder), "--json"], options);
        wheels.push(JSON.parse(stdout) as Built);
    }
    assert.equal(path.basename(wheels[0]?.wheel ?? ""), WHEEL);
    assert.equal(wheels[0]?.sha256, wheels[1]?.sha256);
    assert.deepEqual(wheels[0]?.modules.map((module) => module.name), ["tally._tally"]);
    const { stdout } = await succeed(["recipe", "test", EXTENSION, "--json"], options);
    assert.deepEqual((JSON.parse(stdout) as { modules: string[] }).modules, ["tally._tally"]);
});

test("a recipe of the wheelhouse is built again, with the library that the executable has for it", async (context) => {
    const home = temporaryFolder(context);
    const options = { cwd: home, environment: { ...emptyEnvironment(home), PYMODE_ZIG: zig(), PYMODE_CYTHON: program("cython"), PATH: process.env["PATH"] ?? "" } };
    const listed = await succeed(["recipe", "list", "--json"], options);
    const pyyaml = (JSON.parse(listed.stdout) as { name: string; sha256: string }[]).find((entry) => entry.name === "pyyaml");
    const recipe = fs.readFileSync(path.join(ROOT, "recipes/pyyaml.toml"), "utf8");
    const sdist = path.join(buildCache(), "downloads", /^sha256 = "(\w+)"/m.exec(recipe)?.[1] ?? "");
    const { stdout } = await succeed(["recipe", "build", "pyyaml", "--source", sdist, "--json"], options);
    assert.equal((JSON.parse(stdout) as Built).sha256, pyyaml?.sha256);
});

test("setuptools' table alone is enough to build", async (context) => {
    const home = temporaryFolder(context);
    const project = path.join(home, "tally");
    fs.cpSync(EXTENSION, project, { recursive: true });
    fs.rmSync(path.join(project, "recipe.toml"));
    const environment = { ...emptyEnvironment(home), PYMODE_ZIG: zig() };
    await succeed(["recipe", "build", "./tally", "--out", "wheels"], { cwd: home, environment });
    assert.deepEqual(fs.readdirSync(path.join(home, "wheels")), [WHEEL]);
});

test("what the runtime does not have is named, and so is what does not compile", async (context) => {
    const home = temporaryFolder(context);
    const project = path.join(home, "tally");
    fs.cpSync(EXTENSION, project, { recursive: true });
    const options = { cwd: home, environment: { ...emptyEnvironment(home), PYMODE_ZIG: zig() } };
    const source = path.join(project, "src/tally/_tally.c");
    const text = fs.readFileSync(source, "utf8");
    fs.writeFileSync(source, text.replace("self->value = 0;", "self->value = fork();").replace("#include", "int fork(void);\n#include"));
    const unknown = await run(["recipe", "build", "./tally", "--out", "wheels"], options);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /tally\._tally calls what the runtime does not have: fork/);
    fs.writeFileSync(source, `${text}\nnonsense`);
    const wrong = await run(["recipe", "build", "./tally", "--out", "wheels"], options);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /src\/tally\/_tally\.c:\d+:\d+: error:/);
    assert.ok(!fs.existsSync(path.join(home, "wheels")));
});

test("a wheel of the wheelhouse passes its recipe's test", async (context) => {
    const home = temporaryFolder(context);
    const environment = { ...emptyEnvironment(home), PATH: TOOLS };
    const { stdout } = await succeed(["recipe", "test", "markupsafe", "--json"], { cwd: home, environment });
    const answer = JSON.parse(stdout) as { version: string; compare: { native: number; other: number }[] };
    assert.equal(answer.compare.length, 1);
});

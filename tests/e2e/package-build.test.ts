// SPDX-License-Identifier: MIT
// Packages on their way into a bundle: compiled by the first build, kept for all projects, whole whatever happens.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Catalog } from "../index/catalog.ts";
import { PackageProject, smallWorld, startIndex } from "./support/packages.ts";
import { start } from "./support/pymode.ts";

const KILLS = 12;

/** Six packages whose modules take some tenths of a second to compile. */
function largeWorld(): Catalog {
    const catalog = new Catalog();
    const text = Array.from({ length: 12_000 }, (_, i) => `VALUE_${i} = ${(i * 7919) % 10007}\n`).join("");
    for (const name of ["p1", "p2", "p3", "p4", "p5", "p6"]) catalog.addSpec({ name, version: "1.0", files: { [`${name}/data.py`]: text } });
    return catalog;
}

/** Every file below, with its content. */
function tree(folder: string): Record<string, string> {
    const files: Record<string, string> = {};
    if (!fs.existsSync(folder)) return files;
    for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const file = path.join(entry.parentPath, entry.name);
        if (entry.isFile()) files[path.relative(folder, file)] = fs.readFileSync(file).toString("base64");
    }
    return files;
}

function mainModule(answer: string): string {
    return `def on_fetch(request):\n    return '${answer}'\n`;
}

function bucket(project: PackageProject): string {
    return path.join(project.environment["PYMODE_CACHE_DIR"] ?? "", "bytecode-v1");
}

/** The compilers that a build started; one is for the project's own modules. */
async function compilers(project: PackageProject): Promise<number> {
    const { stderr } = await project.succeed("build", "-vv");
    return stderr.split("\n").filter((line) => /process: \d+ is .* python -I -S -B/.test(line)).length;
}

/** Kills the command so many milliseconds after its start; how many were early enough does not matter. */
async function killAfter(project: PackageProject, time: number, ...args: string[]): Promise<boolean> {
    const child = start(args, { cwd: project.root, environment: project.environment });
    for (const stream of [child.stdout, child.stderr]) stream?.resume();
    const ended = once(child, "exit") as Promise<[number | null]>;
    const stop = new AbortController();
    await Promise.race([ended, sleep(time, undefined, { signal: stop.signal }).catch(() => undefined)]);
    stop.abort();
    child.kill("SIGKILL");
    return (await ended)[0] === null;
}

async function duration(work: () => Promise<unknown>): Promise<number> {
    const begin = performance.now();
    await work();
    return performance.now() - begin;
}

async function installed(context: TestContext, catalog: Catalog, names: string[], cache?: string): Promise<PackageProject> {
    const index = await startIndex(context, { catalogs: catalog });
    const project = new PackageProject(context, { index: index.url(), dependencies: names, ...(cache === undefined ? {} : { cache }) });
    await project.succeed("install");
    return project;
}

test("an installation compiles nothing, the first build all of it, the next one nothing", async (context) => {
    const project = await installed(context, smallWorld(new Catalog()), ["a"]);
    assert.deepEqual(fs.readdirSync(path.join(project.root, ".pymode")).sort(), [".lock", "site-packages.zip"]);
    assert.ok(!fs.readFileSync(path.join(project.root, ".pymode/site-packages.zip")).includes(".pyc"));
    assert.ok(!fs.existsSync(bucket(project)));

    assert.ok((await compilers(project)) > 1);
    const first = tree(path.join(project.root, ".pymode/build"));
    assert.ok(Buffer.from(first["site-packages.zip"] ?? "", "base64").includes("a/__pycache__/data.cpython-313.pyc"));
    const kept = tree(bucket(project));
    assert.equal(Object.keys(kept).length, 2, "a and b");
    assert.equal(await compilers(project), 1);
    assert.deepEqual(tree(path.join(project.root, ".pymode/build")), first);

    const other = await installed(context, smallWorld(new Catalog()), ["b"], project.environment["PYMODE_CACHE_DIR"]);
    assert.equal(await compilers(other), 1, "b is known from the other project");

    for (const name of Object.keys(kept)) fs.truncateSync(path.join(bucket(project), name), 100);
    assert.ok((await compilers(project)) > 1, "what is damaged is made anew");
    assert.deepEqual(tree(bucket(project)), kept);
    assert.deepEqual(tree(path.join(project.root, ".pymode/build")), first);
    await project.succeed("cache", "clean");
    assert.ok(!fs.existsSync(bucket(project)));
    await project.succeed("build", "--no-install");
    assert.deepEqual(tree(path.join(project.root, ".pymode/build")), first);
});

test("builds of several projects at once share one cache", async (context) => {
    const one = await installed(context, largeWorld(), ["p1", "p2", "p3"]);
    const two = await installed(context, largeWorld(), ["p2", "p3", "p4"], one.environment["PYMODE_CACHE_DIR"]);
    await Promise.all([one.succeed("build"), two.succeed("build"), one.succeed("build", "--out", path.join(one.folder, "again"))]);
    assert.equal(Object.keys(tree(bucket(one))).length, 4);
    assert.deepEqual(tree(path.join(one.folder, "again")), tree(path.join(one.root, ".pymode/build")));
});

test("kill -9 of an installation at any moment leaves the old or the new packages", { timeout: 120_000 }, async (context) => {
    const names = ["p1", "p2", "p3", "p4", "p5", "p6"];
    const project = await installed(context, largeWorld(), names);
    const archive = path.join(project.root, ".pymode/site-packages.zip");
    const whole = fs.readFileSync(archive);
    const pyproject = project.read("pyproject.toml");
    project.write("pyproject.toml", pyproject.replace(/ {4}"p[3-6]",\n/g, ""));
    const took = await duration(() => project.succeed("install"));
    const part = fs.readFileSync(archive);
    let killed = 0;
    for (let round = 0; round < KILLS; round += 1) {
        const all = round % 2 === 0;
        project.write("pyproject.toml", all ? pyproject : pyproject.replace(/ {4}"p[3-6]",\n/g, ""));
        if (round % 4 === 0) await project.succeed("cache", "clean");
        killed += Number(await killAfter(project, (took * 1.5 * (round + 1)) / KILLS, "install"));
        const now = fs.readFileSync(archive);
        assert.ok(now.equals(whole) || now.equals(part), `round ${round}: neither the old nor the new archive`);
    }
    assert.ok(killed > 0);
    project.write("pyproject.toml", pyproject);
    await project.succeed("install");
    assert.ok(fs.readFileSync(archive).equals(whole));
    assert.deepEqual(fs.readdirSync(path.join(project.root, ".pymode")).sort(), [".lock", "site-packages.zip"]);
});

test("kill -9 of a build at any moment leaves the old bundle or the new one, and a cache that is good", { timeout: 180_000 }, async (context) => {
    const project = await installed(context, largeWorld(), ["p1", "p2", "p3", "p4", "p5", "p6"]);
    const out = path.join(project.root, ".pymode/build");
    const took = await duration(() => project.succeed("build"));
    const old = tree(out);
    project.write("src/main.py", mainModule("another"));
    await project.succeed("build");
    const next = tree(out);
    assert.notDeepEqual(next, old);
    let killed = 0;
    for (let round = 0; round < KILLS; round += 1) {
        fs.rmSync(bucket(project), { recursive: true, force: true });
        project.write("src/main.py", mainModule(round % 2 === 0 ? "ok" : "another"));
        const before = tree(out);
        const after = round % 2 === 0 ? old : next;
        killed += Number(await killAfter(project, (took * 1.2 * (round + 1)) / KILLS, "build"));
        const now = tree(out);
        assert.ok([before, after].some((one) => JSON.stringify(one) === JSON.stringify(now)), `round ${round}: a mixture`);
        await project.succeed("build");
        assert.deepEqual(tree(out), after);
    }
    assert.ok(killed > 0);
});

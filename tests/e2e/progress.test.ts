// SPDX-License-Identifier: MIT
// Downloads and compiling on a terminal: lines that are drawn and gone before anything is said, and nothing of them for who cannot use them.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Catalog } from "../index/catalog.ts";
import { PackageProject, startIndex } from "./support/packages.ts";
import { PYMODE } from "./support/pymode.ts";

const TERMINAL = fileURLToPath(new URL("support/terminal.py", import.meta.url));
const BAR = /\[#*\.*\] +\d+ %/;

/** `pymode add big` on a pseudo-terminal, with a wheel of 3 MiB that takes about two seconds. */
async function received(context: TestContext, environment: Record<string, string>, ...more: string[]): Promise<string> {
    const catalog = new Catalog()
        .addSpec({ name: "big", version: "1.0", requires: ["little"], files: { "big/data.bin": randomBytes(3 * 1024 * 1024) } })
        .addSpec({ name: "little", version: "1.0" });
    const index = await startIndex(context, { catalogs: catalog });
    index.faults.add({ kind: "drip", path: /big.*\.whl$/, bytes: 128 * 1024, every: 80, ranged: false });
    const project = new PackageProject(context, { index: index.url(), environment: { TERM: "xterm", ...environment } });
    const text = await onTerminal(project, "add", "big", ...more);
    assert.deepEqual(project.locked(), { big: "1.0", little: "1.0" });
    return text;
}

/** What a command writes to a pseudo-terminal. */
async function onTerminal(project: PackageProject, ...args: string[]): Promise<string> {
    const python = promisify(execFile);
    const { stdout } = await python("python3", [TERMINAL, PYMODE, ...args], {
        cwd: project.root,
        env: { ...project.environment, PATH: process.env["PATH"] ?? "" },
        encoding: "utf8",
        maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
}

/** What is left on the screen, for the sequences that are used. */
function screen(text: string): string[] {
    const lines = [""];
    let row = 0;
    let column = 0;
    for (const [piece] of text.matchAll(/\x1b\[1A|\x1b\[K|\x1b\[[0-9;]*m|[^]/gu)) {
        if (piece === "\x1b[1A") row -= 1;
        else if (piece === "\x1b[K") lines[row] = (lines[row] ?? "").slice(0, column);
        else if (piece === "\r") column = 0;
        else if (piece === "\n") lines[(row += 1)] ??= "";
        else if (!piece.startsWith("\x1b")) {
            const line = (lines[row] ?? "").padEnd(column);
            lines[row] = line.slice(0, column) + piece + line.slice(column + 1);
            column += 1;
        }
    }
    return lines;
}

test("a large download is drawn on a terminal, and gone before anything is said", { timeout: 60_000 }, async (context) => {
    const text = await received(context, {});
    const drawn = text.split("downloading ").length - 1;
    assert.ok(drawn >= 3 && drawn <= 40, `drawn ${drawn} times`);
    assert.match(text, /downloading \d of 2 files, [0-9.]+ [KM]iB of [0-9.]+ MiB/);
    assert.match(text, /\[#+\.+\] +\d+ %  big-1\.0-py3-none-any\.whl/);
    assert.doesNotMatch(text, /% +little/, "too small for a line of its own");
    // The first message after the last drawing comes behind what erases its lines: two, or one if all is there by then.
    const last = text.slice(text.lastIndexOf("downloading "));
    assert.match(last, /^downloading [^\n]*?(?:\n\[#[^\n]*?\r\x1b\[K\x1b\[1A)?\r\x1b\[KResolved /);
    const left = screen(text);
    assert.ok(!left.some((line) => BAR.test(line) || line.includes("downloading")), left.join("\n"));
    assert.ok(left.some((line) => line.includes("added `big")), left.join("\n"));
});

const SILENT: [string, Record<string, string>, string[]][] = [
    ["CI", { CI: "true" }, []],
    ["TERM=dumb", { TERM: "dumb" }, []],
    ["PYMODE_NO_PROGRESS", { PYMODE_NO_PROGRESS: "1" }, []],
    ["--no-progress", {}, ["--no-progress"]],
    ["-q", {}, ["-q"]],
    ["--json", {}, ["--json"]],
];

test("nothing is drawn for who cannot use it", { timeout: 120_000 }, async (context) => {
    await Promise.all(
        SILENT.map(async ([name, environment, more]) => {
            const text = await received(context, environment, ...more);
            assert.ok(!text.includes("\x1b[K") && !text.includes("downloading"), `${name}: ${JSON.stringify(text)}`);
        }),
    );
});

test("compiling packages is drawn on a terminal when it takes long", { timeout: 120_000 }, async (context) => {
    const text = Array.from({ length: 25_000 }, (_, i) => `VALUE_${i} = ${(i * 7919) % 10007}\n`).join("");
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`large/m${i}.py`, text]));
    const index = await startIndex(context, { catalogs: new Catalog().addSpec({ name: "large", version: "1.0", files }) });
    const project = new PackageProject(context, { index: index.url(), dependencies: ["large"], environment: { TERM: "xterm" } });
    await project.succeed("install");
    const shown = await onTerminal(project, "build");
    assert.match(shown, /compiling packages \d+ of 31 modules/);
    assert.ok(!screen(shown).some((line) => line.includes("compiling")), shown);
    assert.doesNotMatch(await onTerminal(project, "build"), /compiling/, "all is known");
    await project.succeed("cache", "clean");
    assert.doesNotMatch(await onTerminal(project, "build", "-q"), /compiling/);
});

// SPDX-License-Identifier: MIT
// Every call of a deployment, and every way in which it can go wrong: once, and as long as it is tried. Whatever happens,
// what the command says is live is live, nothing exists twice, and a second run completes.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import type { FaultOrder } from "../standin/faults.ts";
import { Cloud, type WorkerState } from "./support/cloud.ts";
import { run, succeed, type Outcome } from "./support/pymode.ts";

/** Side by side, each with a local Cloudflare of its own. */
const LANES = 3;
const OFTEN = 50;

const KINDS: Record<string, Partial<FaultOrder>> = {
    "drop before": { kind: "drop" },
    "drop after": { kind: "drop", handled: true },
    "429": { kind: "error", status: 429, code: 971 },
    "500": { kind: "error", status: 500 },
    "502 HTML": { kind: "html" },
    truncated: { kind: "truncated" },
    "success: false": { kind: "unsuccessful" },
    stall: { kind: "stall", seconds: 1 },
    "wrong type": { kind: "wrong-type" },
};
/** The right answer in the end: there is nothing to try again. */
const HARMLESS = new Set(["stall", "wrong type"]);

type Situation = "first" | "again";

interface Case {
    situation: Situation;
    call: string;
    kind: string;
    times: number;
}

interface Ended {
    one: Case;
    how: "went on" | "failed";
}

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-faults-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** A Worker with a variable and an asset; `mark` makes the asset a new one. */
function writeProject(folder: string, name: string, mark: string): void {
    fs.mkdirSync(path.join(folder, "public"), { recursive: true });
    const settings = 'workers-dev = true\nvars.MARK = "x"\nassets.directory = "public"\n';
    fs.writeFileSync(path.join(folder, "pyproject.toml"), `[project]\nname = "${name}"\nversion = "1"\n\n[tool.pymode]\nmain = "main.py"\n${settings}`);
    fs.writeFileSync(path.join(folder, "main.py"), "def on_fetch(request, env):\n    return env.MARK\n");
    fs.writeFileSync(path.join(folder, "public/a.txt"), mark);
}

class Lane {
    readonly #cloud: Cloud;
    readonly #folder: string;
    #marks = 0;

    constructor(cloud: Cloud, number: number) {
        this.#cloud = cloud;
        this.#folder = path.join(scratch, String(number));
    }

    /** The calls of both situations, from runs without faults: "PUT /scripts/NAME". */
    async calls(): Promise<Record<Situation, string[]>> {
        const found = { first: [] as string[], again: [] as string[] };
        for (const situation of ["first", "again"] as const) {
            this.#write("base");
            await this.#cloud.forgetCalls();
            await this.#succeed();
            const calls = (await this.#cloud.journal()).map((call) => `${call.method} ${call.path.replace(/^\/accounts\/\w+/, "").replaceAll("base", "NAME")}`);
            found[situation] = [...new Set(calls)];
        }
        return found;
    }

    async check(one: Case, number: number): Promise<Ended> {
        const name = one.situation === "first" ? `w${number}` : "base";
        if (one.situation === "again" && !(await this.#cloud.findWorker(name))) {
            this.#write(name);
            await this.#succeed();
        }
        this.#write(name);
        const before = await this.#cloud.findWorker(name);
        const [method = "", where = ""] = one.call.split(" ");
        await this.#cloud.fault({ method, path: `${where.replaceAll("NAME", name)}$`, times: one.times, ...KINDS[one.kind] });
        const outcome = await this.#run();
        await this.#cloud.forgetFaults();
        const now = await this.#cloud.findWorker(name);
        checkTruth(outcome, before, now);
        if (one.situation === "again") assert.ok((now?.deployments.length ?? 0) <= (before?.deployments.length ?? 0) + 1, "it was deployed twice");
        if (outcome.code === 0) return { one, how: "went on" };
        await this.#succeed();
        const last = await this.#cloud.worker(name);
        assert.deepEqual([last.active.length, last.active[0]?.id, last.workersDev.enabled], [1, last.versions.at(-1)?.id, true], "the second run completes");
        return { one, how: "failed" };
    }

    #write(name: string): void {
        this.#marks += 1;
        writeProject(this.#folder, name, `${this.#folder} ${this.#marks}`);
    }

    #options(): { cwd: string; environment: Record<string, string> } {
        return { cwd: this.#folder, environment: this.#cloud.environment(scratch) };
    }

    #run(): Promise<Outcome> {
        return run(["deploy"], this.#options());
    }

    async #succeed(): Promise<void> {
        await succeed(["deploy"], this.#options());
    }
}

const ID = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})";

/** What the command has said, beside what is so. */
function checkTruth({ code, stderr }: Outcome, before: WorkerState | undefined, now: WorkerState | undefined): void {
    const [was, is] = [before?.active[0]?.id, now?.active[0]?.id];
    if (code === 0) {
        assert.ok(is !== undefined && is !== was, "it says that it has deployed");
        assert.match(stderr, new RegExp(`version ${is}`));
        return;
    }
    assert.equal(code, 1, stderr);
    const said = (pattern: string): string | undefined => new RegExp(pattern.replaceAll("ID", ID)).exec(stderr)?.[1];
    const old = said("nothing was changed: version ID still answers") ?? said("does not answer: version ID still does");
    const uploaded = said("version ID is uploaded but does not answer");
    const fresh = said("version ID answers now") ?? said("version ID answers; its settings");
    if (uploaded !== undefined) assert.ok(now?.versions.some((version) => version.id === uploaded), stderr);
    if (fresh !== undefined) assert.ok(is === fresh && is !== was, stderr);
    else if (old !== undefined) assert.ok(is === old && is === was, stderr);
    else if (/there is no Worker of this name yet/.test(stderr)) assert.equal(now, undefined, stderr);
    else if (/nothing was changed/.test(stderr)) assert.equal(is, was, stderr);
    else assert.fail(`it does not say what is live:\n${stderr}`);
}

function table(calls: Record<Situation, string[]>, ended: readonly Ended[]): string {
    const kinds = Object.keys(KINDS);
    const lines = [`${"".padEnd(58)}${kinds.map((kind) => kind.padStart(16)).join("")}`];
    for (const situation of ["first", "again"] as const) {
        for (const call of calls[situation]) {
            const cells = kinds.map((kind) => ended.filter(({ one }) => one.situation === situation && one.call === call && one.kind === kind).map(({ one, how }) => `${one.times === 1 ? "once" : "always"} ${how === "failed" ? "-" : "+"}`));
            lines.push(`${`${situation}: ${call}`.padEnd(58)}${cells.map((cell) => cell.map((text) => text.replace("once ", "").replace("always ", "")).join(" ").padStart(16)).join("")}`);
        }
    }
    const failed = ended.filter(({ how }) => how === "failed").length;
    return [...lines, `${ended.length} runs; + went on, - failed and said what is live (once, always): ${failed}`].join("\n");
}

test("faults at every call of a deployment", { timeout: 600_000 }, async (context) => {
    const clouds = await Promise.all(Array.from({ length: LANES }, () => Cloud.start()));
    context.after(() => Promise.all(clouds.map((cloud) => cloud.stop())));
    const lanes = clouds.map((cloud, number) => new Lane(cloud, number));
    const calls = (await lanes[0]?.calls()) ?? assert.fail();
    const cases: Case[] = (["first", "again"] as const).flatMap((situation) =>
        calls[situation].flatMap((call) =>
            Object.keys(KINDS).flatMap((kind) => (HARMLESS.has(kind) ? [1] : [1, OFTEN]).map((times) => ({ situation, call, kind, times }))),
        ),
    );
    const ended: Ended[] = [];
    const wrong: string[] = [];
    let next = 0;
    await Promise.all(
        lanes.map(async (lane) => {
            for (let number = next++; number < cases.length; number = next++) {
                const one = cases[number] ?? assert.fail();
                try {
                    ended.push(await lane.check(one, number));
                } catch (error) {
                    wrong.push(`${one.situation}: ${one.call}, ${one.kind}, ${one.times} times: ${String(error)}`);
                }
            }
        }),
    );
    context.diagnostic(`\n${table(calls, ended)}`);
    assert.deepEqual(wrong, []);
    const persistent = ended.filter(({ one, how }) => one.times === 1 && how === "failed").map(({ one }) => `${one.situation}: ${one.call}, ${one.kind}`);
    assert.deepEqual(persistent.filter((text) => !text.endsWith("success: false")), [], "a fault that passes is no failure, but for a refusal");
});

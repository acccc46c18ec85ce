// SPDX-License-Identifier: MIT
// What wrangler uploads as metadata for a configuration: the expectation of the cases in tests/unit/bundle/metadata.

import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { JournalEntry } from "../standin/journal.ts";
import { parseMultipart } from "../standin/multipart.ts";
import { startStandin } from "../standin/standin.ts";
import { HERE, run, starterOf, type Command } from "./client.ts";
import { wranglerFolder } from "./install.ts";
import { credentials } from "./project.ts";

const FOLDER = path.join(HERE, "../unit/bundle/metadata");
const DIFFERENCES = "differences.json";

export interface Case {
    name: string;
    environment?: string;
    /** A dry run leaves out migrations and assets: the metadata are those of a first deployment. */
    deploy?: true;
    /** The lines of pyproject.toml below [project]. */
    pymode: string[];
    /** The same in wrangler's configuration. */
    wrangler: Record<string, unknown>;
    metadata: unknown;
}

export const files: readonly string[] = fs.readdirSync(FOLDER).filter((name) => name.endsWith(".json") && name !== DIFFERENCES).toSorted();

export const readCases = (file: string): Case[] => JSON.parse(fs.readFileSync(path.join(FOLDER, file), "utf8")) as Case[];

/** A line of the configuration and a binding a line each, so that a change is a changed line. */
export function writeCases(file: string, cases: readonly Case[]): void {
    fs.writeFileSync(path.join(FOLDER, file), `[\n${cases.map(shownCase).join(",\n")}\n]\n`);
}

const shownCase = (one: Case): string =>
    `{\n${Object.entries(one).map(([key, value]) => `  ${JSON.stringify(key)}: ${shownValue(key, value)}`).join(",\n")}\n}`;

function shownValue(key: string, value: unknown): string {
    if (key === "pymode") return `[\n${(value as string[]).map((line) => `    ${JSON.stringify(line)}`).join(",\n")}\n  ]`;
    if (key !== "metadata") return JSON.stringify(value);
    const members = Object.entries(value as object).map(([name, member]) => `    ${JSON.stringify(name)}: ${name === "bindings" ? shownBindings(member as unknown[]) : JSON.stringify(member)}`);
    return `{\n${members.join(",\n")}\n  }`;
}

const shownBindings = (bindings: readonly unknown[]): string =>
    bindings.length === 0 ? "[]" : `[\n${bindings.map((binding) => `      ${JSON.stringify(binding)}`).join(",\n")}\n    ]`;

/** With the classes that the cases name. */
const SCRIPT = `import { DurableObject, WorkflowEntrypoint } from "cloudflare:workers";
export class Counter extends DurableObject {}
export class Room extends DurableObject {}
export class Gone extends DurableObject {}
export class Flow extends WorkflowEntrypoint {}
export default { fetch: () => new Response("hello") };
`;

/**
 * What wrangler makes of the case's configuration. As that depends on nothing else than the wrangler, the configuration and
 * how it is run, it is kept beside this wrangler: a hundred runs take two minutes of a processor.
 */
export async function wranglerMetadata(one: Case): Promise<unknown> {
    const digest = createHash("sha256").update(JSON.stringify([one.wrangler, one.deploy, one.environment]));
    for (const file of ["metadata.ts", "client.ts"]) digest.update(fs.readFileSync(path.join(HERE, file)));
    const kept = path.join(`${wranglerFolder()}-metadata`, `${digest.digest("hex")}.json`);
    if (fs.existsSync(kept)) return JSON.parse(fs.readFileSync(kept, "utf8")) as unknown;
    const metadata = await runWrangler(one);
    fs.mkdirSync(path.dirname(kept), { recursive: true });
    // Under its name it is complete.
    const staged = `${kept}.${process.pid}`;
    fs.writeFileSync(staged, JSON.stringify(metadata));
    fs.renameSync(staged, kept);
    return metadata;
}

/** Throws what it printed when it refuses. */
async function runWrangler(one: Case): Promise<unknown> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-metadata-"));
    try {
        fs.writeFileSync(path.join(folder, "index.js"), SCRIPT);
        fs.mkdirSync(path.join(folder, "public"));
        fs.writeFileSync(path.join(folder, "public/index.html"), "<!doctype html>\n");
        fs.writeFileSync(path.join(folder, "wrangler.json"), JSON.stringify({ name: "worker", main: "index.js", ...one.wrangler }));
        const selected = one.environment === undefined ? ["--env="] : ["--env", one.environment];
        return one.deploy ? await deployed(folder, selected) : await dryRun(folder, selected);
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

const command = (args: readonly string[]): Command => starterOf("wrangler")(args);

async function dryRun(folder: string, selected: readonly string[]): Promise<unknown> {
    await run(command(["deploy", "--dry-run", "--outfile", "form.bin", ...selected]), { cwd: folder, stdin: "", environment: { HOME: folder } });
    const form = fs.readFileSync(path.join(folder, "form.bin"));
    const boundary = form.subarray(2, form.indexOf("\r\n")).toString("latin1");
    const part = parseMultipart(form, boundary).find(({ name }) => name === "metadata");
    return JSON.parse((part ?? missing("form.bin has no metadata")).data.toString("utf8")) as unknown;
}

async function deployed(folder: string, selected: readonly string[]): Promise<unknown> {
    const standin = await startStandin();
    try {
        await run(command(["deploy", ...selected]), { cwd: folder, stdin: "", environment: { HOME: folder, ...credentials(standin) } });
        const { result } = (await (await fetch(`http://127.0.0.1:${standin.port}/__standin/requests`)).json()) as { result: JournalEntry[] };
        const parts = result.flatMap((entry) => entry.parts ?? []);
        const part = parts.find(({ name }) => name === "metadata") ?? missing("nothing was uploaded");
        return withoutToken(part.json);
    } finally {
        await standin.stop();
    }
}

/** The one value that differs from run to run. */
const withoutToken = (metadata: unknown): unknown =>
    JSON.parse(JSON.stringify(metadata), (key, value: unknown) => (key === "jwt" ? "<jwt>" : value)) as unknown;

function missing(what: string): never {
    throw new Error(what);
}

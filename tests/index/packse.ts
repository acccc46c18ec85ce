// SPDX-License-Identifier: MIT
// Resolver scenarios in the format of packse (TOML): what each offers, asks for and expects.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Catalog } from "./catalog.ts";
import { escapeName } from "./wheel.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The steering repository's data; a test says loudly when it is absent. */
export const SHARED: string = process.env["PYMODE_SHARED"] ?? path.join(ROOT, "../shared");

interface VersionTable {
    requires?: string[];
    requires_python?: string;
    sdist?: boolean;
    wheel?: boolean;
    yanked?: boolean;
    wheel_tags?: string[];
    extras?: Record<string, string[]>;
}

interface ScenarioTable {
    name: string;
    description?: string;
    root: { requires: string[]; requires_python?: string };
    packages: Record<string, { versions: Record<string, VersionTable> }>;
    resolver_options?: { prereleases?: boolean; resolution?: string; no_binary?: string[]; no_build?: string[] };
}

export interface Expectation {
    satisfiable: boolean;
    /** Exactly these; without it any solution will do. */
    packages?: Record<string, string>;
}

/** An entry of packse/index.json. */
interface IndexEntry {
    file: string;
    name: string;
    class: string;
    stated: Expectation;
    wasi_cp313: { satisfiable: boolean; solutions?: number; first_found?: Record<string, string> };
}

export interface Scenario {
    /** Unique: the folder packse-original repeats names. */
    name: string;
    class: string;
    requires: string[];
    packages: ScenarioTable["packages"];
    catalog: Catalog;
    /** For our one target. */
    expected: Expectation;
    /** What `pymode lock` is given. */
    options: string[];
    /** It counts on sdists that are chosen over wheels. */
    needsSdists: boolean;
}

// What the format leaves out.
const DEFAULT_PYTHON = ">=3.12";

/** Every scenario of the index; nothing when the data is not there. */
export function readScenarios(shared: string = SHARED): Scenario[] | undefined {
    const folder = path.join(shared, "packse");
    if (!fs.existsSync(path.join(folder, "index.json"))) return undefined;
    const { scenarios } = JSON.parse(fs.readFileSync(path.join(folder, "index.json"), "utf8")) as { scenarios: IndexEntry[] };
    const tables = readToml(scenarios.map(({ file }) => path.join(folder, file)));
    return scenarios.map((entry, at) => {
        const table = tables[at];
        if (!table) throw new Error(`${entry.file} could not be read`);
        return {
            name: entry.file.startsWith("packse-original/") ? `original-${entry.name}` : entry.name,
            class: entry.class,
            requires: table.root.requires,
            packages: table.packages ?? {},
            catalog: catalogOf(table),
            expected: expectation(entry),
            options: optionsOf(table),
            needsSdists: table.resolver_options?.no_binary !== undefined,
        };
    });
}

/** The stated result where it is ours too, else what an exhaustive search found, if there is but one solution. */
function expectation({ class: kind, stated, wasi_cp313: ours }: IndexEntry): Expectation {
    const { satisfiable } = ours;
    if (kind === "as-is") return { satisfiable, ...(stated.packages && { packages: stated.packages }) };
    return { satisfiable, ...(satisfiable && ours.solutions === 1 && ours.first_found && { packages: ours.first_found }) };
}

function optionsOf({ resolver_options: options = {} }: ScenarioTable): string[] {
    const { prereleases, resolution } = options;
    return [...(prereleases ? ["--prerelease", "allow"] : []), ...(resolution === undefined ? [] : ["--resolution", resolution])];
}

/** Node reads no TOML; Python, which the build needs anyway, does. */
function readToml(files: readonly string[]): ScenarioTable[] {
    const script = "import json, sys, tomllib; print(json.dumps([tomllib.load(open(f, 'rb')) for f in json.load(sys.stdin)]))";
    const text = execFileSync("python3", ["-c", script], { input: JSON.stringify(files), encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(text) as ScenarioTable[];
}

function catalogOf(table: ScenarioTable): Catalog {
    const catalog = new Catalog();
    for (const [name, { versions }] of Object.entries(table.packages ?? {})) {
        catalog.addEmpty(name);
        for (const [version, one] of Object.entries(versions)) {
            const tags = one.wheel === false ? [] : (one.wheel_tags ?? ["py3-none-any"]);
            catalog.addSpec(
                {
                    name,
                    version,
                    requiresPython: one.requires_python ?? DEFAULT_PYTHON,
                    tags,
                    ...(one.requires && { requires: one.requires }),
                    ...(one.extras && { extras: one.extras }),
                    files: { [`${escapeName(name)}/scenario.txt`]: table.name },
                },
                { sdist: one.sdist ?? true, ...(one.yanked && { yanked: "withdrawn" }) },
            );
        }
    }
    return catalog;
}

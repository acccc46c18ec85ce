// SPDX-License-Identifier: MIT
// `pymode deploy` next to `wrangler deploy` of the equal bundle, on the local Cloudflare: Markdown on standard output.
//
//     node_modules/.bin/node tests/bench/deploy.ts [--rounds 5]

import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { PYMODE, succeed } from "../e2e/support/pymode.ts";
import { startStandin } from "../standin/standin.ts";
import { Startups } from "../standin/startups.ts";
import { starterOf, type Client } from "../wrangler/client.ts";
import { credentials } from "../wrangler/project.ts";
import { measured, type Usage } from "./command.ts";
import { median } from "./measure.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const ROUNDS = Number(values.rounds);
const GOAL_RATIO = 5;
const GOAL_PEAK = 150 * 1024 ** 2;
const CLIENTS = ["wrangler", "pymode"] as const satisfies Client[];

interface Case {
    name: string;
    assets: number;
    bytes: number;
}

const CASES: readonly Case[] = [
    { name: "hello", assets: 0, bytes: 0 },
    { name: "1,000 assets, 30 MB", assets: 1000, bytes: 30_000_000 },
];

/** Files that do not pack, the same in every run. */
function writeAssets(folder: string, { assets, bytes }: Case): void {
    for (let number = 0; number < assets; number += 1) {
        const file = path.join(folder, `part${number % 10}`, `file${number}.bin`);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        const blocks = [];
        for (let block = 0; block < bytes / assets / 32; block += 1) blocks.push(createHash("sha256").update(`${number} ${block}`).digest());
        fs.writeFileSync(file, Buffer.concat(blocks));
    }
}

/** The project of a client. wrangler's is what `pymode build` wrote: the same modules. */
async function makeProjects(root: string, shape: Case): Promise<Record<Client, string>> {
    const project = path.join(root, "pymode");
    const environment = { HOME: root, PATH: "" };
    await succeed(["init", project, "--quiet"], { cwd: root, environment });
    writeAssets(path.join(root, "public"), shape);
    const assets = shape.assets > 0;
    const settings = path.join(project, "pyproject.toml");
    const other = path.join(root, "wrangler");
    await succeed(["build", project, "--out", other], { cwd: root, environment });
    if (assets) fs.appendFileSync(settings, '\n[tool.pymode.assets]\ndirectory = "../public"\n');
    const metadata = JSON.parse(fs.readFileSync(path.join(other, "metadata.json"), "utf8")) as { compatibility_date: string; compatibility_flags?: string[] };
    const configuration = {
        name: "pymode",
        main: "worker.js",
        no_bundle: true,
        compatibility_date: metadata.compatibility_date,
        compatibility_flags: metadata.compatibility_flags ?? [],
        upload_source_maps: false,
        rules: [
            { type: "ESModule", globs: ["**/*.js"] },
            { type: "CompiledWasm", globs: ["**/*.wasm"] },
            { type: "Data", globs: ["**/*.zip"] },
        ],
        ...(assets ? { assets: { directory: "../public" } } : {}),
    };
    fs.writeFileSync(path.join(other, "wrangler.json"), JSON.stringify(configuration));
    return { pymode: project, wrangler: other };
}

async function runCase(root: string, shape: Case): Promise<Record<Client, Usage[]>> {
    const folders = await makeProjects(root, shape);
    const results: Record<Client, Usage[]> = { wrangler: [], pymode: [] };
    // The clients are measured, not how long workerd takes to start the code, which costs more than a whole deploy: the
    // local Cloudflare tries it in the first round, which also fills the page cache and does not count.
    const startups = new Startups();
    for (let round = -1; round < ROUNDS; round += 1) {
        for (const client of CLIENTS) {
            const standin = await startStandin({}, startups);
            try {
                const control = `http://127.0.0.1:${standin.port}/__standin/set`;
                await fetch(control, { method: "POST", body: JSON.stringify({ filesPerBucket: 200 }) });
                const { command, args, environment } = starterOf(client)(["deploy"]);
                const usage = await measured([command, ...args], folders[client], { ...environment, HOME: root, ...credentials(standin) });
                if (round >= 0) results[client].push(usage);
            } finally {
                await standin.stop();
            }
        }
    }
    return results;
}

function report(shape: Case, results: Record<Client, Usage[]>): void {
    console.log(`\n## ${shape.name}\n\n| client | wall, ms | processor, ms | peak, MiB |\n|---|---:|---:|---:|`);
    const of = (client: Client, part: "seconds" | "cpu" | "peak"): number => median(results[client].map((usage) => usage[part]));
    for (const client of CLIENTS) {
        console.log(`| ${client} | ${(of(client, "seconds") * 1000).toFixed(0)} | ${(of(client, "cpu") * 1000).toFixed(0)} | ${(of(client, "peak") / 1024 ** 2).toFixed(0)} |`);
    }
    const ratio = of("wrangler", "seconds") / of("pymode", "seconds");
    const peak = Math.max(...results.pymode.map((usage) => usage.peak));
    console.log(`\n${ratio.toFixed(1)} times as fast as wrangler: ${ratio >= GOAL_RATIO ? "PASS" : "FAIL"} (goal ${GOAL_RATIO}); peak ${(peak / 1024 ** 2).toFixed(0)} MiB: ${peak < GOAL_PEAK ? "PASS" : "FAIL"} (goal 150)`);
}

console.log(`# Deploys next to wrangler\n\n${os.cpus().length} × ${os.cpus()[0]?.model ?? "?"}, load ${os.loadavg()[0]?.toFixed(1) ?? "?"}; medians of ${ROUNDS} rounds, each with a new local Cloudflare; ${path.basename(PYMODE)} and the real wrangler by turns`);
for (const shape of CASES) {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-deploys-"));
    try {
        report(shape, await runCase(root, shape));
    } finally {
        fs.rmSync(root, { recursive: true, force: true });
    }
}

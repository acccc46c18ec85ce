// SPDX-License-Identifier: MIT
// Resolving and installing next to uv and pip, in one run and from one loopback index: Markdown on standard output.
//
//     node_modules/.bin/node tests/bench/packages.ts [--rounds 5] [--latency MS] [--only TOOL…] [--set real|made]

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Catalog } from "../index/catalog.ts";
import { LoopbackIndex } from "../index/server.ts";
import { makeCertificate } from "../index/tls.ts";
import { PYMODE } from "../e2e/support/pymode.ts";
import { testCatalog } from "../packages/wheels.ts";
import { measured, type Usage } from "./command.ts";
import { median } from "./measure.ts";
import { makeWorld } from "./synthetic.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" }, latency: { type: "string", default: "0" }, only: { type: "string", multiple: true, default: [] }, set: { type: "string" } } });
const ROUNDS = Number(values.rounds);
const GOAL_COLD = 1.2;
const GOAL_WARM = 1.0;

interface Set {
    kind: "real" | "made";
    name: string;
    catalog: Catalog;
    requirements: string[];
}

interface Place {
    /** Fresh for each round; the cache is kept for the warm half of it. */
    cache: string;
    work: string;
    index: string;
    certificate: string;
    requirements: readonly string[];
}

interface Tool {
    name: string;
    /** Each step is measured by itself. `install` follows `resolve` in the same folder. */
    steps: Record<"resolve" | "install", (place: Place) => { command: string[]; cwd?: string }>;
    prepare?: (place: Place) => void;
}

type Temperature = "cold" | "warm";

/** Real packages; markupsafe would be the wheelhouse's, which uv does not have. */
const REAL = "anyio attrs beautifulsoup4 certifi charset-normalizer click distro h11 httpcore httpx idna itsdangerous jsonpatch jsonpointer markdown-it-py mdurl packaging pygments pyparsing python-dateutil pytz requests rich six sniffio soupsieve starlette tenacity typing-extensions tzdata urllib3".split(" ");

/** uv and pip in the versions of package-tools.txt, in an environment of the build's cache. */
function peers(): { uv: string; python: string } {
    const list = fileURLToPath(new URL("package-tools.txt", import.meta.url));
    const digest = createHash("sha256").update(fs.readFileSync(list)).digest("hex").slice(0, 16);
    const cache = process.env["PYMODE_BUILD_CACHE"] || path.join(process.env["XDG_CACHE_HOME"] || path.join(os.homedir(), ".cache"), "pymode-build");
    const folder = path.join(cache, `package-tools-${digest}`);
    const python = path.join(folder, "bin/python");
    if (!fs.existsSync(path.join(folder, ".complete"))) {
        execFileSync("python3", ["-m", "venv", "--clear", folder]);
        execFileSync(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", list], { stdio: ["ignore", "ignore", "inherit"] });
        fs.writeFileSync(path.join(folder, ".complete"), "");
    }
    return { uv: path.join(folder, "bin/uv"), python };
}

function uvTool(uv: string, python: string, compile: boolean): Tool {
    const options = ({ cache, index }: Place): string[] => ["--python", python, "--no-python-downloads", "--python-version", "3.13", "--only-binary", ":all:", "--no-config", "--cache-dir", cache, "--default-index", index, "--quiet"];
    return {
        name: compile ? "uv --compile-bytecode" : "uv",
        prepare: (place) => fs.writeFileSync(path.join(place.work, "requirements.in"), place.requirements.join("\n")),
        steps: {
            resolve: (place) => ({ cwd: place.work, command: [uv, "pip", "compile", ...options(place), "--generate-hashes", "-o", "requirements.txt", "requirements.in"] }),
            install: (place) => ({ cwd: place.work, command: [uv, "pip", "install", ...options(place), "--require-hashes", "--no-deps", ...(compile ? ["--compile-bytecode"] : []), "--target", "target", "-r", "requirements.txt"] }),
        },
    };
}

function pipTool(python: string): Tool {
    const options = ({ cache, index }: Place): string[] => ["--isolated", "--disable-pip-version-check", "--quiet", "--cache-dir", cache, "--index-url", index, "--only-binary", ":all:", "--python-version", "3.13", "--target", "target"];
    return {
        name: "pip",
        steps: {
            resolve: (place) => ({ cwd: place.work, command: [python, "-m", "pip", "install", ...options(place), "--dry-run", "--report", "report.json", ...place.requirements] }),
            install: (place) => ({ cwd: place.work, command: [python, "-m", "pip", "install", ...options(place), "--upgrade", ...place.requirements] }),
        },
    };
}

function pymodeTool(): Tool {
    const options = ({ cache, index }: Place): string[] => ["--quiet", "--index-url", index, "--cache-dir", cache];
    return {
        name: "pymode",
        prepare: ({ work, requirements }) => {
            const list = requirements.map((one) => `    "${one}",\n`).join("");
            fs.writeFileSync(path.join(work, "pyproject.toml"), `[project]\nname = "bench"\nversion = "1"\nrequires-python = ">=3.13"\ndependencies = [\n${list}]\n`);
            fs.mkdirSync(path.join(work, "src"));
            fs.writeFileSync(path.join(work, "src/main.py"), "def on_fetch(request):\n    return 'ok'\n");
        },
        steps: {
            resolve: (place) => ({ cwd: place.work, command: [PYMODE, "lock", ...options(place)] }),
            install: (place) => ({ cwd: place.work, command: [PYMODE, "install", "--locked", ...options(place)] }),
        },
    };
}

type Results = Map<string, Usage[]>;

async function round(tool: Tool, set: Set, index: LoopbackIndex, certificate: string, folder: string, results: Results): Promise<void> {
    const cache = path.join(folder, "cache");
    for (const temperature of ["cold", "warm"] satisfies Temperature[]) {
        const work = path.join(folder, temperature);
        fs.mkdirSync(work, { recursive: true });
        const place: Place = { cache, work, index: index.url(), certificate, requirements: set.requirements };
        tool.prepare?.(place);
        for (const step of ["resolve", "install"] as const) {
            const { command, cwd = work } = tool.steps[step](place);
            const environment = { HOME: cwd, SSL_CERT_FILE: certificate, PIP_CERT: certificate, NO_PROXY: "*" };
            const usage = await measured(command, cwd, environment);
            const key = [tool.name, step, temperature].join("/");
            results.set(key, [...(results.get(key) ?? []), usage]);
        }
    }
}

function summary(results: Results, tool: string, step: string, temperature: Temperature): { seconds: number; peak: number } {
    const usages = results.get([tool, step, temperature].join("/")) ?? [];
    return { seconds: median(usages.map((usage) => usage.seconds)), peak: Math.max(...usages.map((usage) => usage.peak)) };
}

function report(set: Set, tools: readonly Tool[], results: Results): void {
    console.log(`\n## ${set.name}\n\n| tool | step | cold, ms | × uv | warm, ms | × uv | peak, MiB |\n|---|---|---:|---:|---:|---:|---:|`);
    for (const step of ["resolve", "install"]) {
        for (const { name } of tools) {
            const cells = (["cold", "warm"] satisfies Temperature[]).flatMap((temperature) => {
                const { seconds } = summary(results, name, step, temperature);
                return [(seconds * 1000).toFixed(0), (seconds / summary(results, "uv", step, temperature).seconds).toFixed(2)];
            });
            const peak = Math.max(...(["cold", "warm"] satisfies Temperature[]).map((temperature) => summary(results, name, step, temperature).peak));
            console.log(`| ${name} | ${step} | ${cells.join(" | ")} | ${(peak / 1024 ** 2).toFixed(0)} |`);
        }
    }
    if (!tools.some(({ name }) => name === "pymode")) return;
    for (const [temperature, goal] of [["cold", GOAL_COLD], ["warm", GOAL_WARM]] as const) {
        const of = (tool: string): number => summary(results, tool, "resolve", temperature).seconds + summary(results, tool, "install", temperature).seconds;
        const ratio = of("pymode") / of("uv");
        console.log(`\nResolve and install, ${temperature}: ${ratio.toFixed(2)} × uv; ${ratio <= goal ? "PASS" : "FAIL"} (goal ${goal})`);
    }
}

async function main(): Promise<void> {
    const { uv, python } = peers();
    const world = makeWorld(120);
    const sets: Set[] = [
        { kind: "real", name: `${REAL.length} real packages`, catalog: testCatalog(), requirements: REAL },
        { kind: "made", name: `120 made packages (${world.wheels} wheels, the newest ${(world.bytes / 1e6).toFixed(1)} MB together)`, catalog: world.catalog, requirements: world.requirements },
    ];
    const all = [uvTool(uv, python, false), uvTool(uv, python, true), pipTool(python), pymodeTool()];
    const tools = values.only.length === 0 ? all : all.filter(({ name }) => values.only.includes(name));
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-packages-"));
    try {
        const certificate = makeCertificate(root);
        console.log(`# Packages, next to uv and pip\n\n${os.cpus().length} × ${os.cpus()[0]?.model ?? "?"}, load ${os.loadavg()[0]?.toFixed(1) ?? "?"}; medians of ${ROUNDS} rounds; the index is on the loopback (HTTP/2, TLS, every answer ${values.latency} ms late)`);
        for (const set of sets.filter(({ kind }) => (values.set ?? kind) === kind)) {
            const index = await LoopbackIndex.start({ catalogs: set.catalog, certificate, behaviour: { latency: Number(values.latency) } });
            const results: Results = new Map();
            try {
                for (let number = 0; number < ROUNDS; number += 1) {
                    for (const tool of tools) {
                        const folder = fs.mkdtempSync(path.join(root, "round-"));
                        await round(tool, set, index, certificate.file, folder, results);
                        fs.rmSync(folder, { recursive: true, force: true });
                    }
                }
                report(set, tools, results);
            } finally {
                await index.stop();
            }
        }
    } finally {
        fs.rmSync(root, { recursive: true, force: true });
    }
}

await main();

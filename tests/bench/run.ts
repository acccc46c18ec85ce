// SPDX-License-Identifier: MIT
// Prints the benchmarks as Markdown: sizes, cold start and where it goes, warm requests, memory.
//
//     node_modules/.bin/node tests/bench/run.ts [--rounds 12] [--requests 2000]

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../e2e/support/pymode.ts";
import { makeContestants } from "./bundles.ts";
import { coldStarts, firstCalls, linearMemory, warmRequests, type Series } from "./measure.ts";

const WARM_GOAL_MS = 1;
const COLD_GOAL_MS = 60;

const { values } = parseArgs({ options: { rounds: { type: "string", default: "12" }, requests: { type: "string", default: "2000" } } });
const rounds = Math.max(10, Number(values.rounds));
const requests = Number(values.requests);

const milliseconds = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
const mebibytes = (value: number): string => (value / 2 ** 20).toFixed(1);
const verdict = (value: number, goal: number): string => `${value <= goal ? "PASS" : "FAIL"} (goal ${goal} ms)`;

function print(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
    console.log(`\n## ${title}\n\n| ${head.join(" | ")} |\n|${head.map((_, index) => (index === 0 ? "---|" : "---:|")).join("")}`);
    for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}

function printSizes(): void {
    const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, "build/runtime/manifest.json"), "utf8")) as {
        python: string;
        files: Record<string, { size: number; gzip: number }>;
    };
    const files = Object.entries(manifest.files).map(([name, { size, gzip }]) => [name, size.toLocaleString("en"), gzip.toLocaleString("en")]);
    const executable = fs.statSync(path.join(ROOT, "build/release/pymode")).size;
    print(`Sizes (Python ${manifest.python}), bytes`, ["file", "raw", "gzip -9"], [...files, ["executable `pymode`", executable.toLocaleString("en"), ""]]);
}

function printCold(series: readonly Series[]): void {
    const [empty] = series;
    const whole = series.at(-1);
    if (!empty || !whole) throw new Error("nothing was measured");
    print(
        `Cold first answer, ms (fresh workerd, binary configuration, ${rounds} interleaved rounds)`,
        ["Worker", "minimum", "median", "RSS, MiB"],
        [empty, whole].map(({ name, minimum, median, residentBytes }) => [name, milliseconds(minimum), milliseconds(median), mebibytes(residentBytes)]),
    );
    const over = whole.minimum - empty.minimum;
    console.log(`\nOver the JavaScript Worker: minimum ${milliseconds(over)} ms, median ${milliseconds(whole.median - empty.median)} ms; ${verdict(over, COLD_GOAL_MS)}`);
    print(
        "Where a cold start goes, ms (differences of the same rounds)",
        ["phase", "minimum", "median"],
        series.map(({ adds, minimum, median }, index) => {
            const previous = series[index - 1];
            return [adds, milliseconds(minimum - (previous?.minimum ?? 0)), milliseconds(median - (previous?.median ?? 0))];
        }),
    );
}

async function main(): Promise<void> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-bench-"));
    try {
        const { steps, probe, firstCall } = await makeContestants(folder);
        const ends = [steps[0], steps.at(-1)].filter((step) => step !== undefined);
        console.log(`# pymode benchmarks\n\n${os.cpus().length} × ${os.cpus()[0]?.model ?? "?"}, load ${os.loadavg()[0]?.toFixed(1) ?? "?"}`);
        printSizes();
        printCold(await coldStarts(steps, rounds));
        print(
            "The first call from inside, ms",
            ["part", "mean"],
            (await firstCalls(firstCall, rounds)).map(({ phase, mean }) => [phase, mean.toFixed(1)]),
        );
        const warm = await warmRequests(ends, requests);
        print(
            `Warm requests, ms (one connection, ${requests} requests in alternating batches)`,
            ["Worker", "p50", "p99", "RSS afterwards, MiB"],
            warm.map(({ name, p50, p99, residentBytes }) => [name, p50.toFixed(3), p99.toFixed(3), mebibytes(residentBytes)]),
        );
        const overhead = (warm.at(-1)?.p50 ?? NaN) - (warm[0]?.p50 ?? NaN);
        console.log(`\nOverhead p50: ${overhead.toFixed(3)} ms; ${verdict(overhead, WARM_GOAL_MS)}`);
        const memory = await linearMemory(probe, requests);
        print("Memory of an instance, MiB", ["linear memory", ""], [
            ["after the first answer", mebibytes(memory.first)],
            [`after ${requests} more`, mebibytes(memory.later)],
        ]);
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

await main();

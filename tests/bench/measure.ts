// SPDX-License-Identifier: MIT
// The measurements. Contestants always take turns, so that whatever else the machine does falls on all of them.

import { Workerd } from "../e2e/support/workerd.ts";
import type { Contestant } from "./bundles.ts";

export interface Series {
    name: string;
    adds: string;
    minimum: number;
    median: number;
    residentBytes: number;
}

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Milliseconds from the start of a fresh workerd process to its first whole answer. */
export async function coldStarts(contestants: readonly Contestant[], rounds: number): Promise<Series[]> {
    const times = contestants.map((): number[] => []);
    const resident = contestants.map(() => 0);
    // The first round only fills the page cache.
    for (let round = -1; round < rounds; round += 1) {
        for (const [index, { name, config }] of contestants.entries()) {
            const before = performance.now();
            const workerd = await Workerd.start(config);
            const answer = await workerd.get("/");
            const time = performance.now() - before;
            if (answer.status !== 200) throw new Error(`${name} answered ${answer.status}: ${answer.text}\n${workerd.output()}`);
            if (round >= 0) times[index]?.push(time);
            resident[index] = workerd.residentBytes();
            await workerd.stop();
        }
    }
    return contestants.map(({ name, adds }, index) => {
        const values = times[index] ?? [];
        return { name, adds, minimum: Math.min(...values), median: median(values), residentBytes: resident[index] ?? 0 };
    });
}

/** p50 and p99 in milliseconds of requests on one open connection, in alternating batches after a warm-up. */
export async function warmRequests(contestants: readonly Contestant[], requests: number): Promise<{ name: string; p50: number; p99: number; residentBytes: number }[]> {
    const batch = 100;
    const servers = await Promise.all(contestants.map(({ config }) => Workerd.start(config)));
    try {
        const times = servers.map((): number[] => []);
        for (let done = -3 * batch; done < requests; done += batch) {
            for (const [index, server] of servers.entries()) {
                for (let count = 0; count < batch; count += 1) {
                    const before = performance.now();
                    await server.get("/");
                    if (done >= 0) times[index]?.push(performance.now() - before);
                }
            }
        }
        return contestants.map(({ name }, index) => {
            const sorted = (times[index] ?? []).toSorted((a, b) => a - b);
            const at = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? NaN;
            return { name, p50: at(0.5), p99: at(0.99), residentBytes: servers[index]?.residentBytes() ?? 0 };
        });
    } finally {
        await Promise.all(servers.map((server) => server.stop()));
    }
}

/** Bytes of the interpreter's linear memory: after the first answer, and after more. */
export async function linearMemory(config: string, requests: number): Promise<{ first: number; later: number }> {
    const workerd = await Workerd.start(config);
    const size = async (): Promise<number> => {
        const [bytes] = JSON.parse((await workerd.get("/__memory")).text) as number[];
        if (bytes === undefined) throw new Error("no instance was seen");
        return bytes;
    };
    try {
        await workerd.get("/");
        const first = await size();
        for (let done = 0; done < requests; done += 1) await workerd.get("/");
        return { first, later: await size() };
    } finally {
        await workerd.stop();
    }
}

export interface FirstCall {
    phase: string;
    mean: number;
}

/** The first request seen from inside. The isolate's clock has whole milliseconds, so means of many rounds are told. */
export async function firstCalls(config: string, rounds: number): Promise<FirstCall[]> {
    const sums = { toImport: 0, importing: 0, toHandler: 0, answer: 0 };
    for (let round = 0; round < rounds; round += 1) {
        const workerd = await Workerd.start(config);
        try {
            const { text } = await workerd.get("/");
            const told = JSON.parse(text) as Record<"began" | "importBegan" | "importEnded" | "handler" | "ended", number>;
            sums.toImport += told.importBegan - told.began;
            sums.importing += told.importEnded - told.importBegan;
            sums.toHandler += told.handler - told.importEnded;
            sums.answer += told.ended - told.handler;
        } finally {
            await workerd.stop();
        }
    }
    return [
        { phase: "until the entry module runs: thread, request head, finding and reading the module", mean: sums.toImport / rounds },
        { phase: "import of the entry module and of what it imports", mean: sums.importing / rounds },
        { phase: "until the handler is called", mean: sums.toHandler / rounds },
        { phase: "the handler, and its answer on the way to workerd", mean: sums.answer / rounds },
    ];
}

// SPDX-License-Identifier: MIT
// Miniflare, that is the real workerd: starting it, and what it says when a script does not load.

import type { D1Database, KVNamespace, R2Bucket } from "@cloudflare/workers-types";
import { Miniflare, type MiniflareOptions } from "miniflare";
import type { LogEvent } from "./logbook.ts";
import type { Script, Version } from "./script.ts";
import { FRONT, checkOptions } from "./world.ts";

/** The script failed while it was loaded; the message is what Cloudflare shows with code 10021. */
export class StartupFailure extends Error {}

/** The script loads, but has no class of this name for its Durable Objects. */
export class MissingClass extends Error {}

/** Loads a version as Cloudflare does on upload, and returns how long that took. Throws StartupFailure, MissingClass. */
export async function checkStartup(script: Script, version: Version): Promise<number> {
    if (version.modules.length === 0) return 0;
    const events: LogEvent[] = [];
    const before = performance.now();
    const miniflare = await begin(checkOptions(script, version, (event) => events.push(event)), events);
    const milliseconds = Math.round(performance.now() - before);
    await miniflare.dispose();
    const missing = missingClass(events);
    if (missing !== undefined) throw new MissingClass(missing);
    return milliseconds;
}

async function begin(options: MiniflareOptions, events: readonly LogEvent[]): Promise<Miniflare> {
    const miniflare = new Miniflare(options);
    try {
        await miniflare.ready;
        return miniflare;
    } catch (error) {
        // Disposing of an instance that never started rejects with the same error again.
        await miniflare.dispose().catch(() => undefined);
        throw new StartupFailure(startupReason(events) ?? String(error));
    }
}

/** The process that all deployed Workers run in. */
export interface Running {
    url: URL;
    kv(id: string): Promise<KVNamespace>;
    d1(id: string): Promise<D1Database>;
    r2(name: string): Promise<R2Bucket>;
    /** Runs a Worker's `scheduled` handler; the outcome is workerd's. */
    scheduled(worker: string, cron: string, time: Date): Promise<{ outcome: string }>;
    change(options: MiniflareOptions): Promise<void>;
    stop(): Promise<void>;
}

export async function start(options: MiniflareOptions): Promise<Running> {
    const miniflare = await begin(options, []);
    const running: Running = {
        url: await miniflare.ready,
        kv: async (id) => (await miniflare.getKVNamespace(`kv:${id}`, FRONT)) as unknown as KVNamespace,
        d1: async (id) => (await miniflare.getD1Database(`d1:${id}`, FRONT)) as unknown as D1Database,
        r2: async (name) => (await miniflare.getR2Bucket(`r2:${name}`, FRONT)) as unknown as R2Bucket,
        scheduled: async (worker, cron, time) => {
            const fetcher = await miniflare.getWorker(worker);
            return fetcher.scheduled({ cron, scheduledTime: time });
        },
        change: async (next) => {
            await miniflare.setOptions(next);
            running.url = await miniflare.ready;
        },
        stop: () => miniflare.dispose(),
    };
    return running;
}

/** workerd reports "service core:user:NAME: Uncaught …"; Cloudflare shows what follows the name. */
function startupReason(events: readonly LogEvent[]): string | undefined {
    for (const event of events) {
        const match = /service core:user:[^:]*: ([\s\S]*)/.exec(event.message);
        if (match?.[1] !== undefined) return match[1];
    }
    return undefined;
}

function missingClass(events: readonly LogEvent[]): string | undefined {
    return events.map((event) => /referenced the class "([^"]+)", but no such Durable Object class/.exec(event.message)?.[1]).find((name) => name !== undefined);
}

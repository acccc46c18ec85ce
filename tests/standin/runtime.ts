// SPDX-License-Identifier: MIT
// Runs a version in Miniflare, that is in the real workerd.

import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import type { Module, Version } from "./account.ts";
import { environmentOf } from "./bindings.ts";

const KINDS: Record<string, "esm" | "wasm" | "data" | "text"> = {
    "application/javascript+module": "esm",
    "application/wasm": "wasm",
    "application/octet-stream": "data",
    "text/plain": "text",
};

export interface LogEvent {
    level: string;
    message: string;
    timestamp: number;
}

export interface RunOptions {
    /** Where KV and the like are kept; nothing: in memory, gone afterwards. */
    persistence: string | undefined;
    log(event: LogEvent): void;
}

export interface Instance {
    url: URL;
    startupMs: number;
    stop(): Promise<void>;
}

/** The script failed while it was loaded; `reason` is what Cloudflare shows with code 10021. */
export class StartupFailure extends Error {}

export async function start(name: string, version: Version, options: RunOptions): Promise<Instance> {
    const events: LogEvent[] = [];
    const before = performance.now();
    const miniflare = new Miniflare(
        miniflareOptions(name, version, options.persistence, (event) => {
            events.push(event);
            options.log(event);
        }),
    );
    try {
        const url = await miniflare.ready;
        const startupMs = Math.round(performance.now() - before);
        events.length = 0;
        return { url, startupMs, stop: () => miniflare.dispose() };
    } catch (error) {
        // Disposing of an instance that never started rejects with the same error again.
        await miniflare.dispose().catch(() => undefined);
        throw new StartupFailure(startupReason(events) ?? String(error));
    }
}

function miniflareOptions(name: string, version: Version, persistence: string | undefined, log: (event: LogEvent) => void): MiniflareOptions {
    const { main_module, compatibility_date, compatibility_flags, bindings } = version.metadata;
    const modules = Object.fromEntries(version.modules.filter(isCode).map((module) => [plainName(module.name), manifestEntry(module)]));
    const environment = environmentOf(bindings);
    const options = {
        host: "127.0.0.1",
        port: 0,
        cf: false,
        enableDevRegistry: false,
        telemetry: { enabled: false },
        log: new Log(LogLevel.NONE),
        ...(persistence !== undefined && { resourcePersistencePath: persistence }),
        handleStructuredLogs: log,
        workers: [
            {
                config: {
                    name,
                    compatibilityDate: compatibility_date,
                    compatibilityFlags: compatibility_flags,
                    manifest: { mainModule: plainName(main_module), modulesRoot: "/", modules },
                    env: environment,
                },
            },
        ],
    };
    // `env` was checked against the shapes of bindings.ts, which Miniflare's union of all kinds cannot see.
    return options as unknown as MiniflareOptions;
}

const isCode = (module: Module): boolean => module.contentType !== "application/source-map";

function manifestEntry(module: Module): { type: string; contents: string | Uint8Array } {
    const type = KINDS[module.contentType];
    if (type === undefined) throw new Error(`no such type of module: ${module.contentType}`);
    const isText = type === "esm" || type === "text";
    return { type, contents: isText ? module.data.toString("utf8") : module.data };
}

/** wrangler uploads "./x" for an import of "./x"; workerd names modules without the prefix. */
function plainName(name: string): string {
    return name.replace(/^\.\//, "");
}

/** workerd reports "service core:user:NAME: Uncaught …"; Cloudflare shows what follows the name. */
function startupReason(events: readonly LogEvent[]): string | undefined {
    for (const event of events) {
        const match = /service core:user:[^:]*: ([\s\S]*)/.exec(event.message);
        if (match?.[1] !== undefined) return match[1];
    }
    return undefined;
}

// SPDX-License-Identifier: MIT
// The configuration of Miniflare for a set of versions that run together: one workerd process for the whole account,
// so that they share KV, R2, D1, queues and Durable Objects, and can call each other.

import { createRequire } from "node:module";
import path from "node:path";
import { Log, LogLevel, Response, type MiniflareOptions } from "miniflare";
import { queueNamed, type Account } from "./account.ts";
import { environmentOf, type Binding, type Names } from "./bindings.ts";
import type { LogEvent } from "./logbook.ts";
import { activeVersion, type Module, type Script, type Version } from "./script.ts";
import { versionFolder } from "./store.ts";
import type { TraceEvent } from "./tails.ts";

/** The package has no types. */
const { compatibilityDate: newestDate } = createRequire(import.meta.url)("workerd") as { compatibilityDate: string };

/** No script has a capital letter in its name. */
export const FRONT = "Front";
const TAIL = "Tail";
export const TARGET_HEADER = "x-standin-target";

const KINDS: Record<string, "esm" | "cjs" | "wasm" | "data" | "text"> = {
    "application/javascript+module": "esm",
    "application/javascript": "cjs",
    "application/wasm": "wasm",
    "application/octet-stream": "data",
    "text/plain": "text",
};

/** Gets every request and gives it to the Worker that the edge chose: with its assets in front, as a binding does. */
const FRONT_SOURCE = `export default {
    fetch(request, env) {
        const inner = new Request(request);
        const target = inner.headers.get("${TARGET_HEADER}");
        inner.headers.delete("${TARGET_HEADER}");
        return env["worker:" + target].fetch(inner);
    },
};`;

/** Hands the traces to Node, with the script that they are of. */
const TAIL_SOURCE = `import { WorkerEntrypoint } from "cloudflare:workers";
export class Tail extends WorkerEntrypoint {
    async tail(events) {
        await this.env.NODE.fetch("http://node/", { method: "POST", body: JSON.stringify({ ...this.ctx.props, events }) });
    }
}
export default {};`;

const ASSETS_ONLY_SOURCE = 'export default { fetch() { return new Response("Not Found", { status: 404 }); } };';

export interface Placement {
    script: Script;
    version: Version;
    /** It keeps the Durable Objects and takes the triggers; the script's other versions only answer requests. */
    main: boolean;
}

export interface Listener {
    printed(event: LogEvent): void;
    traced(process: number, script: string, version: string, event: TraceEvent): void;
}

export interface World {
    account: Account;
    stateFolder: string;
    placements: readonly Placement[];
    /** Which process this is: a trace of the one before may arrive after the change. */
    process: number;
    listener: Listener;
}

export function workerOf({ script, version, main }: Placement): string {
    return main ? script.name : `${script.name}--${version.id}`;
}

/** Everything that a change of needs another process for. */
export function signatureOf(account: Account, placements: readonly Placement[]): string {
    return JSON.stringify([
        placements.map((placement) => [workerOf(placement), placement.version.id, placement.script.settings["tail_consumers"], [...placement.script.classes]]),
        [...account.queues.values()].map((queue) => [queue.queue_name, queue.consumers]),
        storageNames(account),
    ]);
}

export function liveOptions(world: World): MiniflareOptions {
    const names = namesIn(world.placements);
    const workers = world.placements.map((placement) => ({
        ...legacyOptions(placement.version),
        config: {
            ...workerConfig(withoutLostObjects(world.account, placement), workerOf(placement), names(placement)),
            ...(placement.main && { exports: objectExports(placement.script), triggers: queueTriggers(world.account, placement.script.name) }),
            ...assetsConfig(world.stateFolder, placement),
            tailConsumers: [
                { worker: TAIL, entrypoint: TAIL, props: { process: world.process, script: placement.script.name, version: placement.version.id } },
                ...tailConsumers(placement.script).map((service) => ({ worker: service })),
            ],
        },
    }));
    const options = {
        ...sharedOptions((event) => world.listener.printed(event)),
        resourcePersistencePath: path.join(world.stateFolder, "resources"),
        workers: [frontWorker(world), tailWorker(world.listener), ...workers, ...stubs(workers)],
    };
    // `env` was checked against the shapes of bindings.ts, which Miniflare's union of all kinds cannot see.
    return options as unknown as MiniflareOptions;
}

/** A preview of a version from before a migration has bindings to classes that are no more: it goes without them. */
function withoutLostObjects(account: Account, { script, version }: Placement): Version {
    const isLost = (binding: Binding): boolean => {
        if (binding.type !== "durable_object_namespace") return false;
        const owner = account.scripts.get(String(binding["script_name"] ?? script.name));
        return owner !== undefined && !owner.classes.has(String(binding["class_name"]));
    };
    return { ...version, metadata: { ...version.metadata, bindings: version.metadata.bindings.filter((binding) => !isLost(binding)) } };
}

/** For loading a version once, alone and in memory. Other Workers that it names are there, but do nothing. */
export function checkOptions(script: Script, version: Version, log: (event: LogEvent) => void): MiniflareOptions {
    const names: Names = { own: script.name, other: (name) => name, objects: (name) => name ?? script.name };
    const bindings = version.metadata.bindings.filter((binding) => binding.type !== "assets");
    const alone = { ...version, metadata: { ...version.metadata, bindings } };
    const worker = {
        ...legacyOptions(alone),
        config: { ...workerConfig(alone, script.name, names), exports: objectExports(script) },
    };
    return { ...sharedOptions(log), workers: [worker, ...stubs([worker])] } as unknown as MiniflareOptions;
}

const sharedOptions = (log: (event: LogEvent) => void): Record<string, unknown> => ({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    enableDevRegistry: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.NONE),
    logRequests: false,
    handleStructuredLogs: log,
});

function namesIn(placements: readonly Placement[]): (placement: Placement) => Names {
    const objects = (script: string): string => placements.find((one) => one.main && one.script.name === script)?.script.name ?? script;
    return (placement) => ({
        own: workerOf(placement),
        other: objects,
        objects: (script) => objects(script ?? placement.script.name),
    });
}

function workerConfig(version: Version, name: string, names: Names): Record<string, unknown> {
    const { main_module, body_part, bindings, compatibility_date, compatibility_flags } = version.metadata;
    const mainModule = main_module ?? (body_part === undefined ? "assets-only.js" : undefined);
    return {
        name,
        // Newer dates than its own are refused by workerd; at Cloudflare they are not in the future.
        compatibilityDate: compatibility_date < newestDate ? compatibility_date : newestDate,
        compatibilityFlags: compatibility_flags,
        env: { ...environmentOf(bindings, names), ...textBlobs(version) },
        ...(mainModule !== undefined && { manifest: { mainModule: plainName(mainModule), modulesRoot: "/", modules: modulesOf(version) } }),
    };
}

function modulesOf(version: Version): Record<string, unknown> {
    const code = version.modules.filter((module) => module.contentType !== "application/source-map");
    if (version.metadata.main_module === undefined) return { "assets-only.js": { type: "esm", contents: ASSETS_ONLY_SOURCE } };
    return Object.fromEntries(code.map((module) => [plainName(module.name), manifestEntry(module)]));
}

function manifestEntry(module: Module): { type: string; contents: string | Uint8Array } {
    const type = KINDS[module.contentType];
    if (type === undefined) throw new Error(`no such type of module: ${module.contentType}`);
    return { type, contents: type === "wasm" || type === "data" ? module.data : module.data.toString("utf8") };
}

/** wrangler uploads "./x" for an import of "./x"; workerd names modules without the prefix. */
const plainName = (name: string): string => name.replace(/^\.\//, "");

/** The service-worker syntax has another place in Miniflare's configuration. */
function legacyOptions(version: Version): Record<string, unknown> {
    const { body_part, bindings } = version.metadata;
    if (body_part === undefined) return {};
    const blobs = (type: string): Record<string, Buffer> =>
        Object.fromEntries(bindings.filter((binding) => binding.type === type).map((binding) => [binding.name, partOf(version, binding)]));
    return {
        legacy: {
            serviceWorkerScript: version.modules.find((module) => module.name === body_part)?.data.toString("utf8"),
            wasmBindings: blobs("wasm_module"),
            dataBlobBindings: blobs("data_blob"),
        },
    };
}

function textBlobs(version: Version): Record<string, unknown> {
    const bindings = version.metadata.bindings.filter((binding) => binding.type === "text_blob");
    return Object.fromEntries(bindings.map((binding) => [binding.name, { type: "text", value: partOf(version, binding).toString("utf8") }]));
}

function partOf(version: Version, binding: Binding): Buffer {
    const part = version.modules.find((module) => module.name === binding["part"]);
    if (!part) throw new Error(`no part for ${binding.name}`);
    return part.data;
}

function objectExports(script: Script): Record<string, unknown> {
    return Object.fromEntries(
        [...script.classes].map(([name, { id, sqlite }]) => [name, { type: "durable-object", storage: sqlite ? "sqlite" : "legacy-kv", unsafeUniqueKey: id }]),
    );
}

function queueTriggers(account: Account, script: string): Record<string, unknown>[] {
    const mine = [...account.queues.values()].flatMap((queue) => queue.consumers.filter((one) => one.script === script).map((consumer) => ({ queue, consumer })));
    return mine.map(({ queue, consumer }) => {
        const { batch_size, max_wait_time_ms, max_retries, max_concurrency, retry_delay, visibility_timeout_ms } = consumer.settings;
        const dead = consumer.dead_letter_queue;
        return {
            type: "queue",
            name: queue.queue_name,
            maxBatchSize: batch_size ?? 10,
            maxBatchTimeout: (max_wait_time_ms ?? 5000) / 1000,
            maxRetries: max_retries ?? 3,
            ...(max_concurrency !== undefined && { maxConcurrency: max_concurrency }),
            ...(retry_delay !== undefined && { retryDelay: retry_delay }),
            ...(visibility_timeout_ms !== undefined && { visibilityTimeoutMs: visibility_timeout_ms }),
            ...(dead !== undefined && queueNamed(account, dead) && { deadLetterQueue: dead }),
        };
    });
}

function assetsConfig(stateFolder: string, { script, version }: Placement): Record<string, unknown> {
    const { assets } = version.metadata;
    if (!assets) return {};
    const { html_handling, not_found_handling, run_worker_first, base_path } = assets.config;
    return {
        assets: {
            directory: path.join(versionFolder(stateFolder, script, version), "assets"),
            hasUserWorker: version.modules.length > 0,
            ...(html_handling !== undefined && { htmlHandling: html_handling }),
            ...(not_found_handling !== undefined && { notFoundHandling: not_found_handling }),
            ...(run_worker_first !== undefined && { runWorkerFirst: run_worker_first }),
            ...(base_path !== undefined && { basePath: base_path }),
        },
    };
}

export function tailConsumers(script: Script): string[] {
    const consumers = (script.settings["tail_consumers"] ?? []) as { service: string }[];
    return consumers.map((consumer) => consumer.service);
}

/** The scripts that a version needs beside it: what it calls, whose objects it uses, who takes its messages. */
export function neighbours(account: Account, script: Script, version: Version): string[] {
    const called = version.metadata.bindings.flatMap((binding) => {
        if (binding.type === "service") return [String(binding["service"])];
        if (binding.type === "durable_object_namespace" && binding["script_name"] !== undefined) return [String(binding["script_name"])];
        if (binding.type === "queue") return queueNamed(account, String(binding["queue_name"]))?.consumers.map((consumer) => consumer.script) ?? [];
        return [];
    });
    return [...called, ...tailConsumers(script)];
}

export const mainPlacement = (script: Script): Placement | undefined => {
    const version = activeVersion(script);
    return version && { script, version, main: true };
};

function frontWorker({ account, placements }: World): Record<string, unknown> {
    const targets = placements.map((placement) => [`worker:${workerOf(placement)}`, { type: "worker", worker: workerOf(placement) }]);
    return { config: { ...internal(FRONT, FRONT_SOURCE), env: { ...Object.fromEntries(targets), ...storageBindings(account) } } };
}

function tailWorker(listener: Listener): Record<string, unknown> {
    const handler = async (request: Request): Promise<Response> => {
        const { process, script, version, events } = (await request.json()) as { process: number; script: string; version: string; events: TraceEvent[] };
        for (const event of events) listener.traced(process, script, version, event);
        return new Response(null, { status: 204 });
    };
    return { config: { ...internal(TAIL, TAIL_SOURCE), env: { NODE: { type: "fetcher", handler } } } };
}

const internal = (name: string, source: string): Record<string, unknown> => ({
    name,
    compatibilityDate: newestDate,
    manifest: { mainModule: "index.js", modulesRoot: "/", modules: { "index.js": { type: "esm", contents: source } } },
});

const storageNames = (account: Account): string[][] => [[...account.namespaces.keys()], [...account.databases.keys()], [...account.buckets.keys()]];

/** For the API's own access to what is stored: the bindings are called "kv:ID", "d1:ID", "r2:NAME". */
function storageBindings(account: Account): Record<string, unknown> {
    const [kv = [], d1 = [], r2 = []] = storageNames(account);
    return Object.fromEntries([
        ...kv.map((id) => [`kv:${id}`, { type: "kv", id }]),
        ...d1.map((id) => [`d1:${id}`, { type: "d1", id }]),
        ...r2.map((name) => [`r2:${name}`, { type: "r2", name }]),
    ]);
}

interface Reference {
    worker: string;
    exportName: string | undefined;
    object: boolean;
}

/** workerd does not start when a Worker that is named is missing: here is one for each, that only says so. */
function stubs(workers: readonly Record<string, unknown>[]): Record<string, unknown>[] {
    const configs = workers.map((worker) => worker["config"] as { name: string; env: Record<string, Record<string, unknown>>; tailConsumers?: { worker: string }[] });
    const present = new Set([TAIL, ...configs.map((config) => config.name)]);
    const references = configs.flatMap((config) => [...envReferences(config.env), ...(config.tailConsumers ?? []).map(({ worker }) => ({ worker, exportName: undefined, object: false }))]);
    const missing = Map.groupBy(references.filter((reference) => !present.has(reference.worker)), (reference) => reference.worker);
    return [...missing].map(([name, uses]) => ({ config: stub(name, uses) }));
}

function envReferences(env: Record<string, Record<string, unknown>>): Reference[] {
    return Object.values(env).flatMap((entry) => {
        if (entry["type"] !== "worker" && entry["type"] !== "durable-object") return [];
        return [{ worker: String(entry["worker"]), exportName: entry["exportName"] as string | undefined, object: entry["type"] === "durable-object" }];
    });
}

function stub(name: string, uses: readonly Reference[]): Record<string, unknown> {
    const classes = new Map(uses.flatMap((use) => (use.exportName === undefined ? [] : [[use.exportName, use.object] as const])));
    const lines = [...classes].map(([className, object]) => `export class ${className} extends ${object ? "DurableObject" : "WorkerEntrypoint"} {}`);
    const source = `import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";\n${lines.join("\n")}
export default { fetch() { throw new Error("the Worker ${name} does not exist"); }, tail() {} };`;
    const objects = [...classes].filter(([, object]) => object).map(([className]) => [className, { type: "durable-object", storage: "sqlite" }]);
    return { ...internal(name, source), exports: Object.fromEntries(objects) };
}

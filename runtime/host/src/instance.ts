// SPDX-License-Identifier: MIT
// One running interpreter: python.wasm with everything the host gives it.

import { createDrains } from "./drain";
import { createDynloadImports } from "./dynload";
import { unavailableResponse } from "./errors";
import type { Env, EventContext } from "./events";
import { asPythonExports } from "./exports";
import { createFfiImports } from "./ffi";
import type { Guest } from "./guest";
import { createHandles, type Handles } from "./handles";
import { createInflate } from "./inflate";
import { createLinker, type Linker } from "./linker";
import { createGuestMemory } from "./memory";
import { createMounts } from "./mounts";
import { createOperations } from "./operations";
import { createPendingError } from "./pending-error";
import { createRequests, type Requests, type ServedRequest } from "./requests";
import { createScheduler, type Scheduler, type Thread } from "./scheduler";
import { readMainSymbols } from "./symbols";
import { createTransferSlot } from "./transfer";
import { createClock } from "./wasi/clock";
import { createDescriptors } from "./wasi/descriptors";
import type { FileSystem } from "./wasi/filesystem";
import { createLineOutput, type LineOutput } from "./wasi/output";
import { createWasiImports } from "./wasi/preview1";

export interface WorkerOptions {
    readonly python: WebAssembly.Module;
    readonly stdlib: ArrayBuffer;
    readonly app: ArrayBuffer;
    /** The installed packages, if the program has any. */
    readonly sitePackages?: ArrayBuffer;
    /** Dotted name of the module that handles requests, e.g. "src.main". */
    readonly entry: string;
    readonly modules?: Readonly<Record<string, WebAssembly.Module>>;
}

export interface Statistics {
    readonly memoryBytes: number;
    readonly threads: number;
    readonly handles: number;
    readonly requests: number;
}

export interface PythonInstance {
    serve(request: Request, env: Env, context: EventContext): Promise<Response>;
    /** True once it must not take new requests: something trapped in it, or it has lost one. */
    worn(): boolean;
    statistics(): Statistics;
}

const PYTHON_VERSION = "3.13";
const TEMPORARY_BYTES = 16 * 1024 * 1024;
const MAX_THREADS = 256;
/** A request that waits without I/O of its own would be taken for a hung one and killed by the platform. */
const KEEP_ALIVE = 10_000;
/** A request whose keep-alive has not been called for so long was cancelled by the platform; its threads never go on. */
const LOST_AFTER = 4 * KEEP_ALIVE;

interface Parts {
    readonly guest: Guest;
    readonly handles: Handles;
    readonly files: FileSystem;
    readonly outputs: readonly LineOutput[];
    readonly scheduler: Scheduler;
    readonly requests: Requests;
    readonly drain: (request: number) => Promise<void>;
    readonly keepAlives: KeepAlives;
    worn: boolean;
}

export function createInstance(options: WorkerOptions, number: number): PythonInstance {
    const parts = assemble(options, number);
    boot(parts, options.entry);
    let lastRequest = 0;

    return {
        serve(request, env, context) {
            lastRequest = (lastRequest % 0x7fffffff) + 1;
            return serve(parts, lastRequest, request, env, context);
        },
        worn: () => parts.worn || parts.keepAlives.anyLost(Date.now()),
        statistics: () => ({
            memoryBytes: parts.guest.exports.memory.buffer.byteLength,
            threads: parts.scheduler.count(),
            handles: parts.handles.count(),
            requests: parts.requests.count(),
        }),
    };
}

/** Makes all parts and instantiates the module. Works at global scope: it uses no entropy, no timer and no clock. */
function assemble(options: WorkerOptions, number: number): Parts {
    // Filled below, before the first import can be called.
    const guest = {} as Guest;
    const pending = createPendingError();
    const handles = createHandles(number);
    const transfer = createTransferSlot(guest);
    const mount = { ...options, modules: options.modules ?? {}, pythonVersion: PYTHON_VERSION, temporaryBytes: TEMPORARY_BYTES };
    const files = createMounts(mount, createClock(Date.now), createInflate(guest));
    const outputs = [createLineOutput((line) => console.log(line)), createLineOutput((line) => console.error(line))];
    const onFault = (error: unknown): void => {
        parts.worn = true;
        console.error("the interpreter failed outside of a thread", error);
    };
    const operations = createOperations({ guest, handles, pending, onFault });
    const requests = createRequests({ guest, transfer, pending, operations });
    const keepAlives = createKeepAlives(() => scheduler.check());
    const scheduler = createScheduler(guest, MAX_THREADS, {
        onCrash: (thread, error) => crashed(parts, thread, error),
        onBlock: (request) => keepAlives.start(request),
        onDeadlock: (threads) => console.error(`deadlock: ${threads.length} threads wait for each other\n${threadDump(guest)}`),
        onStuck: (thread) => stuck(parts, thread),
        onEnd: (thread) => operations.forgetThread(thread.id),
        runningOperations: () => operations.running(),
    });
    const drains = createDrains({
        scheduler,
        runningOperations: operations.running,
        othersLive: () => requests.count() > 1,
        onLeft: (threads) => threads.forEach((thread) => stuck(parts, thread)),
    });
    scheduler.connect(drains);
    let linker: Linker | undefined;
    const findModule = (path: string): WebAssembly.Module | undefined => libraryAt(files, path);
    const imports = {
        wasi_snapshot_preview1: wasiImports(guest, files, outputs),
        pymode: {
            ...scheduler.imports,
            ...createDynloadImports(guest, () => (linker ??= createLinker(guest.exports, findModule, readMainSymbols(options.python, guest.exports)))),
            ...createFfiImports({ guest, handles, pending, transfer }),
            ...operations.imports,
            ...requests.imports,
        },
    };
    const instance = new WebAssembly.Instance(options.python, imports as unknown as WebAssembly.Imports);
    guest.exports = asPythonExports(instance.exports);
    guest.memory = createGuestMemory(guest.exports.memory);
    const parts: Parts = { guest, handles, files, outputs, scheduler, requests, drain: drains.drain, keepAlives, worn: false };
    return parts;
}

function wasiImports(guest: Guest, files: FileSystem, outputs: readonly LineOutput[]) {
    const streams = [undefined, ...outputs].map((output) => ({ kind: "stream", output }) as const);
    const root = { kind: "folder", folder: files.root, preopen: "/", listing: undefined } as const;
    const descriptors = createDescriptors([...streams, root], files.storage);
    const randomFill = (target: Uint8Array): void => void crypto.getRandomValues(target);
    return createWasiImports({ guest, files, descriptors, randomFill });
}

function libraryAt(files: FileSystem, path: string): WebAssembly.Module | undefined {
    const node = files.lookup(files.root, path.replace(/^\/+/, ""));
    return typeof node !== "number" && node.kind === "library" ? node.module : undefined;
}

/** Draws no entropy and reads no clock: the interpreter does that in its first request. */
function boot({ guest }: Parts, entry: string): void {
    const { exports } = guest;
    const folder = entry.split(".").slice(0, -1).join("/");
    const app = placeText(guest, "/app\0");
    const entryFolder = placeText(guest, folder === "" ? "/app\0" : `/app/${folder}\0`);
    const name = placeText(guest, entry);
    const status = exports.pm_boot(app.pointer, entryFolder.pointer);
    if (status !== 0) throw new Error(`the interpreter did not start (${status})`);
    exports.pm_entry(name.pointer, name.length);
    for (const { pointer } of [app, entryFolder, name]) exports.free(pointer);
}

function placeText(guest: Guest, text: string): { pointer: number; length: number } {
    const bytes = new TextEncoder().encode(text);
    const pointer = guest.exports.malloc(bytes.length);
    if (pointer === 0) throw new Error("out of memory");
    guest.memory.write(pointer, bytes);
    return { pointer, length: bytes.length };
}

function serve(
    parts: Parts,
    id: number,
    request: Request,
    env: Env,
    context: EventContext,
): Promise<Response> {
    const { guest, handles, requests, scheduler } = parts;
    const envHandle = handles.add(env);
    const contextHandle = handles.add(context);
    const thread = guest.exports.pm_request(id, envHandle, contextHandle);
    if (thread === 0) {
        handles.release(envHandle);
        handles.release(contextHandle);
        return Promise.resolve(unavailableResponse("out of memory: no thread could be made for the request"));
    }
    const served = requests.open(id, request, env["PYMODE_DEV"] === "1");
    // Under waitUntil from the beginning: when the client goes away the threads must still be able to give back what they hold.
    context.waitUntil(runToEnd(parts, served, scheduler.runMain(thread, id)));
    return served.response;
}

async function runToEnd(parts: Parts, served: ServedRequest, main: Promise<void>): Promise<void> {
    await main;
    for (const output of parts.outputs) output.flush();
    parts.requests.fail(served, "the handler ended without a whole answer", undefined);
    await parts.drain(served.id);
    parts.keepAlives.stop(served.id);
    parts.requests.close(served.id);
}

function crashed(parts: Parts, thread: Thread, error: unknown): void {
    parts.worn = true;
    for (const output of parts.outputs) output.flush();
    const served = parts.requests.get(thread.request);
    if (served === undefined) console.error("a green thread crashed", error);
    else parts.requests.fail(served, "the interpreter crashed", error);
}

/** It cannot be stopped; the instance is left to it, and new requests get another one. */
function stuck(parts: Parts, thread: Thread): void {
    parts.worn = true;
    console.error(`green thread ${thread.id} does not end\n${threadDump(parts.guest)}`);
    const served = parts.requests.get(thread.request);
    if (served !== undefined && thread.main) parts.requests.fail(served, "the handler does not end", undefined);
}

function threadDump({ exports, memory }: Guest): string {
    return memory.cString(exports.pm_thread_dump());
}

interface KeepAlives {
    /** From the first time that a thread of the request waits; a request that never waits needs none. */
    start(request: number): void;
    stop(request: number): void;
    anyLost(now: number): boolean;
}

function createKeepAlives(onBeat: () => void): KeepAlives {
    const beats = new Map<number, { timer: ReturnType<typeof setInterval>; last: number }>();
    return {
        start(request) {
            if (beats.has(request)) return;
            const timer = setInterval(() => {
                entry.last = Date.now();
                onBeat();
            }, KEEP_ALIVE);
            const entry = { timer, last: Date.now() };
            beats.set(request, entry);
        },
        stop(request) {
            const entry = beats.get(request);
            if (entry !== undefined) clearInterval(entry.timer);
            beats.delete(request);
        },
        anyLost(now) {
            for (const { last } of beats.values()) if (now - last > LOST_AFTER) return true;
            return false;
        },
    };
}

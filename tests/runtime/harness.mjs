// SPDX-License-Identifier: MIT
// Runs a folder of Python files in the real workerd, with the runtime of build/runtime (or of $PYMODE_RUNTIME).

import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import * as miniflare from "miniflare";

import { zip } from "./host/zip.mjs";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const RUNTIME = path.resolve(process.env["PYMODE_RUNTIME"] ?? path.join(REPOSITORY, "build/runtime"));
const COMPATIBILITY_DATE = "2026-11-01";
const SKIPPED = new Set(["__pycache__", ".git", "node_modules"]);
const MODULE_TYPES = { ".js": "ESModule", ".wasm": "CompiledWasm", ".zip": "Data" };
const DEFAULT_WAIT = 30_000;

/** Where the generated worker answers with what the host holds, when a test asks for it. */
export const INSPECT_PATH = "/__inspect";

/**
 * @typedef {object} WorkerOptions
 * @property {URL | string} [folder] the project: its files become /app
 * @property {string} [main] the main module's file; default "src/main.py"
 * @property {Record<string, URL | string>} [extra] more folders, by their place below /app ("" is /app itself)
 * @property {Record<string, string | Uint8Array>} [files] more files, by their path below /app
 * @property {Record<string, string>} [objects] classes of Durable Objects, by the name of their binding
 * @property {string[]} [kv] KV namespaces, by the name of their binding
 * @property {Record<string, unknown>} [bindings] variables: texts and JSON values
 * @property {boolean} [dev] as `pymode dev` runs it: with PYMODE_DEV
 * @property {Record<string, unknown>} [more] other options of Miniflare 4
 * @property {boolean} [inspect] answer at INSPECT_PATH
 * @property {string[]} [flags] compatibility flags
 * @property {Uint8Array | Record<string, string | Uint8Array>} [packages] site-packages.zip, or the files that it has
 * @property {Record<string, Uint8Array>} [natives] side modules of packages, by their path below site-packages
 * @property {string[]} [libraries] names of the side modules in the bundle; default: all
 */

/**
 * @param {WorkerOptions} options
 */
export async function startWorker(options) {
    const logs = createLogs();
    const instance = new miniflare.Miniflare(
        miniflare.convertV4MiniflareOptions({
            name: "worker",
            host: "127.0.0.1",
            port: 0,
            cf: false, // would ask the internet for sample data
            log: new miniflare.Log(miniflare.LogLevel.NONE),
            modulesRoot: "/",
            modules: bundle(options),
            compatibilityDate: COMPATIBILITY_DATE,
            compatibilityFlags: options.flags ?? [],
            bindings: { ...options.bindings, ...(options.dev ? { PYMODE_DEV: "1" } : {}) },
            kvNamespaces: options.kv ?? [],
            durableObjects: Object.fromEntries(Object.entries(options.objects ?? {}).map(([name, className]) => [name, { className, useSQLite: true }])),
            ...options.more,
            telemetry: { enabled: false },
            handleStructuredLogs: (/** @type {{level: string, message: string}} */ event) => logs.add(event),
        }),
    );
    try {
        const url = await instance.ready;
        /** Runs a cron trigger. @param {{cron: string, scheduledTime?: Date}} event */
        const scheduled = async (event) => (await instance.getWorker()).scheduled(event);
        return { url: url.origin, logs, until, scheduled, stop: () => instance.dispose() };
    } catch (error) {
        // An instance that never started rejects with the same error once more.
        await instance.dispose().catch(() => undefined);
        throw new Error(`workerd did not start: ${error}\n${logs.text()}`);
    }
}

/**
 * The modules of a bundle, as core/bundle makes it; the main module first.
 * @param {WorkerOptions} options
 */
export function bundle(options) {
    const libraries = listFiles(path.join(RUNTIME, "dynload"))
        .filter((name) => name.endsWith(".wasm"))
        .filter((name) => options.libraries?.includes(name.slice(0, -".wasm".length)) ?? true);
    const modules = [
        moduleOf("worker.js", Buffer.from(mainModule(options, libraries))),
        moduleOf("app.zip", packApp(options)),
        ...["host.js", "python.wasm", "stdlib.zip"].map((name) => moduleOf(name, readRuntime(name))),
    ];
    for (const name of libraries) modules.push(moduleOf(`dynload/${name}`, readRuntime(`dynload/${name}`)));
    if (options.packages !== undefined) modules.push(moduleOf("site-packages.zip", packPackages(options.packages)));
    Object.values(options.natives ?? {}).forEach((wasm, i) => modules.push(moduleOf(`site/${i}.wasm`, wasm)));
    return modules;
}

/** @param {string} name @param {Uint8Array} contents */
function moduleOf(name, contents) {
    const type = MODULE_TYPES[/** @type {keyof typeof MODULE_TYPES} */ (path.extname(name))];
    return { type, path: `/${name}`, contents: type === "ESModule" ? Buffer.from(contents).toString() : contents };
}

/** @param {string} name */
function readRuntime(name) {
    const file = path.join(RUNTIME, name);
    if (!existsSync(file)) throw new Error(`${file} is missing: build the runtime first (python3 -m runtime.build)`);
    return new Uint8Array(readFileSync(file));
}

/** @param {WorkerOptions} options @param {string[]} libraries */
function mainModule(options, libraries) {
    const names = libraries.map((file) => file.slice(0, -".wasm".length));
    const imports = names.map((name, i) => `import library${i} from "./dynload/${name}.wasm";`);
    const table = names.map((name, i) => `${JSON.stringify(name)}: library${i}`);
    Object.keys(options.natives ?? {}).forEach((name, i) => {
        imports.push(`import native${i} from "./site/${i}.wasm";`);
        table.push(`${JSON.stringify(`lib/site-packages/${name}`)}: native${i}`);
    });
    if (options.packages !== undefined) imports.push('import sitePackages from "./site-packages.zip";');
    const packages = options.packages === undefined ? "" : "sitePackages,";
    const entry = (options.main ?? "src/main.py").replace(/\.py$/, "").replaceAll("/", ".");
    const handler = options.inspect
        ? `{ fetch: (request, env, context) => new URL(request.url).pathname === "${INSPECT_PATH}"
            ? Response.json(inspectWorker(worker)) : worker.fetch(request, env, context) }`
        : "worker";
    const objects = Object.values(options.objects ?? {}).map((name) => `export const ${name} = durableObject(worker, "${name}");\n`);
    return `import { createWorker, durableObject, inspectWorker } from "./host.js";
import python from "./python.wasm";
import stdlib from "./stdlib.zip";
import app from "./app.zip";
${imports.join("\n")}
const modules = { ${table.join(", ")} };
const worker = createWorker({ python, stdlib, app, ${packages} entry: ${JSON.stringify(entry)}, modules });
export default ${handler};
${objects.join("")}`;
}

/** @param {WorkerOptions} options */
function packApp(options) {
    /** @type {Map<string, Uint8Array>} */
    const members = new Map();
    for (const [prefix, folder] of Object.entries({ ...options.extra })) addFolder(members, prefix, folder);
    if (options.folder !== undefined) addFolder(members, "", options.folder);
    for (const [name, content] of Object.entries({ ...options.files })) members.set(name, Buffer.from(content));
    return pack(members);
}

/** @param {Uint8Array | Record<string, string | Uint8Array>} packages */
function packPackages(packages) {
    if (packages instanceof Uint8Array) return packages;
    return pack(new Map(Object.entries(packages).map(([name, content]) => [name, Buffer.from(content)])));
}

/** @param {Map<string, Uint8Array>} members */
function pack(members) {
    return zip([...members].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, data]) => ({ name, data })));
}

/** @param {Map<string, Uint8Array>} members @param {string} prefix @param {URL | string} folder */
function addFolder(members, prefix, folder) {
    const root = typeof folder === "string" ? folder : fileURLToPath(folder);
    for (const name of listFiles(root)) {
        if (name.split("/").some((part) => SKIPPED.has(part))) continue;
        members.set(prefix === "" ? name : `${prefix}/${name}`, readFileSync(path.join(root, name)));
    }
}

/** Files below a folder, with "/" between the parts of their names. @param {string} folder */
function listFiles(folder) {
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => statSync(path.join(folder, name)).isFile())
        .map((name) => name.split(path.sep).join("/"))
        .sort();
}

function createLogs() {
    /** @type {{level: string, message: string}[]} */
    const events = [];
    /** @type {Set<() => void>} */
    const watchers = new Set();
    const text = () => events.map((event) => `[${event.level}] ${event.message}\n`).join("");
    return {
        events,
        text,
        clear: () => void events.splice(0),
        add(/** @type {{level: string, message: string}} */ event) {
            events.push(event);
            for (const watcher of watchers) watcher();
        },
        /** Waits until an event contains the text or matches; resolves to the event. */
        waitFor(/** @type {string | RegExp} */ wanted, milliseconds = DEFAULT_WAIT) {
            const fits = (/** @type {string} */ message) =>
                typeof wanted === "string" ? message.includes(wanted) : wanted.test(message);
            return new Promise((resolve, reject) => {
                const timer = setTimeout(() => done(undefined), milliseconds);
                const look = () => {
                    const event = events.find(({ message }) => fits(message));
                    if (event !== undefined) done(event);
                };
                const done = (/** @type {{level: string, message: string} | undefined} */ event) => {
                    clearTimeout(timer);
                    watchers.delete(look);
                    if (event === undefined) reject(new Error(`${wanted} was not logged within ${milliseconds} ms:\n${text()}`));
                    else resolve(event);
                };
                watchers.add(look);
                look();
            });
        },
    };
}

/**
 * Asks again until the answer is true; for what can only be seen by asking.
 * @param {() => Promise<boolean> | boolean} condition
 */
async function until(condition, milliseconds = DEFAULT_WAIT) {
    const end = Date.now() + milliseconds;
    while (!(await condition())) {
        if (Date.now() > end) throw new Error(`not true within ${milliseconds} ms: ${condition}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

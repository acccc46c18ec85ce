// SPDX-License-Identifier: MIT
// Runs a bundle folder in a plain workerd process, without Miniflare: for measuring, and for looking into the instance.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const COMPATIBILITY_DATE = "2026-11-01";

/** workerd itself, not the script of the npm package that starts it through Node. */
export const WORKERD: string = createRequire(createRequire(import.meta.url).resolve("workerd/package.json")).resolve(
    "@cloudflare/workerd-linux-64/bin/workerd",
);

export interface ConfigOptions {
    folder: string;
    /** Its fetch handler answers. */
    mainModule: string;
    environment?: Record<string, string>;
    /** Lets the Worker reach this machine, too. */
    localNetwork?: boolean;
}

/** Writes FOLDER/config.bin, the binary form: it is read about as fast as Cloudflare's own, text is much slower. */
export function compileConfig(options: ConfigOptions): string {
    const modules = listFiles(options.folder)
        .filter((name) => moduleKind(name) !== undefined && name !== options.mainModule)
        .sort();
    const entries = [options.mainModule, ...modules].map((name) => `(name = "${name}", ${moduleKind(name)} = embed "${name}")`);
    const bindings = Object.entries(options.environment ?? {}).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`);
    const text = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
    services = [(name = "main", worker = .worker)${options.localNetwork ? `, (name = "internet", network = (allow = ["public", "private"]))` : ""}],
    sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")] );
const worker :Workerd.Worker = (
    modules = [${entries.join(", ")}],
    bindings = [${bindings.join(", ")}],
    compatibilityDate = "${COMPATIBILITY_DATE}" );
`;
    fs.writeFileSync(path.join(options.folder, "config.capnp"), text);
    const binary = execFileSync(WORKERD, ["compile", "config.capnp", "--config-only"], { cwd: options.folder, maxBuffer: 256 * 1024 * 1024 });
    const file = path.join(options.folder, "config.bin");
    fs.writeFileSync(file, binary);
    return file;
}

function moduleKind(name: string): string | undefined {
    if (name.endsWith(".js") || name.endsWith(".mjs")) return "esModule";
    if (name.endsWith(".wasm")) return "wasm";
    return name.endsWith(".zip") ? "data" : undefined;
}

function listFiles(folder: string): string[] {
    return fs
        .readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

export class Workerd {
    readonly port: number;
    readonly #child: ChildProcess;
    readonly #agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
    readonly #output: string[];

    private constructor(child: ChildProcess, port: number, output: string[]) {
        this.#child = child;
        this.port = port;
        this.#output = output;
    }

    /** Returns when workerd listens, which is before the Worker is loaded. */
    static async start(config: string): Promise<Workerd> {
        const child = spawn(WORKERD, ["serve", "--binary", config, "--control-fd=3"], { stdio: ["ignore", "pipe", "pipe", "pipe"] });
        const output: string[] = [];
        for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
        const lines = createInterface({ input: child.stdio[3] as Readable });
        const ended = once(child, "exit").then(() => {
            throw new Error(`workerd ended before it listened:\n${output.join("")}`);
        });
        const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
        ended.catch(() => undefined);
        const event = JSON.parse(line) as { event: string; port: number };
        return new Workerd(child, event.port, output);
    }

    get(pathname: string): Promise<{ status: number; text: string }> {
        return this.#ask("GET", pathname, undefined);
    }

    post(pathname: string, body: string): Promise<{ status: number; text: string }> {
        return this.#ask("POST", pathname, body);
    }

    #ask(method: string, pathname: string, body: string | undefined): Promise<{ status: number; text: string }> {
        return new Promise((resolve, reject) => {
            const request = http.request({ host: "127.0.0.1", port: this.port, method, path: pathname, agent: this.#agent }, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
                response.on("error", reject);
            });
            request.on("error", reject);
            request.end(body);
        });
    }

    /** Resident memory of the process, in bytes. */
    residentBytes(): number {
        const status = fs.readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
        return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    }

    output(): string {
        return this.#output.join("");
    }

    async stop(): Promise<void> {
        this.#agent.destroy();
        if (this.#child.exitCode !== null) return;
        const gone = once(this.#child, "exit");
        this.#child.kill("SIGKILL");
        await gone;
    }
}

/** Puts a main module before worker.js that knows the interpreter's memory and tells its size below /__memory. */
export function addMemoryProbe(folder: string): string {
    // Evaluated first, because imports are evaluated in their order.
    fs.writeFileSync(
        path.join(folder, "probe-memory.js"),
        `const Instance = WebAssembly.Instance;
export const memories = [];
WebAssembly.Instance = class extends Instance {
    constructor(module, imports) {
        super(module, imports);
        if (this.exports.memory instanceof WebAssembly.Memory) memories.push(this.exports.memory);
    }
};
`,
    );
    fs.writeFileSync(
        path.join(folder, "probe.js"),
        `import { memories } from "./probe-memory.js";
import worker from "./worker.js";
export default {
    fetch(request, env, context) {
        if (new URL(request.url).pathname !== "/__memory") return worker.fetch(request, env, context);
        return Response.json(memories.map((memory) => memory.buffer.byteLength));
    },
};
`,
    );
    return "probe.js";
}

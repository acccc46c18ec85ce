// SPDX-License-Identifier: MIT
// Runs the real executable, as a user's shell would.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));
export const PYMODE: string = process.env["PYMODE_EXECUTABLE"] ?? path.join(ROOT, "build/release/pymode");
/** Where Node and Miniflare are, which only `pymode dev` needs. */
export const TOOLS: string = path.join(ROOT, "node_modules/.bin");

const TIMEOUT_MS = 120_000;

export interface RunOptions {
    cwd?: string;
    executable?: string;
    environment?: Record<string, string>;
    /** What standard input holds; nothing: /dev/null. */
    stdin?: string | Buffer;
}

export interface Outcome {
    code: number;
    stdout: string;
    stderr: string;
    /** Standard output as it is. */
    bytes: Buffer;
}

/** A folder that is deleted after the test. */
export function temporaryFolder(context: TestContext): string {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-e2e-"));
    context.after(() => fs.rmSync(folder, { recursive: true, force: true }));
    return folder;
}

/** Nothing of the machine reaches the executable but what a test names: no Node, no Python, no credentials. */
export function emptyEnvironment(home: string): Record<string, string> {
    return { PATH: "", HOME: home, LANG: "C.UTF-8" };
}

export async function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const child = start(args, options);
    const chunks: Buffer[] = [];
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    const [code] = (await once(child, "close")) as [number | null];
    clearTimeout(timer);
    const bytes = Buffer.concat(chunks);
    return { code: code ?? -1, stdout: bytes.toString("utf8"), stderr, bytes };
}

/** Runs and expects success; what it said is in the failure otherwise. */
export async function succeed(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const outcome = await run(args, options);
    if (outcome.code !== 0) {
        throw new Error(`pymode ${args.join(" ")} ended with ${outcome.code}\n${outcome.stdout}\n${outcome.stderr}`);
    }
    return outcome;
}

export function start(args: readonly string[], options: RunOptions = {}): ChildProcess {
    const child = spawn(options.executable ?? PYMODE, args, {
        cwd: options.cwd ?? ROOT,
        env: options.environment ?? emptyEnvironment(os.tmpdir()),
        stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    // A command that refuses before it reads its input closes it.
    child.stdin?.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE") throw error;
    });
    child.stdin?.end(options.stdin);
    return child;
}

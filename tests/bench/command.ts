// SPDX-License-Identifier: MIT
// One run of a command: how long it took and how much memory.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const RUSAGE = fileURLToPath(new URL("rusage.py", import.meta.url));

export interface Usage {
    code: number;
    seconds: number;
    /** Seconds of processor time. */
    cpu: number;
    /** The largest resident set, in bytes. */
    peak: number;
}

/** Runs the command with nothing in its environment but what is given and a plain PATH. Throws what it printed when it fails. */
export async function measured(command: readonly string[], cwd: string, environment: Record<string, string>): Promise<Usage> {
    const all = { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", ...environment };
    const child = spawn("/usr/bin/python3", ["-I", "-S", RUSAGE, ...command], { cwd, env: all, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    const [report, stdout, stderr] = await Promise.all([text(child.stdio[3] as NodeJS.ReadableStream), text(child.stdout as NodeJS.ReadableStream), text(child.stderr as NodeJS.ReadableStream), child.exitCode ?? once(child, "exit")]);
    const usage = JSON.parse(report) as Usage;
    if (usage.code !== 0) throw new Error(`${command.join(" ")} ended with ${usage.code}:\n${stdout}\n${stderr}`);
    return usage;
}

// SPDX-License-Identifier: MIT
// How the two clients are started: each with an environment of its own, none of this machine's.

import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { wrangler, wranglerFolder } from "./install.ts";

export const HERE: string = fileURLToPath(new URL(".", import.meta.url));
const TIMEOUT_MS = 120_000;

export type Client = "wrangler" | "pymode";

export interface Command {
    command: string;
    args: string[];
    environment: Record<string, string>;
}

const STARTERS: Record<Client, () => (args: readonly string[]) => Command> = {
    wrangler: () => {
        const script = wrangler();
        // wrangler behaves otherwise when it sees a terminal, or the variables of an assistant.
        const environment = { PATH: path.dirname(process.execPath), CI: "1", WRANGLER_SEND_METRICS: "false", DO_NOT_TRACK: "1", NODE_COMPILE_CACHE: `${wranglerFolder()}-compiled` };
        return (args) => ({ command: process.execPath, args: [script, ...args], environment });
    },
    pymode: () => {
        const executable = process.env["PYMODE_EXECUTABLE"] ?? path.join(HERE, "../../build/release/pymode");
        return (args) => ({ command: executable, args: [...args], environment: { PATH: "", LANG: "C.UTF-8" } });
    },
};

/** Makes the client's commands out of their arguments; wrangler is installed when it is not yet. */
export const starterOf = (client: Client): ((args: readonly string[]) => Command) => STARTERS[client]();

export interface RunOptions {
    cwd: string;
    stdin: string;
    /** Beside that of the command. */
    environment: Record<string, string>;
    /** Sees what the command has printed so far. */
    watch?(output: string): void;
    /** Ctrl-C, as soon as the command has printed this. */
    interruptAt?: string;
}

export interface Outcome {
    code: number;
    /** What it printed. */
    output: string;
}

/** What the command printed. Throws that when it fails. */
export async function run(command: Command, options: RunOptions): Promise<string> {
    const { code, output } = await outcomeOf(command, options);
    if (code !== 0) throw new Error(`${[command.command, ...command.args].join(" ")} ended with ${code}\n${output}`);
    return output;
}

export function outcomeOf({ command, args, environment }: Command, options: RunOptions): Promise<Outcome> {
    return new Promise((resolve, reject) => {
        // A group of its own: wrangler does its work in a child, which would keep the pipes open for ever.
        const child = spawn(command, args, { cwd: options.cwd, env: { ...environment, ...options.environment }, stdio: "pipe", detached: true });
        const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, "SIGKILL"), TIMEOUT_MS);
        let output = "";
        let interruptAt = options.interruptAt;
        const hear = (text: string): void => {
            output += text;
            options.watch?.(output);
            if (interruptAt === undefined || !output.includes(interruptAt)) return;
            interruptAt = undefined;
            child.kill("SIGINT");
        };
        for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", hear);
        child.on("error", reject);
        child.on("close", (code) => {
            clearTimeout(timer);
            resolve({ code: code ?? -1, output });
        });
        // A command that refuses before it reads its input closes it.
        child.stdin.on("error", (error: NodeJS.ErrnoException) => {
            if (error.code !== "EPIPE") reject(error);
        });
        child.stdin.end(options.stdin);
    });
}

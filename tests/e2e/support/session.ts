// SPDX-License-Identifier: MIT
// A run of the executable that a test speaks with while it goes on.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { PYMODE } from "./pymode.ts";

const PATIENCE_MS = 60_000;

export class Session {
    readonly child: ChildProcess;
    stdout = "";
    stderr = "";
    readonly #ended: Promise<number>;
    #wake: () => void = () => undefined;

    constructor(args: readonly string[], options: { cwd: string; environment: Record<string, string>; input?: string }) {
        this.child = spawn(PYMODE, args, { cwd: options.cwd, env: options.environment, stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
        this.child.stdin?.end(options.input);
        this.child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#hear("stdout", text));
        this.child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#hear("stderr", text));
        this.#ended = once(this.child, "close").then(([code, signal]: unknown[]) => {
            this.#wake();
            return typeof code === "number" ? code : signal === null ? -1 : 128;
        });
    }

    get output(): string {
        return this.stdout + this.stderr;
    }

    /** Waits until a stream holds what is looked for, behind `from`; fails when the run ends before. */
    async says(stream: "stdout" | "stderr", pattern: RegExp, from = 0): Promise<RegExpExecArray> {
        const deadline = Date.now() + PATIENCE_MS;
        let over = false;
        void this.#ended.then(() => (over = true));
        for (;;) {
            const found = pattern.exec(this[stream].slice(from));
            if (found) return found;
            if (over || Date.now() > deadline) throw new Error(`${stream} never had ${String(pattern)}:\n${this.output}`);
            await new Promise<void>((resolve) => {
                const timer = setTimeout(resolve, deadline - Date.now());
                this.#wake = () => {
                    clearTimeout(timer);
                    resolve();
                };
            });
        }
    }

    end(signal?: NodeJS.Signals): Promise<number> {
        if (signal !== undefined) this.child.kill(signal);
        return this.#ended;
    }

    #hear(stream: "stdout" | "stderr", text: string): void {
        this[stream] += text;
        this.#wake();
    }
}

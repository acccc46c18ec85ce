// SPDX-License-Identifier: MIT
// A running `pymode dev` for a test.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import type { TestContext } from "node:test";
import { ask, type Answer, type Question } from "./cloud.ts";
import { TOOLS, emptyEnvironment, start } from "./pymode.ts";

export const READY_MS = 60_000;

/** The process, and everything it has said so far. */
export class DevServer {
    #port = 0;
    readonly #output: { text: string };
    readonly #changed: EventTarget;
    readonly #child: ChildProcess;
    readonly #agent = new http.Agent({ keepAlive: true });

    private constructor(output: { text: string }, changed: EventTarget, child: ChildProcess) {
        this.#output = output;
        this.#changed = changed;
        this.#child = child;
    }

    static async start(context: TestContext, project: string, args: readonly string[] = [], extra: Record<string, string> = {}): Promise<DevServer> {
        const environment = { ...devEnvironment(project), ...extra };
        const child = start(["dev", project, "--workerd", "--port", "0", ...args], { cwd: project, environment });
        const output = { text: "" };
        const changed = new EventTarget();
        for (const stream of [child.stdout, child.stderr]) {
            stream?.setEncoding("utf8").on("data", (text: string) => {
                output.text += text;
                changed.dispatchEvent(new Event("output"));
            });
        }
        const server = new DevServer(output, changed, child);
        context.after(async () => {
            server.#agent.destroy();
            if (child.exitCode !== null || child.signalCode !== null) return;
            const gone = once(child, "exit");
            child.kill("SIGINT");
            await gone;
        });
        const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`pymode dev ended with ${String(code)}:\n${output.text}`)));
        await Promise.race([server.says(/ready on http:\/\/\S+:\d+/), ended]);
        ended.catch(() => undefined);
        server.#port = Number(/ready on http:\/\/\S+:(\d+)/.exec(output.text)?.[1]);
        return server;
    }

    /** Waits until the output, from `from` on, matches; returns its length then. */
    async says(pattern: RegExp, from = 0): Promise<number> {
        const deadline = AbortSignal.timeout(READY_MS);
        while (!pattern.test(this.#output.text.slice(from))) {
            await once(this.#changed, "output", { signal: deadline }).catch(() => {
                throw new Error(`it never said ${pattern}:\n${this.#output.text}`);
            });
        }
        return this.#output.text.length;
    }

    /** Ends it as `kill -9` does. */
    async kill(): Promise<void> {
        const gone = once(this.#child, "exit");
        this.#child.kill("SIGKILL");
        await gone;
    }

    /** Everything it has said. */
    get output(): string {
        return this.#output.text;
    }

    /** How much it has said: a mark for `says`. */
    get mark(): number {
        return this.#output.text.length;
    }

    ask(pathname: string, question: Question = {}): Promise<Answer> {
        return ask({ host: "127.0.0.1", port: this.#port, agent: this.#agent }, pathname, question);
    }
}

export const devEnvironment = (home: string): Record<string, string> => ({ ...emptyEnvironment(home), PATH: TOOLS });

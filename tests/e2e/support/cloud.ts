// SPDX-License-Identifier: MIT
// A local Cloudflare for a test, the environment to deploy to it, and requests to what was deployed.

import http from "node:http";
import type { FaultOrder } from "../../standin/faults.ts";
import type { JournalEntry } from "../../standin/journal.ts";
import { DEFAULTS, startStandin, type Standin, type StandinOptions } from "../../standin/standin.ts";
import type { Startups } from "../../standin/startups.ts";
import { emptyEnvironment } from "./pymode.ts";

export interface Answer {
    status: number;
    headers: http.IncomingHttpHeaders;
    body: Buffer;
    text: string;
}

export interface Question {
    method?: string;
    headers?: Record<string, string>;
    body?: string | Buffer;
}

/** What `GET /__standin/state` says about a Worker, as far as tests ask. */
export interface WorkerState {
    versions: { id: string; annotations: Record<string, string> }[];
    deployments: { id: string; annotations: Record<string, string> }[];
    active: { id: string; percentage: number }[];
    workersDev: { enabled: boolean };
    schedules: string[];
    settings: Record<string, unknown>;
    migrationTag: string | null;
    classes: Record<string, unknown>;
}

/** The same of the whole account. */
export interface AccountState {
    scripts: Record<string, WorkerState>;
    namespaces: { id: string; title: string }[];
    databases: { uuid: string; name: string }[];
    buckets: string[];
    queues: { queue_id: string; queue_name: string; consumers: { script: string; settings: Record<string, number> }[] }[];
    routes: { pattern: string; script: string }[];
    domains: { hostname: string; service: string; previews_enabled: boolean }[];
}

export class Cloud {
    readonly standin: Standin;
    readonly #agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });

    private constructor(standin: Standin) {
        this.standin = standin;
    }

    static async start(options: Partial<StandinOptions> = {}, startups?: Startups): Promise<Cloud> {
        return new Cloud(await startStandin(options, startups));
    }

    async stop(): Promise<void> {
        this.#agent.destroy();
        await this.standin.stop();
    }

    /** What a user sets to deploy, and nothing else. */
    environment(home: string): Record<string, string> {
        return {
            ...emptyEnvironment(home),
            CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${this.standin.port}/client/v4`,
            CLOUDFLARE_API_TOKEN: DEFAULTS.token,
            CLOUDFLARE_ACCOUNT_ID: DEFAULTS.id,
        };
    }

    ask(script: string, path: string, question: Question = {}): Promise<Answer> {
        return ask(
            { host: "127.0.0.1", port: this.standin.edgePort, agent: this.#agent },
            path,
            { ...question, headers: { host: `${script}.${DEFAULTS.subdomain ?? ""}.workers.test`, ...question.headers } },
        );
    }

    /** Deploys a Worker in JavaScript, for what only needs somebody who looks at a binding. */
    async deployScript(name: string, source: string, bindings: Record<string, unknown>[] = []): Promise<void> {
        const form = new FormData();
        form.set("metadata", JSON.stringify({ main_module: "index.js", bindings, compatibility_date: "2026-01-01", compatibility_flags: [] }));
        form.set("index.js", new File([source], "index.js", { type: "application/javascript+module" }));
        await this.#api("PUT", `${name}?excludeScript=true&bindings_inherit=strict`, form);
        await this.#api("POST", `${name}/subdomain`, JSON.stringify({ enabled: true }), { "content-type": "application/json", "cloudflare-workers-script-api-date": "2025-08-01" });
    }

    /** With its routes, domains, schedules and consumers. */
    async deleteWorker(name: string): Promise<void> {
        await this.#api("DELETE", `${name}?force=true`);
    }

    async logs(script: string): Promise<string[]> {
        const response = await fetch(`http://127.0.0.1:${this.standin.port}/__standin/logs?script=${script}`);
        const { result } = (await response.json()) as { result: { message: string }[] };
        return result.map((event) => event.message);
    }

    /** The next matching call goes wrong: with this error, unless another kind is named (tests/standin/README.md). */
    async fault(fault: FaultOrder): Promise<void> {
        await this.#control("POST", "faults", fault);
    }

    /** Until every fault that was ordered has struck. */
    async struck(): Promise<void> {
        const pending = async (): Promise<number> => ((await this.#control("GET", "faults")) as unknown[]).length;
        while ((await pending()) > 0) await new Promise(setImmediate);
    }

    async forgetFaults(): Promise<void> {
        await this.#control("DELETE", "faults");
    }

    async calls(): Promise<string[]> {
        return (await this.journal()).map((call) => `${call.method} ${call.path} ${call.status}`);
    }

    async journal(): Promise<JournalEntry[]> {
        return (await this.#control("GET", "requests")) as JournalEntry[];
    }

    async forgetCalls(): Promise<void> {
        await this.#control("DELETE", "requests");
    }

    async state(): Promise<AccountState> {
        return (await this.#control("GET", "state")) as AccountState;
    }

    /** Nothing when there is no Worker of this name. */
    async findWorker(name: string): Promise<WorkerState | undefined> {
        return (await this.state()).scripts[name];
    }

    async worker(name: string): Promise<WorkerState> {
        const found = await this.findWorker(name);
        if (!found) throw new Error(`there is no Worker ${name}`);
        return found;
    }

    /** What is so in general (tests/standin/README.md). */
    async set(situation: Record<string, unknown>): Promise<void> {
        await this.#control("POST", "set", situation);
    }

    async #api(method: string, what: string, body?: FormData | string, headers: Record<string, string> = {}): Promise<void> {
        const response = await fetch(`http://127.0.0.1:${this.standin.port}/client/v4/accounts/${DEFAULTS.id}/workers/scripts/${what}`, {
            method,
            headers: { authorization: `Bearer ${DEFAULTS.token}`, "user-agent": "test", ...headers },
            ...(body !== undefined && { body }),
        });
        if (response.status !== 200) throw new Error(await response.text());
    }

    async #control(method: string, what: string, body?: unknown): Promise<unknown> {
        const response = await fetch(`http://127.0.0.1:${this.standin.port}/__standin/${what}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
        if (response.status !== 200) throw new Error(await response.text());
        return ((await response.json()) as { result: unknown }).result;
    }
}

export interface Target {
    host: string;
    port: number;
    agent: http.Agent;
}

export function ask(target: Target, path: string, question: Question): Promise<Answer> {
    const { method = "GET", headers = {}, body } = question;
    return new Promise((resolve, reject) => {
        const request = http.request({ ...target, path, method, headers: { ...headers, ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }) } });
        request.on("response", (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () => {
                const whole = Buffer.concat(chunks);
                resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole, text: whole.toString("utf8") });
            });
        });
        request.on("error", reject);
        request.end(body);
    });
}

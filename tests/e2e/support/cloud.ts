// SPDX-License-Identifier: MIT
// A local Cloudflare for a test, the environment to deploy to it, and requests to what was deployed.

import http from "node:http";
import { DEFAULTS, startStandin, type Standin, type StandinOptions } from "../../standin/standin.ts";
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

interface Journal {
    result: { method: string; path: string; status: number }[];
}

export class Cloud {
    readonly standin: Standin;
    readonly #agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });

    private constructor(standin: Standin) {
        this.standin = standin;
    }

    static async start(options: Partial<StandinOptions> = {}): Promise<Cloud> {
        return new Cloud(await startStandin(options));
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
        const headers = { authorization: `Bearer ${DEFAULTS.token}`, "user-agent": "test" };
        const scripts = `http://127.0.0.1:${this.standin.port}/client/v4/accounts/${DEFAULTS.id}/workers/scripts/${name}`;
        const upload = await fetch(`${scripts}?excludeScript=true&bindings_inherit=strict`, { method: "PUT", headers, body: form });
        if (upload.status !== 200) throw new Error(await upload.text());
        const shown = await fetch(`${scripts}/subdomain`, {
            method: "POST",
            headers: { ...headers, "content-type": "application/json", "cloudflare-workers-script-api-date": "2025-08-01" },
            body: JSON.stringify({ enabled: true }),
        });
        if (shown.status !== 200) throw new Error(await shown.text());
    }

    async logs(script: string): Promise<string[]> {
        const response = await fetch(`http://127.0.0.1:${this.standin.port}/__standin/logs?script=${script}`);
        const { result } = (await response.json()) as { result: { message: string }[] };
        return result.map((event) => event.message);
    }

    /** The next matching call goes wrong: with this error, unless another kind is named. */
    async fault(fault: { method: string; path: string; kind?: string; nth?: number; times?: number; handled?: boolean; status?: number; code?: number; message?: string }): Promise<void> {
        const response = await fetch(`http://127.0.0.1:${this.standin.port}/__standin/faults`, { method: "POST", body: JSON.stringify(fault) });
        if (response.status !== 200) throw new Error(await response.text());
    }

    async calls(): Promise<string[]> {
        const response = await fetch(`http://127.0.0.1:${this.standin.port}/__standin/requests`);
        const { result } = (await response.json()) as Journal;
        return result.map((call) => `${call.method} ${call.path} ${call.status}`);
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

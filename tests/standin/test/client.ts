// SPDX-License-Identifier: MIT
// A small API client for the tests of the stand-in: sends calls and forms as wrangler does, or wrong on purpose.

import http from "node:http";
import { DEFAULTS, startStandin, type Standin, type StandinOptions } from "../standin.ts";

export interface Reply {
    status: number;
    result: unknown;
    /** Of a list: its page or cursor. */
    info: Record<string, unknown> | undefined;
    codes: number[];
    messages: string[];
    /** As it came, when it is no JSON of the envelope. */
    text: string;
    headers: Headers;
}

export interface FilePart {
    name: string;
    filename?: string;
    contentType?: string;
    data: string | Uint8Array;
}

export const ACCOUNT = `/accounts/${DEFAULTS.id}`;
export const SCRIPTS = `${ACCOUNT}/workers/scripts`;
export const UPLOAD_QUERY = "?excludeScript=true&bindings_inherit=strict";
export const VERSIONS_QUERY = "?bindings_inherit=strict";
export const DATE = { "cloudflare-workers-script-api-date": "2025-08-01" };

export class TestClient {
    readonly standin: Standin;

    private constructor(standin: Standin) {
        this.standin = standin;
    }

    static async start(options: Partial<StandinOptions> = {}): Promise<TestClient> {
        return new TestClient(await startStandin(options));
    }

    async call(method: string, path: string, options: { json?: unknown; body?: Uint8Array; headers?: Record<string, string>; token?: string } = {}): Promise<Reply> {
        const { json, headers = {}, token = DEFAULTS.token } = options;
        const body = json === undefined ? options.body : Buffer.from(JSON.stringify(json));
        const response = await fetch(`http://127.0.0.1:${this.standin.port}/client/v4${path}`, {
            method,
            headers: {
                "user-agent": "test",
                ...(token !== "" && { authorization: `Bearer ${token}` }),
                ...(json !== undefined && { "content-type": "application/json" }),
                ...headers,
            },
            ...(body && { body: Buffer.from(body) }),
        });
        return readReply(response);
    }

    upload(method: string, path: string, parts: readonly FilePart[], options: { headers?: Record<string, string>; token?: string } = {}): Promise<Reply> {
        const boundary = "----formdata-test-0123456789";
        const headers = { ...options.headers, "content-type": `multipart/form-data; boundary=${boundary}` };
        return this.call(method, path, { ...options, body: form(boundary, parts), headers });
    }

    /** Orders something of the stand-in itself. */
    async control(method: string, what: string, json?: unknown): Promise<void> {
        const reply = await this.#control(method, what, json);
        if (reply.status !== 200) throw new Error(`${method} ${what}: ${reply.messages.join("; ")}`);
    }

    async order(what: string, json: unknown): Promise<unknown> {
        return (await this.#control("POST", what, json)).result;
    }

    /** Asks the stand-in about itself. */
    async ask(what: string): Promise<unknown> {
        return (await this.#control("GET", what)).result;
    }

    async #control(method: string, what: string, json?: unknown): Promise<Reply> {
        const response = await fetch(`http://127.0.0.1:${this.standin.port}/__standin/${what}`, { method, ...(json !== undefined && { body: JSON.stringify(json) }) });
        return readReply(response);
    }

    /** Uploads one module and shows it on workers.dev. */
    async deploy(name: string, source: string, metadata: Record<string, unknown> = {}): Promise<Reply> {
        const reply = await this.upload("PUT", `${SCRIPTS}/${name}${UPLOAD_QUERY}`, [metadataPart("index.js", metadata), modulePart("index.js", source)]);
        if (reply.status === 200) await this.show(name);
        return reply;
    }

    /** Shows a script on workers.dev, with its previews. */
    async show(name: string): Promise<void> {
        await this.call("POST", `${SCRIPTS}/${name}/subdomain`, { json: { enabled: true }, headers: DATE });
    }

    async visit(host: string, path = "/", headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
        const { status, text } = await this.visitAll(host, path, headers);
        return { status, text };
    }

    /** Asks a deployed Worker. Node's fetch does not let the Host be chosen, so this is node:http. */
    visitAll(host: string, path = "/", headers: Record<string, string> = {}): Promise<{ status: number; text: string; headers: http.IncomingHttpHeaders }> {
        return new Promise((resolve, reject) => {
            const request = http.get({ host: "127.0.0.1", port: this.standin.edgePort, path, headers: { host, ...headers } }, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), headers: response.headers }));
                response.on("error", reject);
            });
            request.on("error", reject);
        });
    }

    stop(): Promise<void> {
        return this.standin.stop();
    }
}

async function readReply(response: Response): Promise<Reply> {
    const text = await response.text();
    const isJson = /^application\/json/.test(response.headers.get("content-type") ?? "");
    const answer = (isJson ? JSON.parse(text) : {}) as { result?: unknown; result_info?: Record<string, unknown>; errors?: { code: number; message: string }[] };
    return {
        status: response.status,
        result: answer.result,
        info: answer.result_info,
        codes: (answer.errors ?? []).map((error) => error.code),
        messages: (answer.errors ?? []).map((error) => error.message),
        text,
        headers: response.headers,
    };
}

export function metadataPart(main: string, more: Record<string, unknown> = {}): FilePart {
    const metadata = { main_module: main, bindings: [], compatibility_date: "2026-11-01", compatibility_flags: [], ...more };
    return { name: "metadata", data: JSON.stringify(metadata) };
}

export function modulePart(name: string, data: string | Uint8Array, contentType = "application/javascript+module"): FilePart {
    return { name, filename: name, contentType, data };
}

export function form(boundary: string, parts: readonly FilePart[]): Buffer {
    const pieces: Buffer[] = [];
    for (const part of parts) {
        const filename = part.filename === undefined ? "" : `; filename="${part.filename}"`;
        const type = part.contentType === undefined ? "" : `Content-Type: ${part.contentType}\r\n`;
        pieces.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${part.name}"${filename}\r\n${type}\r\n`));
        pieces.push(Buffer.from(part.data), Buffer.from("\r\n"));
    }
    pieces.push(Buffer.from(`--${boundary}--\r\n`));
    return Buffer.concat(pieces);
}

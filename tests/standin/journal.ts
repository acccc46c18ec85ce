// SPDX-License-Identifier: MIT
// The calls so far, as the tests read them: enough to compare two clients, and no credential.

import type { Answer } from "./envelope.ts";
import { boundaryOf, parseMultipart, type Part } from "./multipart.ts";
import type { Call } from "./router.ts";

const MAX_ENTRIES = 10_000;
/** Bodies above this are only counted. */
const MAX_JSON = 64 * 1024;
/** Those that matter; the others are the same in each call, or secret. */
export const SHOWN_HEADERS: readonly string[] = ["content-type", "cloudflare-workers-script-api-date", "transfer-encoding", "expect", "cf-r2-jurisdiction"];

export interface JournalPart {
    name: string;
    filename?: string;
    contentType?: string;
    size: number;
    sha256: string;
    json?: unknown;
}

export interface JournalEntry {
    method: string;
    path: string;
    query: string;
    userAgent: string;
    headers: Record<string, string>;
    json?: unknown;
    parts?: JournalPart[];
    size: number;
    /** 0 when there was no answer. */
    status: number;
    codes: number[];
    fault?: string;
    milliseconds: number;
}

export class Journal {
    readonly #entries: JournalEntry[] = [];

    get entries(): readonly JournalEntry[] {
        return this.#entries;
    }

    record(call: Call, answer: Answer | undefined, fault: string | undefined, milliseconds: number): void {
        if (this.#entries.length === MAX_ENTRIES) this.#entries.shift();
        const type = call.headers["content-type"] ?? "";
        this.#entries.push({
            method: call.method,
            path: call.path,
            query: call.query.toString(),
            userAgent: call.headers["user-agent"] ?? "",
            headers: shownHeaders(call, type),
            ...bodyOf(call, type),
            size: call.body.length,
            status: answer?.status ?? 0,
            codes: codesOf(answer),
            ...(fault !== undefined && { fault }),
            milliseconds: Math.round(milliseconds),
        });
    }

    clear(): void {
        this.#entries.length = 0;
    }
}

function shownHeaders(call: Call, type: string): Record<string, string> {
    const boundary = boundaryOf(type);
    return Object.fromEntries(
        SHOWN_HEADERS.flatMap((name) => {
            const value = call.headers[name];
            return typeof value === "string" ? [[name, boundary === undefined ? value : value.replace(boundary, "BOUNDARY")]] : [];
        }),
    );
}

function bodyOf(call: Call, type: string): Pick<JournalEntry, "json" | "parts"> {
    const boundary = boundaryOf(type);
    try {
        if (boundary !== undefined) return { parts: parseMultipart(call.body, boundary).map(describe) };
        return call.body.length > 0 && call.body.length <= MAX_JSON ? { json: JSON.parse(call.body.toString("utf8")) as unknown } : {};
    } catch {
        // A body that cannot be read was refused already; its size is all there is to say.
        return {};
    }
}

function describe(part: Part): JournalPart {
    const isMetadata = part.name === "metadata" && part.data.length <= MAX_JSON;
    return {
        name: part.name,
        ...(part.filename !== undefined && { filename: part.filename }),
        ...(part.contentType !== undefined && { contentType: part.contentType }),
        size: part.data.length,
        sha256: part.sha256,
        ...(isMetadata && { json: JSON.parse(part.data.toString("utf8")) as unknown }),
    };
}

function codesOf(answer: Answer | undefined): number[] {
    const errors = (answer?.body as { errors?: { code: number }[] } | undefined)?.errors;
    return Array.isArray(errors) ? errors.map((error) => error.code) : [];
}

// SPDX-License-Identifier: MIT
// A client's calls in a normal form: what differs from run to run is replaced, what runs in parallel is sorted.

import { SHOWN_HEADERS, type JournalEntry, type JournalPart } from "../standin/journal.ts";
import { DEFAULTS } from "../standin/standin.ts";
import type { RecordedCall } from "../standin/test/replay.ts";

export interface File {
    name: string;
    filename?: string;
    contentType?: string;
}

export interface NormalCall {
    /** Method and path, the query behind it in the order of its names. */
    call: string;
    status: number;
    codes?: number[];
    headers: Record<string, string>;
    json?: unknown;
    metadata?: unknown;
    files?: File[];
}

const PLACEHOLDERS: [RegExp, string][] = [
    [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, "<jwt>"],
    [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>"],
    [/(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])/g, "<sha1>"],
    [/(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g, "<id>"],
];

function placed(text: string): string {
    const account = text.replaceAll(`/accounts/${DEFAULTS.id}`, "{A}").replaceAll(DEFAULTS.id, "<account>");
    return PLACEHOLDERS.reduce((so, [pattern, placeholder]) => so.replace(pattern, placeholder), account);
}

const normal = (value: unknown): unknown => sortedKeys(JSON.parse(placed(JSON.stringify(value))));

function sortedKeys(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(sortedKeys);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sortedKeys(one)]));
}

type SentPart = Omit<JournalPart, "size" | "sha256">;
/** What a call is compared by: the local Cloudflare's journal has more. */
type Sent = Pick<JournalEntry, "method" | "path" | "query" | "headers" | "json" | "status" | "codes"> & { parts?: SentPart[] };

export function normalCalls(entries: readonly JournalEntry[]): NormalCall[] {
    return inOrder(entries.map(normalCall));
}

/** The same of calls that were recorded elsewhere. */
export function normalRecorded(calls: readonly RecordedCall[]): NormalCall[] {
    return inOrder(calls.map((call) => normalCall(sentOf(call))));
}

function sentOf({ method, path, query = [], headers = {}, json, parts, answer }: RecordedCall): Sent {
    // The recording leaves out what is the same for each form.
    const all = parts ? { ...headers, "content-type": "multipart/form-data; boundary=BOUNDARY" } : headers;
    return {
        method,
        path,
        query: new URLSearchParams(query).toString(),
        headers: Object.fromEntries(Object.entries(all).filter(([name]) => SHOWN_HEADERS.includes(name))),
        ...(json !== undefined && { json }),
        ...(parts && { parts }),
        status: answer.status,
        codes: answer.codes ?? [],
    };
}

function normalCall(entry: Sent): NormalCall {
    const query = new URLSearchParams(entry.query);
    query.sort();
    const target = placed(query.size > 0 ? `${entry.path}?${decodeURIComponent(query.toString())}` : entry.path);
    const metadata = entry.parts?.find((part) => part.name === "metadata")?.json;
    const files = entry.parts?.filter((part) => part.name !== "metadata").map(fileOf);
    return {
        call: `${entry.method} ${target}`,
        status: entry.status,
        ...(entry.codes.length > 0 && { codes: entry.codes }),
        headers: entry.headers,
        ...(entry.json !== undefined && { json: normal(entry.json) }),
        ...(metadata !== undefined && { metadata: normal(metadata) }),
        ...(files && { files }),
    };
}

const fileOf = ({ name, filename, contentType }: SentPart): File => ({
    name: placed(name),
    ...(filename !== undefined && { filename: placed(filename) }),
    ...(contentType !== undefined && { contentType }),
});

const BARRIER = /^(?:PUT|POST|PATCH) .*\/(?:deployments|script-settings|assets-upload-session)$/;

/** Questions before an upload run side by side, and so do buckets of assets and triggers; what stands between does not. */
function inOrder(calls: NormalCall[]): NormalCall[] {
    const groups: NormalCall[][] = [[]];
    for (const call of calls) {
        if (call.metadata !== undefined || BARRIER.test(call.call)) groups.push([call], []);
        else groups.at(-1)?.push(call);
    }
    return groups.flatMap(sorted);
}

/** A client's own hash decides which assets share a bucket, and whichever comes last gets the 201: files and statuses are sorted by themselves. */
function sorted(group: NormalCall[]): NormalCall[] {
    const buckets = group.filter(isBucket);
    const statuses = buckets.map((call) => call.status).toSorted((a, b) => b - a);
    const files = buckets.flatMap((call) => call.files ?? []).toSorted(byKey(JSON.stringify));
    return group
        .toSorted(byKey(keyOf))
        .map((call) => (isBucket(call) ? { ...call, status: statuses.shift() ?? call.status, ...(call.files && { files: files.splice(0, call.files.length) }) } : call));
}

const isBucket = ({ call }: NormalCall): boolean => /\/workers\/assets\/upload/.test(call);

/** Full buckets come first; the same call sent again stays behind the first one, whatever their answers are. */
function keyOf(call: NormalCall): string {
    const { status: _, codes: __, ...sent } = call;
    return JSON.stringify(isBucket(call) ? { call: call.call, free: 1e6 - (call.files?.length ?? 0), headers: call.headers } : sent);
}

/** Compares by code units; equal keys leave the order as it is. */
const byKey = <T>(key: (value: T) => string) => (a: T, b: T): number => Number(key(a) > key(b)) - Number(key(a) < key(b));

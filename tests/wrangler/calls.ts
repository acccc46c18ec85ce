// SPDX-License-Identifier: MIT
// A client's calls in a normal form: what differs from run to run is replaced, what runs in parallel is sorted.

import type { JournalEntry, JournalPart } from "../standin/journal.ts";
import { DEFAULTS } from "../standin/standin.ts";

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

export function normalCalls(entries: readonly JournalEntry[]): NormalCall[] {
    return inOrder(entries.map(normalCall));
}

function normalCall(entry: JournalEntry): NormalCall {
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

const fileOf = ({ name, filename, contentType }: JournalPart): File => ({
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

/** Whichever bucket of assets comes last gets the 201: the statuses are sorted by themselves. */
function sorted(group: NormalCall[]): NormalCall[] {
    const isBucket = ({ call }: NormalCall): boolean => /\/workers\/assets\/upload/.test(call);
    const statuses = group.filter(isBucket).map((call) => call.status).toSorted((a, b) => b - a);
    const keyOf = ({ status, ...rest }: NormalCall): string => JSON.stringify(rest) + (isBucket({ status, ...rest }) ? "" : String(status));
    return group.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).map((call) => (isBucket(call) ? { ...call, status: statuses.shift() ?? call.status } : call));
}

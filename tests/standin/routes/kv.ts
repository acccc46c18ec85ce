// SPDX-License-Identifier: MIT
// KV: namespaces, and the very values that the running Workers see.

import type { KVNamespace } from "@cloudflare/workers-types";
import { newNamespace, type Namespace } from "../account.ts";
import { bytes, deviation, failure, ok, paged, refuse, type Answer } from "../envelope.ts";
import { boundaryOf, parseMultipart } from "../multipart.ts";
import { ACCOUNT, type Context, type Route } from "../router.ts";
import { hex } from "../script.ts";
import { anything, bool, list, literal, number, record, text } from "../shape.ts";
import { existingNamespace } from "./lookup.ts";

const NAMESPACES = `${ACCOUNT}/storage/kv/namespaces`;
const NAMESPACE = `${NAMESPACES}/:namespace`;
const MAX_VALUE_BYTES = 25 * 1024 * 1024;
const MAX_BULK = 10_000;
const MAX_BULK_GET = 100;

const key = text({ pattern: /./, max: 512 });
const titleShape = record({ title: text({ pattern: /\S/, max: 512 }) });
const digits = text({ pattern: /^\d{1,12}$/ });
const pairShape = record({ key, value: text({ max: MAX_VALUE_BYTES }) }, { expiration: number(0, 1e12), expiration_ttl: number(60, 1e10), metadata: anything, base64: bool });

interface Pair {
    key: string;
    value: string;
    expiration?: number;
    expiration_ttl?: number;
    metadata?: unknown;
    base64?: boolean;
}

export const kvRoutes: readonly Route[] = [
    { method: "GET", path: NAMESPACES, query: { page: text(), per_page: text(), order: literal("title", "id"), direction: literal("asc", "desc") }, run: getNamespaces },
    { method: "POST", path: NAMESPACES, body: { json: titleShape }, run: postNamespace },
    { method: "GET", path: NAMESPACE, run: (context) => ok(existingNamespace(context)) },
    { method: "PUT", path: NAMESPACE, body: { json: titleShape }, run: renameNamespace },
    { method: "DELETE", path: NAMESPACE, run: deleteNamespace },
    { method: "GET", path: `${NAMESPACE}/keys`, query: { prefix: text({ max: 512 }), cursor: text(), limit: digits }, run: getKeys },
    { method: "GET", path: `${NAMESPACE}/values/:key`, run: getValue },
    { method: "PUT", path: `${NAMESPACE}/values/:key`, query: { expiration: digits, expiration_ttl: digits }, body: "raw", run: putValue },
    { method: "DELETE", path: `${NAMESPACE}/values/:key`, run: deleteValue },
    { method: "GET", path: `${NAMESPACE}/metadata/:key`, run: getMetadata },
    { method: "PUT", path: `${NAMESPACE}/bulk`, body: { json: list(pairShape, MAX_BULK) }, run: putBulk },
    { method: "DELETE", path: `${NAMESPACE}/bulk`, body: { json: list(key, MAX_BULK) }, run: deleteBulk },
    { method: "POST", path: `${NAMESPACE}/bulk/delete`, body: { json: list(key, MAX_BULK) }, run: deleteBulk },
    { method: "POST", path: `${NAMESPACE}/bulk/get`, body: { json: record({ keys: list(key, MAX_BULK_GET) }, { type: literal("text", "json"), withMetadata: bool }) }, run: getBulk },
];

function getNamespaces({ account, query }: Context): Answer {
    const order = query.get("order") === "id" ? "id" : "title";
    const all = [...account.namespaces.values()].sort((a, b) => (a[order] < b[order] ? -1 : 1));
    return paged(query.get("direction") === "desc" ? all.reverse() : all, query);
}

const titleTaken = (): Answer => failure(400, { code: 10014, message: "A namespace with this account ID and title already exists." });

const hasTitle = (namespaces: Iterable<Namespace>, title: string): boolean => [...namespaces].some((namespace) => namespace.title === title);

function postNamespace({ account, json }: Context): Answer {
    const { title } = json as { title: string };
    if (hasTitle(account.namespaces.values(), title)) return titleTaken();
    const namespace = newNamespace(hex(16), title);
    account.namespaces.set(namespace.id, namespace);
    return ok(namespace);
}

function renameNamespace(context: Context): Answer {
    const namespace = existingNamespace(context);
    const { title } = context.json as { title: string };
    if (title !== namespace.title && hasTitle(context.account.namespaces.values(), title)) return titleTaken();
    namespace.title = title;
    return ok(namespace);
}

function deleteNamespace(context: Context): Answer {
    context.account.namespaces.delete(existingNamespace(context).id);
    return ok(null);
}

function stored<T>(context: Context, action: (kv: KVNamespace) => Promise<T>): Promise<T> {
    const { id } = existingNamespace(context);
    return context.fleet.storage(async (process) => action(await process.kv(id)));
}

async function getKeys(context: Context): Promise<Answer> {
    const { query } = context;
    const limit = Number(query.get("limit") ?? 1000);
    if (limit < 10 || limit > 1000) return failure(400, { code: 10002, message: "limit must be from 10 to 1000" });
    const cursor = query.get("cursor");
    const page = await stored(context, (kv) => kv.list({ prefix: query.get("prefix") ?? "", limit, ...(cursor !== null && cursor !== "" && { cursor }) }));
    return ok(page.keys, { count: page.keys.length, cursor: page.list_complete ? "" : page.cursor });
}

async function getValue(context: Context): Promise<Answer> {
    const value = await stored(context, (kv) => kv.get(context.parameter("key"), "arrayBuffer"));
    return value ? bytes(new Uint8Array(value), { "content-type": "application/octet-stream" }) : noKey();
}

async function getMetadata(context: Context): Promise<Answer> {
    const { value, metadata } = await stored(context, (kv) => kv.getWithMetadata(context.parameter("key"), "arrayBuffer"));
    return value ? ok(metadata) : noKey();
}

const noKey = (): Answer => failure(404, { code: 10009, message: "get: 'key not found'" });

/** The bytes as they are, or a form of `value` and `metadata`. */
async function putValue(context: Context): Promise<Answer> {
    const { value, metadata } = readValue(context);
    if (value.length > MAX_VALUE_BYTES) return failure(413, { code: 10033, message: "The value is larger than 25 MiB" });
    const { query } = context;
    await stored(context, (kv) =>
        kv.put(context.parameter("key"), exact(value), {
            ...(query.has("expiration") && { expiration: Number(query.get("expiration")) }),
            ...(query.has("expiration_ttl") && { expirationTtl: Number(query.get("expiration_ttl")) }),
            ...(metadata !== undefined && { metadata }),
        }),
    );
    return ok(null);
}

function readValue({ raw, headers }: Context): { value: Buffer; metadata: unknown } {
    const boundary = boundaryOf(headers["content-type"] ?? "");
    if (boundary === undefined) return { value: raw, metadata: undefined };
    const parts = parseMultipart(raw, boundary);
    const part = (name: string): Buffer => parts.find((one) => one.name === name)?.data ?? refuse(deviation(`the form has no part "${name}"`));
    return { value: part("value"), metadata: JSON.parse(part("metadata").toString("utf8")) as unknown };
}

const exact = (value: Buffer): ArrayBuffer => new Uint8Array(value).buffer;

async function deleteValue(context: Context): Promise<Answer> {
    await stored(context, (kv) => kv.delete(context.parameter("key")));
    return ok(null);
}

async function putBulk(context: Context): Promise<Answer> {
    const pairs = context.json as Pair[];
    await stored(context, async (kv) => {
        for (const { key: name, value, base64, expiration, expiration_ttl, metadata } of pairs) {
            await kv.put(name, exact(Buffer.from(value, base64 ? "base64" : "utf8")), {
                ...(expiration !== undefined && { expiration }),
                ...(expiration_ttl !== undefined && { expirationTtl: expiration_ttl }),
                ...(metadata !== undefined && { metadata }),
            });
        }
    });
    return ok({ successful_key_count: pairs.length, unsuccessful_keys: [] });
}

async function deleteBulk(context: Context): Promise<Answer> {
    const keys = context.json as string[];
    await stored(context, async (kv) => {
        for (const name of keys) await kv.delete(name);
    });
    return ok({ successful_key_count: keys.length, unsuccessful_keys: [] });
}

async function getBulk(context: Context): Promise<Answer> {
    const { keys, type, withMetadata } = context.json as { keys: string[]; type?: "text" | "json"; withMetadata?: boolean };
    const values = await stored(context, (kv) =>
        Promise.all(
            keys.map(async (name) => {
                const { value, metadata } = await kv.getWithMetadata(name, "text");
                const shown = value !== null && type === "json" ? (JSON.parse(value) as unknown) : value;
                return [name, withMetadata ? { value: shown, metadata } : shown] as const;
            }),
        ),
    );
    return ok({ values: Object.fromEntries(values) });
}

// SPDX-License-Identifier: MIT
// R2: buckets, and the very objects that the running Workers see.

import type { R2Bucket } from "@cloudflare/workers-types";
import { newBucket } from "../account.ts";
import { bucketName } from "../bindings.ts";
import { bytes, failure, ok, type Answer } from "../envelope.ts";
import { ACCOUNT, AS_TEXT_TOO, type Context, type Route } from "../router.ts";
import { literal, record, text } from "../shape.ts";
import { existingBucket } from "./lookup.ts";

const BUCKETS = `${ACCOUNT}/r2/buckets`;
const BUCKET = `${BUCKETS}/:bucket`;
const OBJECT = `${BUCKET}/objects/:key*`;

const storageClass = literal("Standard", "InfrequentAccess");
const bucketShape = record({ name: bucketName }, { locationHint: literal("apac", "eeur", "enam", "weur", "wnam", "oc"), storageClass });
const page = { cursor: text(), per_page: text({ pattern: /^\d{1,4}$/ }) };

export const r2Routes: readonly Route[] = [
    { method: "GET", path: BUCKETS, query: { ...page, name_contains: text(), order: literal("name"), direction: literal("asc", "desc") }, run: getBuckets },
    { method: "POST", path: BUCKETS, body: { json: bucketShape, types: AS_TEXT_TOO }, run: postBucket },
    { method: "GET", path: BUCKET, run: (context) => ok(existingBucket(context)) },
    { method: "DELETE", path: BUCKET, run: deleteBucket },
    { method: "GET", path: `${BUCKET}/objects`, query: { ...page, prefix: text({ max: 1024 }), delimiter: text() }, run: getObjects },
    { method: "GET", path: OBJECT, run: getObject },
    { method: "PUT", path: OBJECT, body: "raw", run: putObject },
    { method: "DELETE", path: OBJECT, run: deleteObject },
];

function getBuckets({ account, query }: Context): Answer {
    const part = query.get("name_contains") ?? "";
    const buckets = [...account.buckets.values()].filter((bucket) => bucket.name.includes(part)).sort((a, b) => (a.name < b.name ? -1 : 1));
    return ok({ buckets: query.get("direction") === "desc" ? buckets.reverse() : buckets });
}

function postBucket({ account, json }: Context): Answer {
    const { name } = json as { name: string };
    if (account.buckets.has(name)) return failure(409, { code: 10004, message: "The bucket you tried to create already exists, and you own it." });
    const bucket = newBucket(name);
    account.buckets.set(name, bucket);
    return ok(bucket);
}

function stored<T>(context: Context, action: (r2: R2Bucket) => Promise<T>): Promise<T> {
    const { name } = existingBucket(context);
    return context.fleet.storage(async (process) => action(await process.r2(name)));
}

async function deleteBucket(context: Context): Promise<Answer> {
    const { objects } = await stored(context, (r2) => r2.list({ limit: 1 }));
    if (objects.length > 0) return failure(409, { code: 10008, message: "The bucket you tried to delete is not empty." });
    context.account.buckets.delete(existingBucket(context).name);
    return ok({});
}

async function getObjects(context: Context): Promise<Answer> {
    const { query } = context;
    const listed = await stored(context, (r2) =>
        r2.list({
            limit: Math.min(Number(query.get("per_page") ?? 1000), 1000),
            prefix: query.get("prefix") ?? "",
            ...(query.has("cursor") && { cursor: query.get("cursor") ?? "" }),
            ...(query.has("delimiter") && { delimiter: query.get("delimiter") ?? "" }),
        }),
    );
    const objects = listed.objects.map((object) => ({ key: object.key, etag: object.etag, size: object.size, last_modified: object.uploaded.toISOString(), http_metadata: object.httpMetadata }));
    return ok(objects, { count: objects.length, cursor: listed.truncated ? listed.cursor : "" });
}

const noKey = (): Answer => failure(404, { code: 10007, message: "The specified key does not exist." });

async function getObject(context: Context): Promise<Answer> {
    const found = await stored(context, async (r2) => {
        const object = await r2.get(context.parameter("key"));
        return object && { data: await object.arrayBuffer(), metadata: object.httpMetadata, etag: object.httpEtag };
    });
    if (!found) return noKey();
    const { contentType, cacheControl, contentDisposition, contentEncoding, contentLanguage } = found.metadata ?? {};
    return bytes(new Uint8Array(found.data), {
        "content-type": contentType ?? "application/octet-stream",
        etag: found.etag,
        ...(cacheControl !== undefined && { "cache-control": cacheControl }),
        ...(contentDisposition !== undefined && { "content-disposition": contentDisposition }),
        ...(contentEncoding !== undefined && { "content-encoding": contentEncoding }),
        ...(contentLanguage !== undefined && { "content-language": contentLanguage }),
    });
}

async function putObject(context: Context): Promise<Answer> {
    const { headers, raw } = context;
    const header = (name: string): string | undefined => (typeof headers[name] === "string" ? headers[name] : undefined);
    const metadata = {
        contentType: header("content-type"),
        cacheControl: header("cache-control"),
        contentDisposition: header("content-disposition"),
        contentEncoding: header("content-encoding"),
        contentLanguage: header("content-language"),
    };
    const known = Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined));
    const object = await stored(context, (r2) => r2.put(context.parameter("key"), new Uint8Array(raw).buffer, { httpMetadata: known }));
    return ok({ key: object.key, etag: object.etag, size: object.size, version: object.version, storage_class: object.storageClass });
}

async function deleteObject(context: Context): Promise<Answer> {
    const key = context.parameter("key");
    const existed = await stored(context, async (r2) => {
        const head = await r2.head(key);
        await r2.delete(key);
        return head !== null;
    });
    return existed ? ok({ key }) : noKey();
}

// SPDX-License-Identifier: MIT
// Static assets: the manifest that a session announces, the tokens that lead through it, and the files themselves.
// Two steps as at Cloudflare: an upload token for what is missing, and a completion token for the script's metadata.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Situation } from "./account.ts";
import { hex } from "./script.ts";

export interface AssetFile {
    data: Buffer;
    /** Nothing for `application/null`: to be served without a type. */
    contentType: string | undefined;
}

export type Manifest = Record<string, { hash: string; size: number }>;

/** The assets of one version. */
export interface AssetSet {
    manifest: Manifest;
    config: Record<string, unknown>;
}

interface Session {
    script: string;
    manifest: Manifest;
    /** Of the files of the manifest, by their hash. */
    sizes: Map<string, number>;
    missing: Set<string>;
}

export interface AssetStore {
    /** Files of all scripts by their hash: what was uploaded once is not asked for again. */
    files: Map<string, AssetFile>;
    sessions: Map<string, Session>;
    key: Buffer;
}

interface Claims {
    sid: string;
    kind: "upload" | "completion";
    exp: number;
}

const TOKEN_SECONDS = 3600;

export const newAssetStore = (): AssetStore => ({ files: new Map(), sessions: new Map(), key: randomBytes(32) });

export interface SessionAnswer {
    jwt: string;
    buckets: string[][];
}

export function openSession(store: AssetStore, script: string, manifest: Manifest, situation: Situation): SessionAnswer {
    const sizes = new Map(Object.values(manifest).map((entry) => [entry.hash, entry.size]));
    // In the order of the hashes, so that the same files are always in the same bucket.
    const missing = [...sizes.keys()].filter((hash) => !store.files.has(hash)).sort();
    const sid = hex(16);
    store.sessions.set(sid, { script, manifest, sizes, missing: new Set(missing) });
    const buckets: string[][] = [];
    for (let index = 0; index < missing.length; index += situation.filesPerBucket) buckets.push(missing.slice(index, index + situation.filesPerBucket));
    const more = situation.singleAssets ? { wrangler_single_asset_uploads: true, edge_kv_upload_concurrency: 4 } : {};
    return { jwt: sign(store, { sid, kind: missing.length > 0 ? "upload" : "completion" }, more), buckets };
}

/** The session of a token, or nothing when the token is not one of ours, has ended, or is of the other kind. */
export function sessionOf(store: AssetStore, token: string, kind: Claims["kind"]): { sid: string; session: Session } | undefined {
    const claims = verify(store, token);
    const session = claims?.kind === kind ? store.sessions.get(claims.sid) : undefined;
    return claims && session && { sid: claims.sid, session };
}

/** What is wrong with an uploaded file, or nothing. */
export function fileProblem(session: Session, hash: string, file: AssetFile): string | undefined {
    const announced = session.sizes.get(hash);
    if (announced === undefined) return `the session's manifest has no file with the hash ${hash}`;
    if (announced !== file.data.length) return `${hash} has ${file.data.length} bytes, the manifest says ${announced}`;
    return undefined;
}

/** Takes a checked file; the completion token when it was the last one. */
export function takeFile(store: AssetStore, sid: string, hash: string, file: AssetFile): void {
    store.files.set(hash, file);
    store.sessions.get(sid)?.missing.delete(hash);
}

export function completionToken(store: AssetStore, sid: string): string | undefined {
    return store.sessions.get(sid)?.missing.size === 0 ? sign(store, { sid, kind: "completion" }, {}) : undefined;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function sign(store: AssetStore, claims: Omit<Claims, "exp">, more: Record<string, unknown>): string {
    const now = Math.floor(Date.now() / 1000);
    const content = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ iat: now, exp: now + TOKEN_SECONDS, ...claims, ...more })}`;
    return `${content}.${mac(store, content).toString("base64url")}`;
}

function verify(store: AssetStore, token: string): Claims | undefined {
    const match = /^([\w-]{1,200}\.([\w-]{1,2000}))\.([\w-]{43})$/.exec(token);
    if (!match?.[1] || !match[2] || !match[3]) return undefined;
    if (!timingSafeEqual(Buffer.from(match[3], "base64url"), mac(store, match[1]))) return undefined;
    const claims = JSON.parse(Buffer.from(match[2], "base64url").toString("utf8")) as Claims;
    return claims.exp * 1000 > Date.now() ? claims : undefined;
}

const mac = (store: AssetStore, content: string): Buffer => createHmac("sha256", store.key).update(content).digest();

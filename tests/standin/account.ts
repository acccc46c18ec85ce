// SPDX-License-Identifier: MIT
// What Cloudflare would know about one account. Values only; the routes change them.

import { newAssetStore, type AssetStore } from "./assets.ts";
import { hex, timestamp, type Script } from "./script.ts";

export interface Namespace {
    id: string;
    title: string;
    supports_url_encoding: true;
}

export interface Database {
    uuid: string;
    name: string;
    version: "production";
    created_at: string;
}

export interface Bucket {
    name: string;
    creation_date: string;
}

export interface Consumer {
    consumer_id: string;
    type: "worker";
    script: string;
    settings: Record<string, number>;
    dead_letter_queue: string | undefined;
    created_on: string;
}

export interface Queue {
    queue_id: string;
    queue_name: string;
    created_on: string;
    modified_on: string;
    settings: Record<string, unknown>;
    consumers: Consumer[];
}

export interface Zone {
    id: string;
    name: string;
}

export interface ZoneRoute {
    id: string;
    zone: string;
    pattern: string;
    script: string;
}

export interface Domain {
    id: string;
    hostname: string;
    service: string;
    environment: "production";
    zone_id: string;
    zone_name: string;
    cert_id: string;
    enabled: boolean;
    previews_enabled: boolean;
}

/** What a test can change about the account in general, through POST /__standin/set. */
export interface Situation {
    /** Nothing when the account has not registered its workers.dev name. */
    subdomain: string | undefined;
    /** The token may change routes of all zones at once (PUT …/routes); without it, only zone by zone. */
    allZones: boolean;
    /** The token is of the account, not of a user: what belongs to a user refuses it. */
    accountToken: boolean;
    /** Names of further accounts that the user is a member of. */
    otherAccounts: string[];
    /** Upload tokens ask for one request for each asset. */
    singleAssets: boolean;
    /** Cloudflare's buckets hold about 50 MiB; these hold two files at first, so that a test sees several. */
    filesPerBucket: number;
    /** Seconds until an access token of a login ends. */
    loginSeconds: number;
    /** What the user does on the login's page. */
    consent: "allow" | "deny";
}

export interface Account {
    id: string;
    name: string;
    token: string;
    situation: Situation;
    /** All modules of one upload together. */
    scriptLimit: number;
    scripts: Map<string, Script>;
    namespaces: Map<string, Namespace>;
    databases: Map<string, Database>;
    buckets: Map<string, Bucket>;
    queues: Map<string, Queue>;
    zones: Zone[];
    routes: ZoneRoute[];
    domains: Domain[];
    assets: AssetStore;
    /** By SHA-256: what a hundred uploads bring is kept once. */
    modules: Map<string, Buffer>;
}

/** All modules together, uncompressed: Cloudflare's limit since September 2026. */
export const SCRIPT_LIMIT = 64 * 1024 * 1024;

export interface AccountOptions {
    id: string;
    token: string;
    subdomain: string | undefined;
    scriptLimit: number;
    /** What exists already: ids of namespaces and databases, names of buckets, queues and zones. */
    namespaces: readonly string[];
    databases: readonly string[];
    buckets: readonly string[];
    queues: readonly string[];
    zones: readonly string[];
}

export function newAccount(options: AccountOptions): Account {
    return {
        id: options.id,
        name: "Example",
        token: options.token,
        situation: {
            subdomain: options.subdomain,
            allZones: true,
            accountToken: false,
            otherAccounts: [],
            singleAssets: false,
            filesPerBucket: 2,
            loginSeconds: 3600,
            consent: "allow",
        },
        scriptLimit: options.scriptLimit,
        scripts: new Map(),
        namespaces: new Map(options.namespaces.map((id) => [id, newNamespace(id, id)])),
        databases: new Map(options.databases.map((id) => [id, newDatabase(id, id)])),
        buckets: new Map(options.buckets.map((name) => [name, newBucket(name)])),
        queues: new Map(options.queues.map(newQueue).map((queue) => [queue.queue_id, queue])),
        zones: options.zones.map((name, index) => ({ id: `f${String(index).padStart(31, "0")}`, name })),
        routes: [],
        domains: [],
        assets: newAssetStore(),
        modules: new Map(),
    };
}

export const newNamespace = (id: string, title: string): Namespace => ({ id, title, supports_url_encoding: true });

export const newDatabase = (uuid: string, name: string): Database => ({ uuid, name, version: "production", created_at: timestamp() });

export const newBucket = (name: string): Bucket => ({ name, creation_date: timestamp() });

export function newQueue(name: string): Queue {
    const now = timestamp();
    return { queue_id: hex(16), queue_name: name, created_on: now, modified_on: now, settings: {}, consumers: [] };
}

export function queueNamed(account: Account, name: string): Queue | undefined {
    return [...account.queues.values()].find((queue) => queue.queue_name === name);
}

/** The zone that a hostname or a route's pattern lies in: the longest name that it ends with. */
export function zoneOf(account: Account, hostname: string): Zone | undefined {
    return account.zones
        .filter((zone) => hostname === zone.name || hostname.endsWith(`.${zone.name}`))
        .toSorted((a, b) => b.name.length - a.name.length)[0];
}

/** The name that workers.dev shows a script under; the stand-in's edge has it with `.test` at the end. */
export function workersHost(account: Account, script: string, top = "dev"): string | undefined {
    const { subdomain } = account.situation;
    return subdomain === undefined ? undefined : `${script}.${subdomain}.workers.${top}`;
}

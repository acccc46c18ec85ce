// SPDX-License-Identifier: MIT
// What Cloudflare would know about one account. Values only; the routes change them.

import { randomBytes, randomUUID } from "node:crypto";
import type { Binding } from "./bindings.ts";

export interface Module {
    name: string;
    contentType: string;
    data: Buffer;
}

export interface Metadata {
    main_module: string;
    bindings: Binding[];
    compatibility_date: string;
    compatibility_flags: string[];
}

export interface Version {
    id: string;
    number: number;
    createdOn: string;
    metadata: Metadata;
    modules: Module[];
    etag: string;
    startupMs: number;
    annotations: Record<string, string>;
}

export interface Deployment {
    id: string;
    createdOn: string;
    annotations: Record<string, string>;
    versions: { version_id: string; percentage: number }[];
}

export interface Script {
    name: string;
    tag: string;
    createdOn: string;
    modifiedOn: string;
    /** Oldest first. */
    versions: Version[];
    /** Newest first, as the API lists them. */
    deployments: Deployment[];
    workersDev: { enabled: boolean; previews_enabled: boolean };
    settings: Record<string, unknown>;
}

export interface Namespace {
    id: string;
    title: string;
    supports_url_encoding: true;
}

export interface Account {
    id: string;
    name: string;
    token: string;
    /** Nothing when the account has not registered its workers.dev name. */
    subdomain: string | undefined;
    scripts: Map<string, Script>;
    namespaces: Map<string, Namespace>;
}

export interface AccountOptions {
    id: string;
    token: string;
    subdomain: string | undefined;
    namespaces: readonly string[];
}

export function newAccount(options: AccountOptions): Account {
    return {
        id: options.id,
        name: "Example",
        token: options.token,
        subdomain: options.subdomain,
        scripts: new Map(),
        namespaces: new Map(options.namespaces.map((id) => [id, newNamespace(id, id)])),
    };
}

export function newNamespace(id: string, title: string): Namespace {
    return { id, title, supports_url_encoding: true };
}

export function newScript(name: string): Script {
    const now = timestamp();
    return {
        name,
        tag: hex(16),
        createdOn: now,
        modifiedOn: now,
        versions: [],
        deployments: [],
        workersDev: { enabled: false, previews_enabled: false },
        settings: { logpush: false, observability: null, tail_consumers: null, tags: null },
    };
}

export function newDeployment(versions: Deployment["versions"], annotations: Record<string, string>): Deployment {
    return {
        id: randomUUID(),
        createdOn: timestamp(),
        annotations: { "workers/triggered_by": "deployment", ...annotations },
        versions,
    };
}

/** The version that answers requests: the one with the largest share of the newest deployment. */
export function activeVersion(script: Script): Version | undefined {
    const shares = script.deployments[0]?.versions.toSorted((a, b) => b.percentage - a.percentage);
    return script.versions.find((version) => version.id === shares?.[0]?.version_id);
}

export function hex(bytes: number): string {
    return randomBytes(bytes).toString("hex");
}

/** Cloudflare's timestamps have microseconds. */
export function timestamp(): string {
    return new Date().toISOString().replace("Z", "000Z");
}

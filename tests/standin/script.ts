// SPDX-License-Identifier: MIT
// What Cloudflare knows about one Worker: its versions, which of them answer, and what surrounds them. Values only.

import { randomBytes, randomUUID } from "node:crypto";
import type { AssetSet } from "./assets.ts";
import type { Binding } from "./bindings.ts";

export interface Module {
    name: string;
    contentType: string;
    data: Buffer;
    sha256: string;
}

export interface Metadata {
    /** Nothing for a Worker that has only assets, and for the service-worker syntax. */
    main_module: string | undefined;
    /** The script of the service-worker syntax. */
    body_part: string | undefined;
    bindings: Binding[];
    compatibility_date: string;
    compatibility_flags: string[];
    assets: AssetSet | undefined;
    limits: Record<string, unknown>;
    placement: Record<string, unknown> | undefined;
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
    /** The script's migration tag when this version was made: one from before a migration cannot be deployed again. */
    migrationTag: string | undefined;
}

export interface Share {
    version_id: string;
    percentage: number;
}

export interface Deployment {
    id: string;
    createdOn: string;
    annotations: Record<string, string>;
    versions: Share[];
}

/** A class that implements Durable Objects. The id stays when the class is renamed or transferred, and so do its objects. */
export interface ObjectClass {
    id: string;
    sqlite: boolean;
}

export interface Schedule {
    cron: string;
    created_on: string;
    modified_on: string;
}

export interface Script {
    name: string;
    tag: string;
    createdOn: string;
    modifiedOn: string;
    lastDeployedFrom: string;
    /** Oldest first. */
    versions: Version[];
    /** Newest first, as the API lists them. */
    deployments: Deployment[];
    workersDev: { enabled: boolean; previews_enabled: boolean };
    settings: Record<string, unknown>;
    schedules: Schedule[];
    migrationTag: string | undefined;
    /** By the name that the code has now. */
    classes: Map<string, ObjectClass>;
}

export function newScript(name: string): Script {
    const now = timestamp();
    return {
        name,
        tag: hex(16),
        createdOn: now,
        modifiedOn: now,
        lastDeployedFrom: "wrangler",
        versions: [],
        deployments: [],
        workersDev: { enabled: false, previews_enabled: false },
        settings: { logpush: false, observability: null, tail_consumers: null, tags: null },
        schedules: [],
        migrationTag: undefined,
        classes: new Map(),
    };
}

export function newDeployment(versions: Share[], annotations: Record<string, string>): Deployment {
    return {
        id: randomUUID(),
        createdOn: timestamp(),
        annotations: { "workers/triggered_by": "deployment", ...annotations },
        versions,
    };
}

export function findVersion(script: Script, id: string): Version | undefined {
    return script.versions.find((version) => version.id === id);
}

/** The shares that get requests, the largest first. Nothing before the first deployment. */
export function activeShares(script: Script): { version: Version; percentage: number }[] {
    const shares = (script.deployments[0]?.versions ?? []).toSorted((a, b) => b.percentage - a.percentage);
    return shares.flatMap(({ version_id, percentage }) => {
        const version = findVersion(script, version_id);
        return version && percentage > 0 ? [{ version, percentage }] : [];
    });
}

/** The version with the largest share of the newest deployment: it also keeps the Durable Objects and takes the triggers. */
export function activeVersion(script: Script): Version | undefined {
    return activeShares(script)[0]?.version;
}

export function secretsOf(version: Version | undefined): Binding[] {
    return (version?.metadata.bindings ?? []).filter((binding) => binding.type === "secret_text");
}

export function hex(bytes: number): string {
    return randomBytes(bytes).toString("hex");
}

/** Cloudflare's timestamps have microseconds. */
export function timestamp(): string {
    return new Date().toISOString().replace("Z", "000Z");
}

// SPDX-License-Identifier: MIT
// What has to be so before a recorded run: what an earlier, unrecorded command had done, or what the recorder was told.
// Here the recorded calls are replayed in it; tests/wrangler runs pymode in it.

import assert from "node:assert/strict";
import { ACCOUNT, SCRIPTS, TestClient, metadataPart, modulePart, VERSIONS_QUERY } from "./client.ts";
import type { Difference, Replay } from "./replay.ts";

export interface Situation {
    prepare?(client: TestClient): Promise<void>;
    /** Then, before the recorded calls alone: what came before them in the run and was not recorded. */
    prepareReplay?(client: TestClient, replay: Replay): Promise<void>;
    /** Then, before a client runs that cannot bring the recorded answer about with what it sends itself. */
    prepareClient?(client: TestClient): Promise<void>;
    /** Afterwards everything is as it was. */
    restore?(client: TestClient): Promise<void>;
    token?: string;
    /** Calls whose answer differs from the recorded one, by "METHOD path". */
    differences?: Record<string, Difference>;
}

/** Runs of which no call was recorded. */
export const NOT_REPLAYED: Record<string, string> = {
    "err-no-token": "wrangler asked nobody: it had no token",
    "err-conn-refused": "nobody listened",
    "last-deployed-dash-strict": "its calls are those of last-deployed-dash and were not kept",
    "last-deployed-api": "its calls are those of last-deployed-dash and were not kept",
};

const PLAIN = 'export default { fetch() { return new Response("plain"); } };';
const OBJECTS = 'import { DurableObject } from "cloudflare:workers"; export class Counter extends DurableObject {} export default {};';
const ASSETS = { manifest: { "/b.css": { hash: "1cb10ed97f060783a9abe3bcc31ea436", size: 2 }, "/index.html": { hash: "8d0be47d408e4efc15e7cd9ec2ada4d5", size: 11 } } };

const UNKNOWN_TOKEN = "the recorder answered 403 to an unknown token; which it is at Cloudflare is not known, and 401 tells it from another account";

const fault = (order: Record<string, unknown>): Situation => ({ prepare: (client) => client.control("POST", "faults", order) });
const uploads = { method: "POST", path: "/scripts/plain/versions$" };

/** The id of the version that was made last. */
export async function latestVersion(client: TestClient, script: string): Promise<string> {
    const { result } = await client.call("GET", `${SCRIPTS}/${script}/versions`);
    return (result as { items: { id: string }[] }).items[0]?.id ?? "";
}

async function succeed(reply: Promise<{ status: number; messages: string[] }>): Promise<void> {
    const { status, messages } = await reply;
    assert.equal(status, 200, messages.join("; "));
}

const deployPlain = (client: TestClient, name: string): Promise<void> => succeed(client.deploy(name, PLAIN));

/** The recorder's secrets were not part of a version: for it, versions from before had not lost any. */
const noSecrets: Situation = { prepare: (client) => succeed(client.call("DELETE", `${SCRIPTS}/rec-worker/secrets/A?url_encoded=true`)) };

export const SITUATIONS: Record<string, Situation> = {
    "versions-upload": noSecrets,
    "rollback-secret-drift": {
        // A secret can only be set on the newest version, which a rollback has left.
        prepare: async (client) => {
            const versions = [{ version_id: await latestVersion(client, "rec-worker"), percentage: 100 }];
            await succeed(client.call("POST", `${SCRIPTS}/rec-worker/deployments`, { json: { strategy: "percentage", versions } }));
            await succeed(client.call("PUT", `${SCRIPTS}/rec-worker/secrets`, { json: { name: "API_KEY", text: "new", type: "secret_text" } }));
        },
    },
    "assets-single-mode": {
        prepare: (client) => client.control("POST", "set", { singleAssets: true, forgetAssets: true }),
        restore: (client) => client.control("POST", "set", { singleAssets: false }),
    },
    "err-bad-token": {
        token: "wrong",
        differences: {
            [`GET ${ACCOUNT}/workers/services/plain`]: { recorded: 403, status: 401, reason: UNKNOWN_TOKEN },
            "GET /user": { recorded: 403, status: 401, reason: UNKNOWN_TOKEN },
        },
    },
    "err-no-workers-dev": {
        prepare: (client) => client.control("POST", "set", { subdomain: null }),
        restore: (client) => client.control("POST", "set", { subdomain: "example-sub" }),
    },
    // Python is not run when a Worker starts: no project of pymode's fails like that.
    "err-10021-startup": {
        prepareClient: (client) => client.control("POST", "faults", { method: "PUT", path: "/scripts/badstart$", status: 400, code: 10021 }),
    },
    "err-10027-too-large": {
        prepare: (client) => client.control("POST", "set", { scriptLimit: 50 }),
        restore: (client) => client.control("POST", "set", { scriptLimit: 64 * 1024 * 1024 }),
    },
    "err-429-retry-after-1": fault({ method: "PUT", path: "/scripts/plain$", status: 429, code: 10013, headers: { "Retry-After": "1" } }),
    "err-429-plain": fault({ ...uploads, status: 429 }),
    "err-429-retry-after-120": fault({ ...uploads, status: 429, headers: { "Retry-After": "120" } }),
    "err-429-on-get": fault({ method: "GET", path: "/services/plain$", status: 429 }),
    "err-503-once": fault({ ...uploads, status: 503 }),
    "err-503-three": fault({ ...uploads, status: 503, times: 3 }),
    "err-502-html": fault({ ...uploads, kind: "html", times: 3 }),
    "err-waf": fault({ ...uploads, kind: "html", status: 403, headers: { "cf-mitigated": "challenge" } }),
    "err-deployment-500": fault({ method: "POST", path: "/scripts/plain/deployments$" }),
    "warn-settings-500": fault({ method: "PATCH", path: "/scripts/plain/script-settings$" }),
    "err-10215-secret": {
        prepare: (client) => succeed(client.upload("POST", `${SCRIPTS}/plain/versions${VERSIONS_QUERY}`, [metadataPart("i.js"), modulePart("i.js", PLAIN)])),
    },
    "err-partial-triggers": fault({ method: "PUT", path: "/scripts/crons/schedules$", status: 400, code: 10100, message: "invalid cron string" }),
    "routes-fallback": {
        prepare: async (client) => {
            await deployPlain(client, "crons");
            await succeed(client.call("PUT", `${SCRIPTS}/crons/routes`, { json: [{ pattern: "example.com/x/*", zone_name: "example.com" }] }));
            await client.control("POST", "set", { allZones: false });
        },
        restore: (client) => client.control("POST", "set", { allZones: true }),
    },
    "asset-500-once": assetFault(500),
    "asset-524-once": assetFault(524, 524),
    "asset-429": assetFault(429, 10013, { "Retry-After": "2" }),
    // Another client had applied the migration after wrangler had asked for it.
    "err-10079": {
        prepareReplay: async (client) => {
            const metadata = { migrations: { new_tag: "v1", steps: [{ new_sqlite_classes: ["Counter"] }] } };
            await succeed(client.deploy("rec-worker", OBJECTS, metadata));
        },
        prepareClient: (client) => client.control("POST", "faults", { method: "PUT", path: "/scripts/rec-worker$", status: 412, code: 10079 }),
    },
    "last-deployed-dash": { prepare: (client) => client.control("POST", "set", { lastDeployedFrom: "dash" }) },
};

/** Of these runs only the uploads were recorded: a replay opens the session before them. */
function assetFault(status: number, code = 10013, headers: Record<string, string> = {}): Situation {
    return {
        prepare: async (client) => {
            await client.control("POST", "set", { forgetAssets: true });
            await client.control("POST", "faults", { method: "POST", path: "/assets/upload", status, code, headers });
        },
        prepareReplay: async (client, replay) => {
            const { result } = await client.call("POST", `${SCRIPTS}/assets-only/assets-upload-session`, { json: ASSETS });
            replay.jwt = (result as { jwt: string }).jwt;
        },
    };
}

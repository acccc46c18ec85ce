// SPDX-License-Identifier: MIT
// Scripts: upload, look-up, settings, secrets and deletion.

import { newDeployment, newScript, timestamp, type Script, type Version } from "../account.ts";
import { publicBinding } from "../bindings.ts";
import { failure, invalidScript, noService, noWorker, ok, refuse } from "../envelope.ts";
import { ACCOUNT, SCRIPT, type Context, type Route } from "../router.ts";
import { StartupFailure } from "../runtime.ts";
import { anything, bool, list, literal, record, text } from "../shape.ts";
import { storeVersion } from "../store.ts";
import { makeVersion, newVersion, readForm } from "../upload.ts";
import { existingScript } from "./lookup.ts";

export const uploadQuery = { excludeScript: literal("true"), bindings_inherit: literal("strict") };
const SERVICE = `${ACCOUNT}/workers/services/:script`;
const secretName = text({ pattern: /^[A-Za-z_$][\w$]*$/ });

export const scriptRoutes: readonly Route[] = [
    { method: "PUT", path: SCRIPT, query: uploadQuery, body: "form", run: putScript },
    { method: "GET", path: `${ACCOUNT}/workers/scripts`, run: ({ account }) => ok([...account.scripts.values()].map(scriptSummary)) },
    { method: "DELETE", path: SCRIPT, query: { force: literal("true", "false") }, run: deleteScript },
    { method: "DELETE", path: SERVICE, query: { force: literal("true", "false") }, run: deleteScript },
    { method: "GET", path: SERVICE, run: getService },
    { method: "GET", path: `${ACCOUNT}/workers/workers/:script`, run: getWorker },
    { method: "GET", path: `${SCRIPT}/settings`, run: getSettings },
    { method: "GET", path: `${SCRIPT}/script-settings`, run: (context) => ok(existingScript(context).settings) },
    {
        method: "PATCH",
        path: `${SCRIPT}/script-settings`,
        body: { json: record({}, { observability: record({ enabled: bool }, { head_sampling_rate: anything }), logpush: bool, tail_consumers: anything, tags: list(text()) }) },
        run: (context) => ok(Object.assign(existingScript(context).settings, context.json)),
    },
    { method: "GET", path: `${SCRIPT}/secrets`, run: (context) => ok(secretsOf(existingScript(context))) },
    {
        method: "PUT",
        path: `${SCRIPT}/secrets`,
        body: { json: record({ name: secretName, text: text(), type: literal("secret_text") }) },
        run: putSecret,
    },
    { method: "DELETE", path: `${SCRIPT}/secrets/:secret`, query: { url_encoded: literal("true") }, run: deleteSecret },
];

async function putScript(context: Context): Promise<ReturnType<typeof ok>> {
    const script = context.account.scripts.get(context.parameter("script")) ?? newScript(context.parameter("script"));
    const version = await acceptVersion(context, script, "upload");
    const deployment = newDeployment([{ version_id: version.id, percentage: 100 }], {});
    script.deployments.unshift(deployment);
    return ok({
        ...scriptSummary(script),
        handlers: ["fetch"],
        has_assets: false,
        has_modules: true,
        entry_point: version.metadata.main_module,
        startup_time_ms: version.startupMs,
        // Despite its name this is the version's id, without the dashes.
        deployment_id: version.id.replaceAll("-", ""),
        deployment: deployment.id,
    });
}

/** Checks the form, loads the script once as Cloudflare does, and only then makes it part of the account. */
export async function acceptVersion(context: Context, script: Script, trigger: "upload" | "version_upload"): Promise<Version> {
    const form = readForm(context.parts);
    const strict = context.query.get("bindings_inherit") === "strict";
    const version = makeVersion(context.account, script, form, { strict, trigger });
    try {
        version.startupMs = await context.fleet.check(script.name, version);
    } catch (error) {
        if (error instanceof StartupFailure) refuse(invalidScript(error.message));
        throw error;
    }
    await addVersion(context, script, version);
    return version;
}

async function addVersion(context: Context, script: Script, version: Version): Promise<void> {
    await storeVersion(context.stateFolder, script, version);
    context.account.scripts.set(script.name, script);
    script.versions.push(version);
    script.modifiedOn = timestamp();
}

async function deleteScript(context: Context): Promise<ReturnType<typeof ok>> {
    const script = existingScript(context);
    context.account.scripts.delete(script.name);
    await context.fleet.stop(script.name);
    return ok(null);
}

function getService(context: Context): ReturnType<typeof ok> {
    const script = context.account.scripts.get(context.parameter("script")) ?? refuse(noService());
    const environment = { environment: "production", created_on: script.createdOn, modified_on: script.modifiedOn };
    return ok({
        id: script.name,
        default_environment: { ...environment, script: { ...scriptSummary(script), handlers: ["fetch"] } },
        created_on: script.createdOn,
        modified_on: script.modifiedOn,
        environments: [environment],
    });
}

function getWorker(context: Context): ReturnType<typeof ok> {
    const script = existingScript(context);
    const { subdomain } = context.account;
    const host = subdomain === undefined ? undefined : `${script.name}.${subdomain}.workers.dev`;
    return ok({
        id: script.tag,
        name: script.name,
        created_on: script.createdOn,
        updated_on: script.modifiedOn,
        deployed_on: script.deployments[0]?.createdOn ?? null,
        logpush: script.settings["logpush"],
        observability: script.settings["observability"] ?? { enabled: false },
        tags: script.settings["tags"] ?? [],
        tail_consumers: script.settings["tail_consumers"] ?? [],
        references: { dispatch_namespace_outbounds: [], domains: [], durable_objects: [], queues: [], workers: [] },
        subdomain: { ...script.workersDev, ...(host && { url: `https://${host}`, preview_url_suffix: `-${host}` }) },
    });
}

function getSettings(context: Context): ReturnType<typeof ok> {
    const script = existingScript(context);
    const metadata = script.versions.at(-1)?.metadata;
    return ok({
        bindings: (metadata?.bindings ?? []).map(publicBinding),
        compatibility_date: metadata?.compatibility_date,
        compatibility_flags: metadata?.compatibility_flags,
        usage_model: "standard",
        tags: script.settings["tags"] ?? [],
        tail_consumers: script.settings["tail_consumers"] ?? [],
        logpush: script.settings["logpush"],
    });
}

function scriptSummary(script: Script): Record<string, unknown> {
    const latest = script.versions.at(-1);
    return {
        id: script.name,
        tag: script.tag,
        etag: latest?.etag,
        created_on: script.createdOn,
        modified_on: script.modifiedOn,
        usage_model: "standard",
        compatibility_date: latest?.metadata.compatibility_date,
        compatibility_flags: latest?.metadata.compatibility_flags,
        logpush: script.settings["logpush"],
        last_deployed_from: "wrangler",
        tags: script.settings["tags"],
    };
}

const secretsOf = (script: Script): unknown[] =>
    (script.versions.at(-1)?.metadata.bindings ?? []).filter((binding) => binding.type === "secret_text").map(publicBinding);

async function putSecret(context: Context): Promise<ReturnType<typeof ok>> {
    const secret = context.json as { name: string; text: string; type: string };
    await replaceSecret(context, existingScript(context), secret.name, secret.text);
    return ok({ name: secret.name, type: secret.type });
}

async function deleteSecret(context: Context): Promise<ReturnType<typeof ok>> {
    const script = existingScript(context);
    const name = context.parameter("secret");
    if (!secretsOf(script).some((secret) => (secret as { name: string }).name === name)) {
        return failure(404, { code: 10056, message: `Secret "${name}" not found` });
    }
    await replaceSecret(context, script, name, undefined);
    return ok(null);
}

/** A secret is part of a version: changing one makes a version of the same code and deploys it. */
async function replaceSecret(context: Context, script: Script, name: string, value: string | undefined): Promise<void> {
    const latest = script.versions.at(-1) ?? refuse(noWorker());
    const others = latest.metadata.bindings.filter((binding) => binding.name !== name);
    const secret = value === undefined ? [] : [{ type: "secret_text", name, text: value }];
    const metadata = { ...latest.metadata, bindings: [...others, ...secret] };
    const version = newVersion(script, metadata, latest.modules, { "workers/triggered_by": "secret" });
    await addVersion(context, script, version);
    script.deployments.unshift(newDeployment([{ version_id: version.id, percentage: 100 }], {}));
}

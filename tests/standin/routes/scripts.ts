// SPDX-License-Identifier: MIT
// Scripts: upload, settings and deletion.

import { failure, invalidScript, ok, refuse, type Answer } from "../envelope.ts";
import { applyMigrations, type Outcome } from "../migrations.ts";
import { publicBinding } from "../bindings.ts";
import { ACCOUNT, SCRIPT, type Context, type Route } from "../router.ts";
import { MissingClass, StartupFailure } from "../runtime.ts";
import { newDeployment, newScript, timestamp, type Deployment, type Script, type Version } from "../script.ts";
import { anything, bool, list, literal, number, record, text } from "../shape.ts";
import { storeVersion } from "../store.ts";
import { readForm } from "../upload.ts";
import { draftVersion, type Draft } from "../versions.ts";
import { dependents } from "./dependencies.ts";
import { existingScript } from "./lookup.ts";

export const uploadQuery = { excludeScript: literal("true"), bindings_inherit: literal("strict") };
export const SERVICE = `${ACCOUNT}/workers/services/:script`;

/** Not versioned: an upload with PUT brings them along, after POST versions they have a call of their own. */
const settingsShape = record(
    {},
    {
        observability: record({ enabled: bool }, { head_sampling_rate: number(0, 1), logs: anything, traces: anything }),
        logpush: bool,
        tail_consumers: list(record({ service: text() }, { environment: text() })),
        tags: list(text()),
    },
);

export const scriptRoutes: readonly Route[] = [
    { method: "PUT", path: SCRIPT, query: uploadQuery, body: "form", run: putScript },
    { method: "GET", path: `${ACCOUNT}/workers/scripts`, run: ({ account }) => ok([...account.scripts.values()].map(scriptSummary)) },
    { method: "DELETE", path: SCRIPT, query: { force: literal("true", "false") }, run: deleteScript },
    { method: "DELETE", path: SERVICE, query: { force: literal("true", "false") }, run: deleteScript },
    { method: "GET", path: `${SCRIPT}/settings`, run: getSettings },
    { method: "GET", path: `${SCRIPT}/script-settings`, run: (context) => ok(existingScript(context).settings) },
    {
        method: "PATCH",
        path: `${SCRIPT}/script-settings`,
        body: { json: settingsShape },
        run: (context) => ok(Object.assign(existingScript(context).settings, context.json)),
    },
];

async function putScript(context: Context): Promise<Answer> {
    const before = context.account.scripts.get(context.parameter("script"));
    if (!before && context.account.situation.subdomain === undefined) {
        return failure(400, { code: 10063, message: "You need a workers.dev subdomain in order to proceed." });
    }
    const script = before ?? newScript(context.parameter("script"));
    const { version, settings, migrations } = await acceptVersion(context, script, "upload");
    Object.assign(script.settings, settings);
    if (migrations) applyMigrations(script, migrations);
    const deployment = deploy(script, version);
    // Only now, as what ran until here may have had the classes that are gone.
    if (migrations && migrations.deleted.length > 0) await context.fleet.forget(migrations.deleted);
    const { main_module, body_part, assets } = version.metadata;
    return ok({
        ...scriptSummary(script),
        handlers: ["fetch"],
        has_assets: assets !== undefined,
        has_modules: main_module !== undefined,
        entry_point: main_module ?? body_part,
        startup_time_ms: version.startupMs,
        // Despite its name this is the version's id, without the dashes.
        deployment_id: version.id.replaceAll("-", ""),
        deployment: deployment.id,
    });
}

/** Checks the form, loads the script once as Cloudflare does, and only then makes it part of the account. */
export async function acceptVersion(
    context: Context,
    script: Script,
    trigger: "upload" | "version_upload",
): Promise<{ version: Version; settings: Record<string, unknown>; migrations: Outcome | undefined }> {
    const form = readForm(context.parts, context.account.scriptLimit);
    const strict = context.query.get("bindings_inherit") === "strict";
    const draft = draftVersion(context.account, script, form, { strict, trigger });
    draft.version.startupMs = await startupOf(context, script, draft);
    await addVersion(context, script, draft.version);
    return { ...draft, settings: settingsIn(form.metadata) };
}

async function startupOf(context: Context, script: Script, { version, migrations }: Draft): Promise<number> {
    if (version.metadata.compatibility_date > new Date().toISOString().slice(0, 10)) {
        refuse(invalidScript(`The compatibility date ${version.metadata.compatibility_date} is in the future.`));
    }
    try {
        return await context.fleet.check({ ...script, classes: migrations?.classes ?? script.classes }, version);
    } catch (error) {
        if (error instanceof StartupFailure) refuse(invalidScript(error.message));
        if (error instanceof MissingClass) refuse(missingClass(error.message, script));
        throw error;
    }
}

const missingClass = (name: string, script: Script): Answer =>
    script.classes.has(name)
        ? failure(400, { code: 10064, message: `New version of script does not export class '${name}' which is depended on by existing Durable Objects.` })
        : failure(400, { code: 10070, message: `Cannot apply new-class migration to class '${name}' that is not exported by script` });

function settingsIn(metadata: Record<string, unknown>): Record<string, unknown> {
    const names = ["observability", "logpush", "tail_consumers", "tags"];
    return Object.fromEntries(names.flatMap((name) => (metadata[name] === undefined ? [] : [[name, metadata[name]]])));
}

export async function addVersion(context: Context, script: Script, version: Version): Promise<void> {
    const { modules } = context.account;
    for (const module of version.modules) {
        // A copy: the request's whole body would stay with a part of it.
        module.data = modules.get(module.sha256) ?? Buffer.from(module.data);
        modules.set(module.sha256, module.data);
    }
    await storeVersion(context.stateFolder, script, version);
    context.account.scripts.set(script.name, script);
    script.versions.push(version);
    script.modifiedOn = timestamp();
    script.lastDeployedFrom = "wrangler";
}

export function deploy(script: Script, version: Version, annotations: Record<string, string> = {}): Deployment {
    const deployment = newDeployment([{ version_id: version.id, percentage: 100 }], annotations);
    script.deployments.unshift(deployment);
    return deployment;
}

/** With everything that is of this script alone; what it only uses stays. */
async function deleteScript(context: Context): Promise<Answer> {
    const { account, tails, fleet, query } = context;
    const script = existingScript(context);
    const others = dependents(account, script.name);
    if (query.get("force") !== "true" && others.length > 0) {
        // Which code Cloudflare has for this was not found.
        return failure(400, { code: 10021, message: `The Worker ${script.name} is used by ${others.join(", ")}: it can only be deleted with force=true.` });
    }
    account.scripts.delete(script.name);
    account.routes = account.routes.filter((route) => route.script !== script.name);
    account.domains = account.domains.filter((domain) => domain.service !== script.name);
    for (const queue of account.queues.values()) queue.consumers = queue.consumers.filter((consumer) => consumer.script !== script.name);
    tails.drop(script.name, 1000);
    await fleet.forget([...script.classes.values()].map((one) => one.id));
    return ok(null);
}

function getSettings(context: Context): Answer {
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
        observability: script.settings["observability"],
        limits: metadata?.limits,
        placement: metadata?.placement,
        ...(script.migrationTag !== undefined && { migration_tag: script.migrationTag }),
    });
}

export function scriptSummary(script: Script): Record<string, unknown> {
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
        last_deployed_from: script.lastDeployedFrom,
        tags: script.settings["tags"],
        ...(script.migrationTag !== undefined && { migration_tag: script.migrationTag }),
    };
}

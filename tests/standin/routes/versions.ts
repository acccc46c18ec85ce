// SPDX-License-Identifier: MIT
// Versions and deployments: upload now, roll out in a second call. A rollback is a deployment of an older version.

import { publicBinding } from "../bindings.ts";
import { failure, invalidScript, ok, type Answer } from "../envelope.ts";
import { SCRIPT, type Context, type Route } from "../router.ts";
import { activeVersion, findVersion, newDeployment, secretsOf, type Deployment, type Script, type Share, type Version } from "../script.ts";
import { list, literal, number, record, text } from "../shape.ts";
import { existingScript } from "./lookup.ts";
import { acceptVersion } from "./scripts.ts";

const AUTHOR = { source: "wrangler", author_id: "a".repeat(32), author_email: "user@example.com" };
const MAX_SHARES = 2;

const deploymentShape = record(
    {
        strategy: literal("percentage"),
        versions: list(record({ version_id: text({ pattern: /^[0-9a-f-]{36}$/ }), percentage: number(0, 100) }), MAX_SHARES),
    },
    {
        annotations: record({}, { "workers/message": text({ max: 1000 }), "workers/tag": text({ max: 100 }) }),
        code_update_strategy: record({ mode: literal("deferred"), max_delay: number(0, 3600) }),
    },
);

export const versionRoutes: readonly Route[] = [
    { method: "POST", path: `${SCRIPT}/versions`, query: { bindings_inherit: literal("strict") }, body: "form", run: postVersion },
    { method: "GET", path: `${SCRIPT}/versions`, query: { deployable: literal("true") }, run: getVersions },
    { method: "GET", path: `${SCRIPT}/versions/:version`, run: getVersion },
    {
        method: "GET",
        path: `${SCRIPT}/deployments`,
        run: (context) => ok({ deployments: existingScript(context).deployments.slice(0, 10).map(deploymentView) }),
    },
    { method: "POST", path: `${SCRIPT}/deployments`, query: { force: literal("true") }, body: { json: deploymentShape }, run: postDeployment },
];

const noVersion = (): Answer => failure(404, { code: 10214, message: "The requested Worker version could not be found." });

async function postVersion(context: Context): Promise<Answer> {
    return ok(versionView((await acceptVersion(context, existingScript(context), "version_upload")).version));
}

function getVersions(context: Context): Answer {
    const script = existingScript(context);
    const all = script.versions.filter((version) => context.query.get("deployable") !== "true" || isDeployable(script, version));
    return ok({ items: all.map(versionHead).reverse() });
}

function getVersion(context: Context): Answer {
    const version = findVersion(existingScript(context), context.parameter("version"));
    return version ? ok(versionView(version)) : noVersion();
}

function postDeployment(context: Context): Answer {
    const script = existingScript(context);
    const { versions, annotations } = context.json as { versions: Share[]; annotations?: Record<string, string> };
    const refusal = refusalOf(script, versions, context.query.get("force") === "true");
    if (refusal) return refusal;
    const deployment = newDeployment(versions, annotations ?? {});
    script.deployments.unshift(deployment);
    return ok(deploymentView(deployment));
}

function refusalOf(script: Script, shares: readonly Share[], force: boolean): Answer | undefined {
    const total = shares.reduce((sum, share) => sum + share.percentage, 0);
    if (Math.abs(total - 100) > 0.001) return invalidScript(`Version percentages must total 100, got ${total}`);
    if (new Set(shares.map((share) => share.version_id)).size < shares.length) return invalidScript("A version is named twice");
    const versions = shares.map((share) => findVersion(script, share.version_id));
    for (const version of versions) {
        if (!version) return noVersion();
        if (!isDeployable(script, version)) return beforeMigration(version);
    }
    const changed = versions.flatMap((version) => changedSecrets(activeVersion(script), version));
    if (changed.length === 0 || force) return undefined;
    const names = [...new Set(changed)].join(", ");
    return failure(400, { code: 10220, message: `Cannot rollback, secrets differ. The following secrets have changed: ${names}` });
}

/** A version from before a Durable Object migration would not know its classes. */
const isDeployable = (script: Script, version: Version): boolean => version.migrationTag === script.migrationTag;

/** Which code Cloudflare has for this was not found. */
const beforeMigration = (version: Version): Answer =>
    failure(400, { code: 10021, message: `Version ${version.id} is from before a Durable Object migration and cannot be deployed.` });

/** Only an older version can have lost secrets: a newer one was made with them. */
function changedSecrets(active: Version | undefined, target: Version | undefined): string[] {
    if (!active || !target || target.number >= active.number) return [];
    const before = new Map(secretsOf(active).map((secret) => [secret.name, secret["text"]]));
    const after = new Map(secretsOf(target).map((secret) => [secret.name, secret["text"]]));
    return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
}

const deploymentView = (deployment: Deployment): unknown => ({
    id: deployment.id,
    source: AUTHOR.source,
    strategy: "percentage",
    author_email: AUTHOR.author_email,
    created_on: deployment.createdOn,
    annotations: deployment.annotations,
    versions: deployment.versions,
});

/** Cloudflare makes no preview of a version that implements Durable Objects. */
const hasPreview = (version: Version): boolean => !version.metadata.bindings.some((binding) => binding.type === "durable_object_namespace");

const versionHead = (version: Version): Record<string, unknown> => ({
    id: version.id,
    number: version.number,
    metadata: { created_on: version.createdOn, modified_on: version.createdOn, ...AUTHOR, has_preview: hasPreview(version) },
    annotations: version.annotations,
});

const versionView = (version: Version): Record<string, unknown> => ({
    ...versionHead(version),
    startup_time_ms: version.startupMs,
    resources: {
        bindings: version.metadata.bindings.map(publicBinding),
        script: { etag: version.etag, handlers: ["fetch"], last_deployed_from: "wrangler" },
        script_runtime: {
            compatibility_date: version.metadata.compatibility_date,
            compatibility_flags: version.metadata.compatibility_flags,
            usage_model: "standard",
            limits: version.metadata.limits,
            ...(version.migrationTag !== undefined && { migration_tag: version.migrationTag }),
        },
    },
});

// SPDX-License-Identifier: MIT
// Versions and deployments: upload now, roll out in a second call.

import { newDeployment, type Deployment, type Version } from "../account.ts";
import { publicBinding } from "../bindings.ts";
import { failure, invalidScript, ok, type Answer } from "../envelope.ts";
import { SCRIPT, type Context, type Route } from "../router.ts";
import { list, literal, number, record, text } from "../shape.ts";
import { existingScript } from "./lookup.ts";
import { acceptVersion } from "./scripts.ts";

const AUTHOR = { source: "wrangler", author_id: "a".repeat(32), author_email: "user@example.com" };

const deploymentShape = record(
    {
        strategy: literal("percentage"),
        versions: list(record({ version_id: text({ pattern: /^[0-9a-f-]{36}$/ }), percentage: number(0, 100) }), 2),
    },
    {
        annotations: record({}, { "workers/message": text({ max: 1000 }), "workers/tag": text({ max: 100 }) }),
        code_update_strategy: record({ mode: literal("deferred"), max_delay: number(0, 3600) }),
    },
);

export const versionRoutes: readonly Route[] = [
    { method: "POST", path: `${SCRIPT}/versions`, query: { bindings_inherit: literal("strict") }, body: "form", run: postVersion },
    {
        method: "GET",
        path: `${SCRIPT}/versions`,
        query: { deployable: literal("true") },
        run: (context) => ok({ items: existingScript(context).versions.map(versionHead).reverse() }),
    },
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
    return ok(versionView(await acceptVersion(context, existingScript(context), "version_upload")));
}

function getVersion(context: Context): Answer {
    const version = existingScript(context).versions.find((one) => one.id === context.parameter("version"));
    return version ? ok(versionView(version)) : noVersion();
}

function postDeployment(context: Context): Answer {
    const script = existingScript(context);
    const { versions, annotations } = context.json as { versions: Deployment["versions"]; annotations?: Record<string, string> };
    const total = versions.reduce((sum, share) => sum + share.percentage, 0);
    if (Math.abs(total - 100) > 0.001) return invalidScript(`Version percentages must total 100, got ${total}`);
    if (!versions.every((share) => script.versions.some((version) => version.id === share.version_id))) return noVersion();
    const deployment = newDeployment(versions, annotations ?? {});
    script.deployments.unshift(deployment);
    return ok(deploymentView(deployment));
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

const versionHead = (version: Version): Record<string, unknown> => ({
    id: version.id,
    number: version.number,
    metadata: { created_on: version.createdOn, modified_on: version.createdOn, ...AUTHOR, has_preview: true },
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
            limits: {},
        },
    },
});

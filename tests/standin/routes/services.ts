// SPDX-License-Identifier: MIT
// A Worker as a service, with its one environment, and as an entry of the newer Workers API.

import { publicBinding } from "../bindings.ts";
import { workersHost } from "../account.ts";
import { noService, ok, refuse, type Answer } from "../envelope.ts";
import { ACCOUNT, MERGE_PATCH, type Context, type Route } from "../router.ts";
import type { Script } from "../script.ts";
import { existingScript } from "./lookup.ts";
import { SERVICE, scriptSummary } from "./scripts.ts";
import { patchLatestVersion, patchShape } from "./secrets.ts";

const ENVIRONMENT = `${SERVICE}/environments/:environment`;

export const serviceRoutes: readonly Route[] = [
    { method: "GET", path: SERVICE, run: getService },
    { method: "GET", path: ENVIRONMENT, run: getEnvironment },
    { method: "GET", path: `${ENVIRONMENT}/bindings`, run: (context) => ok((existingService(context).versions.at(-1)?.metadata.bindings ?? []).map(publicBinding)) },
    { method: "GET", path: `${ENVIRONMENT}/subdomain`, run: (context) => ok(existingService(context).workersDev) },
    {
        method: "GET",
        path: `${ENVIRONMENT}/routes`,
        run: (context) => {
            const { name } = existingService(context);
            return ok(context.account.routes.filter((route) => route.script === name).map(({ id, pattern, script }) => ({ id, pattern, script })));
        },
    },
    { method: "GET", path: `${ACCOUNT}/workers/workers/:script`, run: getWorker },
    { method: "PATCH", path: `${ACCOUNT}/workers/workers/:script/versions/latest`, body: { json: patchShape, types: MERGE_PATCH }, run: patchLatestVersion },
];

const existingService = (context: Context): Script => context.account.scripts.get(context.parameter("script")) ?? refuse(noService());

function getService(context: Context): Answer {
    const script = existingService(context);
    const environment = { environment: "production", created_on: script.createdOn, modified_on: script.modifiedOn };
    return ok({
        id: script.name,
        default_environment: { ...environment, script: { ...scriptSummary(script), handlers: ["fetch"] } },
        created_on: script.createdOn,
        modified_on: script.modifiedOn,
        environments: [environment],
    });
}

function getEnvironment(context: Context): Answer {
    const script = existingService(context);
    const environment = context.parameter("environment");
    return ok({ environment, created_on: script.createdOn, modified_on: script.modifiedOn, script: { ...scriptSummary(script), tags: script.settings["tags"] ?? [], handlers: ["fetch"] } });
}

function getWorker(context: Context): Answer {
    const script = existingScript(context);
    const host = workersHost(context.account, script.name);
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

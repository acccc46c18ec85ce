// SPDX-License-Identifier: MIT
// The account as a test sees it: every resource once, without the values of secrets. So a test can say "no duplicate".

import type { Account } from "./account.ts";
import { activeShares, secretsOf, type Script } from "./script.ts";
import type { Tails } from "./tails.ts";

export function stateOf(account: Account, tails: Tails): unknown {
    return {
        subdomain: account.situation.subdomain ?? null,
        scripts: Object.fromEntries([...account.scripts.values()].map((script) => [script.name, scriptState(script)])),
        namespaces: [...account.namespaces.values()].map(({ id, title }) => ({ id, title })),
        databases: [...account.databases.values()].map(({ uuid, name }) => ({ uuid, name })),
        buckets: [...account.buckets.keys()],
        queues: [...account.queues.values()].map(({ queue_id, queue_name, consumers }) => ({ queue_id, queue_name, consumers })),
        routes: account.routes,
        domains: account.domains,
        assets: [...account.assets.files].map(([hash, file]) => ({ hash, size: file.data.length, contentType: file.contentType ?? null })),
        tails: tails.list(),
    };
}

function scriptState(script: Script): unknown {
    return {
        versions: script.versions.map(({ id, number, annotations, metadata, modules }) => ({
            id,
            number,
            annotations,
            bindings: metadata.bindings.map(({ name, type }) => ({ name, type })),
            modules: modules.map((module) => module.name),
            assets: Object.keys(metadata.assets?.manifest ?? {}),
        })),
        deployments: script.deployments.map(({ id, versions, annotations }) => ({ id, versions, annotations })),
        active: activeShares(script).map(({ version, percentage }) => ({ id: version.id, percentage })),
        secrets: secretsOf(script.versions.at(-1)).map((secret) => secret.name),
        schedules: script.schedules.map((schedule) => schedule.cron),
        workersDev: script.workersDev,
        settings: script.settings,
        migrationTag: script.migrationTag ?? null,
        classes: Object.fromEntries(script.classes),
    };
}

// SPDX-License-Identifier: MIT
// The kinds of bindings: how each looks in the metadata, what it needs of the account, and what Miniflare is given
// for it. One entry a kind.

import { queueNamed, type Account } from "./account.ts";
import type { ApiError } from "./envelope.ts";
import type { Script } from "./script.ts";
import { anything, isRecord, literal, number, record, text, type Shape } from "./shape.ts";

export interface Binding {
    type: string;
    name: string;
    [key: string]: unknown;
}

/** How the running Workers are named; Durable Objects live in the Worker of their script's main version. */
export interface Names {
    /** The Worker that has the binding. */
    own: string;
    /** The Worker of another script's main version. */
    other(script: string): string;
    /** The Worker that keeps the Durable Objects of a script; nothing: the own script. */
    objects(script: string | undefined): string;
}

interface Kind {
    /** The keys beside `type` and `name`; those of `optional` may be missing. */
    fields: Record<string, Shape>;
    optional?: Record<string, Shape>;
    /** What the account lacks for it, or nothing. */
    missing?(binding: Binding, account: Account, script: Script): ApiError | undefined;
    /** The entry of `env` in Miniflare's configuration; nothing for what is configured in another way. */
    environment(binding: Binding, names: Names): Record<string, unknown> | undefined;
}

const id32 = text({ pattern: /^[0-9a-f]{32}$/ });
const uuid = text({ pattern: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ });
const workerName = text({ pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/ });
const className = text({ pattern: /^[A-Za-z_$][\w$]*$/ });

export const queueName = text({ pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/ });
export const bucketName = text({ pattern: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/ });

const kinds: Record<string, Kind> = {
    plain_text: {
        fields: { text: text() },
        environment: (binding) => ({ type: "text", value: binding["text"] }),
    },
    secret_text: {
        fields: { text: text() },
        environment: (binding) => ({ type: "text", value: binding["text"] }),
    },
    json: {
        fields: { json: anything },
        environment: (binding) => ({ type: "json", value: binding["json"] }),
    },
    kv_namespace: {
        fields: { namespace_id: id32 },
        missing: ({ namespace_id: id }, account) =>
            account.namespaces.has(String(id)) ? undefined : { code: 10041, message: `KV namespace '${String(id)}' not found.` },
        environment: (binding) => ({ type: "kv", id: binding["namespace_id"] }),
    },
    d1: {
        fields: { id: uuid },
        missing: ({ id, name }, account) =>
            account.databases.has(String(id))
                ? undefined
                : { code: 10181, message: `D1 binding '${name}' references database '${String(id)}' which was not found.` },
        environment: (binding) => ({ type: "d1", id: binding["id"] }),
    },
    r2_bucket: {
        fields: { bucket_name: bucketName },
        optional: { jurisdiction: literal("eu", "fedramp") },
        missing: ({ bucket_name: bucket, name }, account) =>
            account.buckets.has(String(bucket))
                ? undefined
                : { code: 10085, message: `R2 bucket '${String(bucket)}' of binding '${name}' not found.` },
        environment: (binding) => ({ type: "r2", name: binding["bucket_name"] }),
    },
    queue: {
        fields: { queue_name: queueName },
        optional: { delivery_delay: number(0, 43_200) },
        missing: ({ queue_name: queue }, account) =>
            queueNamed(account, String(queue)) ? undefined : { code: 11000, message: `Queue '${String(queue)}' not found.` },
        environment: ({ queue_name, delivery_delay }) => ({ type: "queue", name: queue_name, ...(delivery_delay !== undefined && { deliveryDelay: delivery_delay }) }),
    },
    durable_object_namespace: {
        fields: { class_name: className },
        optional: { script_name: workerName },
        missing: ({ class_name, script_name }, account, script) => classMissing(String(class_name), script_name as string | undefined, account, script),
        environment: (binding, names) => ({
            type: "durable-object",
            worker: names.objects(binding["script_name"] as string | undefined),
            exportName: binding["class_name"],
        }),
    },
    service: {
        fields: { service: workerName },
        optional: { environment: literal("production"), entrypoint: className },
        missing: ({ service, name }, account, script) =>
            service === script.name || account.scripts.has(String(service))
                ? undefined
                : {
                      code: 10143,
                      message: `Could not resolve service binding '${name}'. Target script '${String(service)}' not found. Please verify the target script and try again.`,
                  },
        environment: ({ service, entrypoint }, names) => ({
            type: "worker",
            worker: names.other(String(service)),
            ...(entrypoint !== undefined && { exportName: entrypoint }),
        }),
    },
    assets: { fields: {}, environment: () => ({ type: "assets" }) },
    version_metadata: { fields: {}, environment: () => ({ type: "version-metadata" }) },
    analytics_engine: {
        fields: { dataset: text() },
        environment: (binding) => ({ type: "analytics-engine-dataset", name: binding["dataset"] }),
    },
    ratelimit: {
        fields: { namespace_id: text(), simple: record({ limit: number(1, 1_000_000), period: number(10, 60) }) },
        environment: (binding) => ({ type: "rate-limit", namespace: binding["namespace_id"], simple: binding["simple"] }),
    },
    // The three of the service-worker syntax: each names a part of the form.
    wasm_module: { fields: { part: text() }, environment: () => undefined },
    text_blob: { fields: { part: text() }, environment: () => undefined },
    data_blob: { fields: { part: text() }, environment: () => undefined },
};

function classMissing(name: string, other: string | undefined, account: Account, own: Script): ApiError | undefined {
    const script = other === undefined || other === own.name ? own : account.scripts.get(other);
    if (!script) return { code: 10061, message: `Cannot create binding for class '${name}' in script '${other ?? ""}' that does not exist.` };
    if (script.classes.has(name)) return undefined;
    return {
        code: 10061,
        message: `Cannot create binding for class '${name}' because it is not currently configured to implement Durable Objects. Ensure a --new-class migration has been applied to it.`,
    };
}

const bindingName = text({ pattern: /^[A-Za-z_$][\w$]*$/ });

export const bindingShape: Shape = (value, path) => {
    const type = isRecord(value) ? value["type"] : undefined;
    if (type === "inherit") return record({ type: literal("inherit"), name: bindingName })(value, path);
    const kind = typeof type === "string" && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (!kind) {
        const known = Object.keys(kinds).join(", ");
        return `${path}.type is ${JSON.stringify(type)}, which the stand-in does not run (it knows ${known})`;
    }
    return record({ type: literal(String(type)), name: bindingName, ...kind.fields }, kind.optional)(value, path);
};

/** What of the bindings' resources does not exist. */
export function missingResources(bindings: readonly Binding[], account: Account, script: Script): ApiError[] {
    return bindings.flatMap((binding) => kindOf(binding).missing?.(binding, account, script) ?? []);
}

export function environmentOf(bindings: readonly Binding[], names: Names): Record<string, Record<string, unknown>> {
    const environment: Record<string, Record<string, unknown>> = {};
    for (const binding of bindings) {
        const entry = kindOf(binding).environment(binding, names);
        if (entry) environment[binding.name] = entry;
    }
    return environment;
}

function kindOf(binding: Binding): Kind {
    const kind = kinds[binding.type];
    if (!kind) throw new Error(`no such kind of binding: ${binding.type}`);
    return kind;
}

/** What the API shows of a binding: everything but a secret's value. */
export function publicBinding(binding: Binding): Record<string, unknown> {
    return binding.type === "secret_text" ? { name: binding.name, type: binding.type } : binding;
}

// SPDX-License-Identifier: MIT
// From the parts of an upload form to a version that could be deployed, or the answer that refuses it.

import { createHash, randomUUID } from "node:crypto";
import { timestamp, type Account, type Metadata, type Module, type Script, type Version } from "./account.ts";
import { bindingShape, type Binding } from "./bindings.ts";
import { deviation, failure, invalidScript, refuse, type ApiError } from "./envelope.ts";
import type { Part } from "./multipart.ts";
import { anything, bool, list, literal, number, record, text } from "./shape.ts";

/** All modules together, uncompressed: Cloudflare's limit since September 2026. */
const MAX_SCRIPT_BYTES = 64 * 1024 * 1024;
const MAX_METADATA_BYTES = 1024 * 1024;
const MAX_VARIABLES = 128;

/** Cloudflare's date for a script that names none. */
const OLDEST_COMPATIBILITY_DATE = "2021-11-02";

const MODULE_TYPES = [
    "application/javascript+module",
    "application/wasm",
    "application/octet-stream",
    "text/plain",
    "application/source-map",
];

const compatibilityDate = text({ pattern: /^\d{4}-\d{2}-\d{2}$/ });
const annotations = record({}, { "workers/message": text({ max: 1000 }), "workers/tag": text({ max: 100 }), "workers/alias": text() });

/** Migrations and assets are wrangler's too, but the stand-in does not run them: it says so instead of ignoring them. */
const metadataShape = record(
    { main_module: text(), bindings: list(bindingShape) },
    {
        compatibility_date: compatibilityDate,
        compatibility_flags: list(text({ pattern: /^[a-z0-9_:-]+$/ })),
        keep_bindings: list(literal("secret_text", "secret_key", "plain_text", "json")),
        code_update_strategy: record({ mode: literal("deferred"), max_delay: number(0, 3600) }),
        observability: record({ enabled: bool }, { head_sampling_rate: number(0, 1), logs: anything, traces: anything }),
        annotations,
        placement: record({ mode: literal("smart", "off") }),
        limits: record({}, { cpu_ms: number(1, 300_000), subrequests: number(1, 10_000_000) }),
        tail_consumers: list(record({ service: text() })),
        logpush: bool,
        tags: list(text()),
    },
);

export interface Form {
    metadata: Record<string, unknown>;
    modules: Module[];
}

/** Checks the shape: one metadata part first, then files whose name is their module's name. */
export function readForm(parts: readonly Part[]): Form {
    const [first, ...files] = parts;
    if (first?.name !== "metadata") refuse(deviation('the first part of the form must be "metadata"'));
    if (first.filename !== undefined) refuse(deviation("the metadata part is a field, not a file: it has no filename"));
    if (first.contentType !== undefined && first.contentType !== "application/json") {
        refuse(deviation(`the metadata part has the type ${first.contentType}`));
    }
    const metadata = parseMetadata(first.data);
    const modules = files.map(readModule);
    const names = modules.map((module) => module.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) refuse(deviation(`two parts are named "${twice}"`));

    const total = modules.reduce((sum, module) => sum + module.data.length, 0);
    if (total > MAX_SCRIPT_BYTES) refuse(failure(413, { code: 10027, message: "workers.api.error.script_too_large" }));
    const main = modules.find((module) => module.name === metadata["main_module"]);
    if (!main) refuse(invalidScript(`Uncaught Error: No such module "${String(metadata["main_module"])}".`));
    if (main.contentType !== "application/javascript+module") {
        refuse(deviation(`the main module has the type ${main.contentType}`));
    }
    return { metadata, modules };
}

function parseMetadata(data: Buffer): Record<string, unknown> {
    if (data.length > MAX_METADATA_BYTES) refuse(deviation("the metadata is longer than 1 MiB"));
    let value: unknown;
    try {
        value = JSON.parse(data.toString("utf8"));
    } catch (error) {
        refuse(deviation(`the metadata is not JSON: ${String(error)}`));
    }
    const problem = metadataShape(value, "metadata");
    if (problem !== undefined) refuse(deviation(problem));
    return value as Record<string, unknown>;
}

function readModule(part: Part): Module {
    if (part.filename !== part.name) refuse(deviation(`the part "${part.name}" has the filename "${part.filename ?? ""}"`));
    const relative = part.name.replace(/^\.\//, "");
    if (!/^[A-Za-z0-9._/-]+$/.test(part.name) || relative.startsWith("/") || relative.split("/").includes("..")) {
        refuse(deviation(`"${part.name}" is not a name for a module`));
    }
    if (part.contentType === undefined || !MODULE_TYPES.includes(part.contentType)) {
        refuse(deviation(`the part "${part.name}" has the type ${part.contentType ?? "(none)"}`));
    }
    return { name: part.name, contentType: part.contentType, data: Buffer.from(part.data) };
}

export interface VersionOptions {
    /** `bindings_inherit=strict`: an `inherit` binding without a predecessor is an error. */
    strict: boolean;
    trigger: "upload" | "version_upload";
}

export function makeVersion(account: Account, script: Script, form: Form, options: VersionOptions): Version {
    const raw = form.metadata;
    const previous = script.versions.at(-1);
    const bindings = resolveBindings(raw["bindings"] as Binding[], (raw["keep_bindings"] ?? []) as string[], previous, options.strict);
    checkResources(account, bindings);
    const metadata: Metadata = {
        main_module: raw["main_module"] as string,
        bindings,
        compatibility_date: (raw["compatibility_date"] as string | undefined) ?? OLDEST_COMPATIBILITY_DATE,
        compatibility_flags: (raw["compatibility_flags"] as string[] | undefined) ?? [],
    };
    const notes = (raw["annotations"] ?? {}) as Record<string, string>;
    return newVersion(script, metadata, form.modules, { "workers/triggered_by": options.trigger, ...notes });
}

export function newVersion(script: Script, metadata: Metadata, modules: Module[], notes: Record<string, string>): Version {
    return {
        id: randomUUID(),
        number: (script.versions.at(-1)?.number ?? 0) + 1,
        createdOn: timestamp(),
        metadata,
        modules,
        etag: etagOf(modules),
        startupMs: 0,
        annotations: notes,
    };
}

function resolveBindings(asked: readonly Binding[], keep: readonly string[], previous: Version | undefined, strict: boolean): Binding[] {
    const names = asked.map((binding) => binding.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) refuse(invalidScript(`binding '${twice}' is defined more than once`));
    const old = previous?.metadata.bindings ?? [];
    const unresolved: ApiError[] = [];
    const bindings = asked.flatMap((binding) => {
        if (binding.type !== "inherit") return [binding];
        const inherited = old.find((candidate) => candidate.name === binding.name);
        if (inherited) return [inherited];
        unresolved.push({ code: 10057, message: `inherit binding '${binding.name}' is invalid: no such binding on the previous version` });
        return [];
    });
    if (strict && unresolved.length > 0) refuse(failure(400, ...unresolved));
    const kept = old.filter((binding) => keep.includes(binding.type) && !names.includes(binding.name));
    return [...bindings, ...kept];
}

/** Cloudflare refuses bindings to resources that the account does not have, and too many variables. */
function checkResources(account: Account, bindings: readonly Binding[]): void {
    const missing = bindings
        .filter((binding) => binding.type === "kv_namespace" && !account.namespaces.has(String(binding["namespace_id"])))
        .map((binding) => ({ code: 10041, message: `KV namespace '${String(binding["namespace_id"])}' not found.` }));
    if (missing.length > 0) refuse(failure(400, ...missing));
    const variables = bindings.filter((binding) => ["plain_text", "json", "secret_text"].includes(binding.type));
    if (variables.length > MAX_VARIABLES) refuse(invalidScript(`more than ${MAX_VARIABLES} variables`));
}

function etagOf(modules: readonly Module[]): string {
    const hash = createHash("sha256");
    for (const module of modules) hash.update(module.data);
    return hash.digest("hex");
}

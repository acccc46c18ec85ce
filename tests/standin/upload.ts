// SPDX-License-Identifier: MIT
// Reads an upload form: its metadata and its modules, or the answer that refuses it.

import { bindingShape } from "./bindings.ts";
import { deviation, failure, invalidScript, refuse } from "./envelope.ts";
import { migrationsShape } from "./migrations.ts";
import type { Part } from "./multipart.ts";
import type { Module } from "./script.ts";
import { anything, bool, either, list, literal, number, record, text } from "./shape.ts";

const MAX_METADATA_BYTES = 1024 * 1024;

const MODULE = "application/javascript+module";
const SCRIPT = "application/javascript";

/** By the kind of form: the service-worker syntax has its script and the parts of its blobs. */
const PART_TYPES = {
    modules: [MODULE, SCRIPT, "application/wasm", "application/octet-stream", "text/plain", "application/source-map"],
    serviceWorker: [SCRIPT, "application/wasm", "application/octet-stream", "text/plain", "application/source-map"],
    assetsOnly: [] as string[],
};

const compatibilityDate = text({ pattern: /^\d{4}-\d{2}-\d{2}$/ });
const annotations = record({}, { "workers/message": text({ max: 1000 }), "workers/tag": text({ max: 100 }), "workers/alias": text() });

const assetsConfig = record(
    {},
    {
        html_handling: literal("auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"),
        not_found_handling: literal("none", "404-page", "single-page-application"),
        run_worker_first: either(bool, list(text({ pattern: /^!?\//, max: 100 }), 100)),
        base_path: text({ pattern: /^\// }),
        _headers: text({ max: 100 * 2000 }),
        _redirects: text({ max: 2100 * 2000 }),
    },
);

/** What else wrangler can send is refused, as the stand-in would not act on it. */
const metadataShape = record(
    {},
    {
        main_module: text(),
        body_part: text(),
        bindings: list(bindingShape),
        compatibility_date: compatibilityDate,
        compatibility_flags: list(text({ pattern: /^[a-z0-9_:-]+$/ })),
        keep_bindings: list(literal("secret_text", "secret_key", "plain_text", "json")),
        code_update_strategy: record({ mode: literal("immediate", "deferred") }, { max_delay: number(0, 3600) }),
        migrations: migrationsShape,
        assets: record({}, { jwt: text(), config: assetsConfig }),
        keep_assets: bool,
        observability: record({ enabled: bool }, { head_sampling_rate: number(0, 1), logs: anything, traces: anything }),
        annotations,
        placement: record({ mode: literal("smart", "off") }),
        limits: record({}, { cpu_ms: number(1, 300_000), subrequests: number(1, 10_000_000) }),
        tail_consumers: list(record({ service: text() }, { environment: text() })),
        logpush: bool,
        tags: list(text()),
    },
);

export interface Form {
    kind: keyof typeof PART_TYPES;
    metadata: Record<string, unknown>;
    modules: Module[];
}

/** Checks the shape: the metadata is a field, the others are files whose name is their module's name. */
export function readForm(parts: readonly Part[], scriptLimit: number): Form {
    const metadataPart = parts.find((part) => part.name === "metadata") ?? refuse(deviation('the form has no part "metadata"'));
    const metadata = parseMetadata(metadataPart);
    const kind = kindOf(metadata);
    // The service-worker syntax has its blobs in front.
    if (kind !== "serviceWorker" && parts[0] !== metadataPart) refuse(deviation('the first part of the form must be "metadata"'));
    if (kind !== "assetsOnly" && metadata["bindings"] === undefined) refuse(deviation("metadata.bindings is missing"));

    const files = parts.filter((part) => part !== metadataPart);
    const modules = files.map((part) => readModule(part, kind));
    const names = modules.map((module) => module.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) refuse(deviation(`two parts are named "${twice}"`));

    const total = modules.reduce((sum, module) => sum + module.data.length, 0);
    if (total > scriptLimit) refuse(failure(413, { code: 10027, message: "workers.api.error.script_too_large" }));
    if (kind === "modules") checkMain(modules, String(metadata["main_module"]), MODULE);
    if (kind === "serviceWorker") checkMain(modules, String(metadata["body_part"]), SCRIPT);
    return { kind, metadata, modules };
}

function checkMain(modules: readonly Module[], name: string, type: string): void {
    const main = modules.find((module) => module.name === name) ?? refuse(invalidScript(`Uncaught Error: No such module "${name}".`));
    if (main.contentType !== type) refuse(deviation(`the main module has the type ${main.contentType}`));
}

function kindOf(metadata: Record<string, unknown>): Form["kind"] {
    if (metadata["main_module"] !== undefined && metadata["body_part"] !== undefined) refuse(deviation("metadata has main_module and body_part"));
    if (metadata["main_module"] !== undefined) return "modules";
    if (metadata["body_part"] !== undefined) return "serviceWorker";
    if (metadata["assets"] !== undefined) return "assetsOnly";
    refuse(deviation("metadata.main_module is missing"));
}

function parseMetadata(part: Part): Record<string, unknown> {
    if (part.filename !== undefined) refuse(deviation("the metadata part is a field, not a file: it has no filename"));
    if (part.contentType !== undefined && part.contentType !== "application/json") {
        refuse(deviation(`the metadata part has the type ${part.contentType}`));
    }
    if (part.data.length > MAX_METADATA_BYTES) refuse(deviation("the metadata is longer than 1 MiB"));
    let value: unknown;
    try {
        value = JSON.parse(part.data.toString("utf8"));
    } catch (error) {
        refuse(deviation(`the metadata is not JSON: ${String(error)}`));
    }
    const problem = metadataShape(value, "metadata");
    if (problem !== undefined) refuse(deviation(problem));
    return value as Record<string, unknown>;
}

function readModule(part: Part, kind: Form["kind"]): Module {
    // wrangler names the files of the service-worker syntax after their origin, the parts after their binding.
    if (part.filename === undefined || (kind !== "serviceWorker" && part.filename !== part.name)) {
        refuse(deviation(`the part "${part.name}" has the filename "${part.filename ?? ""}"`));
    }
    const relative = part.name.replace(/^\.\//, "");
    if (!/^[A-Za-z0-9._/-]+$/.test(part.name) || relative.startsWith("/") || relative.split("/").includes("..")) {
        refuse(deviation(`"${part.name}" is not a name for a module`));
    }
    if (part.contentType === undefined || !PART_TYPES[kind].includes(part.contentType)) {
        refuse(deviation(`the part "${part.name}" has the type ${part.contentType ?? "(none)"}`));
    }
    return { name: part.name, contentType: part.contentType, data: part.data, sha256: part.sha256 };
}

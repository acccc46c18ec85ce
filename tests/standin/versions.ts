// SPDX-License-Identifier: MIT
// From a form to a version: bindings inherited and kept, migrations planned, assets found, resources checked.

import { createHash, randomUUID } from "node:crypto";
import type { Account } from "./account.ts";
import { sessionOf, type AssetSet } from "./assets.ts";
import { missingResources, type Binding } from "./bindings.ts";
import { deviation, failure, invalidScript, refuse, type ApiError } from "./envelope.ts";
import { planMigrations, type Migrations, type Outcome } from "./migrations.ts";
import { timestamp, type Metadata, type Module, type Script, type Version } from "./script.ts";
import type { Form } from "./upload.ts";

const MAX_VARIABLES = 128;

/** Cloudflare's date for a script that names none. */
const OLDEST_COMPATIBILITY_DATE = "2021-11-02";

export interface VersionOptions {
    /** `bindings_inherit=strict`: an `inherit` binding without a predecessor is an error. */
    strict: boolean;
    trigger: "upload" | "version_upload";
}

export interface Draft {
    version: Version;
    /** To be applied once the script has started. */
    migrations: Outcome | undefined;
}

/** Throws Refused. Changes nothing. */
export function draftVersion(account: Account, script: Script, form: Form, options: VersionOptions): Draft {
    const raw = form.metadata;
    const previous = script.versions.at(-1);
    const asked = (raw["bindings"] ?? []) as Binding[];
    const bindings = resolveBindings(asked, (raw["keep_bindings"] ?? []) as string[], previous, options.strict);
    const migrations = planned(account, script, raw["migrations"] as Migrations | undefined, options);
    checkBindings(account, { ...script, classes: migrations?.classes ?? script.classes }, bindings, form);
    const metadata: Metadata = {
        main_module: raw["main_module"] as string | undefined,
        body_part: raw["body_part"] as string | undefined,
        bindings,
        compatibility_date: (raw["compatibility_date"] as string | undefined) ?? OLDEST_COMPATIBILITY_DATE,
        compatibility_flags: (raw["compatibility_flags"] as string[] | undefined) ?? [],
        assets: assetsOf(account, script, raw, previous),
        limits: (raw["limits"] ?? {}) as Record<string, unknown>,
        placement: raw["placement"] as Record<string, unknown> | undefined,
    };
    if (bindings.some((binding) => binding.type === "assets") && !metadata.assets) {
        refuse(invalidScript("There is a binding to assets, but the upload has none."));
    }
    const notes = { "workers/triggered_by": options.trigger, ...((raw["annotations"] ?? {}) as Record<string, string>) };
    const version = newVersion(script, metadata, form.modules, notes);
    if (migrations) version.migrationTag = migrations.tag;
    return { version, migrations };
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
        migrationTag: script.migrationTag,
    };
}

/** A version of the same code with other secrets; null deletes one. Names that are not there stay as they are. */
export function withSecrets(script: Script, latest: Version, secrets: Record<string, string | null>, notes: Record<string, string>): Version {
    const others = latest.metadata.bindings.filter((binding) => !Object.hasOwn(secrets, binding.name));
    const set = Object.entries(secrets).flatMap(([name, text]) => (text === null ? [] : [{ type: "secret_text", name, text }]));
    const version = newVersion(script, { ...latest.metadata, bindings: [...others, ...set] }, latest.modules, notes);
    return { ...version, startupMs: latest.startupMs, migrationTag: latest.migrationTag };
}

function planned(account: Account, script: Script, migrations: Migrations | undefined, options: VersionOptions): Outcome | undefined {
    if (!migrations) return undefined;
    if (options.trigger === "upload") return planMigrations(account, script, migrations);
    refuse(
        failure(400, {
            code: 10211,
            message:
                "Version upload failed. You attempted to upload a version of a Worker that includes a Durable Object migration, but migrations must be fully applied via a non-versioned deployment. Refer to the documentation for more information.",
        }),
    );
}

function assetsOf(account: Account, script: Script, raw: Record<string, unknown>, previous: Version | undefined): AssetSet | undefined {
    const asked = raw["assets"] as { jwt?: string; config?: Record<string, unknown> } | undefined;
    if (raw["keep_assets"] === true) {
        if (asked?.jwt !== undefined) refuse(deviation("metadata has keep_assets and a token for new ones"));
        const kept = previous?.metadata.assets;
        return kept && { ...kept, ...(asked?.config && { config: asked.config }) };
    }
    if (!asked) return undefined;
    if (asked.jwt === undefined) refuse(deviation("metadata.assets.jwt is missing"));
    const found = sessionOf(account.assets, asked.jwt, "completion");
    if (found?.session.script !== script.name) refuse(deviation("metadata.assets.jwt is not a completion token of this script"));
    return { manifest: found.session.manifest, config: asked.config ?? {} };
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
function checkBindings(account: Account, script: Script, bindings: readonly Binding[], form: Form): void {
    const missing = missingResources(bindings, account, script);
    if (missing.length > 0) refuse(failure(400, ...missing));
    const variables = bindings.filter((binding) => ["plain_text", "json", "secret_text"].includes(binding.type));
    if (variables.length > MAX_VARIABLES) refuse(invalidScript(`more than ${MAX_VARIABLES} variables`));
    for (const { name, part } of bindings) {
        if (part === undefined) continue;
        if (form.kind !== "serviceWorker") refuse(deviation(`the binding ${name} is of the service-worker syntax`));
        if (!form.modules.some((module) => module.name === part)) refuse(deviation(`there is no part "${String(part)}" for the binding ${name}`));
    }
}

function etagOf(modules: readonly Module[]): string {
    const hash = createHash("sha256");
    for (const module of modules) hash.update(module.sha256);
    return hash.digest("hex");
}

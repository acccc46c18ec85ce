// SPDX-License-Identifier: MIT
// Whether code starts, and how long that took: each program is tried once, however often it is uploaded.

import { createHash } from "node:crypto";
import type { Binding } from "./bindings.ts";
import { checkStartup } from "./runtime.ts";
import type { Script, Version } from "./script.ts";

/** May be shared by several stand-ins. */
export class Startups {
    readonly #known = new Map<string, Promise<number>>();

    /** Loads a version as Cloudflare does on upload, and returns how long that took. Throws StartupFailure, MissingClass. */
    check(script: Script, version: Version): Promise<number> {
        const key = keyOf(script, version);
        const known = this.#known.get(key) ?? checkStartup(script, version);
        this.#known.set(key, known);
        // What has failed is tried again: the reason may have been this machine.
        known.catch(() => this.#known.delete(key));
        return known;
    }
}

/** All that a program can see while it is loaded. */
function keyOf(script: Script, version: Version): string {
    const { bindings, main_module, body_part, compatibility_date, compatibility_flags } = version.metadata;
    const modules = version.modules.map(({ name, contentType, sha256 }) => [name, contentType, sha256]);
    const classes = [...script.classes].map(([name, { sqlite }]) => [name, sqlite]);
    const parts = [modules, main_module, body_part, compatibility_date, compatibility_flags, bindings.map(kindOf), classes];
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Which namespace or database a binding means is not seen before it is used. */
const kindOf = (binding: Binding): Binding => (["kv_namespace", "d1", "r2_bucket", "queue"].includes(binding.type) ? { type: binding.type, name: binding.name } : binding);

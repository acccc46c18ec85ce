// SPDX-License-Identifier: MIT
// Keeps every upload on disk, so that a person can see what a client really sent, and so that its assets can be served.

import { existsSync } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import type { AssetStore } from "./assets.ts";
import { publicBinding } from "./bindings.ts";
import type { Module, Script, Version } from "./script.ts";

export function versionFolder(stateFolder: string, script: Script, version: Version): string {
    return path.join(stateFolder, "scripts", script.name, String(version.number));
}

/** Writes STATE/scripts/NAME/NUMBER/{metadata.json, modules/…}. Names were checked before. */
export async function storeVersion(stateFolder: string, script: Script, version: Version): Promise<void> {
    const folder = versionFolder(stateFolder, script, version);
    const { bindings, ...rest } = version.metadata;
    const summary = {
        id: version.id,
        ...rest,
        bindings: bindings.map(publicBinding),
        modules: version.modules.map(({ name, contentType, data }) => ({ name, contentType, size: data.length })),
    };
    // A script of this name may have been there before and be deleted.
    await fs.rm(folder, { recursive: true, force: true });
    await write(path.join(folder, "metadata.json"), `${JSON.stringify(summary, null, 2)}\n`);
    for (const module of version.modules) await storeModule(stateFolder, path.join(folder, "modules", module.name), module);
}

/** The same in a hundred versions is one file. */
async function storeModule(stateFolder: string, file: string, { sha256, data }: Module): Promise<void> {
    const kept = path.join(stateFolder, "modules", sha256);
    if (!existsSync(kept)) await write(kept, data);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.link(kept, file);
}

/**
 * Writes assets/ beside them, unless it is there. The rules that came as text become the files that they are in a project:
 * so they are read in the same way.
 */
export async function storeAssets(stateFolder: string, script: Script, version: Version, store: AssetStore): Promise<void> {
    const { assets } = version.metadata;
    const folder = path.join(versionFolder(stateFolder, script, version), "assets");
    if (!assets || existsSync(folder)) return;
    const names = Object.keys(assets.manifest);
    for (const parent of new Set(["/", ...names.map((name) => path.dirname(name))])) await fs.mkdir(path.join(folder, parent), { recursive: true });
    for (const [name, { hash }] of Object.entries(assets.manifest)) {
        const file = store.files.get(hash);
        if (!file) throw new Error(`the asset ${name} was never uploaded`);
        await fs.writeFile(path.join(folder, name), file.data);
    }
    for (const rules of ["_headers", "_redirects"]) {
        const text = assets.config[rules];
        if (typeof text === "string") await write(path.join(folder, rules), text);
    }
}

async function write(file: string, data: string | Uint8Array): Promise<void> {
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, data);
}

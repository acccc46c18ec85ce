// SPDX-License-Identifier: MIT
// Keeps every upload on disk, so that a person can see what a client really sent.

import fs from "node:fs/promises";
import path from "node:path";
import type { Script, Version } from "./account.ts";
import { publicBinding } from "./bindings.ts";

/** Writes STATE/scripts/NAME/NUMBER/{metadata.json, modules/…}. Names were checked when the form was read. */
export async function storeVersion(stateFolder: string, script: Script, version: Version): Promise<void> {
    const folder = path.join(stateFolder, "scripts", script.name, String(version.number));
    const { bindings, ...rest } = version.metadata;
    const summary = {
        id: version.id,
        ...rest,
        bindings: bindings.map(publicBinding),
        modules: version.modules.map(({ name, contentType, data }) => ({ name, contentType, size: data.length })),
    };
    await fs.mkdir(folder, { recursive: true });
    await fs.writeFile(path.join(folder, "metadata.json"), `${JSON.stringify(summary, null, 2)}\n`);
    for (const module of version.modules) {
        const file = path.join(folder, "modules", module.name);
        await fs.mkdir(path.dirname(file), { recursive: true });
        await fs.writeFile(file, module.data);
    }
}

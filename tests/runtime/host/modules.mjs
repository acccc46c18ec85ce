// SPDX-License-Identifier: MIT
// Compiles runtime/host/src for node, so that the tests can look at its parts one by one.

import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const source = path.join(repository, "runtime/host/src");
const output = path.join(repository, "build/tests/host", String(process.pid));

let compiled;
process.on("exit", () => rmSync(output, { recursive: true, force: true }));

function compile() {
    const files = readdirSync(source, { recursive: true }).filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
    return build({
        entryPoints: files.map((name) => path.join(source, name)),
        outdir: output,
        outbase: source,
        outExtension: { ".js": ".mjs" },
        bundle: true,
        splitting: true,
        format: "esm",
        target: "es2023",
        logLevel: "warning",
    });
}

/** One module of the host, e.g. hostModule("wasi/clock"). */
export async function hostModule(name) {
    compiled ??= compile();
    await compiled;
    return import(pathToFileURL(path.join(output, `${name}.mjs`)));
}

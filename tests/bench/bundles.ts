// SPDX-License-Identifier: MIT
// The Workers that are measured side by side: the real bundle, an empty JavaScript Worker, and what lies between them.

import fs from "node:fs";
import path from "node:path";
import { succeed, ROOT } from "../e2e/support/pymode.ts";
import { addMemoryProbe, compileConfig } from "../e2e/support/workerd.ts";
import { withoutStart } from "./wasm.ts";

export interface Contestant {
    name: string;
    /** What a cold start of it contains beyond that of the one before it. */
    adds: string;
    config: string;
}

const ANSWER = 'export default { fetch() { return new Response("ok\\n"); } };\n';

/** The same Worker stopped earlier and earlier: the difference of two neighbours is the time of one phase. */
export async function makeContestants(folder: string): Promise<{ steps: Contestant[]; probe: string; firstCall: string }> {
    const whole = path.join(folder, "hello");
    await succeed(["build", path.join(ROOT, "examples/hello-worker"), "--out", whole]);

    const empty = path.join(folder, "empty");
    fs.mkdirSync(empty);
    fs.writeFileSync(path.join(empty, "worker.js"), ANSWER);
    const imports = fs
        .readFileSync(path.join(whole, "worker.js"), "utf8")
        .split("\n")
        .filter((line) => line.startsWith("import ") && !line.includes("./host.js"));
    const variants: [string, string, string][] = [
        ["data", "reading the archives", imports.filter((line) => line.includes(".zip")).join("\n")],
        ["modules", "reading and compiling the wasm modules, side modules included", imports.join("\n")],
        ["instance", "instantiating python.wasm", `${imports.join("\n")}\n${INSTANTIATE}`],
        ["copy", "unpacking its data (the started interpreter) into the memory", `${imports.join("\n")}\n${INSTANTIATE}`],
        ["boot", "the host's start: boot, mounts", `import "./boot.js";`],
    ];
    const steps: Contestant[] = [{ name: "empty JavaScript Worker", adds: "workerd itself", config: configOf(empty) }];
    for (const [name, adds, head] of variants) {
        const copy = path.join(folder, name);
        copyBundle(whole, copy);
        if (name === "boot") fs.renameSync(path.join(copy, "worker.js"), path.join(copy, "boot.js"));
        fs.writeFileSync(path.join(copy, "worker.js"), `${head}\n${ANSWER}`);
        const python = path.join(copy, "python.wasm");
        if (name === "instance") fs.writeFileSync(python, withoutStart(fs.readFileSync(python)));
        keepOnly(copy, name === "data" ? [".js", ".zip"] : [".js", ".zip", ".wasm"]);
        steps.push({ name, adds, config: configOf(copy) });
    }
    steps.push({ name: "hello-worker", adds: "the first call (see below)", config: configOf(whole) });

    const probed = path.join(folder, "probed");
    copyBundle(whole, probed);
    const timed = path.join(folder, "first-call");
    await succeed(["build", path.join(ROOT, "tests/bench/first-call"), "--out", timed]);
    fs.writeFileSync(path.join(timed, "timed.js"), TIMED);
    return {
        steps,
        probe: compileConfig({ folder: probed, mainModule: addMemoryProbe(probed) }),
        firstCall: compileConfig({ folder: timed, mainModule: "timed.js" }),
    };
}

const configOf = (folder: string): string => compileConfig({ folder, mainModule: "worker.js" });

/** Imports that do nothing are enough: the start function calls none. */
const INSTANTIATE = `const imports = {};
for (const { module, name, kind } of WebAssembly.Module.imports(python)) {
    if (kind === "function") (imports[module] ??= {})[name] = () => 0;
}
new WebAssembly.Instance(python, imports);`;

/** Adds the isolate's own times to those that Python tells. The clock stands still at global scope, so only here. */
const TIMED = `import worker from "./worker.js";
export default {
    async fetch(request, env, context) {
        const began = Date.now();
        const response = await worker.fetch(request, env, context);
        const told = JSON.parse(await response.text());
        return Response.json({ began, ...told, ended: Date.now() });
    },
};
`;

function copyBundle(from: string, to: string): void {
    fs.cpSync(from, to, { recursive: true, filter: (source) => !/config\.(bin|capnp)$/.test(source) });
}

function keepOnly(folder: string, endings: readonly string[]): void {
    for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const file = path.join(entry.parentPath, entry.name);
        if (entry.isFile() && !endings.some((ending) => file.endsWith(ending))) fs.rmSync(file);
    }
}

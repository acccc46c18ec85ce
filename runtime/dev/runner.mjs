// SPDX-License-Identifier: MIT
// Drives Miniflare for `pymode dev`. The executable starts it with Node and speaks with it over the standard streams:
// one JSON document a line.
//
//   stdin   first the options (see `Options`), then {"reload": true} after each rebuild; its end means: stop.
//   stdout  {"event": "ready", "url"} · {"event": "reloaded", "milliseconds"} · {"event": "log", "level", "message"} ·
//           {"event": "port-in-use"} · {"event": "failed", "message"}
//
// It runs exactly the modules and the metadata that `pymode deploy` would upload; only the variables of the developer's
// machine come on top.
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { createRequire } from "node:module";

/**
 * @typedef {object} Options
 * @property {string} miniflare folder of the npm package
 * @property {string} bundle folder with the modules and metadata.json
 * @property {string} state folder that keeps what namespaces hold
 * @property {string} host
 * @property {number} port 0: any free one
 * @property {Record<string, string>} vars replaced at every reload by those that come with it
 */

/** @typedef {{ name: string, type: string, text?: string, json?: unknown, namespace_id?: string }} Binding */

const MODULE_TYPES = { ".js": "ESModule", ".wasm": "CompiledWasm", ".zip": "Data" };

/** @param {Record<string, unknown>} event */
function emit(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/**
 * The bundle's files by their names as modules ("dynload/_sqlite3.wasm"), the main module first.
 * @param {string} folder
 * @param {string} main
 */
function readModules(folder, main) {
  const names = fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.split(path.sep).join("/"))
    .filter((name) => path.extname(name) in MODULE_TYPES)
    .sort((a, b) => Number(b === main) - Number(a === main) || (a < b ? -1 : 1));
  return names.map((name) => ({
    type: MODULE_TYPES[/** @type {keyof typeof MODULE_TYPES} */ (path.extname(name))],
    path: `/${name}`,
    contents: new Uint8Array(fs.readFileSync(path.join(folder, name))),
  }));
}

/**
 * What `env` holds: the upload's bindings, the developer's variables over them, and the switch for development.
 * @param {Binding[]} bindings
 * @param {Record<string, string>} vars
 */
function readBindings(bindings, vars) {
  /** @type {Record<string, unknown>} */
  const values = {};
  /** @type {Record<string, string>} */
  const kvNamespaces = {};
  for (const binding of bindings) {
    if (binding.type === "plain_text") values[binding.name] = binding.text;
    else if (binding.type === "json") values[binding.name] = binding.json;
    else if (binding.type === "kv_namespace") kvNamespaces[binding.name] = binding.namespace_id || binding.name;
    else throw new Error(`binding ${binding.name} has the type ${binding.type}, which pymode dev does not know`);
  }
  return { values: { ...values, ...vars, PYMODE_DEV: "1" }, kvNamespaces };
}

/** @param {any} library the package's exports; @param {Options} options */
function miniflareOptions(library, options) {
  const metadata = JSON.parse(fs.readFileSync(path.join(options.bundle, "metadata.json"), "utf8"));
  const { values, kvNamespaces } = readBindings(metadata.bindings, options.vars);
  const common = {
    name: "worker",
    host: options.host,
    port: options.port,
    cf: false, // would ask the internet for sample data
    log: new library.Log(library.LogLevel.NONE),
    modulesRoot: "/",
    modules: readModules(options.bundle, metadata.main_module),
    compatibilityDate: metadata.compatibility_date,
    compatibilityFlags: metadata.compatibility_flags,
    bindings: values,
    kvNamespaces,
    telemetry: { enabled: false },
    handleStructuredLogs: (/** @type {{ level: string, message: string }} */ log) =>
      emit({ event: "log", level: log.level, message: log.message }),
    // What no handler caught: the host's own failures.
    handleUncaughtError: (/** @type {Error} */ error) =>
      emit({ event: "log", level: "error", message: error.stack ?? error.message }),
  };
  // Miniflare 5 takes other options than 4, brings a translator, and keeps all state in one folder.
  return typeof library.convertV4MiniflareOptions === "function"
    ? library.convertV4MiniflareOptions({ ...common, resourcePersistencePath: options.state })
    : { ...common, kvPersist: path.join(options.state, "kv") };
}

/** @param {unknown} error */
function reportFailure(error) {
  if (error instanceof Error && "code" in error && error.code === "ERR_ADDRESS_IN_USE") emit({ event: "port-in-use" });
  else emit({ event: "failed", message: error instanceof Error ? error.message : String(error) });
}

async function main() {
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) return;
  /** @type {Options} */
  const options = JSON.parse(first.value);
  const library = createRequire(path.join(options.miniflare, "package.json"))(options.miniflare);
  /** @type {any} */
  let miniflare;
  try {
    miniflare = new library.Miniflare(miniflareOptions(library, options));
    const url = await miniflare.ready;
    options.port = Number(url.port); // so that a restart answers at the same address
    emit({ event: "ready", url: url.origin });
    for await (const line of lines) {
      options.vars = JSON.parse(line).vars;
      const start = performance.now();
      await miniflare.setOptions(miniflareOptions(library, options));
      emit({ event: "reloaded", milliseconds: Math.round(performance.now() - start) });
    }
  } catch (error) {
    reportFailure(error);
    process.exitCode = 1;
  }
  // After a failed start this rejects with the same error once more.
  await miniflare?.dispose().catch(() => {});
}

// The executable ends this process by closing its input; a signal from elsewhere must still stop workerd.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.stdin.destroy());

await main();
process.exit();

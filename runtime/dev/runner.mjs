// SPDX-License-Identifier: MIT
// Drives Miniflare for `pymode dev`. The executable starts it with Node and speaks with it over the standard streams:
// one JSON document a line.
//
//   stdin   first the options (see `Options`), then after each rebuild those that may have changed: "vars", "consumers",
//           "assets"; its end means: stop.
//   stdout  {"event": "ready", "url", "scheduled": where a schedule is run} · {"event": "reloaded", "milliseconds"} ·
//           {"event": "log", "level", "message"} · {"event": "port-in-use"} · {"event": "failed", "message"}
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
 * @property {Record<string, string>} vars
 * @property {Consumer[]} consumers the queues whose messages the Worker takes
 * @property {string | null} assets folder of the static assets; their settings are in the metadata
 * @property {string} [newestDate] the newest compatibility date that this workerd knows, where the project wants a newer one
 */

/** @typedef {{ name: string, type: string, [field: string]: unknown }} Binding */

/**
 * What is not configured is not there; times are seconds.
 * @typedef {{ queue: string, max_batch_size?: number, max_batch_timeout?: number, max_retries?: number,
 *     retry_delay?: number, dead_letter_queue?: string }} Consumer
 */

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
 * The kinds of bindings that Miniflare has on this machine: its option, and what it wants there for each name. The
 * table of core/project/binding_kinds.cpp has the same as `Local::simulated`.
 * @type {Record<string, [option: string, of: (binding: Binding) => unknown]>}
 */
const LOCAL = {
  kv_namespace: ["kvNamespaces", (binding) => binding.namespace_id],
  queue: ["queueProducers", (binding) => ({ queueName: binding.queue_name, deliveryDelay: binding.delivery_delay })],
  r2_bucket: ["r2Buckets", (binding) => binding.bucket_name],
  d1: ["d1Databases", (binding) => binding.id],
  durable_object_namespace: ["durableObjects", (binding) => ({ className: binding.class_name, useSQLite: true })],
  ratelimit: ["ratelimits", (binding) => ({ namespace_id: binding.namespace_id, simple: binding.simple })],
  analytics_engine: ["analyticsEngineDatasets", (binding) => ({ dataset: binding.dataset ?? binding.name })],
};

/** Names of bindings that were said to be missing, so that a reload does not say it again. */
const saidMissing = new Set();

/**
 * What `env` holds: the upload's bindings, the developer's variables over them, and the switch for development.
 * @param {Binding[]} bindings
 * @param {Record<string, string>} vars
 */
function readBindings(bindings, vars) {
  /** @type {Record<string, unknown>} */
  const values = {};
  /** @type {Record<string, Record<string, unknown>>} */
  const resources = {};
  for (const binding of bindings) {
    // An object of another Worker's is not here.
    const local = binding.script_name === undefined ? LOCAL[binding.type] : undefined;
    if (binding.type === "plain_text") values[binding.name] = binding.text;
    else if (binding.type === "json") values[binding.name] = binding.json;
    else if (local) (resources[local[0]] ??= {})[binding.name] = local[1](binding);
    else if (binding.type === "assets") continue; // assetsOptions
    else if (!(binding.name in vars) && !saidMissing.has(binding.name)) {
      saidMissing.add(binding.name);
      const what = binding.type === "inherit" ? "a secret: give it in .dev.vars or with --env" : `of the kind ${binding.type}, which there is at Cloudflare only`;
      log("warn", `env has no ${binding.name} here: it is ${what}`);
    }
  }
  return { bindings: { ...values, ...vars, PYMODE_DEV: "1" }, ...resources };
}

/** @param {Consumer[]} consumers */
function consumersOptions(consumers) {
  const options = consumers.map((consumer) => [
    consumer.queue,
    {
      maxBatchSize: consumer.max_batch_size,
      maxBatchTimeout: consumer.max_batch_timeout,
      maxRetries: consumer.max_retries,
      retryDelay: consumer.retry_delay,
      deadLetterQueue: consumer.dead_letter_queue,
    },
  ]);
  return { queueConsumers: Object.fromEntries(options) };
}

/**
 * The files that Cloudflare serves without the Worker, and the binding through which it reads them.
 * @param {string | null} directory
 * @param {any} metadata
 */
function assetsOptions(directory, metadata) {
  if (directory === null) return {};
  const config = metadata.assets?.config ?? {};
  const binding = metadata.bindings.find((/** @type {Binding} */ one) => one.type === "assets")?.name;
  const first = config.run_worker_first;
  return {
    assets: {
      directory,
      ...(binding !== undefined && { binding }),
      ...(first !== undefined && { run_worker_first: first }),
      routerConfig: { has_user_worker: true, ...(typeof first === "boolean" && { invoke_user_worker_ahead_of_assets: first }) },
      assetConfig: { html_handling: config.html_handling, not_found_handling: config.not_found_handling, base_path: config.base_path },
    },
  };
}

/** @typedef {{ level: string, message: string }} Entry */

/** Logs of a start that is under way; undefined while the Worker serves. @type {Entry[] | undefined} */
let startLogs;

/** @param {string} level @param {string} message */
function log(level, message) {
  if (startLogs) startLogs.push({ level, message });
  else emit({ event: "log", level, message });
}

/** @param {any} library the package's exports */
const isVersion4 = (library) => typeof library.convertV4MiniflareOptions !== "function";

/**
 * @param {any} library the package's exports
 * @param {Options} options
 */
function miniflareOptions(library, options) {
  const metadata = JSON.parse(fs.readFileSync(path.join(options.bundle, "metadata.json"), "utf8"));
  const common = {
    name: "worker",
    host: options.host,
    port: options.port,
    cf: false, // would ask the internet for sample data
    log: new library.Log(library.LogLevel.NONE),
    modulesRoot: "/",
    modules: readModules(options.bundle, metadata.main_module),
    compatibilityDate: options.newestDate ?? metadata.compatibility_date,
    compatibilityFlags: metadata.compatibility_flags,
    ...readBindings(metadata.bindings, options.vars),
    ...consumersOptions(options.consumers),
    ...assetsOptions(options.assets, metadata),
    unsafeTriggerHandlers: true, // so that a request can run a schedule
    telemetry: { enabled: false },
    handleStructuredLogs: (/** @type {Entry} */ entry) => log(entry.level, entry.message),
    // What no handler caught: the host's own failures.
    handleUncaughtError: (/** @type {Error} */ error) => log("error", error.stack ?? error.message),
  };
  // Miniflare 5 takes other options than 4, brings a translator, and keeps all state in one folder.
  return !isVersion4(library)
    ? library.convertV4MiniflareOptions({ ...common, resourcePersistencePath: options.state })
    : { ...common, kvPersist: path.join(options.state, "kv"), r2Persist: path.join(options.state, "r2"), d1Persist: path.join(options.state, "d1"), durableObjectsPersist: path.join(options.state, "do") };
}

/** @param {Entry[]} logs */
function textOf(logs) {
  return logs.map((entry) => entry.message).join("\n");
}

/** @param {unknown} error @param {Entry[]} logs */
function reportFailure(error, logs) {
  if (error instanceof Error && "code" in error && error.code === "ERR_ADDRESS_IN_USE") emit({ event: "port-in-use" });
  else emit({ event: "failed", message: textOf(logs) || String(error) });
}

/**
 * Runs `start` with the logs held back: they explain a failure, and are nobody's business if it succeeds at last. An
 * older workerd refuses a newer compatibility date and names the newest it knows; with that one it is tried again.
 * @param {Options} options
 * @param {() => Promise<void>} start
 */
async function starting(options, start) {
  startLogs = [];
  try {
    await start();
  } catch (error) {
    const newest = /newest date supported by this server binary is "(\d{4}-\d\d-\d\d)"/.exec(textOf(startLogs))?.[1];
    if (newest === undefined || options.newestDate !== undefined) throw error;
    options.newestDate = newest;
    startLogs = [];
    await start();
    const message = `this workerd knows compatibility dates up to ${newest} only, and runs the Worker with that one`;
    startLogs.push({ level: "warn", message });
  }
  const held = startLogs;
  startLogs = undefined;
  for (const { level, message } of held) log(level, message);
}

const QUIET_MS = 100;

/**
 * Calls back when files below the folder have changed and nothing has for a moment. Miniflare lists them when it starts.
 * @param {string | null} folder
 * @param {() => void} changed
 */
function watchAssets(folder, changed) {
  if (folder === null) return undefined;
  if (!fs.existsSync(folder)) {
    log("warn", `the folder of assets ${folder} does not exist`);
    return undefined;
  }
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const watcher = fs.watch(folder, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(changed, QUIET_MS);
  });
  watcher.on("error", (error) => log("warn", `changes of assets are not seen any more: ${error.message}`));
  return {
    folder,
    close() {
      clearTimeout(timer);
      watcher.close();
    },
  };
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
  /** @type {ReturnType<typeof watchAssets>} */
  let watcher;
  // Reloads follow each other, whatever asks for them.
  let reloaded = Promise.resolve();
  const reload = () => {
    const start = () => starting(options, () => miniflare.setOptions(miniflareOptions(library, options)));
    reloaded = reloaded.then(start, start);
    return reloaded;
  };
  const followAssets = () => {
    if (watcher?.folder === (options.assets ?? undefined)) return;
    watcher?.close();
    watcher = watchAssets(options.assets, () => {
      reload().then(
        () => log("info", "the assets have changed"),
        (error) => {
          const logs = startLogs ?? [];
          startLogs = undefined;
          log("error", `the assets cannot be served: ${textOf(logs) || error.message}`);
        },
      );
    });
  };
  try {
    await starting(options, async () => {
      await miniflare?.dispose().catch(() => {}); // of a first try
      miniflare = new library.Miniflare(miniflareOptions(library, options));
      options.port = Number((await miniflare.ready).port); // so that a restart answers at the same address
    });
    const { origin } = await miniflare.ready;
    const scheduled = isVersion4(library) ? "/cdn-cgi/handler/scheduled" : "/cdn-cgi/local/scheduled";
    emit({ event: "ready", url: origin, scheduled: `${origin}${scheduled}` });
    followAssets();
    for await (const line of lines) {
      Object.assign(options, JSON.parse(line));
      const start = performance.now();
      await reload();
      followAssets();
      emit({ event: "reloaded", milliseconds: Math.round(performance.now() - start) });
    }
  } catch (error) {
    reportFailure(error, startLogs ?? []);
    process.exitCode = 1;
  }
  watcher?.close();
  // After a failed start this rejects with the same error once more.
  await miniflare?.dispose().catch(() => {});
}

// The executable ends this process by closing its input; a signal from elsewhere must still stop workerd.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.stdin.destroy());

await main();
process.exit();

// SPDX-License-Identifier: MIT
// The command line of the stand-in: prints one JSON line with its ports when it is ready, ends on SIGTERM or SIGINT.

import { parseArgs } from "node:util";
import { DEFAULTS, startStandin } from "./standin.ts";

const USAGE = `usage: main.mjs [--port N] [--state DIR] [--token T] [--account ID] [--subdomain NAME] [--no-subdomain]
               [--kv-namespace ID]… [--database ID]… [--bucket NAME]… [--queue NAME]… [--zone NAME]…
               [--with-parent]

  --no-subdomain   the account has no workers.dev name yet
  --kv-namespace   an id of a KV namespace that exists already; so do the others
  --zone           beside example.com
  --with-parent    end when standard input is closed`;

export async function main(argv: string[]): Promise<void> {
    const { values } = parseArgs({
        args: argv,
        options: {
            port: { type: "string", default: "0" },
            state: { type: "string" },
            token: { type: "string", default: DEFAULTS.token },
            account: { type: "string", default: DEFAULTS.id },
            subdomain: { type: "string", default: DEFAULTS.subdomain ?? "" },
            "no-subdomain": { type: "boolean", default: false },
            "kv-namespace": { type: "string", multiple: true, default: [] },
            database: { type: "string", multiple: true, default: [] },
            bucket: { type: "string", multiple: true, default: [] },
            queue: { type: "string", multiple: true, default: [] },
            zone: { type: "string", multiple: true, default: [] },
            "with-parent": { type: "boolean", default: false },
            help: { type: "boolean", short: "h", default: false },
        },
    });
    if (values.help) {
        console.log(USAGE);
        return;
    }
    const standin = await startStandin({
        port: Number(values.port),
        stateFolder: values.state,
        token: values.token,
        id: values.account,
        subdomain: values["no-subdomain"] ? undefined : values.subdomain,
        namespaces: [...DEFAULTS.namespaces, ...values["kv-namespace"]],
        databases: values.database,
        buckets: values.bucket,
        queues: values.queue,
        zones: [...DEFAULTS.zones, ...values.zone],
    });
    const api = `http://127.0.0.1:${standin.port}/client/v4`;
    console.log(JSON.stringify({ ready: true, port: standin.port, edgePort: standin.edgePort, api, state: standin.stateFolder, pid: process.pid }));

    // Miniflare ends the process on a signal by itself, as soon as it has one instance, and waits for nothing.
    process.on("exit", () => standin.removeState());
    let ending = false;
    const end = (): void => {
        if (ending) return;
        ending = true;
        standin.stop().then(
            () => process.exit(0),
            (error: unknown) => {
                console.error(String(error));
                process.exit(1);
            },
        );
    };
    process.on("SIGTERM", end);
    process.on("SIGINT", end);
    if (values["with-parent"]) process.stdin.on("end", end).resume();
}

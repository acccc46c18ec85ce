// SPDX-License-Identifier: MIT
// The command line of the loopback index: prints one JSON line when it is ready, ends on SIGTERM or SIGINT.

import { parseArgs } from "node:util";
import { Catalog } from "./catalog.ts";
import { LoopbackIndex, PLAIN_INDEX, PUBLIC_INDEX } from "./server.ts";
import { makeCertificate } from "./tls.ts";

const USAGE = `usage: main.mjs --wheels DIR… [--port N] [--https DIR] [--plain] [--latency MS]

  --wheels    serve every wheel of this folder
  --https     offer HTTPS with HTTP/2; the key and the certificate are written to this folder
  --plain     no metadata files, ETags, compression or JSON
  --latency   every answer begins so many milliseconds late`;

export async function main(argv: string[]): Promise<void> {
    const { values } = parseArgs({
        args: argv,
        options: {
            wheels: { type: "string", multiple: true, default: [] },
            port: { type: "string", default: "0" },
            https: { type: "string" },
            plain: { type: "boolean", default: false },
            latency: { type: "string", default: "0" },
            help: { type: "boolean", short: "h", default: false },
        },
    });
    if (values.help || values.wheels.length === 0) {
        console.log(USAGE);
        return;
    }
    const catalog = new Catalog();
    for (const folder of values.wheels) catalog.addFolder(folder);
    const certificate = values.https === undefined ? undefined : makeCertificate(values.https);
    const index = await LoopbackIndex.start({
        catalogs: catalog,
        port: Number(values.port),
        behaviour: { ...(values.plain ? PLAIN_INDEX : PUBLIC_INDEX), latency: Number(values.latency) },
        ...(certificate && { certificate }),
    });
    console.log(JSON.stringify({ ready: true, url: index.url(), ...(certificate && { certificate: certificate.file }) }));
    for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
}

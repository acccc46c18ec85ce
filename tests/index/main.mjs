// SPDX-License-Identifier: MIT
// Starts the loopback index: `node tests/index/main.mjs --wheels DIR [--port N] [--https DIR] [--plain]`.
// The modules are TypeScript that Node runs as it is; this file only turns an old Node into a clear sentence.

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
    console.error(`The index needs Node 22.18 or later, this is ${process.version} (use node_modules/.bin/node).`);
    process.exit(2);
}
const { main } = await import("./cli.ts");
await main(process.argv.slice(2));

// SPDX-License-Identifier: MIT
// Brings wrangler as package-lock.json pins it: through npm, once, into the build's cache. Run as a program, it only does
// that.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const FILES = ["package.json", "package-lock.json"];
const TIMEOUT_MS = 600_000;

/** As tests/packages/fetch_wheels.py computes it. */
function cacheFolder(): string {
    const { PYMODE_BUILD_CACHE: chosen, XDG_CACHE_HOME: caches } = process.env;
    return chosen ?? path.join(caches ?? path.join(os.homedir(), ".cache"), "pymode-build");
}

/** Where this wrangler is or will be. Another lock file has another folder. */
export function wranglerFolder(): string {
    const digest = createHash("sha256");
    for (const file of FILES) digest.update(fs.readFileSync(path.join(HERE, file)));
    return path.join(cacheFolder(), "wrangler", digest.digest("hex").slice(0, 16));
}

/** The script to run with Node. Installs it when the lock file is another than the last time. Throws what npm said. */
export function wrangler(): string {
    const folder = wranglerFolder();
    if (!fs.existsSync(folder)) install(folder);
    return path.join(folder, "node_modules/wrangler/bin/wrangler.js");
}

/** A folder that exists is complete: it gets its name at the end. */
function install(folder: string): void {
    fs.mkdirSync(path.dirname(folder), { recursive: true });
    const staged = fs.mkdtempSync(path.join(path.dirname(folder), ".installing-"));
    try {
        for (const file of FILES) fs.copyFileSync(path.join(HERE, file), path.join(staged, file));
        // npm takes what runs it for the Node that the packages are for; wrangler needs 22, and gets this one.
        const environment = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env["PATH"] ?? ""}` };
        const result = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: staged, env: environment, encoding: "utf8", timeout: TIMEOUT_MS });
        if (result.status !== 0) throw new Error(`npm could not install wrangler: ${result.error?.message ?? result.stderr}`);
        fs.renameSync(staged, folder);
    } finally {
        fs.rmSync(staged, { recursive: true, force: true });
    }
}

if (import.meta.main) console.log(wrangler());

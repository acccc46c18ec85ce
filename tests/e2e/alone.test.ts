// SPDX-License-Identifier: MIT
// The executable needs nothing but itself: copied away, with an empty PATH.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { Cloud } from "./support/cloud.ts";
import { PYMODE, ROOT, run, succeed, temporaryFolder } from "./support/pymode.ts";

test("it names no folder of the machine that built it", () => {
    const bytes = fs.readFileSync(PYMODE);
    const cache = process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache");
    const folders = [ROOT, path.join(cache, "pymode-build"), process.env["PYMODE_BUILD_CACHE"] ?? ROOT];
    for (const folder of folders) {
        const at = bytes.indexOf(folder);
        assert.equal(at, -1, `it holds ${bytes.subarray(at, at + 120).toString("latin1")}`);
    }
});

test("copied away, with a PATH that holds nothing, it does init, build and deploy", async (context) => {
    const folder = temporaryFolder(context);
    const executable = path.join(folder, "bin/pymode");
    fs.mkdirSync(path.dirname(executable));
    fs.copyFileSync(PYMODE, executable);
    const cloud = await Cloud.start();
    context.after(() => cloud.stop());
    const options = { executable, cwd: folder, environment: cloud.environment(folder) };

    assert.match((await succeed(["--version"], options)).stdout, /^pymode \d+\.\d+/);
    await succeed(["init", "alone"], options);
    await succeed(["build", "alone"], options);
    await succeed(["deploy", "alone"], options);
    assert.equal((await cloud.ask("alone", "/")).text, "Hello from Python!\n");
    const python = await succeed(["python", "-c", "import sys, sqlite3; print(sys.version.split()[0])"], options);
    assert.equal(python.stdout, "3.13.5\n");
    const doctor = await run(["doctor"], options);
    assert.match(doctor.stdout + doctor.stderr, /libc\.so/);
    const licenses = (await succeed(["doctor", "--licenses"], options)).stdout;
    const interpreter = ["CPython", "zlib", "bzip2", "xz", "sqlite", "dlmalloc", "wasi-libc"];
    const executables = ["libstdc++", "fmt", "tomlplusplus", "CLI11", "nlohmann", "spdlog", "Boost Software License"];
    for (const name of [...interpreter, ...executables]) {
        assert.ok(licenses.toLowerCase().includes(name.toLowerCase()), `no licence of ${name}`);
    }
});

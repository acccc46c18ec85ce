// SPDX-License-Identifier: MIT
// The executable needs nothing but itself: copied away, with an empty PATH.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Cloud } from "./support/cloud.ts";
import { PYMODE, run, succeed, temporaryFolder } from "./support/pymode.ts";

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
    for (const name of ["CPython", "zlib", "bzip2", "xz", "sqlite", "dlmalloc", "wasi-libc", "tomlplusplus"]) {
        assert.ok(licenses.toLowerCase().includes(name.toLowerCase()), `no licence of ${name}`);
    }
});

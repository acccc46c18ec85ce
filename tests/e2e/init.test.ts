// SPDX-License-Identifier: MIT
// What `pymode init` writes: an example of the repository, byte for byte but for its name.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ROOT, succeed, temporaryFolder } from "./support/pymode.ts";

function filesBelow(folder: string): string[] {
    const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
        .sort();
}

// What belongs to the example, not what working in its folder left there.
function exampleFiles(example: string): string[] {
    const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
        cwd: path.join(ROOT, "examples", example),
        encoding: "utf8",
    });
    return listed.trim().split("\n").sort();
}

for (const template of ["hello", "api"]) {
    test(`the template ${template} is examples/${template}-worker under another name`, async (context) => {
        const example = `${template}-worker`;
        const folder = temporaryFolder(context);
        await succeed(["init", "shop", "--template", template], { cwd: folder });
        const project = path.join(folder, "shop");
        assert.deepEqual(filesBelow(project), exampleFiles(example));
        for (const file of filesBelow(project)) {
            const source = fs.readFileSync(path.join(ROOT, "examples", example, file), "utf8");
            const expected = source.replaceAll(example, "shop");
            assert.equal(fs.readFileSync(path.join(project, file), "utf8"), expected, file);
        }
        assert.match(fs.readFileSync(path.join(project, "pyproject.toml"), "utf8"), /^name = "shop"$/m);
        assert.match(fs.readFileSync(path.join(project, ".gitignore"), "utf8"), /^\.dev\.vars$/m);
    });
}

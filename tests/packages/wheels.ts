// SPDX-License-Identifier: MIT
// Where the fetched wheels are (fetch_wheels.py brings them), and an index over them.

import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Catalog } from "../index/catalog.ts";

export type List = "wheels.txt" | "emscripten.txt";

function cacheFolder(): string {
    const { PYMODE_BUILD_CACHE, XDG_CACHE_HOME } = process.env;
    return PYMODE_BUILD_CACHE || path.join(XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "pymode-build");
}

/** A Python that has pip for certain (scripts/setup makes it). */
export const CHECKERS_PYTHON: string = path.join(cacheFolder(), "checkers/bin/python");

/** The complete set of a list's wheels. */
export function wheelFolder(list: List): string {
    const digest = createHash("sha256").update(fs.readFileSync(new URL(list, import.meta.url))).digest("hex");
    const folder = path.join(cacheFolder(), "wheels", digest.slice(0, 16));
    if (!fs.existsSync(folder)) throw new Error(`the wheels of tests/packages/${list} are not there: run python3 tests/packages/fetch_wheels.py`);
    return folder;
}

/** A project of which only compiled wheels exist, with the names of the files that its publisher offers. */
interface Foreign {
    name: string;
    files: string[];
}

/**
 * The index that the tests install from: the real wheels, and the names of compiled ones that nothing may fetch.
 */
export function testCatalog(lists: readonly List[] = ["wheels.txt"]): Catalog {
    const catalog = new Catalog();
    for (const list of lists) catalog.addFolder(wheelFolder(list));
    const { projects } = JSON.parse(fs.readFileSync(new URL("foreign.json", import.meta.url), "utf8")) as { projects: Foreign[] };
    for (const { name, files } of projects) {
        for (const file of files) {
            const [, version = "", ...tag] = file.replace(/\.whl$/, "").split("-");
            if (!file.endsWith(".whl")) throw new Error(`foreign.json: ${file} is no wheel`);
            catalog.addSpec({ name, version, tags: [tag.join("-")] });
        }
    }
    return catalog;
}

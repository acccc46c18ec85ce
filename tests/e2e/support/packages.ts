// SPDX-License-Identifier: MIT
// A project, a package index on the loopback, and the environment in which `pymode add` sees nothing else.

import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import type { Catalog } from "../../index/catalog.ts";
import { LoopbackIndex, type IndexOptions } from "../../index/server.ts";
import { emptyEnvironment, run, start, temporaryFolder, type Outcome } from "./pymode.ts";

const MAIN = "def on_fetch(request):\n    return 'ok'\n";

/** Starts an index that is stopped after the test. */
export async function startIndex(context: TestContext, options: IndexOptions): Promise<LoopbackIndex> {
    const index = await LoopbackIndex.start(options);
    context.after(() => index.stop());
    return index;
}

export interface ProjectOptions {
    dependencies?: readonly string[];
    requiresPython?: string;
    /** More lines of pyproject.toml. */
    more?: string;
    index?: string;
    /** Shared with other projects; default: one of its own. */
    cache?: string;
    environment?: Record<string, string>;
}

/** A project in a folder of its own, with a cache of its own beside it. */
export class PackageProject {
    readonly folder: string;
    readonly root: string;
    readonly environment: Record<string, string>;

    constructor(context: TestContext, options: ProjectOptions = {}) {
        this.folder = temporaryFolder(context);
        this.root = path.join(this.folder, "project");
        const { dependencies = [], requiresPython = ">=3.13", more = "", index = "http://127.0.0.1:9/simple/", cache = path.join(this.folder, "cache") } = options;
        fs.mkdirSync(path.join(this.root, "src"), { recursive: true });
        const list = dependencies.map((one) => `    ${JSON.stringify(one)},\n`).join("");
        this.write("pyproject.toml", `[project]\nname = "test-project"\nversion = "1.0"\nrequires-python = "${requiresPython}"\ndependencies = [\n${list}]\n${more}`);
        this.write("src/main.py", MAIN);
        this.environment = { ...emptyEnvironment(this.folder), PYMODE_INDEX_URL: index, PYMODE_CACHE_DIR: cache, NO_PROXY: "*", ...options.environment };
    }

    write(name: string, text: string | Buffer): void {
        const file = path.join(this.root, name);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, text);
    }

    read(name: string): string {
        return fs.readFileSync(path.join(this.root, name), "utf8");
    }

    exists(name: string): boolean {
        return fs.existsSync(path.join(this.root, name));
    }

    run(...args: string[]): Promise<Outcome> {
        return run(args, { cwd: this.root, environment: this.environment });
    }

    async succeed(...args: string[]): Promise<Outcome> {
        const outcome = await this.run(...args);
        if (outcome.code !== 0) throw new Error(`pymode ${args.join(" ")} ended with ${outcome.code}\n${outcome.stdout}\n${outcome.stderr}`);
        return outcome;
    }

    /** Fails with code 1 or 2, and what it says is returned. */
    async fail(...args: string[]): Promise<string> {
        const outcome = await this.run(...args);
        if (outcome.code !== 1 && outcome.code !== 2) throw new Error(`pymode ${args.join(" ")} ended with ${outcome.code}\n${outcome.stdout}\n${outcome.stderr}`);
        return outcome.stderr;
    }

    /** Starts a command and kills it, as the kernel would, once the condition holds. */
    async killWhen(condition: () => boolean, ...args: string[]): Promise<void> {
        const child = start(args, { cwd: this.root, environment: this.environment });
        let output = "";
        for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
        const ended = once(child, "exit");
        while (!condition()) {
            if (child.exitCode !== null) throw new Error(`pymode ${args.join(" ")} ended before it was killed:\n${output}`);
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
        child.kill("SIGKILL");
        await ended;
    }

    /** Every file of the project with its content; without what only locks and stages. */
    snapshot(): Record<string, string> {
        const files: Record<string, string> = {};
        for (const entry of fs.readdirSync(this.root, { recursive: true, withFileTypes: true })) {
            if (!entry.isFile()) continue;
            const file = path.join(entry.parentPath, entry.name);
            const name = path.relative(this.root, file);
            if (fs.statSync(file).size === 0) continue; // a lock
            files[name] = fs.readFileSync(file).toString("base64");
        }
        return files;
    }

    /** Name and version of every package in pylock.toml, read without pymode's own reader. */
    locked(): Record<string, string> {
        const packages: Record<string, string> = {};
        for (const block of this.read("pylock.toml").split(/^\[\[packages\]\]$/m).slice(1)) {
            const name = /^name = "([^"]+)"$/m.exec(block)?.[1];
            const version = /^version = "([^"]+)"$/m.exec(block)?.[1];
            if (name === undefined) throw new Error(`a package without a name in pylock.toml:\n${block}`);
            packages[name] = version ?? "";
        }
        return packages;
    }
}

/** A catalog in which `a` needs `b`, each of a few KB. */
export function smallWorld(catalog: Catalog): Catalog {
    const data = (name: string): Record<string, string> => ({ [`${name}/data.py`]: Array.from({ length: 2000 }, (_, i) => `VALUE_${i} = ${(i * 7919) % 10007}\n`).join("") });
    return catalog
        .addSpec({ name: "a", version: "1.0", requires: ["b>=1"], files: data("a") }, { sdist: true })
        .addSpec({ name: "b", version: "1.0" })
        .addSpec({ name: "b", version: "1.5", files: data("b") });
}

// SPDX-License-Identifier: MIT
// A project of one file, and commands of the executable in it.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import type { Cloud } from "./cloud.ts";
import { run, succeed, temporaryFolder, type Outcome } from "./pymode.ts";

export class WorkerProject {
    readonly folder: string;
    readonly environment: Record<string, string>;

    constructor(context: TestContext, cloud: Cloud, name: string, settings = "", environment: Record<string, string> = {}) {
        this.folder = path.join(temporaryFolder(context), name);
        this.environment = { ...cloud.environment(path.dirname(this.folder)), ...environment };
        this.write("pyproject.toml", `[project]\nname = "${name}"\nversion = "0.1.0"\n\n[tool.pymode]\nmain = "main.py"\n${settings}`);
        this.write("main.py", "");
    }

    write(file: string, text: string | Buffer): void {
        fs.mkdirSync(path.dirname(path.join(this.folder, file)), { recursive: true });
        fs.writeFileSync(path.join(this.folder, file), text);
    }

    /** Deploys a Worker whose answer is this expression. */
    async deploy(expression: string): Promise<void> {
        this.write("main.py", `def on_fetch(request, env):\n    return ${expression}\n`);
        await this.succeed("deploy");
    }

    succeed(...args: string[]): Promise<Outcome> {
        return succeed(args, { cwd: this.folder, environment: this.environment });
    }

    succeedWith(stdin: string | Buffer, ...args: string[]): Promise<Outcome> {
        return succeed(args, { cwd: this.folder, environment: this.environment, stdin });
    }

    /** Fails with this exit code, and says so. */
    async refuse(code: number, text: RegExp, ...args: string[]): Promise<Outcome> {
        return this.refuseWith("", code, text, ...args);
    }

    async refuseWith(stdin: string | Buffer, code: number, text: RegExp, ...args: string[]): Promise<Outcome> {
        const outcome = await run(args, { cwd: this.folder, environment: this.environment, stdin });
        assert.equal(outcome.code, code, `${args.join(" ")}\n${outcome.stdout}\n${outcome.stderr}`);
        assert.match(outcome.stderr, text);
        return outcome;
    }

    async json(...args: string[]): Promise<unknown> {
        return JSON.parse((await this.succeed("--json", ...args)).stdout) as unknown;
    }
}

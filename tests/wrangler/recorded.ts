// SPDX-License-Identifier: MIT
// pymode's run in the place of each of wrangler's that was recorded: the equal project, in the order of the recording, in
// the same situation, on one local Cloudflare.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { TestClient } from "../standin/test/client.ts";
import type { Run } from "../standin/test/replay.ts";
import { latestVersion, SITUATIONS } from "../standin/test/situations.ts";
import { normalRecorded, type NormalCall } from "./calls.ts";
import { HERE, outcomeOf, starterOf, type Outcome } from "./client.ts";
import { compare, type Difference } from "./compare.ts";
import { ACCOUNT, callsDuring, credentials } from "./project.ts";

const FOLDER = path.join(HERE, "recorded");

/** What pymode does where wrangler did the recorded run. */
export interface Counterpart {
    /** "{LABEL}" stands for the id of the version that the run of that label has made. */
    args: string[];
    /** A folder of recorded/projects; none: the command needs no project. */
    project?: string;
    /** The project as it was later: PROJECT.CHANGED has the files in the place of the first ones. */
    changed?: string;
    stdin?: string;
    /** Beside what makes pymode talk to the local Cloudflare; null takes a variable away. */
    environment?: Record<string, string | null>;
    /** Ctrl-C, as soon as this is printed. */
    interruptAt?: string;
    /** The exit code, when it is not 0. */
    exit?: number;
}

/** Why there is nothing to compare. */
interface NoCounterpart {
    none: string;
}

export const table = JSON.parse(fs.readFileSync(path.join(FOLDER, "runs.json"), "utf8")) as Record<string, Counterpart | NoCounterpart>;

export class RecordedRuns {
    readonly #client: TestClient;
    readonly #scratch = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-recorded-"));
    readonly #command = starterOf("pymode");
    readonly #versions = new Map<string, string>();

    private constructor(client: TestClient) {
        this.#client = client;
    }

    static async start(): Promise<RecordedRuns> {
        return new RecordedRuns(await TestClient.start(ACCOUNT));
    }

    async stop(): Promise<void> {
        await this.#client.stop();
        fs.rmSync(this.#scratch, { recursive: true, force: true });
    }

    /** Runs the counterpart in the situation of the run, and compares what the two have sent and how they ended. */
    async differences(run: Run, counterpart: Counterpart): Promise<Difference[]> {
        const situation = SITUATIONS[run.label] ?? {};
        await situation.prepare?.(this.#client);
        await situation.prepareClient?.(this.#client);
        try {
            const { result, calls } = await callsDuring(this.#client.standin, () => this.#run(run.label, counterpart, situation.token));
            assert.equal(result.code, counterpart.exit ?? 0, `exit code; it printed\n${result.output}`);
            assert.deepEqual(await this.#client.ask("faults"), [], "every fault must have struck");
            await this.#remember(run.label, counterpart);
            return [...compare(normalRecorded(run.calls), kept(run, calls)), ...exits(run, result)];
        } finally {
            // Nothing of a run that failed is in the way of the next one.
            await this.#client.control("DELETE", "faults");
            await situation.restore?.(this.#client);
        }
    }

    #run(label: string, counterpart: Counterpart, token: string | undefined): Promise<Outcome> {
        const { args, stdin = "", environment = {}, interruptAt } = counterpart;
        const command = this.#command(args.map((arg) => arg.replace(/\{(.+)\}/, (_, maker: string) => this.#versions.get(maker) ?? assert.fail(`${maker} has made no version`))));
        const variables = { HOME: this.#scratch, ...credentials(this.#client.standin), ...(token !== undefined && { CLOUDFLARE_API_TOKEN: token }), ...environment };
        const set = Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== null);
        const options = { cwd: this.#folder(label, counterpart), stdin, environment: Object.fromEntries(set) };
        return outcomeOf(command, { ...options, ...(interruptAt !== undefined && { interruptAt }) });
    }

    /** A copy of the project: no run sees what another has built or written. */
    #folder(label: string, { project, changed }: Counterpart): string {
        const folder = path.join(this.#scratch, label);
        fs.mkdirSync(folder);
        const parts = [project, changed && `${project}.${changed}`].filter((part) => part !== undefined);
        for (const part of parts) fs.cpSync(path.join(FOLDER, "projects", part), folder, { recursive: true });
        return folder;
    }

    /** Keeps the version that the run has made, for those that name it. */
    async #remember(label: string, { project }: Counterpart): Promise<void> {
        if (project !== undefined && named.has(label)) this.#versions.set(label, await latestVersion(this.#client, project));
    }
}

/** The labels in the arguments of others. */
const named = new Set([...JSON.stringify(table).matchAll(/\{([\w-]+)\}/g)].map((match) => match[1]));

/** Where only some calls of wrangler's run were kept, those with the same methods and paths of pymode's. */
function kept(run: Run, calls: NormalCall[]): NormalCall[] {
    if (run.kept === undefined) return calls;
    const targets = new Set(normalRecorded(run.calls).map(targetOf));
    return calls.filter((call) => targets.has(targetOf(call)));
}

const targetOf = ({ call }: NormalCall): string | undefined => call.split("?")[0];

const exits = ({ exit }: Run, { code }: Outcome): Difference[] => (exit === undefined || exit === code ? [] : [{ call: "exit", side: "both", wrangler: exit, pymode: code }]);

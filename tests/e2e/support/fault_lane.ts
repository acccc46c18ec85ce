// SPDX-License-Identifier: MIT
// A local Cloudflare and a folder, in which one deployment after the other goes wrong and is completed by a second one.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import type { FaultOrder } from "../../standin/faults.ts";
import type { JournalEntry } from "../../standin/journal.ts";
import type { Startups } from "../../standin/startups.ts";
import { Cloud } from "./cloud.ts";
import { filesOf, wishesOf, type Place } from "./fault_projects.ts";
import { QUEUES, TRIGGERS_ALONE, UPLOAD, type Situation } from "./fault_situations.ts";
import { checkDeployed, checkFailure, checkNotTriggered, checkTriggered, checkUploaded, type Told } from "./fault_truth.ts";
import { run, type Outcome } from "./pymode.ts";

const DEPLOY = ["deploy"];

/** A call of a deployment, as it is the same for every Worker. */
export interface CallName {
    /** "PUT /workers/scripts/NAME" */
    text: string;
    /** The how manieth such call, from 1. */
    nth: number;
}

/** A fault without the call that it strikes. */
export type Spoiling = Omit<FaultOrder, "method" | "path" | "nth">;

export interface Ended {
    how: "went on" | "failed";
    calls: readonly JournalEntry[];
    milliseconds: number;
}

export class Lane {
    readonly #cloud: Cloud;
    readonly #folder: string;
    /** Workers that stay, by their situation. */
    readonly #known = new Map<string, Place>();
    #workers = 0;

    private constructor(cloud: Cloud, folder: string) {
        this.#cloud = cloud;
        this.#folder = folder;
    }

    static async start(scratch: string, startups: Startups): Promise<Lane> {
        return new Lane(await Cloud.start({ queues: QUEUES }, startups), fs.mkdtempSync(path.join(scratch, "lane-")));
    }

    stop(): Promise<void> {
        return this.#cloud.stop();
    }

    /** The calls of a deployment without faults. */
    async calls(situation: Situation): Promise<CallName[]> {
        const place = await this.#place(situation);
        await this.#cloud.forgetCalls();
        await this.#complete(situation, place);
        const texts = (await this.#cloud.journal()).map((call) => nameOf(call, place.worker));
        await this.#leave(situation, place);
        return texts.map((text, index) => ({ text, nth: texts.slice(0, index + 1).filter((one) => one === text).length }));
    }

    /** Deploys with these faults, checks what is said, and deploys again if it has failed. */
    async check(situation: Situation, faults: readonly (CallName & Spoiling)[]): Promise<Ended> {
        const place = await this.#place(situation);
        try {
            const ended = await this.#checkAt(situation, place, faults);
            await this.#leave(situation, place);
            return ended;
        } catch (error) {
            await this.#cloud.forgetFaults();
            if (await this.#cloud.findWorker(place.worker)) await this.#cloud.deleteWorker(place.worker);
            throw error;
        }
    }

    async #checkAt(situation: Situation, place: Place, faults: readonly (CallName & Spoiling)[]): Promise<Ended> {
        const before = await this.#cloud.state();
        for (const fault of faults) await this.#cloud.fault(order(fault, place.worker));
        await this.#cloud.forgetCalls();
        const begin = performance.now();
        const outcome = await this.#run(situation.command ?? DEPLOY, situation);
        const milliseconds = performance.now() - begin;
        await this.#cloud.forgetFaults();
        const told: Told = { worker: place.worker, before, now: await this.#cloud.state(), wishes: wishesOf(situation.parts, place), deaf: faults.length > 1 };
        const calls = await this.#cloud.journal();
        for (const { text, kind = "error" } of faults) assert.ok(calls.some((call) => call.fault === kind && nameOf(call, place.worker) === text), `${text} was not struck\n${outcome.stderr}`);
        if (situation.again) {
            const [were, are] = [before, told.now].map((state) => state.scripts[place.worker]?.deployments.length ?? 0);
            assert.ok((are ?? 0) <= (were ?? 0) + 1, "it was deployed twice");
        }
        if (outcome.code === 0) {
            checksOf(situation).success(outcome, told);
        } else {
            checksOf(situation).failure(outcome, told);
            await this.#complete(situation, place);
        }
        this.#checkIds(await this.#cloud.state());
        return { how: outcome.code === 0 ? "went on" : "failed", calls, milliseconds };
    }

    /** A Worker and its project as they are before a deployment. */
    async #place(situation: Situation): Promise<Place> {
        await this.#cloud.set({ allZones: situation.zoneByZone !== true });
        let place = this.#known.get(situation.name);
        if (!place) {
            this.#workers += 1;
            place = { worker: `w${this.#workers}`, mark: 1 };
            this.#write(situation, place);
            if (!situation.again) return place;
            const outcome = await this.#run(DEPLOY, situation);
            assert.equal(outcome.code, 0, outcome.stderr);
        }
        // Until the next deployment has succeeded nobody can count on it.
        this.#known.delete(situation.name);
        place = { ...place, mark: place.mark + 1 };
        this.#write(situation, place);
        return place;
    }

    async #leave(situation: Situation, place: Place): Promise<void> {
        if (situation.again) this.#known.set(situation.name, place);
        else await this.#cloud.deleteWorker(place.worker);
    }

    #write(situation: Situation, place: Place): void {
        fs.rmSync(this.#project, { recursive: true, force: true });
        for (const [file, text] of Object.entries(filesOf(situation.parts, place))) {
            fs.mkdirSync(path.dirname(path.join(this.#project, file)), { recursive: true });
            fs.writeFileSync(path.join(this.#project, file), text);
        }
    }

    get #project(): string {
        return path.join(this.#folder, "project");
    }

    #run(command: readonly string[], situation: Situation): Promise<Outcome> {
        const environment = this.#cloud.environment(this.#folder);
        if (situation.unknownAccount === true) delete environment["CLOUDFLARE_ACCOUNT_ID"];
        return run(command, { cwd: this.#project, environment });
    }

    /** Deploys what may be half deployed. */
    async #complete(situation: Situation, place: Place): Promise<void> {
        const before = await this.#cloud.state();
        const outcome = await this.#run(situation.command ?? DEPLOY, situation);
        assert.equal(outcome.code, 0, `the second run does not complete\n${outcome.stderr}`);
        checksOf(situation).success(outcome, { worker: place.worker, before, now: await this.#cloud.state(), wishes: wishesOf(situation.parts, place), deaf: false });
    }

    /** Ids that a deployment has written into the project are those of what there is. */
    #checkIds({ namespaces, databases }: Awaited<ReturnType<Cloud["state"]>>): void {
        const text = fs.readFileSync(path.join(this.#project, "pyproject.toml"), "utf8");
        if (text.includes('binding = "CACHE"')) assert.equal(/^id = "(.*)"$/m.exec(text)?.[1], namespaces.at(-1)?.id, text);
        if (text.includes('binding = "DB"')) assert.equal(/^database-id = "(.*)"$/m.exec(text)?.[1], databases.at(-1)?.uuid, text);
    }
}

const DEPLOYED = { success: checkDeployed, failure: checkFailure };
const CHECKS = new Map<readonly string[], typeof DEPLOYED>([
    [UPLOAD, { success: checkUploaded, failure: checkFailure }],
    [TRIGGERS_ALONE, { success: checkTriggered, failure: checkNotTriggered }],
]);

const checksOf = ({ command = [] }: Situation): typeof DEPLOYED => CHECKS.get(command) ?? DEPLOYED;

const nameOf = ({ method, path: where }: JournalEntry, worker: string): string =>
    `${method} ${where.replace(/^\/accounts\/\w+/, "").replace(/[0-9a-f]{32}/g, "ID").replaceAll(new RegExp(`\\b${worker}\\b`, "g"), "NAME")}`;

function order({ text, nth, ...spoiling }: CallName & Spoiling, worker: string): FaultOrder {
    const [method = "", where = ""] = text.split(" ");
    return { method, nth, ...spoiling, path: `^(?:/accounts/[0-9a-f]{32})?${where.replaceAll("NAME", worker).replaceAll("ID", "[0-9a-f]{32}")}$` };
}

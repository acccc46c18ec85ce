// SPDX-License-Identifier: MIT
// The running Workers: which versions run now, and one process for them that is renewed when that changes.

import fs from "node:fs/promises";
import path from "node:path";
import { type Account } from "./account.ts";
import { LogBook, type LogEvent } from "./logbook.ts";
import { start, type Running } from "./runtime.ts";
import { activeShares, activeVersion, type Script, type Version } from "./script.ts";
import type { Startups } from "./startups.ts";
import { storeAssets } from "./store.ts";
import type { Tails } from "./tails.ts";
import { liveOptions, neighbours, signatureOf, workerOf, type Placement, type World } from "./world.ts";

/** How long requests that are under way may take before their process is replaced. */
const DRAIN_MS = 5000;

/** The right to send one request to a Worker: its process stays until it is given back. */
export interface Lease {
    url: URL;
    worker: string;
    release(): void;
}

export class Fleet {
    readonly #account: Account;
    readonly #stateFolder: string;
    readonly #tails: Tails;
    readonly #startups: Startups;
    readonly #logs = new LogBook();
    /** Scripts that were asked for something; the others need not run. */
    readonly #awake = new Set<string>();
    /** Versions that run beside those of the deployments, because somebody asked for a preview. */
    readonly #previews = new Set<string>();
    #running: { process: Running; signature: string; placements: readonly Placement[] } | undefined;
    #turn: Promise<unknown> = Promise.resolve();
    #leases = 0;
    #drained: () => void = () => undefined;

    constructor(account: Account, tails: Tails, stateFolder: string, startups: Startups) {
        this.#account = account;
        this.#tails = tails;
        this.#stateFolder = stateFolder;
        this.#startups = startups;
    }

    /** Loads a version as Cloudflare does on upload, and returns how long that took. Throws StartupFailure. */
    check(script: Script, version: Version): Promise<number> {
        return this.#startups.check(script, version);
    }

    /** Where a version answers. It need not be deployed: previews are not. */
    lease(script: Script, version: Version): Promise<Lease> {
        return this.#inTurn(async () => {
            this.#awake.add(script.name);
            if (!activeShares(script).some((share) => share.version.id === version.id)) this.#previews.add(version.id);
            const { process, placements } = await this.#renew();
            const placement = placements.find((one) => one.version.id === version.id && one.script.name === script.name);
            if (!placement) throw new Error(`version ${version.id} of ${script.name} does not run`);
            this.#leases += 1;
            let held = true;
            const release = (): void => {
                if (!held) return;
                held = false;
                this.#leases -= 1;
                if (this.#leases === 0) this.#drained();
            };
            return { url: process.url, worker: workerOf(placement), release };
        });
    }

    /** Uses what is stored: the same that the running Workers see. */
    storage<T>(action: (process: Running) => Promise<T>): Promise<T> {
        return this.#inTurn(async () => action((await this.#renew()).process));
    }

    /** Runs the deployed version's `scheduled` handler. */
    scheduled(script: Script, cron: string, time: Date): Promise<{ outcome: string }> {
        return this.#inTurn(async () => {
            this.#awake.add(script.name);
            const { process } = await this.#renew();
            return process.scheduled(script.name, cron, time);
        });
    }

    /** After what running Workers need has changed, as by a consumer of their queues. What is started later has it anyway. */
    refresh(): Promise<void> {
        return this.#inTurn(async () => {
            if (this.#running) await this.#renew();
        });
    }

    /** After a script was deleted, or classes of it: ends what runs of it, and deletes the objects. */
    forget(classes: readonly string[]): Promise<void> {
        return this.#inTurn(async () => {
            if (this.#running) await this.#renew();
            for (const id of classes) await fs.rm(path.join(this.#stateFolder, "resources", "do", id), { recursive: true, force: true });
        });
    }

    async stop(): Promise<void> {
        await this.#inTurn(async () => {
            await this.#running?.process.stop();
            this.#running = undefined;
        });
    }

    logs(script: string): Promise<readonly LogEvent[]> {
        return this.#logs.of(script);
    }

    async #renew(): Promise<{ process: Running; placements: readonly Placement[] }> {
        const placements = this.#placements();
        const signature = signatureOf(this.#account, placements);
        if (this.#running?.signature === signature) return this.#running;
        await this.#drain();
        await this.#logs.settle();
        const world: World = {
            account: this.#account,
            stateFolder: this.#stateFolder,
            placements,
            process: this.#logs.begin([...new Set(placements.map((placement) => placement.script.name))]),
            listener: {
                printed: (event) => this.#logs.printed(event),
                traced: (of, script, version, event) => {
                    this.#logs.traced(of, script, event);
                    this.#tails.deliver(script, version, event);
                },
            },
        };
        // Not before somebody asks: a thousand files cost more than the rest of an upload.
        for (const { script, version } of placements) await storeAssets(this.#stateFolder, script, version, this.#account.assets);
        const before = this.#running?.process;
        // Until the change is through there is none: when it fails, the next caller begins anew.
        this.#running = undefined;
        const process = await this.#replace(before, world);
        this.#running = { process, signature, placements };
        return this.#running;
    }

    async #replace(before: Running | undefined, world: World): Promise<Running> {
        const options = liveOptions(world);
        if (!before) return start(options);
        try {
            await before.change(options);
            return before;
        } catch (error) {
            await before.stop().catch(() => undefined);
            throw error;
        }
    }

    /** The scripts that are awake, whatever they need, and of each all versions that get requests. */
    #placements(): Placement[] {
        const placements: Placement[] = [];
        const wanted = [...this.#awake];
        const seen = new Set<string>();
        for (let name = wanted.shift(); name !== undefined; name = wanted.shift()) {
            const script = seen.has(name) ? undefined : this.#account.scripts.get(name);
            seen.add(name);
            if (!script) continue;
            const main = activeVersion(script);
            const previews = script.versions.filter((version) => this.#previews.has(version.id));
            const versions = new Set([...activeShares(script).map((share) => share.version), ...previews]);
            for (const version of versions) {
                placements.push({ script, version, main: version === main });
                wanted.push(...neighbours(this.#account, script, version));
            }
        }
        return placements;
    }

    /** Requests that are under way finish first; those that come now wait for their turn. */
    #drain(): Promise<void> {
        if (this.#leases === 0) return Promise.resolve();
        return new Promise((resolve) => {
            const timer = setTimeout(resolve, DRAIN_MS);
            this.#drained = () => {
                clearTimeout(timer);
                resolve();
            };
        });
    }

    #inTurn<T>(action: () => Promise<T>): Promise<T> {
        const mine = this.#turn.then(action, action);
        this.#turn = mine.catch(() => undefined);
        return mine;
    }
}

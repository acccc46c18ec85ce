// SPDX-License-Identifier: MIT
// The running Workers: one instance for each script that was asked, always of the version that is deployed.

import path from "node:path";
import { activeVersion, type Account, type Script, type Version } from "./account.ts";
import { start, type Instance, type LogEvent } from "./runtime.ts";

const MAX_LOG_EVENTS = 5000;

interface Running {
    versionId: string;
    instance: Instance;
}

export class Fleet {
    readonly #account: Account;
    readonly #stateFolder: string;
    readonly #running = new Map<string, Running>();
    /** Changes of one script's instance wait for each other, so that there is never a second process. */
    readonly #turns = new Map<string, Promise<unknown>>();
    readonly #logs = new Map<string, LogEvent[]>();

    constructor(account: Account, stateFolder: string) {
        this.#account = account;
        this.#stateFolder = stateFolder;
    }

    /** Loads a version as Cloudflare does on upload, and returns how long that took. Throws StartupFailure. */
    async check(name: string, version: Version): Promise<number> {
        const instance = await start(name, version, { persistence: undefined, log: () => undefined });
        await instance.stop();
        return instance.startupMs;
    }

    /** Where the script's deployed version answers; nothing when none is deployed. */
    async address(script: Script): Promise<URL | undefined> {
        return this.#inTurn(script.name, async () => {
            const version = activeVersion(script);
            const running = this.#running.get(script.name);
            if (version === undefined || running?.versionId === version.id) return running?.instance.url;
            await this.#end(script.name);
            const instance = await start(script.name, version, {
                // A folder for each script: two processes must not write the same namespace. What one script
                // puts into KV is therefore not seen by another one of the account.
                persistence: path.join(this.#stateFolder, "resources", script.name),
                log: (event) => this.#remember(script.name, event),
            });
            this.#running.set(script.name, { versionId: version.id, instance });
            return instance.url;
        });
    }

    async stop(name: string): Promise<void> {
        await this.#inTurn(name, () => this.#end(name));
    }

    async stopAll(): Promise<void> {
        await Promise.all([...this.#account.scripts.keys(), ...this.#running.keys()].map((name) => this.stop(name)));
    }

    logs(name: string): readonly LogEvent[] {
        return this.#logs.get(name) ?? [];
    }

    async #end(name: string): Promise<void> {
        const running = this.#running.get(name);
        this.#running.delete(name);
        await running?.instance.stop();
    }

    #remember(name: string, event: LogEvent): void {
        const events = this.#logs.get(name) ?? [];
        this.#logs.set(name, events);
        events.push(event);
        if (events.length > MAX_LOG_EVENTS) events.shift();
    }

    async #inTurn<T>(name: string, action: () => Promise<T>): Promise<T> {
        const before = this.#turns.get(name) ?? Promise.resolve();
        const mine = before.then(action, action);
        this.#turns.set(name, mine.catch(() => undefined));
        return mine;
    }
}

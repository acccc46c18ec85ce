// SPDX-License-Identifier: MIT
// What the Workers wrote to their consoles, by script. workerd prints all of one process into one stream, at once and
// without a name; a trace has the name, but comes when the invocation is over. So while a single script runs, the
// stream is its log; while several run, their traces are.

import type { TraceEvent } from "./tails.ts";

const MAX_EVENTS = 5000;
/** How long a reader waits for traces of lines that were printed already. */
const SETTLE_MS = 2000;

export interface LogEvent {
    level: string;
    message: string;
    timestamp: number;
}

export class LogBook {
    readonly #events = new Map<string, LogEvent[]>();
    /** The process that runs now: traces of the one before it may still come. */
    #process = 0;
    /** The script that runs alone, if one does. */
    #alone: string | undefined;
    /** While several run: lines printed, and lines that traces brought. */
    #printed = 0;
    #traced = 0;
    #waiting: (() => void)[] = [];

    /** A new process with these scripts: what the old one still owes will not come. Returns its number. */
    begin(scripts: readonly string[]): number {
        this.#process += 1;
        this.#alone = scripts.length === 1 ? scripts[0] : undefined;
        this.#printed = 0;
        this.#traced = 0;
        this.#wake();
        return this.#process;
    }

    printed(event: LogEvent): void {
        if (this.#alone !== undefined) this.#add(this.#alone, event);
        else this.#printed += 1;
    }

    traced(process: number, script: string, event: TraceEvent): void {
        if (this.#alone !== undefined || process !== this.#process) return;
        const exceptions = event.exceptions.map(({ name, message, timestamp }) => ({ level: "error", message: `Uncaught ${name}: ${message}`, timestamp }));
        for (const { level, message, timestamp } of event.logs) this.#add(script, { level, message: message.map(shown).join(" "), timestamp });
        for (const exception of exceptions) this.#add(script, exception);
        this.#traced += event.logs.length + exceptions.length;
        this.#wake();
    }

    async of(script: string): Promise<readonly LogEvent[]> {
        await this.settle();
        return this.#events.get(script) ?? [];
    }

    /** Waits for the traces of what was printed, for a while: an invocation that goes on has none yet. */
    async settle(): Promise<void> {
        const end = Date.now() + SETTLE_MS;
        while (this.#traced < this.#printed && Date.now() < end) await this.#nextTrace(end - Date.now());
    }

    #nextTrace(milliseconds: number): Promise<void> {
        return new Promise((resolve) => {
            const timer = setTimeout(resolve, milliseconds);
            this.#waiting.push(() => {
                clearTimeout(timer);
                resolve();
            });
        });
    }

    #wake(): void {
        for (const resolve of this.#waiting.splice(0)) resolve();
    }

    #add(script: string, event: LogEvent): void {
        const events = this.#events.get(script) ?? [];
        this.#events.set(script, events);
        events.push(event);
        if (events.length > MAX_EVENTS) events.shift();
    }
}

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

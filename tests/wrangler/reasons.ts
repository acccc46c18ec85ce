// SPDX-License-Identifier: MIT
// Which differences between the two clients are wanted, and why.

import fs from "node:fs";
import type { Client } from "./client.ts";
import type { Difference } from "./compare.ts";

/** A difference that is wanted. Its call may have "*" for any part of a path; a field stands for what is below it, too. */
export interface Reason {
    call: string;
    field?: string;
    side: Client | "both";
    /** Only in these projects and steps; everywhere when missing. */
    projects?: string[];
    steps?: string[];
    reason: string;
}

/** The differences of one step: those with a reason, told with it, and the rest. */
export interface Explained {
    wanted: string[];
    unknown: Difference[];
}

export class Reasons {
    readonly #reasons: readonly Reason[];
    readonly #used = new Set<Reason>();
    readonly #owned: readonly Reason[];

    /** Those of the first file must all be of use; what another test needs is in the shared files. */
    constructor(own: string, ...shared: string[]) {
        this.#owned = read(own);
        this.#reasons = [...this.#owned, ...shared.flatMap(read)];
    }

    explain(differences: readonly Difference[], project: string, step: string): Explained {
        const explained: Explained = { wanted: [], unknown: [] };
        for (const difference of differences) {
            const reason = this.#reasons.find((one) => covers(one, difference, project, step));
            if (!reason) {
                explained.unknown.push(difference);
                continue;
            }
            this.#used.add(reason);
            explained.wanted.push(`${difference.call} ${difference.field ?? ""} (${difference.side}): ${reason.reason}`);
        }
        return explained;
    }

    /** What explains nothing any more. */
    get unused(): Reason[] {
        return this.#owned.filter((reason) => !this.#used.has(reason));
    }
}

const read = (file: string): Reason[] => JSON.parse(fs.readFileSync(new URL(file, import.meta.url), "utf8")) as Reason[];

function covers(reason: Reason, difference: Difference, project: string, step: string): boolean {
    return (
        reason.side === difference.side &&
        (reason.projects?.includes(project) ?? true) &&
        (reason.steps?.includes(step) ?? true) &&
        fits(reason.call, difference.call) &&
        (reason.field === difference.field || (reason.field !== undefined && difference.field?.startsWith(`${reason.field}/`) === true))
    );
}

function fits(pattern: string, call: string): boolean {
    const source = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]+");
    return new RegExp(`^${source}$`).test(call);
}

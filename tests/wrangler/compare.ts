// SPDX-License-Identifier: MIT
// Two clients' calls of one step, side by side: what only one of them sends, and what they send differently.

import type { NormalCall } from "./calls.ts";
import type { Client } from "./client.ts";

/** One difference. Without a field, it is the whole call that only one client sends; "exit" is the exit code. */
export interface Difference {
    call: string;
    /** A JSON pointer (RFC 6901) into the normal form of the call, e.g. "/metadata/code_update_strategy". */
    field?: string;
    /** Who alone has it, or both when the values differ. */
    side: Client | "both";
    wrangler?: unknown;
    pymode?: unknown;
}

/** Pairs the calls in their order: the longest sequence that both have (dynamic programming over the two lists). */
export function compare(wrangler: readonly NormalCall[], pymode: readonly NormalCall[]): Difference[] {
    const length = lengths(wrangler, pymode);
    const differences: Difference[] = [];
    let [w, p] = [0, 0];
    while (w < wrangler.length || p < pymode.length) {
        const [one, other] = [wrangler[w], pymode[p]];
        if (one && other && one.call === other.call) {
            differences.push(...fields(one, other));
            [w, p] = [w + 1, p + 1];
        } else if (one && (!other || at(length, w + 1, p) >= at(length, w, p + 1))) {
            differences.push({ call: one.call, side: "wrangler" });
            w += 1;
        } else if (other) {
            differences.push({ call: other.call, side: "pymode" });
            p += 1;
        }
    }
    return differences;
}

const at = (table: readonly number[][], row: number, column: number): number => table[row]?.[column] ?? 0;

/** For each pair of positions, how many calls from there on can be paired. */
function lengths(a: readonly NormalCall[], b: readonly NormalCall[]): number[][] {
    const table = Array.from({ length: a.length + 1 }, () => Array<number>(b.length + 1).fill(0));
    for (let i = a.length - 1; i >= 0; i -= 1) {
        for (let j = b.length - 1; j >= 0; j -= 1) {
            const row = table[i] ?? [];
            row[j] = a[i]?.call === b[j]?.call ? at(table, i + 1, j + 1) + 1 : Math.max(at(table, i + 1, j), at(table, i, j + 1));
        }
    }
    return table;
}

function fields(wrangler: NormalCall, pymode: NormalCall): Difference[] {
    const { call, ...one } = wrangler;
    const { call: _, ...other } = pymode;
    return values(one, other, "").map((difference) => ({ call, ...difference }));
}

type FieldDifference = Omit<Difference, "call">;

function values(wrangler: unknown, pymode: unknown, field: string): FieldDifference[] {
    if (wrangler === undefined) return [{ field, side: "pymode", pymode }];
    if (pymode === undefined) return [{ field, side: "wrangler", wrangler }];
    if (Array.isArray(wrangler) && Array.isArray(pymode) && field === "/metadata/bindings") return values(byName(wrangler), byName(pymode), field);
    // Other lists are compared as a whole.
    if (!isPlain(wrangler) || !isPlain(pymode)) return JSON.stringify(wrangler) === JSON.stringify(pymode) ? [] : [{ field, side: "both", wrangler, pymode }];
    const keys = new Set([...Object.keys(wrangler), ...Object.keys(pymode)]);
    return [...keys].flatMap((key) => values(wrangler[key], pymode[key], `${field}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`));
}

/** The order of bindings means nothing. */
const byName = (bindings: unknown[]): unknown => Object.fromEntries((bindings as { name: string }[]).map((binding) => [binding.name, binding]));

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

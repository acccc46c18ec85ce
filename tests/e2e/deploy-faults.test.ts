// SPDX-License-Identifier: MIT
// Every call of a deployment, and every way in which it can go wrong: once, and as long as it is tried. Whatever happens,
// what the command says is live, set and made is so, nothing exists twice, and a second run completes.
// Stalls, which only take time, are in deploy-stalls.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Spoiling } from "./support/fault_lane.ts";
import { findPlaces, inLanes, startLanes, titleOf, type Place } from "./support/fault_lanes.ts";

const LANES = 8;
/** More than anything is tried. */
const ALWAYS = 50;

const KINDS: Record<string, Spoiling> = {
    "drop before": { kind: "drop" },
    "drop after": { kind: "drop", handled: true },
    429: { kind: "error", status: 429, code: 971 },
    500: { kind: "error", status: 500 },
    "502 HTML": { kind: "html" },
    truncated: { kind: "truncated" },
    "success: false": { kind: "unsuccessful" },
    "wrong type": { kind: "wrong-type" },
};
/** The right answer after all: there is nothing to try again. */
const HARMLESS = "wrong type";

interface Case extends Place {
    kind: string;
    times: number;
    how?: "went on" | "failed";
}

const casesOf = (place: Place): Case[] =>
    Object.keys(KINDS).flatMap((kind) => (kind === HARMLESS ? [1] : [1, ALWAYS]).map((times) => ({ ...place, kind, times })));

const nameOf = (one: Case): string => `${titleOf(one)}, ${one.kind}, ${one.times === 1 ? "once" : "always"}`;

/** A line for each call, a column for each fault: once and always. */
function table(places: readonly Place[], cases: readonly Case[]): string {
    const kinds = Object.keys(KINDS);
    const line = (title: string, cells: string[]): string => `${title.padEnd(64)}${cells.map((cell) => cell.padStart(16)).join("")}`;
    const marks = { "went on": "+", failed: "-" };
    const cell = (place: Place, kind: string): string =>
        cases
            .filter((one) => one.call === place.call && one.kind === kind)
            .map(({ how }) => (how ? marks[how] : "!"))
            .join(" ");
    const counted = (how: Case["how"]): number => cases.filter((one) => one.how === how).length;
    return [
        line("", kinds),
        ...places.map((place) => line(titleOf(place), kinds.map((kind) => cell(place, kind)))),
        `${places.length} calls, ${cases.length} faults (once, always): + ${counted("went on")} went on, - ${counted("failed")} failed, said what is so, and a second run completed; ! ${counted(undefined)} wrong`,
    ].join("\n");
}

test("faults at every call of a deployment", { timeout: 1_200_000 }, async (context) => {
    const lanes = await startLanes(context, LANES);
    const places = await findPlaces(lanes);
    const cases = places.flatMap(casesOf);
    const wrong = await inLanes(lanes, cases, nameOf, async (lane, one) => {
        const { how } = await lane.check(one.situation, [{ ...one.call, ...KINDS[one.kind], times: one.times }]);
        one.how = how;
    });
    context.diagnostic(`\n${table(places, cases)}`);
    assert.deepEqual(wrong, []);
    const passing = cases.filter(({ times, how, kind }) => times === 1 && how === "failed" && kind !== "success: false").map(nameOf);
    assert.deepEqual(passing, [], "a fault that passes is no failure, but for a refusal");
});

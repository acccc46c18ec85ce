// SPDX-License-Identifier: MIT
// Many deployments that go wrong, side by side in lanes: most of the time each waits for its next attempt.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { Startups } from "../../standin/startups.ts";
import { Lane, type CallName } from "./fault_lane.ts";
import { SITUATIONS, type Situation } from "./fault_situations.ts";

export async function startLanes(context: TestContext, count: number): Promise<Lane[]> {
    const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-faults-"));
    const startups = new Startups();
    const lanes = await Promise.all(Array.from({ length: count }, () => Lane.start(scratch, startups)));
    context.after(async () => {
        await Promise.all(lanes.map((lane) => lane.stop()));
        fs.rmSync(scratch, { recursive: true, force: true });
    });
    return lanes;
}

/** Every case in whichever lane is free. The reasons of those that failed, by what `describe` calls them. */
export async function inLanes<Case>(lanes: readonly Lane[], cases: readonly Case[], describe: (one: Case) => string, check: (lane: Lane, one: Case) => Promise<void>): Promise<string[]> {
    const wrong: string[] = [];
    const waiting = [...cases];
    await Promise.all(
        lanes.map(async (lane) => {
            for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
                const current = one;
                await check(lane, current).catch((error: unknown) => wrong.push(`${describe(current)}: ${String(error)}`));
            }
        }),
    );
    return wrong;
}

/** A call and the deployment that it belongs to. */
export interface Place {
    situation: Situation;
    call: CallName;
}

/** All calls that go wrong. No call that a deployment makes is left out. */
export async function findPlaces(lanes: readonly Lane[]): Promise<Place[]> {
    const found = new Map<Situation, CallName[]>();
    const wrong = await inLanes(lanes, SITUATIONS, ({ name }) => name, async (lane, situation) => void found.set(situation, await lane.calls(situation)));
    assert.deepEqual(wrong, []);
    const places = SITUATIONS.flatMap((situation) => (found.get(situation) ?? []).filter(({ text }) => situation.calls.test(text)).map((call) => ({ situation, call })));
    const chosen = new Set(places.map(({ call }) => call.text));
    for (const calls of found.values()) for (const { text } of calls) assert.ok(chosen.has(text), `${text} never goes wrong`);
    for (const situation of SITUATIONS) assert.ok(places.some((place) => place.situation === situation), `nothing goes wrong in "${situation.name}"`);
    return places;
}

/** "again: POST /workers/scripts/NAME/deployments" */
export const titleOf = ({ situation, call }: Place): string => `${situation.name}: ${call.text}${call.nth > 1 ? ` (${call.nth})` : ""}`;

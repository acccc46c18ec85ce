// SPDX-License-Identifier: MIT
// Answers that take their time: ten seconds at any call are waited for, and nothing is sent twice. A call that is never
// answered is given up after half a minute, and what has become of it is asked or tried again.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Spoiling } from "./support/fault_lane.ts";
import { findPlaces, inLanes, startLanes, titleOf, type Place } from "./support/fault_lanes.ts";

/** As many as there are calls, nearly: all they do is wait. */
const LANES = 24;
const STALL_SECONDS = 10;
/** The client's patience with a connection on which nothing moves; with uploads it has more. */
const SILENCE_SECONDS = 30;

const STALL: Spoiling = { kind: "stall", seconds: STALL_SECONDS };

/** What is never answered: a call that may be repeated, and two that take effect once. */
const SILENCES: readonly [title: string, Spoiling][] = [
    ["again: GET /workers/services/NAME", { kind: "silence" }],
    ["again: POST /workers/scripts/NAME/deployments", { kind: "silence" }],
    ["again: POST /workers/scripts/NAME/deployments", { kind: "silence", handled: true }],
    ["consumer: POST /queues/ID/consumers", { kind: "silence", handled: true }],
    ["triggers: PUT /workers/scripts/NAME/schedules", { kind: "silence", handled: true }],
];

interface Case {
    place: Place;
    spoiling: Spoiling;
    seconds: number;
}

const nameOf = ({ place, spoiling }: Case): string => `${titleOf(place)}, ${String(spoiling.kind)}${spoiling.handled === true ? " after" : ""}`;

test("stalls and silence at every call of a deployment", { timeout: 300_000 }, async (context) => {
    const lanes = await startLanes(context, LANES);
    const places = await findPlaces(lanes);
    const silences = SILENCES.map(([title, spoiling]): Case => {
        const place = places.find((one) => titleOf(one) === title) ?? assert.fail(`there is no call ${title}`);
        return { place, spoiling, seconds: SILENCE_SECONDS };
    });
    // The longest first.
    const cases = [...silences, ...places.map((place): Case => ({ place, spoiling: STALL, seconds: STALL_SECONDS }))];
    const lines: string[] = [];
    const wrong = await inLanes(lanes, cases, nameOf, async (lane, one) => {
        const { how, calls, milliseconds } = await lane.check(one.place.situation, [{ ...one.place.call, ...one.spoiling }]);
        assert.equal(how, "went on");
        assert.ok(milliseconds >= one.seconds * 1000, `it did not wait: ${milliseconds} ms`);
        const stalled = calls.find((call) => call.fault !== undefined);
        const alike = calls.filter((call) => call.method === stalled?.method && call.path === stalled.path && call.query === stalled.query);
        lines.push(`${nameOf(one).padEnd(80)}${(milliseconds / 1000).toFixed(1).padStart(6)} s, sent ${alike.length} times`);
        const usual = places.filter(({ situation, call }) => situation === one.place.situation && call.text === one.place.call.text).length;
        if (one.spoiling === STALL) assert.equal(alike.length, usual, "it was sent again");
    });
    context.diagnostic(`\n${lines.toSorted().join("\n")}\n${lines.length} of ${cases.length} went on`);
    assert.deepEqual(wrong, []);
});

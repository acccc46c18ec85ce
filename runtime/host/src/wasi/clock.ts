// SPDX-License-Identifier: MIT
// The guest's clocks.
//
// In production the time stands still between two I/O events, and at global scope it is 0. The monotonic clock is the
// wall clock held up where that would run backwards, counted from its first real value.

export interface Clock {
    /** Nanoseconds since 1970. */
    realtime(): bigint;
    /** Nanoseconds since some start; never smaller than before. */
    monotonic(): bigint;
    /** Nanoseconds since 1970, greater than at every earlier call: file times, by which importlib sees that a folder changed. */
    stamp(): bigint;
}

/** Python keeps file times in a float too, where a smaller step would vanish. */
const STAMP_STEP = 1000n;
const MONOTONIC_START = 1_000_000_000n;

export function createClock(nowMilliseconds: () => number): Clock {
    let first = 0;
    let latest = 0;
    let lastStamp = 0n;

    function monotonicMilliseconds(): number {
        const now = nowMilliseconds();
        if (first === 0) first = now;
        latest = Math.max(latest, now - first);
        return latest;
    }

    const realtime = (): bigint => BigInt(nowMilliseconds()) * 1_000_000n;

    return {
        realtime,
        monotonic: () => MONOTONIC_START + BigInt(Math.round(monotonicMilliseconds() * 1000)) * 1000n,
        stamp: () => {
            const now = realtime();
            lastStamp = now > lastStamp ? now : lastStamp + STAMP_STEP;
            return lastStamp;
        },
    };
}

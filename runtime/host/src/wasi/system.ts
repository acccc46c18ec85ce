// SPDX-License-Identifier: MIT
// Clocks, entropy, arguments, environment, poll, exit, sockets.

import { Errno, EVENT_SIZE, Subscription } from "./abi";
import type { WasiContext } from "./context";
import type { Imports } from "./fd";

/** os._exit and abort: ends the green thread that called it, as a trap does. */
export class ProcessExit extends Error {
    override readonly name = "ProcessExit";
}

/** The platform fills at most this much at once. */
const ENTROPY_CHUNK = 65536;
const CLOCK_REALTIME = 0;
const LAST_CLOCK = 3;
const CLOCK_RESOLUTION = 1_000_000n;
const MAX_SUBSCRIPTIONS = 4096;

export function createSystemImports(context: WasiContext): Imports {
    const { clock } = context.files;

    const none = (count: number, size: number): number => {
        context.guest.memory.view().setUint32(count >>> 0, 0, true);
        context.guest.memory.view().setUint32(size >>> 0, 0, true);
        return Errno.success;
    };

    return {
        args_get: (_values: number, _text: number) => Errno.success,
        args_sizes_get: (count: number, size: number) => none(count, size),
        // The environment is Python's business: the Worker's variables become os.environ there.
        environ_get: (_values: number, _text: number) => Errno.success,
        environ_sizes_get: (count: number, size: number) => none(count, size),
        clock_res_get: (id: number, out: number) => {
            if (id < 0 || id > LAST_CLOCK) return Errno.inval;
            context.guest.memory.view().setBigUint64(out >>> 0, CLOCK_RESOLUTION, true);
            return Errno.success;
        },
        clock_time_get: (id: number, _precision: bigint, out: number) => {
            if (id < 0 || id > LAST_CLOCK) return Errno.inval;
            const time = id === CLOCK_REALTIME ? clock.realtime() : clock.monotonic();
            context.guest.memory.view().setBigUint64(out >>> 0, time, true);
            return Errno.success;
        },
        random_get: (pointer: number, length: number) => {
            const target = context.guest.memory.slice(pointer, length);
            for (let at = 0; at < target.length; at += ENTROPY_CHUNK) {
                context.randomFill(target.subarray(at, at + ENTROPY_CHUNK));
            }
            return Errno.success;
        },
        poll_oneoff: (subscriptions: number, events: number, count: number, out: number) =>
            poll(context, subscriptions >>> 0, events >>> 0, count >>> 0, out >>> 0),
        proc_exit: (code: number) => {
            throw new ProcessExit(`the process called exit(${code})`);
        },
        proc_raise: (_signal: number) => Errno.notsup,
        sched_yield: () => Errno.success,
        // The guest has no sockets: Python's socket module is built on the platform's own connections.
        sock_accept: (_fd: number, _flags: number, _out: number) => Errno.notsock,
        sock_recv: (_fd: number, _vectors: number, _count: number, _flags: number, _size: number, _outFlags: number) => Errno.notsock,
        sock_send: (_fd: number, _vectors: number, _count: number, _flags: number, _size: number) => Errno.notsock,
        sock_shutdown: (_fd: number, _how: number) => Errno.notsock,
    };
}

/**
 * Answers at once. Files are always ready; a sleep never comes here, because the thread layer suspends for it. So a clock
 * event is reported only when nothing else was asked for.
 */
function poll(context: WasiContext, subscriptions: number, events: number, count: number, out: number): number {
    if (count === 0 || count > MAX_SUBSCRIPTIONS) return Errno.inval;
    const view = context.guest.memory.view();
    const kinds = Array.from({ length: count }, (_, i) => view.getUint8(subscriptions + i * Subscription.size + 8));
    const onlyClocks = kinds.every((kind) => kind === Subscription.clock);
    let written = 0;
    for (const [i, kind] of kinds.entries()) {
        if (kind === Subscription.clock && !onlyClocks) continue;
        const from = subscriptions + i * Subscription.size;
        const to = events + written * EVENT_SIZE;
        const known = kind === Subscription.clock || context.descriptors.get(view.getUint32(from + 16, true)) !== undefined;
        view.setBigUint64(to, view.getBigUint64(from, true), true);
        view.setUint16(to + 8, known ? Errno.success : Errno.badf, true);
        view.setUint8(to + 10, kind);
        view.setBigUint64(to + 16, kind === Subscription.clock ? 0n : 1n, true);
        view.setUint16(to + 24, 0, true);
        written++;
    }
    view.setUint32(out, written, true);
    return Errno.success;
}

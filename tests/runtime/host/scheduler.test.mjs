// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMachine, Op } from "./machine.mjs";
import { hostModule } from "./modules.mjs";

const { createScheduler } = await hostModule("scheduler");
const { createDrains } = await hostModule("drain");

/** Runs thread 1 as the thread that serves request 1. */
function start(programs, { maxThreads = 256, operations = () => 0, others = false } = {}) {
    const guest = {};
    const seen = { crashes: [], deadlocks: 0, stuck: [], ended: [], blocked: 0, left: 0 };
    const scheduler = createScheduler(guest, maxThreads, {
        onCrash: (thread, error) => seen.crashes.push([thread.id, String(error)]),
        onBlock: () => seen.blocked++,
        onDeadlock: () => seen.deadlocks++,
        onStuck: (thread) => seen.stuck.push(thread.id),
        onEnd: (thread) => seen.ended.push(thread.id),
        runningOperations: operations,
    });
    const drains = createDrains({
        scheduler,
        runningOperations: () => 0,
        othersLive: () => others,
        onLeft: (threads) => (seen.left += threads.length),
    });
    scheduler.connect(drains);
    const machine = createMachine(scheduler.imports, programs);
    guest.exports = machine.exports;
    const main = scheduler.runMain(machine.pointer(1), 1);
    return { main, seen, scheduler, drains, notes: machine.notes, exports: machine.exports };
}

test("a thread that never waits runs to its end", async () => {
    const { main, notes, seen, scheduler } = start({ 1: [[Op.note, 7]] });
    await main;
    assert.deepEqual(notes, [[1, 7]]);
    assert.equal(seen.blocked, 0);
    assert.equal(scheduler.count(), 0);
});

test("a timed wait ends by its time, an early wake-up beats it", async () => {
    const { main, notes } = start({
        1: [[Op.spawn, 2], [Op.block, 60_000], [Op.block, 1]],
        2: [[Op.wake, 1]],
    });
    await main;
    assert.deepEqual(notes, [[1, 300], [1, 100], [1, 101]]);
});

test("an old timer does not end a later wait", async () => {
    const { main, notes } = start({
        1: [[Op.spawn, 2], [Op.block, 5], [Op.block, 60_000]],
        2: [[Op.wake, 1], [Op.block, 25], [Op.wake, 1]],
    });
    await main;
    assert.deepEqual(notes.filter(([id, value]) => id === 1 && value < 300), [[1, 100], [1, 100]]);
});

test("yields let others run, in both ways", async () => {
    for (const kind of [1, 2]) {
        const { main, notes } = start({
            1: [[Op.spawn, 2], [Op.yield, kind], [Op.yield, kind], [Op.note, 2]],
            2: [[Op.note, 1]],
        });
        await main;
        assert.deepEqual(notes.filter(([, value]) => value < 100), [[2, 1], [1, 2]]);
    }
});

test("threads beyond the limit are refused", async () => {
    const { main, notes } = start({ 1: [[Op.spawn, 2], [Op.spawn, 3]], 2: [], 3: [] }, { maxThreads: 2 });
    await main;
    assert.deepEqual(notes, [[1, 300], [1, 301]]);
});

test("a trap ends its thread alone and the stack pointer is parked", async () => {
    const { main, notes, seen, exports } = start({ 1: [[Op.spawn, 2], [Op.block, 10]], 2: [[Op.trap]] });
    await main;
    assert.equal(seen.crashes.length, 1);
    assert.match(seen.crashes[0][1], /unreachable/);
    assert.deepEqual(seen.ended, [2, 1]);
    assert.ok(notes.some(([id, value]) => id === 2 && value === -1), "abandoned");
    assert.equal(exports.__stack_pointer.value, 65536);
});

test("a deadlock raises in the thread that serves the request", async () => {
    const { main, notes, seen } = start({ 1: [[Op.spawn, 2], [Op.block, -1], [Op.note, 9]], 2: [[Op.block, -1]] });
    await main;
    assert.equal(seen.deadlocks, 1);
    assert.deepEqual(notes.at(-1), [1, 201]);
});

test("no deadlock while a timer or an operation can still wake somebody", async () => {
    const timed = start({ 1: [[Op.spawn, 2], [Op.block, -1]], 2: [[Op.block, 20], [Op.wake, 1]] });
    await timed.main;
    assert.equal(timed.seen.deadlocks, 0);

    let running = 1;
    const operation = start({ 1: [[Op.block, -1]] }, { operations: () => running });
    await new Promise((resolve) => setTimeout(resolve, 5));
    running = 0;
    operation.exports.pm_op_done(1);
    await operation.main;
    assert.equal(operation.seen.deadlocks, 0);
});

test("a thread that waits again after every raise is given up", async () => {
    const { main, seen, scheduler } = start({ 1: [[Op.stubborn]] });
    await main;
    assert.deepEqual(seen.stuck, [1]);
    assert.equal(scheduler.count(), 0);
});

test("drain: nothing left is done at once", async () => {
    const { main, drains } = start({ 1: [] });
    await main;
    await drains.drain(1);
});

test("drain: threads work on, idle ones are cancelled", async () => {
    const { main, drains, notes, seen } = start({
        1: [[Op.spawn, 2], [Op.spawn, 3]],
        2: [[Op.block, 30], [Op.note, 5]],
        3: [[Op.block, -1], [Op.note, 6]],
    });
    await main;
    await drains.drain(1);
    assert.ok(notes.some(([id, value]) => id === 2 && value === 5), "the working thread has finished");
    assert.ok(notes.some(([id, value]) => id === 3 && value === 202), "the idle one got SystemExit");
    assert.ok(!notes.some(([, value]) => value === 6));
    assert.deepEqual([seen.deadlocks, seen.stuck.length, seen.left], [0, 0, 0]);
});

test("drain: an idle thread gets time when another request may wake it", async () => {
    const { main, drains, notes, exports } = start({ 1: [[Op.spawn, 2]], 2: [[Op.block, -1], [Op.note, 6]] }, { others: true });
    await main;
    const drained = drains.drain(1);
    setTimeout(() => exports.pm_op_done(2), 10);
    await drained;
    assert.deepEqual(notes.slice(1), [[2, 100], [2, 6]]);
});

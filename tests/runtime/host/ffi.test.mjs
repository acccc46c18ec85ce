// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { hostModule } from "./modules.mjs";

const { createGuestMemory } = await hostModule("memory");
const { createHandles, StaleHandleError } = await hostModule("handles");
const { createPendingError } = await hostModule("pending-error");
const { createTransferSlot } = await hostModule("transfer");
const { createFfiImports } = await hostModule("ffi");
const { createOperations } = await hostModule("operations");

const KEY = 100;
const ARGS = 1000;

function setup() {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const told = [];
    const guest = {
        memory: createGuestMemory(memory),
        exports: { pm_op_done: (thread) => told.push(thread) },
    };
    const handles = createHandles(1);
    const pending = createPendingError();
    const ffi = createFfiImports({ guest, handles, pending, transfer: createTransferSlot(guest) });
    const faults = [];
    const operations = createOperations({ guest, handles, pending, onFault: (error) => faults.push(error) });
    const put = (text, at = KEY) => {
        const bytes = Buffer.from(text);
        guest.memory.write(at, bytes);
        return [at, bytes.length];
    };
    const args = (...values) => {
        values.forEach((value, i) => guest.memory.view().setInt32(ARGS + 4 * i, value, true));
        return [ARGS, values.length];
    };
    const read = (handle) => {
        const size = ffi.encode(handle);
        ffi.transfer(5000);
        return Buffer.from(guest.memory.slice(5000, size));
    };
    const error = () => handles.get(ffi.error_take());
    return { guest, handles, pending, ffi, operations, put, args, read, error, told, faults };
}

test("constants have fixed handles, others are counted and given back", () => {
    const { handles } = setup();
    assert.deepEqual([undefined, null, true, false].map(handles.add), [1, 2, 3, 4]);
    assert.equal(handles.get(5), globalThis);
    const object = {};
    const handle = handles.add(object);
    assert.ok(handle > 0 && handle <= 0x7fffffff);
    assert.equal(handles.get(handle), object);
    assert.equal(handles.count(), 1);
    handles.release(handle);
    handles.release(handle);
    handles.release(1);
    assert.equal(handles.count(), 0);
    assert.equal(handles.get(1), undefined);
    assert.throws(() => handles.get(handle), StaleHandleError);
    assert.equal(handles.add({}), handle, "places are used again");
});

test("handles of another instance and nonsense are refused", () => {
    const first = createHandles(1);
    const second = createHandles(2);
    const handle = first.add({});
    second.add({});
    for (const bad of [handle, 0, 6, 15, 16, -1, -5, 0x7fffffff, handle + 1]) {
        assert.throws(() => second.get(bad), StaleHandleError, String(bad));
        assert.equal(second.has(bad), false);
        second.release(bad);
    }
    assert.equal(second.count(), 1);
});

test("makes values and tells their kinds", () => {
    const { ffi, handles, put } = setup();
    const text = ffi.from_text(...put("héllo"));
    assert.equal(handles.get(text), "héllo");
    assert.deepEqual(handles.get(ffi.from_bytes(...put("abc"))), new Uint8Array([97, 98, 99]));
    const kinds = [undefined, null, true, 1.5, 2n, "s", Symbol("s"), () => 1, {}, [], new ArrayBuffer(1), Promise.resolve(), new TypeError("t"), new Date(0)];
    assert.deepEqual(kinds.map((value) => ffi.kind(handles.add(value))), kinds.map((_, i) => i));
    assert.equal(ffi.kind(handles.add(new Float32Array(1))), 10);
    assert.equal(ffi.kind(handles.add({ get then() { throw new Error("no"); } })), 8);
    assert.equal(ffi.kind(12345), -1);
    assert.equal(ffi.to_number(handles.add("12.5")), 12.5);
    assert.equal(ffi.to_number(handles.add(2n ** 60n)), 2 ** 60);
    assert.ok(Number.isNaN(ffi.to_number(handles.add(Symbol("s")))));
    assert.deepEqual([ffi.to_bool(handles.add("")), ffi.to_bool(handles.add("x")), ffi.to_bool(999)], [0, 1, 0]);
});

test("encodes texts and bytes, also a part of a buffer", () => {
    const { handles, read, ffi, error } = setup();
    assert.equal(read(handles.add("zoë €")).toString(), "zoë €");
    assert.equal(read(handles.add(-0.5)).toString(), "-0.5");
    assert.deepEqual([...read(handles.add(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)))], [2, 3]);
    assert.deepEqual([...read(handles.add(new Uint16Array([258])))], [2, 1]);
    assert.equal(read(handles.add("\ud800")).toString(), "\ufffd");
    const bad = handles.add({ toString: () => { throw new RangeError("no text"); } });
    assert.equal(ffi.encode(bad), -1);
    assert.equal(error().message, "no text");
});

test("reads, sets, removes and lists properties", () => {
    const { ffi, handles, put, error } = setup();
    const object = ffi.new_object();
    assert.equal(ffi.set(object, ...put("name"), handles.add("value")), 1);
    assert.deepEqual(handles.get(object), { name: "value" });
    assert.equal(handles.get(ffi.get(object, ...put("name"))), "value");
    assert.equal(ffi.get(object, ...put("nothing")), 1);
    assert.equal(ffi.has(object, ...put("name")), 1);
    assert.deepEqual(handles.get(ffi.keys(object)), ["name"]);
    assert.equal(ffi.remove(object, ...put("name")), 1);
    assert.equal(ffi.has(object, ...put("name")), 0);
    const array = ffi.new_array();
    assert.equal(ffi.set_index(array, 1, 3), 1);
    assert.equal(ffi.get_index(array, 1), 3);
    assert.equal(handles.get(array).length, 2);
    const frozen = handles.add(Object.freeze({ a: 1 }));
    assert.equal(ffi.remove(frozen, ...put("a")), 0);
    assert.match(error().message, /cannot remove/);
    assert.equal(ffi.set(frozen, ...put("a"), 3), 0);
    assert.ok(error() instanceof TypeError);
    assert.equal(ffi.get(1, ...put("x")), 0);
    assert.match(error().message, /undefined has no properties/);
    assert.equal(ffi.has(99999, ...put("x")), -1);
    assert.ok(error() instanceof StaleHandleError);
    assert.equal(handles.get(ffi.get(handles.add("text"), ...put("length"))), 4);
});

test("calls methods, the value itself and constructors; exceptions are pending", () => {
    const { ffi, handles, put, args, error } = setup();
    const object = handles.add({ factor: 3, times(n) { return this.factor * n; }, fail() { throw "a primitive"; } });
    assert.equal(handles.get(ffi.call(object, ...put("times"), ...args(handles.add(14)))), 42);
    assert.equal(ffi.call(object, ...put("nothing"), ...args()), 0);
    assert.equal(error().message, "nothing is not a function");
    assert.equal(ffi.call(object, ...put("fail"), ...args()), 0);
    assert.equal(error().message, "a primitive");
    const sum = handles.add((...values) => values.reduce((a, b) => a + b, 0));
    assert.equal(handles.get(ffi.call(sum, 0, -1, ...args(handles.add(1), handles.add(2)))), 3);
    assert.equal(ffi.call(sum, 0, -1, ARGS, 70_000), 0);
    assert.match(error().message, /too many arguments/);
    const map = ffi.construct(handles.add(Map), ...args());
    assert.ok(handles.get(map) instanceof Map);
    assert.equal(ffi.instance_of(map, handles.add(Map)), 1);
    assert.equal(ffi.instance_of(map, object), 0);
    assert.deepEqual([ffi.same(map, handles.add(handles.get(map))), ffi.same(map, object)], [1, 0]);
    assert.equal(ffi.construct(object, ...args()), 0);
    assert.match(error().message, /not a constructor/);
    assert.match(error().message, /no JavaScript exception/);
});

test("operations end in order, are taken once and give values or errors", async () => {
    const { operations, handles, told, error } = setup();
    const { op_start, op_take, op_result, op_sleep } = operations.imports;
    const value = op_start(handles.add(Promise.resolve("v")), 7);
    const failed = op_start(handles.add(Promise.reject(new Error("bad"))), 7);
    const plain = op_start(handles.add(5), 8);
    const stale = op_start(123456, 8);
    assert.equal(operations.running(), 4);
    assert.equal(op_take(7), 0);
    assert.equal(op_result(value), 0);
    assert.match(error().message, /no result/);
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.deepEqual(told.toSorted(), [7, 7, 8, 8]);
    assert.deepEqual([op_take(7), op_take(7), op_take(7)], [value, failed, 0]);
    assert.equal(handles.get(op_result(value)), "v");
    assert.equal(op_result(value), 0, "forgotten");
    error();
    assert.equal(op_result(failed), 0);
    assert.equal(error().message, "bad");
    assert.deepEqual([op_take(8), op_take(8)], [plain, stale]);
    assert.equal(op_result(stale), 0);
    assert.match(error().message, /is gone/);
    const sleep = op_sleep(1, 9);
    assert.deepEqual([operations.running(9), operations.running()], [1, 1]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(op_take(9), sleep);
    assert.equal(op_result(sleep), 1);
});

test("a cancelled operation and those of an ended thread are never told of", async () => {
    const { operations, handles, told } = setup();
    const { op_start, op_take, op_sleep, op_cancel } = operations.imports;
    const cancelled = op_start(handles.add(Promise.resolve()), 1);
    op_cancel(cancelled);
    op_cancel(cancelled);
    op_sleep(60_000, 2);
    const ended = op_start(handles.add(1), 3);
    await new Promise((resolve) => setTimeout(resolve, 0));
    op_cancel(ended);
    assert.equal(op_take(3), 0);
    operations.forgetThread(2);
    assert.deepEqual(told, [3]);
    assert.equal(operations.running(), 0);
});

test("a trap while the interpreter is told is reported, not thrown into the promise", async () => {
    const { operations, handles, guest, faults } = setup();
    guest.exports.pm_op_done = () => {
        throw new WebAssembly.RuntimeError("unreachable");
    };
    operations.imports.op_start(handles.add(1), 1);
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.equal(faults.length, 1);
});

// SPDX-License-Identifier: MIT
// A stand-in for python.wasm whose green threads run little programs: what the scheduler sees of an interpreter.

import binaryen from "binaryen";

// A program is a list of (op, argument) pairs of i32 at the thread's pointer; the first word there is the thread's id.
export const Op = { end: 0, block: 1, yield: 2, wake: 3, spawn: 4, trap: 5, note: 6, stubborn: 7 };

const SOURCE = `
(module
  (import "pymode" "block" (func $block (param i32 f64) (result i32)))
  (import "pymode" "yield" (func $yield (param i32) (result i32)))
  (import "pymode" "wake" (func $wake (param i32 i32) (result i32)))
  (import "pymode" "spawn" (func $spawn (param i32 i32 i32) (result i32)))
  (import "test" "note" (func $note (param i32 i32)))
  (memory (export "memory") 2)
  (table (export "__indirect_function_table") 1 funcref)
  (global (export "__stack_pointer") (mut i32) (i32.const 65536))
  (func (export "pm_scheduler_stack") (result i32) (i32.const 65536))
  (func (export "pm_thread_id") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "pm_thread_abandon") (param i32) (result i32)
    (call $note (i32.load (local.get 0)) (i32.const -1)) (i32.const 0))
  (func (export "pm_op_done") (param i32) (drop (call $wake (local.get 0) (i32.const 0))))
  (func (export "pm_thread_dump") (result i32) (i32.const 60000))
  ;; word 1 of a thread: it was made to raise
  (func (export "pm_raise") (param $id i32) (param $kind i32) (result i32)
    (i32.store (i32.add (i32.mul (local.get $id) (i32.const 1024)) (i32.const 4)) (i32.add (local.get $kind) (i32.const 1)))
    (call $wake (local.get $id) (i32.const 2)))
  (func (export "pm_thread_entry") (param $thread i32)
    (local $pc i32) (local $op i32) (local $arg i32) (local $id i32) (local $why i32)
    (local.set $id (i32.load (local.get $thread)))
    (local.set $pc (i32.add (local.get $thread) (i32.const 16)))
    (loop $next
      (local.set $op (i32.load (local.get $pc)))
      (local.set $arg (i32.load offset=4 (local.get $pc)))
      (local.set $pc (i32.add (local.get $pc) (i32.const 8)))
      (if (i32.eqz (local.get $op)) (then (return)))
      (if (i32.eq (local.get $op) (i32.const 1)) (then
        (local.set $why (call $block (local.get $id) (f64.convert_i32_s (local.get $arg))))
        (call $note (local.get $id) (i32.add (i32.const 100) (local.get $why)))
        (if (i32.load offset=4 (local.get $thread)) (then
          (call $note (local.get $id) (i32.add (i32.const 200) (i32.load offset=4 (local.get $thread))))
          (return)))))
      (if (i32.eq (local.get $op) (i32.const 2)) (then (drop (call $yield (local.get $arg)))))
      (if (i32.eq (local.get $op) (i32.const 3)) (then (drop (call $wake (local.get $arg) (i32.const 0)))))
      (if (i32.eq (local.get $op) (i32.const 4)) (then
        (call $note (local.get $id) (i32.add (i32.const 300)
          (call $spawn (i32.mul (local.get $arg) (i32.const 1024)) (local.get $arg) (i32.const 1))))))
      (if (i32.eq (local.get $op) (i32.const 5)) (then unreachable))
      (if (i32.eq (local.get $op) (i32.const 6)) (then (call $note (local.get $id) (local.get $arg))))
      (if (i32.eq (local.get $op) (i32.const 7)) (then
        (loop $again (drop (call $block (local.get $id) (f64.const -1))) (br $again))))
      (br $next)))
)`;

let module;

function compile() {
    const parsed = binaryen.parseText(SOURCE);
    parsed.setFeatures(binaryen.Features.MVP | binaryen.Features.MutableGlobals);
    const binary = parsed.emitBinary();
    parsed.dispose();
    return new WebAssembly.Module(binary);
}

/** `programs`: thread id → list of [op, argument]. Returns the guest and where notes (id, value) are collected. */
export function createMachine(imports, programs) {
    module ??= compile();
    const notes = [];
    const test = { note: (id, value) => notes.push([id, value]) };
    const { exports } = new WebAssembly.Instance(module, { pymode: imports, test });
    const view = new DataView(exports.memory.buffer);
    for (const [id, program] of Object.entries(programs)) {
        const base = Number(id) * 1024;
        view.setInt32(base, Number(id), true);
        [...program, [Op.end, 0]].forEach(([op, argument], i) => {
            view.setInt32(base + 16 + 8 * i, op, true);
            view.setInt32(base + 20 + 8 * i, argument ?? 0, true);
        });
    }
    return { exports, notes, pointer: (id) => id * 1024 };
}

// SPDX-License-Identifier: MIT
// A python.wasm of a few hundred bytes: it answers requests by the letter behind "?" in their URL. So the host can be tried
// in workerd without an interpreter, and what goes wrong is the host's.

import binaryen from "binaryen";

// letter: what the thread that serves the request does
//   h  answers "hello"
//   s  sleeps 100 ms, then h
//   t  traps              r  recurses without end
//   n  ends without an answer
//   d  waits for ever, and answers 500 "raised" when it is made to raise
//   w  waits until k wakes it, then h        l  the same for at most a minute
//   k  wakes both, then h
//   b  leaves a thread that waits for ever, then h
const SOURCE = `
(module
  (import "pymode" "block" (func $block (param i32 f64) (result i32)))
  (import "pymode" "wake" (func $wake (param i32 i32) (result i32)))
  (import "pymode" "spawn" (func $spawn (param i32 i32 i32) (result i32)))
  (import "pymode" "request_head" (func $request_head (param i32) (result i32)))
  (import "pymode" "transfer" (func $transfer (param i32)))
  (import "pymode" "response_send" (func $send (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "pymode" "release" (func $release (param i32)))
  (import "pymode" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 4)
  (table (export "__indirect_function_table") 1 funcref)
  (global (export "__stack_pointer") (mut i32) (i32.const 65536))
  (global $brk (mut i32) (i32.const 131072))
  (global $tids (mut i32) (i32.const 0))
  (global $waiting (mut i32) (i32.const 0))
  (global $limited (mut i32) (i32.const 0))
  (global $raised (mut i32) (i32.const 0))
  (data (i32.const 1024) "hello")
  (data (i32.const 1040) "raised")
  (data (i32.const 1056) "a dump")
  (data (i32.const 1072) "booted")
  (func (export "malloc") (param i32) (result i32) (local i32)
    (local.set 1 (global.get $brk))
    (global.set $brk (i32.add (local.get 1) (i32.and (i32.add (local.get 0) (i32.const 15)) (i32.const -16)))) (local.get 1))
  (func (export "free") (param i32))
  (func (export "pm_boot") (param i32 i32) (result i32) (call $log (i32.const 1) (i32.const 1072) (i32.const 6)) (i32.const 0))
  (func (export "pm_entry") (param i32 i32))
  (func $thread (param $request i32) (param $letter i32) (result i32) (local $t i32)
    (global.set $tids (i32.add (global.get $tids) (i32.const 1)))
    (local.set $t (i32.add (i32.const 8192) (i32.mul (i32.rem_u (global.get $tids) (i32.const 1024)) (i32.const 16))))
    (i32.store (local.get $t) (global.get $tids))
    (i32.store offset=4 (local.get $t) (local.get $request))
    (i32.store offset=8 (local.get $t) (local.get $letter))
    (local.get $t))
  (func (export "pm_request") (param i32 i32 i32) (result i32)
    (call $release (local.get 1)) (call $release (local.get 2))
    (call $thread (local.get 0) (call $letter (local.get 0))))
  (func (export "pm_thread_id") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "pm_thread_abandon") (param i32) (result i32) (i32.const 0))
  (func (export "pm_scheduler_stack") (result i32) (i32.const 65536))
  (func (export "pm_op_done") (param i32))
  (func (export "pm_raise") (param i32 i32) (result i32)
    (global.set $raised (local.get 0)) (call $wake (local.get 0) (i32.const 2)))
  (func (export "pm_runnable") (result i32) (i32.const 0))
  (func (export "pm_threads") (result i32) (i32.const 0))
  (func (export "pm_thread_dump") (result i32) (i32.const 1056))
  (func (export "pm_dl_error_buffer") (result i32) (i32.const 2048))
  (func (export "pm_arity_room") (param $first i32) (param $end i32) (result i32) (i32.const 3072))
  (func (export "pm_inflate") (param i32 i32 i32 i32) (result i32) (i32.const -1))
  ;; called before the request is known to the host: the letter is read when the thread starts
  (func $letter (param i32) (result i32) (i32.const 0))
  (func $read_letter (param $request i32) (result i32) (local $i i32) (local $end i32)
    (local.set $i (i32.const 4096))
    (local.set $end (i32.add (i32.const 4096) (call $request_head (local.get $request))))
    (call $transfer (i32.const 4096))
    (loop $next
      (if (i32.ge_u (local.get $i) (local.get $end)) (then (return (i32.const 0))))
      (if (i32.eq (i32.load8_u (local.get $i)) (i32.const 63)) (then (return (i32.load8_u offset=1 (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))
    (i32.const 0))
  (func $deep (param i32) (result i32) (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func $hello (param $request i32)
    (drop (call $send (local.get $request) (i32.const 200) (i32.const 0) (i32.const 0) (i32.const 1024) (i32.const 5))))
  (func (export "pm_thread_entry") (param $t i32) (local $id i32) (local $request i32) (local $letter i32)
    (local.set $id (i32.load (local.get $t)))
    (local.set $request (i32.load offset=4 (local.get $t)))
    (local.set $letter (i32.load offset=8 (local.get $t)))
    (if (i32.eqz (local.get $letter)) (then (local.set $letter (call $read_letter (local.get $request)))))
    (if (i32.eq (local.get $letter) (i32.const 110)) (then (return)))
    (if (i32.eq (local.get $letter) (i32.const 116)) (then unreachable))
    (if (i32.eq (local.get $letter) (i32.const 114)) (then (drop (call $deep (i32.const 0)))))
    (if (i32.eq (local.get $letter) (i32.const 115)) (then (drop (call $block (local.get $id) (f64.const 100)))))
    (if (i32.eq (local.get $letter) (i32.const 119)) (then
      (global.set $waiting (local.get $id)) (drop (call $block (local.get $id) (f64.const -1)))))
    (if (i32.eq (local.get $letter) (i32.const 108)) (then
      (global.set $limited (local.get $id)) (drop (call $block (local.get $id) (f64.const 60000)))))
    (if (i32.eq (local.get $letter) (i32.const 107)) (then
      (drop (call $wake (global.get $waiting) (i32.const 0)))
      (drop (call $wake (global.get $limited) (i32.const 0)))))
    (if (i32.eq (local.get $letter) (i32.const 98)) (then
      (drop (call $spawn (call $thread (local.get $request) (i32.const 100)) (global.get $tids) (local.get $request)))))
    (if (i32.eq (local.get $letter) (i32.const 100)) (then
      (drop (call $block (local.get $id) (f64.const -1)))
      (if (i32.eq (global.get $raised) (local.get $id)) (then
        (drop (call $send (local.get $request) (i32.const 500) (i32.const 0) (i32.const 0) (i32.const 1040) (i32.const 6)))
        (return)))))
    (call $hello (local.get $request)))
)`;

/** The bytes of the module. */
export function fakePython() {
    const module = binaryen.parseText(SOURCE);
    module.setFeatures(binaryen.Features.MVP | binaryen.Features.MutableGlobals);
    const binary = module.emitBinary();
    module.dispose();
    return binary;
}

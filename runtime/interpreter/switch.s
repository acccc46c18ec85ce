# SPDX-License-Identifier: MIT
# Where a green thread leaves and enters its region of linear memory. The stack pointer must change here, in wasm: while a
# thread is suspended the host may call any export, which then runs on the scheduler's stack.

	.globaltype	__stack_pointer, i32

	.functype	pm_host_block (i32, f64) -> (i32)
	.import_module	pm_host_block, pymode
	.import_name	pm_host_block, block
	.functype	pm_host_yield (i32) -> (i32)
	.import_module	pm_host_yield, pymode
	.import_name	pm_host_yield, yield
	.functype	pm_thread_main (i32) -> ()
	.functype	pm_thread_reap (i32) -> ()

# int pm_switch_block(int tid, double milliseconds, void *scheduler_stack)
	.section	.text.pm_switch_block,"",@
	.globl	pm_switch_block
	.type	pm_switch_block,@function
pm_switch_block:
	.functype	pm_switch_block (i32, f64, i32) -> (i32)
	.local	i32
	global.get	__stack_pointer
	local.set	3
	local.get	2
	global.set	__stack_pointer
	local.get	0
	local.get	1
	call	pm_host_block
	local.get	3
	global.set	__stack_pointer
	end_function

# int pm_switch_yield(int kind, void *scheduler_stack)
	.section	.text.pm_switch_yield,"",@
	.globl	pm_switch_yield
	.type	pm_switch_yield,@function
pm_switch_yield:
	.functype	pm_switch_yield (i32, i32) -> (i32)
	.local	i32
	global.get	__stack_pointer
	local.set	2
	local.get	1
	global.set	__stack_pointer
	local.get	0
	call	pm_host_yield
	local.get	2
	global.set	__stack_pointer
	end_function

# void pm_thread_entry(struct pm_thread *): the export that the host wraps in WebAssembly.promising.
# The offsets are those of stack_top and scheduler_stack in struct pm_thread.
	.section	.text.pm_thread_entry,"",@
	.globl	pm_thread_entry
	.export_name	pm_thread_entry, pm_thread_entry
	.type	pm_thread_entry,@function
pm_thread_entry:
	.functype	pm_thread_entry (i32) -> ()
	local.get	0
	i32.load	0
	global.set	__stack_pointer
	local.get	0
	call	pm_thread_main
	local.get	0
	i32.load	4
	global.set	__stack_pointer
	local.get	0
	call	pm_thread_reap
	end_function

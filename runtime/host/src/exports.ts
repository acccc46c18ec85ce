// SPDX-License-Identifier: MIT
// The exports of python.wasm that the host calls itself (docs/runtime-abi.md, section 2).

export interface PythonExports {
    readonly memory: WebAssembly.Memory;
    readonly __indirect_function_table: WebAssembly.Table;
    readonly __stack_pointer: WebAssembly.Global;
    malloc(size: number): number;
    free(pointer: number): void;
    pm_boot(app: number, entryDirectory: number): number;
    pm_entry(text: number, length: number): void;
    pm_request(request: number, env: number, context: number): number;
    pm_thread_entry(thread: number): void;
    pm_thread_id(thread: number): number;
    pm_thread_abandon(thread: number): number;
    pm_scheduler_stack(): number;
    pm_op_done(thread: number): void;
    pm_raise(thread: number, kind: number): number;
    pm_runnable(): number;
    pm_threads(): number;
    pm_thread_dump(): number;
    pm_dl_error_buffer(): number;
    pm_arity_room(first: number, end: number): number;
    pm_inflate(source: number, sourceLength: number, target: number, targetLength: number): number;
}

const REQUIRED_FUNCTIONS = [
    "malloc",
    "free",
    "pm_boot",
    "pm_entry",
    "pm_request",
    "pm_thread_entry",
    "pm_thread_id",
    "pm_thread_abandon",
    "pm_scheduler_stack",
    "pm_op_done",
    "pm_raise",
    "pm_runnable",
    "pm_threads",
    "pm_thread_dump",
    "pm_dl_error_buffer",
    "pm_arity_room",
    "pm_inflate",
] as const;

/** Refuses a module that is not ours by name, instead of failing later with "undefined is not a function". */
export function asPythonExports(exports: WebAssembly.Exports): PythonExports {
    const missing: string[] = REQUIRED_FUNCTIONS.filter((name) => typeof exports[name] !== "function");
    for (const name of ["memory", "__indirect_function_table", "__stack_pointer"]) {
        if (exports[name] === undefined) missing.push(name);
    }
    if (missing.length > 0) throw new Error(`python.wasm does not export ${missing.join(", ")}`);
    return exports as unknown as PythonExports;
}

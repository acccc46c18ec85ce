// SPDX-License-Identifier: MIT
// Loads side modules into the running interpreter: dlopen and dlsym.
//
// Two rules keep C semantics. A function has one table slot however many modules take its address, because CPython compares
// function pointers (`tp_dealloc == subtype_dealloc`). And what a module exports itself is bound to itself, as its direct
// calls already are.

import { readDylink, type DylinkInfo } from "./dylink";
import type { PythonExports } from "./exports";
import { createGuestMemory } from "./memory";
import { NO_SYMBOLS, packedSection, unpackSection, type MainSymbols } from "./symbols";

export interface Linker {
    /** A library number (> 0); throws with the reason. */
    open(path: string): number;
    /** A table index or an address; undefined when the library has no such symbol. */
    symbol(library: number, name: string): number | undefined;
}

export class LinkError extends Error {
    override readonly name = "LinkError";
}

interface Library {
    readonly number: number;
    readonly memoryBase: number;
    readonly exports: WebAssembly.Exports;
}

/** What a name means outside of a module: a function, or the address of data. */
type Meaning = WebAssemblyFunction | number;
type WebAssemblyFunction = (...args: unknown[]) => unknown;

interface Bindings {
    readonly env: Record<string, WebAssembly.ImportValue | WebAssembly.Tag>;
    readonly gotMemory: Record<string, WebAssembly.Global>;
    readonly gotFunctions: Record<string, WebAssembly.Global>;
    /** GOT entries of the module's own symbols, known once it is instantiated. */
    readonly own: { global: WebAssembly.Global; name: string }[];
    readonly missing: string[];
}

const MINIMUM_ALIGNMENT = 16;
/** A library's initial data, when the build has packed it (runtime/build/packed_side_module.py). */
const DATA_SECTION = "pymode.data";
const NEVER_SHARED = new Set(["__wasm_apply_data_relocs", "__wasm_call_ctors", "_initialize", "memory"]);

export function createLinker(
    main: PythonExports,
    findModule: (path: string) => WebAssembly.Module | undefined,
    symbols: MainSymbols = NO_SYMBOLS,
): Linker {
    const table = main.__indirect_function_table;
    const memory = createGuestMemory(main.memory);
    const mainSymbols = main as unknown as WebAssembly.Exports;
    const libraries: Library[] = [];
    const byPath = new Map<string, Library>();
    /** Libraries on their way; a circle of needed libraries is refused. */
    const opening = new Set<string>();
    const shared = new Map<string, Meaning>();
    const tags = new Map<string, WebAssembly.Tag>();
    let slots: Map<WebAssemblyFunction, number> | undefined;

    /** Built when the first library is loaded: most Workers load none. */
    function slotIndex(): Map<WebAssemblyFunction, number> {
        if (slots === undefined) {
            slots = new Map();
            recordSlots(0, table.length);
            recordArities(table.length, table.length); // what comes from here on is not CPython's own
        }
        return slots;
    }

    function recordSlots(from: number, to: number): void {
        for (let i = from; i < to; i++) {
            const entry = table.get(i) as WebAssemblyFunction | null;
            if (entry !== null && !slots?.has(entry)) slots?.set(entry, i);
        }
    }

    function slotOf(fn: WebAssemblyFunction): number {
        const index = slotIndex();
        const known = index.get(fn);
        if (known !== undefined) return known;
        const slot = table.grow(1);
        table.set(slot, fn);
        index.set(fn, slot);
        recordArities(slot, slot + 1);
        return slot;
    }

    /** Extension modules register functions that take fewer parameters than CPython passes: it asks for their number. */
    function recordArities(from: number, to: number): void {
        const room = main.pm_arity_room(from, to) >>> 0;
        if (room === 0) throw new LinkError("out of memory for the functions of a library");
        const bytes = memory.slice(room, to - from);
        for (let i = from; i < to; i++) {
            const entry = table.get(i) as WebAssemblyFunction | null;
            if (entry !== null) bytes[i - from] = Math.min(entry.length + 1, 255);
        }
    }

    function lookup(name: string): Meaning | undefined {
        const value = mainSymbols[name];
        if (typeof value === "function") return value as WebAssemblyFunction;
        if (value instanceof WebAssembly.Global) return Number(value.value);
        const slot = symbols.functions.get(name);
        if (slot !== undefined) return table.get(slot) as WebAssemblyFunction;
        return symbols.data.get(name) ?? shared.get(name);
    }

    function open(path: string): number {
        const known = byPath.get(path);
        if (known !== undefined) return known.number;
        const module = findModule(path);
        if (module === undefined) throw new LinkError(`${path}: no such library in this Worker`);
        if (opening.has(path)) throw new LinkError(`${path}: libraries need each other in a circle`);
        opening.add(path);
        try {
            return load(path, module).number;
        } finally {
            opening.delete(path);
        }
    }

    function load(path: string, module: WebAssembly.Module): Library {
        const info = readDylink(module);
        for (const name of info.needed) openNeeded(name, path);
        slotIndex();
        const block = info.memorySize > 0 ? allocate(info) : { pointer: 0, base: 0 };
        const tableBase = table.grow(info.tableSize);
        try {
            const bindings = bind(module, info, block.base, tableBase);
            if (bindings.missing.length > 0) {
                throw new LinkError(`${path}: missing symbols: ${bindings.missing.join(", ")}`);
            }
            const imports = { env: bindings.env, "GOT.mem": bindings.gotMemory, "GOT.func": bindings.gotFunctions };
            const instance = new WebAssembly.Instance(module, imports as unknown as WebAssembly.Imports);
            unpackData(path, module, block.base, info.memorySize);
            return finish(path, instance.exports, block.base, tableBase, info.tableSize, bindings);
        } catch (error) {
            // The table cannot shrink; the memory is given back.
            if (block.pointer !== 0) main.free(block.pointer);
            throw error;
        }
    }

    function openNeeded(name: string, neededBy: string): void {
        const folder = neededBy.slice(0, neededBy.lastIndexOf("/") + 1);
        const path = [folder + name, `/lib/${name}`].find((candidate) => findModule(candidate) !== undefined);
        if (path === undefined) throw new LinkError(`${neededBy}: needs the library ${name}, which is not in this Worker`);
        const library = libraries[open(path) - 1];
        if (library === undefined) return;
        for (const [symbol, value] of Object.entries(library.exports)) {
            if (shared.has(symbol) || NEVER_SHARED.has(symbol)) continue;
            const meaning = exportMeaning(value, library.memoryBase);
            if (meaning !== undefined) shared.set(symbol, meaning);
        }
    }

    function allocate(info: DylinkInfo): { pointer: number; base: number } {
        const alignment = Math.max(info.memoryAlignment, MINIMUM_ALIGNMENT);
        const pointer = main.malloc(info.memorySize + alignment) >>> 0;
        if (pointer === 0) throw new LinkError(`out of memory: ${info.memorySize} bytes for a library`);
        const base = Math.ceil(pointer / alignment) * alignment;
        memory.slice(base, info.memorySize).fill(0);
        return { pointer, base };
    }

    function unpackData(path: string, module: WebAssembly.Module, base: number, memorySize: number): void {
        const section = packedSection(module, DATA_SECTION);
        if (section === undefined) return;
        if (section.size > memorySize) throw new LinkError(`${path}: its data does not fit into its memory`);
        unpackSection(section, main, base);
    }

    function bind(module: WebAssembly.Module, info: DylinkInfo, memoryBase: number, tableBase: number): Bindings {
        const own = new Set(WebAssembly.Module.exports(module).map((symbol) => symbol.name));
        const bindings: Bindings = {
            env: {
                memory: main.memory,
                __indirect_function_table: table,
                __stack_pointer: main.__stack_pointer,
                __memory_base: wasmGlobal(memoryBase, false),
                __table_base: wasmGlobal(tableBase, false),
            },
            gotMemory: {},
            gotFunctions: {},
            own: [],
            missing: [],
        };
        for (const symbol of WebAssembly.Module.imports(module)) {
            const optional = info.weak.has(symbol.name);
            if (symbol.module === "env") bindEnv(bindings, symbol, optional);
            else if (symbol.module === "GOT.mem") bindGot(bindings, bindings.gotMemory, symbol.name, own, optional);
            else if (symbol.module === "GOT.func") bindGot(bindings, bindings.gotFunctions, symbol.name, own, optional);
            else bindings.missing.push(`${symbol.module}.${symbol.name}`);
        }
        return bindings;
    }

    function bindEnv(bindings: Bindings, symbol: WebAssembly.ModuleImportDescriptor, optional: boolean): void {
        const { name } = symbol;
        if (name in bindings.env) return;
        // "tag" is missing from the platform's declared kinds.
        if ((symbol.kind as string) === "tag") {
            bindings.env[name] = tagOf(name);
            return;
        }
        const meaning = lookup(name);
        if (typeof meaning === "function") bindings.env[name] = meaning;
        else if (optional) bindings.env[name] = () => missingCall(name);
        else bindings.missing.push(name);
    }

    function tagOf(name: string): WebAssembly.Tag {
        const exported = mainSymbols[name] as unknown;
        if (exported instanceof WebAssembly.Tag) return exported;
        const tag = tags.get(name) ?? new WebAssembly.Tag({ parameters: ["i32"] });
        tags.set(name, tag);
        return tag;
    }

    function bindGot(
        bindings: Bindings,
        got: Record<string, WebAssembly.Global>,
        name: string,
        own: ReadonlySet<string>,
        optional: boolean,
    ): void {
        const global = wasmGlobal(0, true);
        got[name] = global;
        if (own.has(name)) {
            bindings.own.push({ global, name });
            return;
        }
        const meaning = lookup(name);
        if (meaning !== undefined) global.value = typeof meaning === "number" ? meaning : slotOf(meaning);
        else if (!optional) bindings.missing.push(name);
    }

    function finish(
        path: string,
        exports: WebAssembly.Exports,
        memoryBase: number,
        tableBase: number,
        tableSize: number,
        bindings: Bindings,
    ): Library {
        recordSlots(tableBase, table.length);
        recordArities(tableBase, tableBase + tableSize);
        for (const { global, name } of bindings.own) {
            const meaning = exportMeaning(exports[name], memoryBase);
            if (meaning !== undefined) global.value = typeof meaning === "number" ? meaning : slotOf(meaning);
        }
        callIfPresent(exports, "__wasm_apply_data_relocs");
        callIfPresent(exports, "__wasm_call_ctors" in exports ? "__wasm_call_ctors" : "_initialize");
        const library = { number: libraries.length + 1, memoryBase, exports };
        libraries.push(library);
        byPath.set(path, library);
        return library;
    }

    function symbol(library: number, name: string): number | undefined {
        const found = libraries[library - 1];
        const meaning = found === undefined ? undefined : exportMeaning(found.exports[name], found.memoryBase);
        return typeof meaning === "function" ? slotOf(meaning) : meaning;
    }

    return { open, symbol };
}

/** Exported data is an address relative to the module's own memory base. */
function exportMeaning(value: WebAssembly.ExportValue | undefined, memoryBase: number): Meaning | undefined {
    if (typeof value === "function") return value as WebAssemblyFunction;
    return value instanceof WebAssembly.Global ? Number(value.value) + memoryBase : undefined;
}

function wasmGlobal(value: number, mutable: boolean): WebAssembly.Global {
    return new WebAssembly.Global({ value: "i32", mutable }, value);
}

function missingCall(name: string): never {
    throw new LinkError(`the symbol ${name}, which this Worker does not have, was called`);
}

function callIfPresent(exports: WebAssembly.Exports, name: string): void {
    const value = exports[name];
    if (typeof value === "function") (value as WebAssemblyFunction)();
}

// SPDX-License-Identifier: MIT
// What the build has taken out of modules and packed, to make them start faster: the size, then raw deflate, in a custom
// section.

import type { PythonExports } from "./exports";
import { createGuestMemory } from "./memory";

/** Exports of python.wasm that only libraries need (runtime/build/symbols.py). */
export interface MainSymbols {
    /** Slots of the table. */
    readonly functions: ReadonlyMap<string, number>;
    /** Addresses. */
    readonly data: ReadonlyMap<string, number>;
}

/** Of an instance whose symbols are all exports. */
export const NO_SYMBOLS: MainSymbols = { functions: new Map(), data: new Map() };

const SYMBOLS_SECTION = "pymode.symbols";
const HEADER = 4;

export class PackedSectionError extends Error {
    override readonly name = "PackedSectionError";
}

export function readMainSymbols(module: WebAssembly.Module, main: PythonExports): MainSymbols {
    const section = packedSection(module, SYMBOLS_SECTION);
    if (section === undefined) return NO_SYMBOLS;
    const target = main.malloc(section.size + 1) >>> 0;
    if (target === 0) throw new PackedSectionError("out of memory for the symbols of python.wasm");
    try {
        unpackSection(section, main, target);
        const text = createGuestMemory(main.memory).text(target, section.size);
        const table = JSON.parse(text) as Record<keyof MainSymbols, Record<string, number>>;
        return { functions: new Map(Object.entries(table.functions)), data: new Map(Object.entries(table.data)) };
    } finally {
        main.free(target);
    }
}

export interface PackedSection {
    /** Of the unpacked content, in bytes. */
    readonly size: number;
    readonly packed: Uint8Array;
}

export function packedSection(module: WebAssembly.Module, name: string): PackedSection | undefined {
    const section = WebAssembly.Module.customSections(module, name)[0];
    if (section === undefined) return undefined;
    if (section.byteLength < HEADER) throw new PackedSectionError(`the section ${name} is cut off`);
    return { size: new DataView(section).getUint32(0, true), packed: new Uint8Array(section, HEADER) };
}

/** Unpacks into the guest's memory, where there must be room. */
export function unpackSection({ size, packed }: PackedSection, main: PythonExports, target: number): void {
    const source = main.malloc(packed.length + 1) >>> 0;
    if (source === 0) throw new PackedSectionError(`out of memory: ${packed.length} bytes of packed data`);
    createGuestMemory(main.memory).write(source, packed);
    const written = main.pm_inflate(source, packed.length, target, size);
    main.free(source);
    if (written !== size) throw new PackedSectionError(`packed data is damaged: ${written} instead of ${size} bytes`);
}

// SPDX-License-Identifier: MIT
// The custom section "dylink.0" of a side module: how much memory and table it needs, and which libraries.
// https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md

export interface DylinkInfo {
    readonly memorySize: number;
    /** In bytes, a power of two. */
    readonly memoryAlignment: number;
    readonly tableSize: number;
    readonly needed: readonly string[];
    /** Imports that may stay unresolved. */
    readonly weak: ReadonlySet<string>;
}

export class DylinkError extends Error {
    override readonly name = "DylinkError";
}

const SECTION = "dylink.0";
const Subsection = { memory: 1, needed: 2, exports: 3, imports: 4 } as const;
const SYMBOL_BINDING_WEAK = 1;
const MAX_MEMORY = 64 * 1024 * 1024;
const MAX_ALIGNMENT_EXPONENT = 16;
const MAX_TABLE = 1 << 20;

export function readDylink(module: WebAssembly.Module): DylinkInfo {
    const section = WebAssembly.Module.customSections(module, SECTION)[0];
    if (section === undefined) throw new DylinkError("not a side module: it has no section dylink.0");
    return parseDylink(new Uint8Array(section));
}

export function parseDylink(data: Uint8Array): DylinkInfo {
    const reader = createReader(data);
    const info = { memorySize: 0, memoryAlignment: 1, tableSize: 0, needed: [] as string[], weak: new Set<string>() };
    while (!reader.atEnd()) {
        const kind = reader.byte();
        const body = createReader(reader.take(reader.number()));
        if (kind === Subsection.memory) readMemory(body, info);
        if (kind === Subsection.needed) for (let n = body.number(); n > 0; n--) info.needed.push(body.text());
        if (kind === Subsection.imports) readWeakImports(body, info.weak);
    }
    return info;
}

function readMemory(body: Reader, info: { memorySize: number; memoryAlignment: number; tableSize: number }): void {
    const size = body.number();
    const alignment = body.number();
    const table = body.number();
    const tableAlignment = body.number();
    if (size > MAX_MEMORY || alignment > MAX_ALIGNMENT_EXPONENT || table > MAX_TABLE || tableAlignment !== 0) {
        throw new DylinkError(`unreasonable needs: ${size} bytes aligned to 2^${alignment}, ${table} table slots`);
    }
    info.memorySize = size;
    info.memoryAlignment = 1 << alignment;
    info.tableSize = table;
}

function readWeakImports(body: Reader, weak: Set<string>): void {
    for (let n = body.number(); n > 0; n--) {
        body.text();
        const field = body.text();
        if (body.number() & SYMBOL_BINDING_WEAK) weak.add(field);
    }
}

interface Reader {
    atEnd(): boolean;
    byte(): number;
    /** An unsigned LEB128 number of at most 32 bits. */
    number(): number;
    take(length: number): Uint8Array;
    text(): string;
}

function createReader(data: Uint8Array): Reader {
    let at = 0;

    function byte(): number {
        const value = data[at++];
        if (value === undefined) throw new DylinkError("the section dylink.0 is cut off");
        return value;
    }

    function number(): number {
        let result = 0;
        for (let shift = 0; shift < 35; shift += 7) {
            const next = byte();
            result += (next & 0x7f) * 2 ** shift;
            if ((next & 0x80) === 0) {
                if (result > 0xffffffff) break;
                return result;
            }
        }
        throw new DylinkError("a number in the section dylink.0 is too large");
    }

    function take(length: number): Uint8Array {
        if (length > data.length - at) throw new DylinkError("the section dylink.0 is cut off");
        at += length;
        return data.subarray(at - length, at);
    }

    const decoder = new TextDecoder();
    return { atEnd: () => at >= data.length, byte, number, take, text: () => decoder.decode(take(number())) };
}

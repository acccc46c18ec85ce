// SPDX-License-Identifier: MIT
// Takes the start function out of python.wasm, to tell the unpacking of its memory from the rest of instantiation.

const HEADER_BYTES = 8;
const START = 8;

/** The module that never calls its start function; its data stays where it is. */
export function withoutStart(module: Uint8Array): Buffer {
    const source = Buffer.from(module);
    const pieces: Buffer[] = [source.subarray(0, HEADER_BYTES)];
    let position = HEADER_BYTES;
    while (position < source.length) {
        const [size, start] = readUnsigned(source, position + 1);
        const end = start + size;
        if (source[position] !== START) pieces.push(source.subarray(position, end));
        position = end;
    }
    return Buffer.concat(pieces);
}

/** An unsigned LEB128 number and where it ends. */
function readUnsigned(source: Buffer, start: number): [number, number] {
    let value = 0;
    for (let position = start, shift = 0; shift < 35; position += 1, shift += 7) {
        const byte = source[position];
        if (byte === undefined) break;
        value += (byte & 0x7f) * 2 ** shift;
        if (byte < 0x80) return [value, position + 1];
    }
    throw new Error("the module is cut off");
}

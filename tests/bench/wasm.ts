// SPDX-License-Identifier: MIT
// Takes the data out of a wasm module without making it smaller, to tell the copying from the rest of instantiation.

const HEADER_BYTES = 8;
const CUSTOM = 0;
const DATA = 11;
const DATA_COUNT = 12;

/** The module with its data section turned into a custom section of the same size: read, but not copied. */
export function withoutData(module: Uint8Array): Buffer {
    const source = Buffer.from(module);
    const pieces: Buffer[] = [source.subarray(0, HEADER_BYTES)];
    let position = HEADER_BYTES;
    while (position < source.length) {
        const id = source[position];
        const [size, start] = readUnsigned(source, position + 1);
        const end = start + size;
        // A custom section begins with its name; a name of length 0 takes the place of the first byte.
        if (id === DATA) pieces.push(Buffer.from([CUSTOM]), source.subarray(position + 1, start), Buffer.from([0]), source.subarray(start + 1, end));
        else if (id !== DATA_COUNT) pieces.push(source.subarray(position, end));
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

// SPDX-License-Identifier: MIT
// Checked access to the interpreter's linear memory.
//
// Growing the memory detaches its ArrayBuffer, so views are renewed when they are found empty. Pointers and sizes come
// from the guest as signed numbers; a range outside of the memory throws RangeError, which ends the calling green thread
// just as an out-of-bounds load in WebAssembly itself would.

export interface GuestMemory {
    /** All of the memory. Do not keep it across a call into the guest. */
    bytes(): Uint8Array;
    view(): DataView;
    /** A window on `length` bytes at `pointer`. Do not keep it across a call into the guest. */
    slice(pointer: number, length: number): Uint8Array;
    /** Copies `source` to `pointer`. */
    write(pointer: number, source: Uint8Array): void;
    /** UTF-8 text; malformed sequences become U+FFFD. */
    text(pointer: number, length: number): string;
    /** Text up to a NUL byte, of which there must be one within `limit` bytes. */
    cString(pointer: number, limit?: number): string;
}

const SHORT_TEXT = 32;
const decoder = new TextDecoder();

export function createGuestMemory(memory: { readonly buffer: ArrayBufferLike }): GuestMemory {
    let bytesView = new Uint8Array(memory.buffer);
    let dataView = new DataView(memory.buffer);

    function renew(): void {
        bytesView = new Uint8Array(memory.buffer);
        dataView = new DataView(memory.buffer);
    }

    function bytes(): Uint8Array {
        if (bytesView.length === 0) renew();
        return bytesView;
    }

    function slice(pointer: number, length: number): Uint8Array {
        const start = pointer >>> 0;
        const end = start + (length >>> 0);
        const all = bytes();
        if (end > all.length) throw new RangeError(`guest range ${start}..${end} is outside of the memory`);
        return all.subarray(start, end);
    }

    function cString(pointer: number, limit = 65536): string {
        const start = pointer >>> 0;
        const all = bytes();
        const end = all.indexOf(0, start);
        if (end < 0 || end - start > limit) throw new RangeError(`guest text at ${start} does not end`);
        return decodeText(all.subarray(start, end));
    }

    return {
        bytes,
        view: () => {
            if (bytesView.length === 0) renew();
            return dataView;
        },
        slice,
        write: (pointer, source) => slice(pointer, source.length).set(source),
        text: (pointer, length) => decodeText(slice(pointer, length)),
        cString,
    };
}

/** Property names and paths are short and ASCII: for those a loop is several times faster than TextDecoder. */
function decodeText(source: Uint8Array): string {
    if (source.length > SHORT_TEXT) return decoder.decode(source);
    let text = "";
    for (const byte of source) {
        if (byte > 0x7f) return decoder.decode(source);
        text += String.fromCharCode(byte);
    }
    return text;
}

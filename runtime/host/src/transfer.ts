// SPDX-License-Identifier: MIT
// Bytes on their way into the guest: one call says how many there are, the next copies them to where C made room.

import type { Guest } from "./guest";

export interface TransferSlot {
    /** Remembers the bytes and returns their number. */
    put(bytes: Uint8Array): number;
    putText(text: string): number;
    /** Copies them to `pointer` and forgets them. */
    copyTo(pointer: number): void;
}

const EMPTY = new Uint8Array(0);

export function createTransferSlot(guest: Guest): TransferSlot {
    const encoder = new TextEncoder();
    let slot: Uint8Array = EMPTY;

    function put(bytes: Uint8Array): number {
        slot = bytes;
        return bytes.length;
    }

    return {
        put,
        putText: (text) => put(encoder.encode(text)),
        copyTo(pointer) {
            guest.memory.write(pointer, slot);
            slot = EMPTY;
        },
    };
}

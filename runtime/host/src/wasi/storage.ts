// SPDX-License-Identifier: MIT
// The bytes of writable files, and the bound on all of them together: they live in the isolate's memory.

import { Errno } from "./abi";
import type { MemoryFile } from "./nodes";

export interface Storage {
    /** Accounts for a new file or folder. False when there is no room. */
    addNode(): boolean;
    removeNode(): void;
    /** Makes the file at least as long as `end`; an errno. */
    reserve(file: MemoryFile, end: number): number;
    /** Cuts or lengthens with zeros; an errno. */
    resize(file: MemoryFile, size: number): number;
    /** Gives the content back once no name and no descriptor is left. */
    releaseIfUnused(file: MemoryFile): void;
}

const NODE_COST = 256;

export function createStorage(limit: number): Storage {
    let used = 0;

    function setCapacity(file: MemoryFile, capacity: number): boolean {
        const growth = capacity - file.bytes.length;
        if (used + growth > limit) return false;
        const bytes = new Uint8Array(capacity);
        bytes.set(file.bytes.subarray(0, Math.min(file.size, capacity)));
        file.bytes = bytes;
        used += growth;
        return true;
    }

    function reserve(file: MemoryFile, end: number): number {
        if (end > file.bytes.length) {
            const generous = Math.max(end, Math.min(file.bytes.length * 2, end + 1024 * 1024));
            if (!setCapacity(file, generous) && !setCapacity(file, end)) return Errno.nospc;
        }
        return Errno.success;
    }

    function resize(file: MemoryFile, size: number): number {
        if (size > file.size) {
            const error = reserve(file, size);
            if (error !== Errno.success) return error;
            file.bytes.fill(0, file.size, size);
            file.size = size;
            return Errno.success;
        }
        file.size = size;
        if (size < file.bytes.length / 4) setCapacity(file, size);
        return Errno.success;
    }

    return {
        addNode() {
            if (used + NODE_COST > limit) return false;
            used += NODE_COST;
            return true;
        },
        removeNode() {
            used -= NODE_COST;
        },
        reserve,
        resize,
        releaseIfUnused(file) {
            if (file.links > 0 || file.opens > 0) return;
            file.size = 0;
            setCapacity(file, 0);
        },
    };
}

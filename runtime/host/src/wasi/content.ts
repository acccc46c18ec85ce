// SPDX-License-Identifier: MIT
// Reading and writing the content of an open file at a position.

import { Errno } from "./abi";
import type { WasiContext } from "./context";
import type { OpenFile } from "./descriptors";

/** Files are addressed by 32-bit pointers on the other side; nothing longer can be used. */
const MAX_OFFSET = 0x7fffffff;

/**
 * Makes a packed file's bytes present; an errno. To be called before windows on the guest's memory are taken: inflating
 * runs in the guest and may grow its memory.
 */
export function loadContent(open: OpenFile): number {
    if (open.file.kind !== "packed" || open.content !== undefined) return Errno.success;
    try {
        open.content = open.file.archive.read(open.file.entry);
        return Errno.success;
    } catch (error) {
        console.error(`cannot read ${open.file.entry.path}: ${String(error)}`);
        return Errno.io;
    }
}

/** Fills `target` from `offset` on, after loadContent; the number of bytes, fewer at the end of the file. */
export function readAt(context: WasiContext, open: OpenFile, offset: number, target: Uint8Array): number {
    const { file } = open;
    switch (file.kind) {
        case "packed":
            return open.content === undefined ? 0 : copyFrom(open.content, open.content.length, offset, target);
        case "memory":
            return copyFrom(file.bytes, file.size, offset, target);
        case "device":
            if (file.name === "null") return 0;
            context.randomFill(target);
            return target.length;
        case "library":
            return 0;
    }
}

function copyFrom(source: Uint8Array, size: number, offset: number, target: Uint8Array): number {
    const count = Math.min(target.length, Math.max(0, size - offset));
    target.set(source.subarray(offset, offset + count));
    return count;
}

/** Writes all of `source` at `offset`; an errno. */
export function writeAt(context: WasiContext, open: OpenFile, offset: number, source: Uint8Array): number {
    const { file } = open;
    if (file.kind === "device") return Errno.success;
    if (file.kind !== "memory") return Errno.rofs;
    const end = offset + source.length;
    if (end > MAX_OFFSET) return Errno.fbig;
    const error = end > file.size ? extend(context, open, offset, end) : Errno.success;
    if (error !== Errno.success) return error;
    file.bytes.set(source, offset);
    file.modified = context.files.clock.stamp();
    return Errno.success;
}

function extend(context: WasiContext, open: OpenFile, offset: number, end: number): number {
    const { file } = open;
    if (file.kind !== "memory") return Errno.rofs;
    const error = context.files.storage.reserve(file, end);
    if (error !== Errno.success) return error;
    if (offset > file.size) file.bytes.fill(0, file.size, offset);
    file.size = end;
    return Errno.success;
}

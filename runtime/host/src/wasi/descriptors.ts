// SPDX-License-Identifier: MIT
// Open files: what a number that the guest holds refers to.

import { Errno } from "./abi";
import type { LineOutput } from "./output";
import type { File, Folder } from "./nodes";
import type { Storage } from "./storage";

export interface DirectoryListing {
    readonly name: Uint8Array;
    readonly inode: number;
    readonly type: number;
}

export interface OpenFolder {
    readonly kind: "folder";
    readonly folder: Folder;
    /** The guest's libc finds the root of its file system by this name. */
    readonly preopen: string | undefined;
    /** Taken when reading starts, so that cookies stay true while files come and go. */
    listing: DirectoryListing[] | undefined;
}

export interface OpenFile {
    readonly kind: "file";
    readonly file: File;
    readonly readable: boolean;
    readonly writable: boolean;
    flags: number;
    position: number;
    /** A packed file's content once it was read: the archive's cache may forget it meanwhile. */
    content: Uint8Array | undefined;
}

export interface OpenStream {
    readonly kind: "stream";
    /** stdin has none: it is always at its end. */
    readonly output: LineOutput | undefined;
}

export type Descriptor = OpenFolder | OpenFile | OpenStream;

export interface Descriptors {
    get(fd: number): Descriptor | undefined;
    /** The lowest free number, or -1 when too many are open. */
    open(descriptor: Descriptor): number;
    close(fd: number): number;
    /** `from` becomes `to`, which is closed if it was open. */
    renumber(from: number, to: number): number;
}

const MAX_DESCRIPTORS = 1024;

export function createDescriptors(first: readonly Descriptor[], storage: Storage): Descriptors {
    const table: (Descriptor | undefined)[] = [...first];

    function release(descriptor: Descriptor): void {
        if (descriptor.kind !== "file" || descriptor.file.kind !== "memory") return;
        descriptor.file.opens -= 1;
        storage.releaseIfUnused(descriptor.file);
    }

    return {
        get: (fd) => table[fd],
        open(descriptor) {
            const free = table.indexOf(undefined);
            const fd = free >= 0 ? free : table.length;
            if (fd >= MAX_DESCRIPTORS) return -1;
            table[fd] = descriptor;
            if (descriptor.kind === "file" && descriptor.file.kind === "memory") descriptor.file.opens += 1;
            return fd;
        },
        close(fd) {
            const descriptor = table[fd];
            if (descriptor === undefined) return Errno.badf;
            table[fd] = undefined;
            release(descriptor);
            return Errno.success;
        },
        renumber(from, to) {
            const descriptor = table[from];
            const replaced = table[to];
            if (descriptor === undefined || replaced === undefined) return Errno.badf;
            if (from === to) return Errno.success;
            table[to] = descriptor;
            table[from] = undefined;
            release(replaced);
            return Errno.success;
        },
    };
}

// SPDX-License-Identifier: MIT
// What a file system is made of: folders, read-only files of an archive, writable files in memory, devices and the
// library files whose content is a compiled WebAssembly module.

import type { Archive, ArchiveEntry } from "../archive";
import { FileType, type FileStat } from "./abi";

export interface Folder {
    readonly kind: "folder";
    readonly inode: number;
    readonly writable: boolean;
    /** Folders of an archive are filled when they are first looked into. */
    readonly children: () => Map<string, Node>;
    parent: Folder | undefined;
    modified: bigint;
    /** How many descriptors are open on it, and whether it was removed meanwhile. */
    removed: boolean;
}

export interface PackedFile {
    readonly kind: "packed";
    readonly inode: number;
    readonly archive: Archive;
    readonly entry: ArchiveEntry;
}

export interface MemoryFile {
    readonly kind: "memory";
    readonly inode: number;
    /** Longer than `size` to make appending cheap. */
    bytes: Uint8Array;
    size: number;
    accessed: bigint;
    modified: bigint;
    links: number;
    opens: number;
}

/** A side module: it can be found and loaded, but the platform does not give its bytes back. */
export interface LibraryFile {
    readonly kind: "library";
    readonly inode: number;
    readonly module: WebAssembly.Module;
}

export interface Device {
    readonly kind: "device";
    readonly inode: number;
    readonly name: "null" | "urandom";
}

export type File = PackedFile | MemoryFile | LibraryFile | Device;
export type Node = Folder | File;

/** Archive members have no time worth telling; this is the zip format's own beginning, 1980-01-01. */
export const ARCHIVE_TIME = 315_532_800_000_000_000n;

let lastInode = 1;

export function nextInode(): number {
    return ++lastInode;
}

export function createFolder(writable: boolean, parent: Folder | undefined, modified = ARCHIVE_TIME): Folder {
    const children = new Map<string, Node>();
    return { kind: "folder", inode: nextInode(), writable, children: () => children, parent, modified, removed: false };
}

/**
 * A read-only view of the folder `path` of an archive. `extra` are nodes that are added to it; a folder among them that the
 * archive has as well is merged with it.
 */
export function mountFolder(archive: Archive, path: string, parent: Folder | undefined, extra?: ReadonlyMap<string, Node>): Folder {
    let children: Map<string, Node> | undefined;
    const folder: Folder = {
        kind: "folder",
        inode: nextInode(),
        writable: false,
        children: () => (children ??= archiveChildren(archive, path, folder, extra)),
        parent,
        modified: ARCHIVE_TIME,
        removed: false,
    };
    return folder;
}

function archiveChildren(archive: Archive, path: string, folder: Folder, extra?: ReadonlyMap<string, Node>): Map<string, Node> {
    const children = new Map<string, Node>();
    for (const [name, member] of archive.folders().get(path) ?? []) {
        const childPath = path === "" ? name : `${path}/${name}`;
        const more = extra?.get(name);
        const child: Node =
            member === "folder"
                ? mountFolder(archive, childPath, folder, more?.kind === "folder" ? more.children() : undefined)
                : { kind: "packed", inode: nextInode(), archive, entry: member };
        children.set(name, child);
    }
    for (const [name, node] of extra ?? []) {
        if (node.kind === "folder" && children.get(name)?.kind === "folder") continue;
        if (node.kind === "folder") node.parent = folder;
        children.set(name, node);
    }
    return children;
}

export function createMemoryFile(time: bigint): MemoryFile {
    return { kind: "memory", inode: nextInode(), bytes: new Uint8Array(0), size: 0, accessed: time, modified: time, links: 1, opens: 0 };
}

export function fileType(node: Node): number {
    switch (node.kind) {
        case "folder":
            return FileType.directory;
        case "device":
            return FileType.characterDevice;
        default:
            return FileType.regularFile;
    }
}

export function fileSize(file: File): number {
    if (file.kind === "packed") return file.entry.size;
    return file.kind === "memory" ? file.size : 0;
}

export function nodeStat(node: Node): FileStat {
    const times =
        node.kind === "memory"
            ? { accessed: node.accessed, modified: node.modified }
            : node.kind === "folder"
              ? { accessed: node.modified, modified: node.modified }
              : { accessed: ARCHIVE_TIME, modified: ARCHIVE_TIME };
    return {
        inode: node.inode,
        type: fileType(node),
        links: node.kind === "memory" ? node.links : 1,
        size: node.kind === "folder" ? 0 : fileSize(node),
        ...times,
    };
}

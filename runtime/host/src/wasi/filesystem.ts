// SPDX-License-Identifier: MIT
// One tree of folders and files, and the operations that change it. Paths never lead out of it: ".." of the root is the root.
//
// Functions answer with a node or with an errno, which is a number.

import { Errno } from "./abi";
import type { Clock } from "./clock";
import { createFolder, createMemoryFile, type Folder, type MemoryFile, type Node } from "./nodes";
import type { Storage } from "./storage";

export interface FileSystem {
    readonly root: Folder;
    readonly storage: Storage;
    readonly clock: Clock;
    lookup(base: Folder, path: string): Node | number;
    /** A new empty file. The path must not exist yet. */
    createFile(base: Folder, path: string): MemoryFile | number;
    createDirectory(base: Folder, path: string): number;
    removeDirectory(base: Folder, path: string): number;
    unlink(base: Folder, path: string): number;
    rename(base: Folder, path: string, newBase: Folder, newPath: string): number;
    link(base: Folder, path: string, newBase: Folder, newPath: string): number;
}

const MAX_PATH = 4096;
const MAX_NAME = 255;

/** The folder that holds a path's last name, and that name. */
interface Place {
    readonly folder: Folder;
    readonly name: string;
    /** The path ended in "/", so it can only name a folder. */
    readonly mustBeFolder: boolean;
}

export function createFileSystem(root: Folder, storage: Storage, clock: Clock): FileSystem {
    function touch(folder: Folder): void {
        folder.modified = clock.stamp();
    }

    function createFile(base: Folder, path: string): MemoryFile | number {
        const place = newPlace(base, path);
        if (typeof place === "number") return place;
        if (place.mustBeFolder) return Errno.isdir;
        if (!storage.addNode()) return Errno.nospc;
        const file = createMemoryFile(clock.stamp());
        place.folder.children().set(place.name, file);
        touch(place.folder);
        return file;
    }

    function createDirectory(base: Folder, path: string): number {
        const place = newPlace(base, path);
        if (typeof place === "number") return place;
        if (!storage.addNode()) return Errno.nospc;
        place.folder.children().set(place.name, createFolder(true, place.folder, clock.stamp()));
        touch(place.folder);
        return Errno.success;
    }

    function removeDirectory(base: Folder, path: string): number {
        const place = findPlace(base, path);
        if (typeof place === "number") return place;
        const node = place.folder.children().get(place.name);
        if (node === undefined) return Errno.noent;
        if (node.kind !== "folder") return Errno.notdir;
        if (!place.folder.writable || !node.writable) return Errno.rofs;
        if (node.children().size > 0) return Errno.notempty;
        detach(place, node);
        return Errno.success;
    }

    function unlink(base: Folder, path: string): number {
        const place = findPlace(base, path);
        if (typeof place === "number") return place;
        const node = place.folder.children().get(place.name);
        if (node === undefined) return Errno.noent;
        if (node.kind === "folder") return Errno.isdir;
        if (place.mustBeFolder) return Errno.notdir;
        if (!place.folder.writable || node.kind !== "memory") return Errno.rofs;
        detach(place, node);
        return Errno.success;
    }

    /** Takes a writable node out of its folder and gives back what it occupied. */
    function detach(place: Place, node: Folder | MemoryFile): void {
        place.folder.children().delete(place.name);
        touch(place.folder);
        if (node.kind === "folder") {
            node.removed = true;
            storage.removeNode();
            return;
        }
        node.links -= 1;
        if (node.links === 0) storage.removeNode();
        storage.releaseIfUnused(node);
    }

    function rename(base: Folder, path: string, newBase: Folder, newPath: string): number {
        const from = findPlace(base, path);
        if (typeof from === "number") return from;
        const node = from.folder.children().get(from.name);
        if (node === undefined) return Errno.noent;
        const to = findPlace(newBase, newPath);
        if (typeof to === "number") return to;
        if (!from.folder.writable || !to.folder.writable) return Errno.rofs;
        if (node.kind !== "folder" && (from.mustBeFolder || to.mustBeFolder)) return Errno.notdir;
        const target = to.folder.children().get(to.name);
        if (target === node) return Errno.success;
        const refused = refuseReplacing(node, target, to.folder);
        if (refused !== Errno.success) return refused;
        if (target?.kind === "folder" || target?.kind === "memory") detach(to, target);
        from.folder.children().delete(from.name);
        to.folder.children().set(to.name, node);
        if (node.kind === "folder") node.parent = to.folder;
        touch(from.folder);
        touch(to.folder);
        return Errno.success;
    }

    function link(base: Folder, path: string, newBase: Folder, newPath: string): number {
        const node = lookup(base, path);
        if (typeof node === "number") return node;
        if (node.kind === "folder") return Errno.perm;
        if (node.kind !== "memory") return Errno.xdev;
        const place = newPlace(newBase, newPath);
        if (typeof place === "number") return place;
        if (place.mustBeFolder) return Errno.notdir;
        place.folder.children().set(place.name, node);
        node.links += 1;
        touch(place.folder);
        return Errno.success;
    }

    return { root, storage, clock, lookup, createFile, createDirectory, removeDirectory, unlink, rename, link };
}

function refuseReplacing(node: Node, target: Node | undefined, destination: Folder): number {
    if (node.kind === "folder") {
        for (let above: Folder | undefined = destination; above !== undefined; above = above.parent) {
            if (above === node) return Errno.inval;
        }
        if (target !== undefined && target.kind !== "folder") return Errno.notdir;
        if (target?.kind === "folder" && target.children().size > 0) return Errno.notempty;
        return Errno.success;
    }
    return target?.kind === "folder" ? Errno.isdir : Errno.success;
}

function lookup(base: Folder, path: string): Node | number {
    const parts = splitPath(path);
    if (typeof parts === "number") return parts;
    let node: Node = base;
    for (const part of parts.names) {
        const next = step(node, part);
        if (typeof next === "number") return next;
        node = next;
    }
    return parts.mustBeFolder && node.kind !== "folder" ? Errno.notdir : node;
}

function step(node: Node, name: string): Node | number {
    if (node.kind !== "folder") return Errno.notdir;
    if (name === "..") return node.parent ?? node;
    return node.children().get(name) ?? Errno.noent;
}

function findPlace(base: Folder, path: string): Place | number {
    const parts = splitPath(path);
    if (typeof parts === "number") return parts;
    const name = parts.names.pop();
    if (name === undefined || name === "..") return Errno.inval;
    let folder: Node = base;
    for (const part of parts.names) {
        const next = step(folder, part);
        if (typeof next === "number") return next;
        folder = next;
    }
    if (folder.kind !== "folder") return Errno.notdir;
    return { folder, name, mustBeFolder: parts.mustBeFolder };
}

/** Where something new may be made: the name is free, and its folder exists, is writable and was not removed. */
function newPlace(base: Folder, path: string): Place | number {
    const place = findPlace(base, path);
    // A path without a last name is a folder that exists, e.g. "." or "..".
    if (typeof place === "number") return place === Errno.inval ? Errno.exist : place;
    if (place.folder.children().has(place.name)) return Errno.exist;
    if (place.folder.removed) return Errno.noent;
    return place.folder.writable ? place : Errno.rofs;
}

function splitPath(path: string): { names: string[]; mustBeFolder: boolean } | number {
    if (path === "") return Errno.noent;
    // libc makes every path relative to a preopened folder; an absolute one is not from it.
    if (path.startsWith("/")) return Errno.notcapable;
    if (path.length > MAX_PATH) return Errno.nametoolong;
    if (path.includes("\0")) return Errno.inval;
    const names = path.split("/").filter((part) => part !== "" && part !== ".");
    if (names.some((part) => part.length > MAX_NAME)) return Errno.nametoolong;
    return { names, mustBeFolder: path.endsWith("/") };
}

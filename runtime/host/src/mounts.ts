// SPDX-License-Identifier: MIT
// Where everything lies in the guest's file system.
//
//     /app                          the project (app.zip)
//     /lib/python3.13               the standard library (stdlib.zip)
//     /lib/python3.13/lib-dynload   its compiled side modules
//     /lib/site-packages            installed packages (site-packages.zip)
//     /tmp                          writable, in memory
//     /dev/null, /dev/urandom

import { openArchive, type Inflate } from "./archive";
import type { Clock } from "./wasi/clock";
import { createFileSystem, type FileSystem } from "./wasi/filesystem";
import { createFolder, mountFolder, nextInode, type Folder, type Node } from "./wasi/nodes";
import { createStorage } from "./wasi/storage";

const SITE_PACKAGES = "site-packages";
const PACKAGES_PATH = `lib/${SITE_PACKAGES}/`;

export interface MountOptions {
    readonly stdlib: ArrayBuffer;
    readonly app: ArrayBuffer;
    readonly sitePackages?: ArrayBuffer;
    /** Side modules: a bare name is an extension module of the standard library, anything with "/" a path from the root. */
    readonly modules: Readonly<Record<string, WebAssembly.Module>>;
    readonly pythonVersion: string;
    readonly temporaryBytes: number;
}

export function createMounts(options: MountOptions, clock: Clock, inflate: Inflate): FileSystem {
    const root = createFolder(false, undefined);
    const lib = addFolder(root, "lib", false);
    const dynload = createFolder(false, undefined);
    const python = `python${options.pythonVersion}`;
    const stdlib = openArchive(new Uint8Array(options.stdlib), "stdlib.zip", inflate);
    lib.children().set(python, mountFolder(stdlib, "", lib, new Map([["lib-dynload", dynload]])));
    // The parent is known before the standard library is first looked into.
    dynload.parent = lib.children().get(python) as Folder;
    const packages = mountPackages(lib, options, inflate);
    const app = openArchive(new Uint8Array(options.app), "app.zip", inflate);
    root.children().set("app", mountFolder(app, "", root));
    addFolder(root, "tmp", true);
    const dev = addFolder(root, "dev", false);
    dev.children().set("null", { kind: "device", inode: nextInode(), name: "null" });
    dev.children().set("urandom", { kind: "device", inode: nextInode(), name: "urandom" });
    addLibraries(root, dynload, packages, options);
    return createFileSystem(root, createStorage(options.temporaryBytes), clock);
}

/** The archive is looked into by the first import that the standard library does not answer, not before. */
function mountPackages(lib: Folder, options: MountOptions, inflate: Inflate): Folder {
    const natives = createFolder(false, lib);
    if (options.sitePackages === undefined) {
        lib.children().set(SITE_PACKAGES, natives);
        return natives;
    }
    const archive = openArchive(new Uint8Array(options.sitePackages), "site-packages.zip", inflate);
    lib.children().set(SITE_PACKAGES, mountFolder(archive, "", lib, natives.children()));
    return natives;
}

function addLibraries(root: Folder, dynload: Folder, packages: Folder, options: MountOptions): void {
    const suffix = `.cpython-${options.pythonVersion.replace(".", "")}-wasm32-wasi.so`;
    for (const [name, module] of Object.entries(options.modules)) {
        const library: Node = { kind: "library", inode: nextInode(), module };
        if (!name.includes("/")) {
            dynload.children().set(name + suffix, library);
            continue;
        }
        const inPackages = name.startsWith(PACKAGES_PATH);
        const parts = (inPackages ? name.slice(PACKAGES_PATH.length) : name).split("/").filter((part) => part !== "");
        const file = parts.pop() ?? name;
        const folder = parts.reduce((parent, part) => existingFolder(parent, part), inPackages ? packages : root);
        folder.children().set(file, library);
    }
}

function existingFolder(parent: Folder, name: string): Folder {
    const child = parent.children().get(name);
    return child?.kind === "folder" ? child : addFolder(parent, name, false);
}

function addFolder(parent: Folder, name: string, writable: boolean): Folder {
    const folder = createFolder(writable, parent);
    parent.children().set(name, folder);
    return folder;
}

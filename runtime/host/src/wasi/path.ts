// SPDX-License-Identifier: MIT
// The path_* functions: everything that names a file relative to an open folder.

import { Errno, OpenFlag, Right, writeFileStat } from "./abi";
import type { WasiContext } from "./context";
import { resize, setTimes, type Imports } from "./fd";
import { nodeStat, type File, type Folder, type Node } from "./nodes";

export function createPathImports(context: WasiContext): Imports {
    const { files, descriptors } = context;

    /** Calls `use` with the folder of `fd` and the path, or answers what is wrong with the descriptor. */
    function at(fd: number, path: number, length: number, use: (folder: Folder, path: string) => number): number {
        const descriptor = descriptors.get(fd);
        if (descriptor === undefined) return Errno.badf;
        if (descriptor.kind !== "folder") return Errno.notdir;
        return use(descriptor.folder, context.guest.memory.text(path, length));
    }

    function open(folder: Folder, path: string, openFlags: number, rights: bigint, flags: number, out: number): number {
        const writable = (rights & Right.write) !== 0n;
        let node: Node | number = files.lookup(folder, path);
        if (typeof node === "number") {
            if (node !== Errno.noent || (openFlags & OpenFlag.create) === 0) return node;
            node = files.createFile(folder, path);
            if (typeof node === "number") return node;
        } else if (openFlags & OpenFlag.create && openFlags & OpenFlag.exclusive) {
            return Errno.exist;
        }
        if (node.kind === "folder") {
            if (writable) return Errno.isdir;
            return openResult(descriptors.open({ kind: "folder", folder: node, preopen: undefined, listing: undefined }), out);
        }
        if (openFlags & OpenFlag.directory) return Errno.notdir;
        const truncate = (openFlags & OpenFlag.truncate) !== 0;
        const refused = prepare(node, writable, truncate);
        if (refused !== Errno.success) return refused;
        const readable = (rights & Right.read) !== 0n;
        return openResult(
            descriptors.open({ kind: "file", file: node, readable, writable, flags, position: 0, content: undefined }),
            out,
        );
    }

    function prepare(file: File, writable: boolean, truncate: boolean): number {
        if ((writable || truncate) && file.kind !== "memory" && file.kind !== "device") return Errno.rofs;
        return truncate && file.kind === "memory" ? resize(context, file, 0) : Errno.success;
    }

    function openResult(fd: number, out: number): number {
        if (fd < 0) return Errno.mfile;
        context.guest.memory.view().setUint32(out >>> 0, fd, true);
        return Errno.success;
    }

    return {
        path_create_directory: (fd: number, path: number, length: number) => at(fd, path, length, files.createDirectory),
        path_filestat_get: (fd: number, _flags: number, path: number, length: number, out: number) =>
            at(fd, path, length, (folder, name) => {
                const node = files.lookup(folder, name);
                if (typeof node === "number") return node;
                writeFileStat(context.guest.memory.view(), out >>> 0, nodeStat(node));
                return Errno.success;
            }),
        path_filestat_set_times: (
            fd: number,
            _lookup: number,
            path: number,
            length: number,
            accessed: bigint,
            modified: bigint,
            flags: number,
        ) =>
            at(fd, path, length, (folder, name) => {
                const node = files.lookup(folder, name);
                if (typeof node === "number") return node;
                if (node.kind !== "folder" && node.kind !== "memory") return Errno.rofs;
                return setTimes(context, node, accessed, modified, flags);
            }),
        path_link: (fd: number, _flags: number, path: number, length: number, newFd: number, newPath: number, newLength: number) =>
            at(fd, path, length, (folder, name) =>
                at(newFd, newPath, newLength, (newFolder, newName) => files.link(folder, name, newFolder, newName)),
            ),
        path_open: (
            fd: number,
            _lookup: number,
            path: number,
            length: number,
            openFlags: number,
            rights: bigint,
            _inheriting: bigint,
            flags: number,
            out: number,
        ) => at(fd, path, length, (folder, name) => open(folder, name, openFlags, rights, flags, out)),
        // There are no symbolic links: what exists is not one (EINVAL), as readlink(2) has it.
        path_readlink: (fd: number, path: number, length: number, _buffer: number, _size: number, _out: number) =>
            at(fd, path, length, (folder, name) => {
                const node = files.lookup(folder, name);
                return typeof node === "number" ? node : Errno.inval;
            }),
        path_remove_directory: (fd: number, path: number, length: number) => at(fd, path, length, files.removeDirectory),
        path_rename: (fd: number, path: number, length: number, newFd: number, newPath: number, newLength: number) =>
            at(fd, path, length, (folder, name) =>
                at(newFd, newPath, newLength, (newFolder, newName) => files.rename(folder, name, newFolder, newName)),
            ),
        path_symlink: (_target: number, _targetLength: number, _fd: number, _path: number, _length: number) => Errno.notsup,
        path_unlink_file: (fd: number, path: number, length: number) => at(fd, path, length, files.unlink),
    };
}

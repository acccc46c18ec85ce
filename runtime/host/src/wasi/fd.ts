// SPDX-License-Identifier: MIT
// The fd_* functions: everything that works on an open descriptor.

import { DescriptorFlag, DIRENT_SIZE, Errno, FileType, Right, SetTimes, Whence, writeFileStat } from "./abi";
import { loadContent, readAt, writeAt } from "./content";
import type { WasiContext } from "./context";
import type { Descriptor, DirectoryListing, OpenFile, OpenFolder } from "./descriptors";
import { fileSize, fileType, nodeStat, type MemoryFile, type Folder } from "./nodes";

const encoder = new TextEncoder();

export type Imports = Record<string, (...args: never[]) => number>;

export function createDescriptorImports(context: WasiContext): Imports {
    const { descriptors } = context;

    function openFile(fd: number): OpenFile | number {
        const descriptor = descriptors.get(fd);
        if (descriptor === undefined) return Errno.badf;
        if (descriptor.kind === "folder") return Errno.isdir;
        return descriptor.kind === "stream" ? Errno.spipe : descriptor;
    }

    function writableFile(fd: number): OpenFile | number {
        const open = openFile(fd);
        return typeof open === "number" || open.writable ? open : Errno.badf;
    }

    function read(fd: number, vectors: number, count: number, outSize: number, offset: number | undefined): number {
        const descriptor = descriptors.get(fd);
        if (descriptor === undefined) return Errno.badf;
        if (descriptor.kind === "stream" && descriptor.output === undefined && offset === undefined) {
            context.guest.memory.view().setUint32(outSize >>> 0, 0, true);
            return Errno.success;
        }
        const open = openFile(fd);
        if (typeof open === "number") return descriptor.kind === "stream" && offset === undefined ? Errno.badf : open;
        if (!open.readable) return Errno.badf;
        const error = loadContent(open);
        if (error !== Errno.success) return error;
        let total = 0;
        for (let i = 0; i < count; i++) {
            const target = vector(context, vectors, i);
            const done = readAt(context, open, (offset ?? open.position) + total, target);
            total += done;
            if (done < target.length) break;
        }
        if (offset === undefined) open.position += total;
        context.guest.memory.view().setUint32(outSize >>> 0, total, true);
        return Errno.success;
    }

    function write(fd: number, vectors: number, count: number, outSize: number, offset: number | undefined): number {
        const descriptor = descriptors.get(fd);
        if (descriptor?.kind === "stream" && offset === undefined) return writeStream(descriptor, vectors, count, outSize);
        const open = writableFile(fd);
        if (typeof open === "number") return open;
        const append = offset === undefined && (open.flags & DescriptorFlag.append) !== 0;
        const start = append ? fileSize(open.file) : (offset ?? open.position);
        let total = 0;
        for (let i = 0; i < count; i++) {
            const source = vector(context, vectors, i);
            const error = writeAt(context, open, start + total, source);
            // What was written before stays; the guest learns of the error at its next call.
            if (error !== Errno.success && total === 0) return error;
            if (error !== Errno.success) break;
            total += source.length;
        }
        if (offset === undefined) open.position = start + total;
        context.guest.memory.view().setUint32(outSize >>> 0, total, true);
        return Errno.success;
    }

    function writeStream(stream: Descriptor & { kind: "stream" }, vectors: number, count: number, outSize: number): number {
        if (stream.output === undefined) return Errno.badf;
        let total = 0;
        for (let i = 0; i < count; i++) {
            const source = vector(context, vectors, i);
            stream.output.write(source);
            total += source.length;
        }
        context.guest.memory.view().setUint32(outSize >>> 0, total, true);
        return Errno.success;
    }

    function seek(fd: number, delta: bigint, whence: number, out: number): number {
        const open = openFile(fd);
        if (typeof open === "number") return open;
        const base = whence === Whence.set ? 0 : whence === Whence.current ? open.position : fileSize(open.file);
        const target = base + Number(delta);
        if (whence > Whence.end || target < 0 || !Number.isSafeInteger(target)) return Errno.inval;
        open.position = target;
        context.guest.memory.view().setBigUint64(out >>> 0, BigInt(target), true);
        return Errno.success;
    }

    return {
        fd_advise: (fd: number, _offset: bigint, _length: bigint, _advice: number) => exists(descriptors.get(fd)),
        fd_allocate: (fd: number, offset: bigint, length: bigint) => {
            const open = writableFile(fd);
            if (typeof open === "number") return open;
            if (open.file.kind !== "memory") return Errno.notsup;
            const end = Number(offset + length);
            return end > open.file.size ? resize(context, open.file, end) : Errno.success;
        },
        fd_close: (fd: number) => descriptors.close(fd),
        fd_datasync: (fd: number) => exists(descriptors.get(fd)),
        fd_fdstat_get: (fd: number, out: number) => writeDescriptorStat(context, descriptors.get(fd), out >>> 0),
        fd_fdstat_set_flags: (fd: number, flags: number) => {
            const descriptor = descriptors.get(fd);
            if (descriptor?.kind === "file") descriptor.flags = flags;
            return exists(descriptor);
        },
        // Rights are given up, never checked: access follows from how the file was opened.
        fd_fdstat_set_rights: (fd: number, _base: bigint, _inheriting: bigint) => exists(descriptors.get(fd)),
        fd_filestat_get: (fd: number, out: number) => writeStat(context, descriptors.get(fd), out >>> 0),
        fd_filestat_set_size: (fd: number, size: bigint) => {
            const open = writableFile(fd);
            if (typeof open === "number") return open;
            return open.file.kind === "memory" ? resize(context, open.file, Number(size)) : Errno.inval;
        },
        fd_filestat_set_times: (fd: number, accessed: bigint, modified: bigint, flags: number) => {
            const descriptor = descriptors.get(fd);
            if (descriptor === undefined) return Errno.badf;
            if (descriptor.kind === "stream") return Errno.inval;
            const node = descriptor.kind === "folder" ? descriptor.folder : descriptor.file;
            return node.kind === "folder" || node.kind === "memory"
                ? setTimes(context, node, accessed, modified, flags)
                : Errno.rofs;
        },
        fd_pread: (fd: number, vectors: number, count: number, offset: bigint, out: number) =>
            read(fd, vectors, count, out, Number(offset)),
        fd_prestat_get: (fd: number, out: number) => {
            const name = preopenName(descriptors.get(fd));
            if (name === undefined) return Errno.badf;
            context.guest.memory.view().setUint32(out >>> 0, 0, true);
            context.guest.memory.view().setUint32((out >>> 0) + 4, name.length, true);
            return Errno.success;
        },
        fd_prestat_dir_name: (fd: number, path: number, length: number) => {
            const name = preopenName(descriptors.get(fd));
            if (name === undefined) return Errno.badf;
            if (length < name.length) return Errno.nametoolong;
            context.guest.memory.write(path, name);
            return Errno.success;
        },
        fd_pwrite: (fd: number, vectors: number, count: number, offset: bigint, out: number) =>
            write(fd, vectors, count, out, Number(offset)),
        fd_read: (fd: number, vectors: number, count: number, out: number) => read(fd, vectors, count, out, undefined),
        fd_readdir: (fd: number, buffer: number, length: number, cookie: bigint, out: number) => {
            const descriptor = descriptors.get(fd);
            if (descriptor === undefined) return Errno.badf;
            if (descriptor.kind !== "folder") return Errno.notdir;
            const used = writeListing(context.guest.memory.slice(buffer, length), listing(descriptor, cookie), Number(cookie));
            context.guest.memory.view().setUint32(out >>> 0, used, true);
            return Errno.success;
        },
        fd_renumber: (from: number, to: number) => descriptors.renumber(from, to),
        fd_seek: seek,
        fd_sync: (fd: number) => exists(descriptors.get(fd)),
        fd_tell: (fd: number, out: number) => seek(fd, 0n, Whence.current, out),
        fd_write: (fd: number, vectors: number, count: number, out: number) => write(fd, vectors, count, out, undefined),
    };
}

function exists(descriptor: Descriptor | undefined): number {
    return descriptor === undefined ? Errno.badf : Errno.success;
}

function vector(context: WasiContext, vectors: number, index: number): Uint8Array {
    const at = (vectors >>> 0) + 8 * index;
    const view = context.guest.memory.view();
    return context.guest.memory.slice(view.getUint32(at, true), view.getUint32(at + 4, true));
}

function preopenName(descriptor: Descriptor | undefined): Uint8Array | undefined {
    if (descriptor?.kind !== "folder" || descriptor.preopen === undefined) return undefined;
    return encoder.encode(descriptor.preopen);
}

export function resize(context: WasiContext, file: MemoryFile, size: number): number {
    if (!Number.isSafeInteger(size) || size < 0) return Errno.inval;
    if (size > 0x7fffffff) return Errno.fbig;
    const error = context.files.storage.resize(file, size);
    if (error === Errno.success) file.modified = context.files.clock.stamp();
    return error;
}

export function setTimes(context: WasiContext, node: Folder | MemoryFile, accessed: bigint, modified: bigint, flags: number): number {
    if (node.kind === "folder" && !node.writable) return Errno.rofs;
    const now = context.files.clock.realtime();
    if (node.kind === "memory") {
        if (flags & SetTimes.access) node.accessed = accessed;
        if (flags & SetTimes.accessNow) node.accessed = now;
    }
    if (flags & SetTimes.modified) node.modified = modified;
    if (flags & SetTimes.modifiedNow) node.modified = now;
    return Errno.success;
}

function writeDescriptorStat(context: WasiContext, descriptor: Descriptor | undefined, at: number): number {
    if (descriptor === undefined) return Errno.badf;
    const view = context.guest.memory.view();
    let rights = Right.all;
    let type: number = FileType.characterDevice;
    let flags = 0;
    if (descriptor.kind === "folder") type = FileType.directory;
    if (descriptor.kind === "file") {
        type = fileType(descriptor.file);
        flags = descriptor.flags;
        // libc derives the access mode of fcntl(F_GETFL) from these two.
        if (!descriptor.readable) rights &= ~Right.read;
        if (!descriptor.writable) rights &= ~Right.write;
    }
    // With the right to seek libc's isatty() says no: logs must not be coloured.
    view.setUint8(at, type);
    view.setUint8(at + 1, 0);
    view.setUint16(at + 2, flags, true);
    view.setUint32(at + 4, 0, true);
    view.setBigUint64(at + 8, rights, true);
    view.setBigUint64(at + 16, Right.all, true);
    return Errno.success;
}

function writeStat(context: WasiContext, descriptor: Descriptor | undefined, at: number): number {
    if (descriptor === undefined) return Errno.badf;
    const view = context.guest.memory.view();
    if (descriptor.kind === "stream") {
        writeFileStat(view, at, { inode: 1, type: FileType.characterDevice, links: 1, size: 0, accessed: 0n, modified: 0n });
        return Errno.success;
    }
    writeFileStat(view, at, nodeStat(descriptor.kind === "folder" ? descriptor.folder : descriptor.file));
    return Errno.success;
}

/** The entries of a folder, taken anew when the guest reads from the beginning. */
function listing(open: OpenFolder, cookie: bigint): DirectoryListing[] {
    if (cookie !== 0n && open.listing !== undefined) return open.listing;
    const { folder } = open;
    const entries: DirectoryListing[] = [
        { name: encoder.encode("."), inode: folder.inode, type: FileType.directory },
        { name: encoder.encode(".."), inode: (folder.parent ?? folder).inode, type: FileType.directory },
    ];
    for (const [name, node] of folder.children()) {
        entries.push({ name: encoder.encode(name), inode: node.inode, type: fileType(node) });
    }
    open.listing = entries;
    return entries;
}

/** Writes entries from `cookie` on until the buffer is full; the last one may be cut, which tells that there are more. */
function writeListing(buffer: Uint8Array, entries: readonly DirectoryListing[], cookie: number): number {
    const record = new Uint8Array(DIRENT_SIZE);
    const view = new DataView(record.buffer);
    let used = 0;
    const put = (bytes: Uint8Array): void => {
        const fitting = bytes.subarray(0, buffer.length - used);
        buffer.set(fitting, used);
        used += fitting.length;
    };
    for (let i = cookie; i < entries.length && used < buffer.length; i++) {
        const entry = entries[i];
        if (entry === undefined) break;
        view.setBigUint64(0, BigInt(i + 1), true);
        view.setBigUint64(8, BigInt(entry.inode), true);
        view.setUint32(16, entry.name.length, true);
        view.setUint32(20, entry.type, true);
        put(record);
        put(entry.name);
    }
    return used;
}

// SPDX-License-Identifier: MIT
// A guest without code: memory to pass arguments through, and the file system that the WASI functions work on.

import { inflateRawSync } from "node:zlib";
import { hostModule } from "./modules.mjs";
import { zip } from "./zip.mjs";

const { createGuestMemory } = await hostModule("memory");
const { createMounts } = await hostModule("mounts");
const { createClock } = await hostModule("wasi/clock");
const { createDescriptors } = await hostModule("wasi/descriptors");
const { createLineOutput } = await hostModule("wasi/output");
const { createWasiImports } = await hostModule("wasi/preview1");

const PATH = 1024;
const OUT = 512;
const VECTOR = 768;
const DATA = 8192;
const RIGHTS = { r: 2n, w: 64n };

export const inflate = (packed) => new Uint8Array(inflateRawSync(packed));

/** A file system with small archives, the WASI functions on it, and POSIX-like helpers that throw the errno as a number. */
export function createPosix({ app = [], stdlib = [], modules = {}, temporaryBytes = 64 * 1024, now = () => 1_800_000_000_000 } = {}) {
    const memory = new WebAssembly.Memory({ initial: 4 });
    const guest = { memory: createGuestMemory(memory), exports: { memory } };
    const options = { app: zip(app).buffer, stdlib: zip(stdlib).buffer, modules, pythonVersion: "3.13", temporaryBytes };
    const files = createMounts(options, createClock(now), inflate);
    const logged = [[], []];
    const outputs = logged.map((lines) => createLineOutput((line) => lines.push(line)));
    const streams = [undefined, ...outputs].map((output) => ({ kind: "stream", output }));
    const root = { kind: "folder", folder: files.root, preopen: "/", listing: undefined };
    const descriptors = createDescriptors([...streams, root], files.storage);
    const wasi = createWasiImports({ guest, files, descriptors, randomFill: (target) => target.fill(42) });
    const view = () => guest.memory.view();

    const check = (errno) => {
        if (errno !== 0) throw errno;
    };
    const path = (text, at = PATH) => {
        const bytes = new TextEncoder().encode(text);
        guest.memory.write(at, bytes);
        return [at, bytes.length];
    };
    const vector = (length) => {
        view().setUint32(VECTOR, DATA, true);
        view().setUint32(VECTOR + 4, length, true);
        return [VECTOR, 1];
    };

    const posix = {
        wasi,
        guest,
        memory,
        logged,
        outputs,
        descriptors,
        OUT,
        DATA,
        open(name, mode = "r", { flags = 0, create = 0, base = 3 } = {}) {
            const rights = [...mode].reduce((sum, letter) => sum | RIGHTS[letter], 0n);
            check(wasi.path_open(base, 1, ...path(name), create, rights, rights, flags, OUT));
            return view().getUint32(OUT, true);
        },
        create: (name, flags = 0) => posix.open(name, "rw", { create: 1, flags }),
        write(fd, text) {
            const bytes = new TextEncoder().encode(text);
            guest.memory.write(DATA, bytes);
            check(wasi.fd_write(fd, ...vector(bytes.length), OUT));
            return view().getUint32(OUT, true);
        },
        read(fd, length = 4096) {
            check(wasi.fd_read(fd, ...vector(length), OUT));
            return Buffer.from(guest.memory.slice(DATA, view().getUint32(OUT, true))).toString();
        },
        pread(fd, offset, length) {
            check(wasi.fd_pread(fd, ...vector(length), BigInt(offset), OUT));
            return Buffer.from(guest.memory.slice(DATA, view().getUint32(OUT, true))).toString();
        },
        pwrite(fd, offset, text) {
            const bytes = new TextEncoder().encode(text);
            guest.memory.write(DATA, bytes);
            check(wasi.fd_pwrite(fd, ...vector(bytes.length), BigInt(offset), OUT));
        },
        seek(fd, offset, whence = 0) {
            check(wasi.fd_seek(fd, BigInt(offset), whence, OUT));
            return Number(view().getBigUint64(OUT, true));
        },
        close: (fd) => check(wasi.fd_close(fd)),
        stat(name) {
            check(wasi.path_filestat_get(3, 1, ...path(name), OUT));
            return statAt(view(), OUT);
        },
        fstat(fd) {
            check(wasi.fd_filestat_get(fd, OUT));
            return statAt(view(), OUT);
        },
        mkdir: (name) => check(wasi.path_create_directory(3, ...path(name))),
        rmdir: (name) => check(wasi.path_remove_directory(3, ...path(name))),
        unlink: (name) => check(wasi.path_unlink_file(3, ...path(name))),
        rename: (from, to) => check(wasi.path_rename(3, ...path(from), 3, ...path(to, 2048))),
        link: (from, to) => check(wasi.path_link(3, 0, ...path(from), 3, ...path(to, 2048))),
        truncate: (fd, size) => check(wasi.fd_filestat_set_size(fd, BigInt(size))),
        /** Reads a folder through a buffer of `size` bytes, continuing by cookie as libc does. */
        list(name, size = 4096) {
            const fd = posix.open(name);
            const names = [];
            let cookie = 0n;
            for (;;) {
                check(wasi.fd_readdir(fd, DATA, size, cookie, OUT));
                const used = view().getUint32(OUT, true);
                const before = cookie;
                for (let at = 0; at + 24 <= used; ) {
                    const length = view().getUint32(DATA + at + 16, true);
                    if (at + 24 + length > used) break;
                    names.push(guest.memory.text(DATA + at + 24, length));
                    cookie = view().getBigUint64(DATA + at, true);
                    at += 24 + length;
                }
                if (used < size) break;
                if (cookie === before) throw new Error("the buffer is too small for one name");
            }
            posix.close(fd);
            return names.filter((entry) => entry !== "." && entry !== "..");
        },
        write_file(name, text) {
            const fd = posix.open(name, "w", { create: 1 | 8 });
            posix.write(fd, text);
            posix.close(fd);
        },
        read_file(name) {
            const fd = posix.open(name);
            const text = posix.read(fd, 32 * 1024);
            posix.close(fd);
            return text;
        },
    };
    return posix;
}

function statAt(view, at) {
    return {
        inode: view.getBigUint64(at + 8, true),
        type: view.getUint8(at + 16),
        links: view.getBigUint64(at + 24, true),
        size: Number(view.getBigUint64(at + 32, true)),
        modified: view.getBigUint64(at + 48, true),
    };
}

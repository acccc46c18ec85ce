// SPDX-License-Identifier: MIT
// Random access to a zip archive: its central directory is read once, a member is inflated when it is read.
//
// The archives come out of a build on somebody's machine, so nothing in them is believed: every offset, size and name is
// checked against the buffer, and what this reader has no use for (encryption, zip64, several disks) is refused.

export interface ArchiveEntry {
    readonly path: string;
    readonly size: number;
    readonly packedSize: number;
    readonly method: number;
    readonly headerOffset: number;
}

export interface Archive {
    /** Names of folders ("" is the root) to their members; a member of value "folder" is a folder. */
    folders(): ReadonlyMap<string, ReadonlyMap<string, ArchiveEntry | "folder">>;
    /** The bytes of a member; do not change them. */
    read(entry: ArchiveEntry): Uint8Array;
}

/** Inflates raw deflate data to exactly `size` bytes or throws. */
export type Inflate = (packed: Uint8Array, size: number) => Uint8Array;

export class ArchiveError extends Error {
    override readonly name = "ArchiveError";
}

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_SIZE = 22;
const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;
const MAX_COMMENT = 0xffff;
const MAX_MEMBER_SIZE = 64 * 1024 * 1024;
const FLAG_ENCRYPTED = 0x1;
const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;

const NOT_ASCII = /[^\0-\x7f]/;
/** Not `name` or `folder/name` or `folder/`: an empty part, "." or "..", a part of more than 255 characters, NUL, a backslash. */
const INVALID_NAME = /^\/|^$|\/\/|(?:^|\/)\.\.?(?:\/|$)|[^/]{256}|[\0\\]/;

/** Inflated members that are kept: an import reads a file once, but data files are read in pieces by several readers. */
const CACHE_BYTES = 1024 * 1024;

export function openArchive(data: Uint8Array, label: string, inflate: Inflate): Archive {
    let index: Map<string, Map<string, ArchiveEntry | "folder">> | undefined;
    const cache = createCache(CACHE_BYTES);

    function read(entry: ArchiveEntry): Uint8Array {
        const cached = cache.get(entry);
        if (cached !== undefined) return cached;
        const packed = packedBytes(data, entry, label);
        if (entry.method === METHOD_STORED) return packed;
        const content = inflate(packed, entry.size);
        cache.put(entry, content);
        return content;
    }

    return {
        folders: () => (index ??= group(readCentralDirectory(data, label), label)),
        read,
    };
}

/** All members in the order of the central directory. */
export function readCentralDirectory(data: Uint8Array, label: string): ArchiveEntry[] {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const end = findEnd(view, label);
    const count = view.getUint16(end + 10, true);
    const size = view.getUint32(end + 12, true);
    let offset = view.getUint32(end + 16, true);
    if (view.getUint16(end + 4, true) !== 0 || view.getUint16(end + 6, true) !== 0 || view.getUint16(end + 8, true) !== count) {
        throw new ArchiveError(`${label}: archives of several disks are not supported`);
    }
    const limit = offset + size;
    if (limit > end) throw new ArchiveError(`${label}: the central directory lies outside of the file`);
    const names = createNameReader(data, offset, limit, label);
    const entries: ArchiveEntry[] = [];
    for (let i = 0; i < count; i++) {
        if (offset + CENTRAL_SIZE > limit || view.getUint32(offset, true) !== CENTRAL_SIGNATURE) {
            throw new ArchiveError(`${label}: the central directory is damaged at ${offset}`);
        }
        const nameStart = offset + CENTRAL_SIZE;
        const nameEnd = nameStart + view.getUint16(offset + 28, true);
        const next = nameEnd + view.getUint16(offset + 30, true) + view.getUint16(offset + 32, true);
        if (next > limit) throw new ArchiveError(`${label}: the central directory is damaged at ${offset}`);
        const entry: ArchiveEntry = {
            path: names(nameStart, nameEnd),
            method: view.getUint16(offset + 10, true),
            packedSize: view.getUint32(offset + 20, true),
            size: view.getUint32(offset + 24, true),
            headerOffset: view.getUint32(offset + 42, true),
        };
        checkEntry(entry, view.getUint16(offset + 8, true), data.length, label);
        entries.push(entry);
        offset = next;
    }
    if (offset !== limit) throw new ArchiveError(`${label}: the central directory has a wrong size`);
    return entries;
}

function findEnd(view: DataView, label: string): number {
    const last = view.byteLength - END_SIZE;
    const first = Math.max(0, last - MAX_COMMENT);
    for (let at = last; at >= first; at--) {
        if (view.getUint32(at, true) !== END_SIGNATURE) continue;
        if (at + END_SIZE + view.getUint16(at + 20, true) === view.byteLength) return at;
    }
    throw new ArchiveError(`${label}: not a zip archive`);
}

/**
 * Reads names between two places of the directory. Nearly all names are ASCII: the directory is made a string once, and they
 * are cut out of it; a call of the decoder for each takes four times as long.
 */
function createNameReader(data: Uint8Array, start: number, end: number, label: string): (from: number, to: number) => string {
    const text = new TextDecoder("latin1").decode(data.subarray(start, end));
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return (from, to) => {
        const name = text.slice(from - start, to - start);
        if (!NOT_ASCII.test(name)) return name;
        try {
            return decoder.decode(data.subarray(from, to));
        } catch {
            throw new ArchiveError(`${label}: a member's name is not UTF-8`);
        }
    };
}

function checkEntry(entry: ArchiveEntry, flags: number, fileSize: number, label: string): void {
    const { path, method, size, packedSize, headerOffset } = entry;
    let fault: string | undefined;
    if (flags & FLAG_ENCRYPTED) fault = "is encrypted";
    else if (method !== METHOD_STORED && method !== METHOD_DEFLATED) fault = `uses compression method ${method}`;
    else if (size > MAX_MEMBER_SIZE) fault = "is too large";
    else if (method === METHOD_STORED && size !== packedSize) fault = "has two different sizes";
    else if (headerOffset + LOCAL_SIZE + packedSize > fileSize) fault = "lies outside of the file";
    else if (INVALID_NAME.test(path)) fault = "is not a valid name";
    if (fault !== undefined) throw new ArchiveError(`${label}: ${JSON.stringify(path)} ${fault}`);
}

function packedBytes(data: Uint8Array, entry: ArchiveEntry, label: string): Uint8Array {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const at = entry.headerOffset;
    if (at + LOCAL_SIZE > data.length || view.getUint32(at, true) !== LOCAL_SIGNATURE) {
        throw new ArchiveError(`${label}: the header of ${JSON.stringify(entry.path)} is damaged`);
    }
    const start = at + LOCAL_SIZE + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
    if (start + entry.packedSize > data.length) {
        throw new ArchiveError(`${label}: ${JSON.stringify(entry.path)} lies outside of the file`);
    }
    return data.subarray(start, start + entry.packedSize);
}

function group(entries: readonly ArchiveEntry[], label: string): Map<string, Map<string, ArchiveEntry | "folder">> {
    const folders = new Map<string, Map<string, ArchiveEntry | "folder">>([["", new Map()]]);

    function folder(path: string): Map<string, ArchiveEntry | "folder"> {
        const known = folders.get(path);
        if (known !== undefined) return known;
        const created = new Map<string, ArchiveEntry | "folder">();
        folders.set(path, created);
        const cut = path.lastIndexOf("/");
        const siblings = folder(cut < 0 ? "" : path.slice(0, cut));
        const name = path.slice(cut + 1);
        if (siblings.has(name)) throw new ArchiveError(`${label}: ${JSON.stringify(path)} is a file and a folder`);
        siblings.set(name, "folder");
        return created;
    }

    for (const entry of entries) {
        if (entry.path.endsWith("/")) {
            folder(entry.path.slice(0, -1));
            continue;
        }
        const cut = entry.path.lastIndexOf("/");
        const siblings = folder(cut < 0 ? "" : entry.path.slice(0, cut));
        const name = entry.path.slice(cut + 1);
        if (siblings.has(name)) throw new ArchiveError(`${label}: ${JSON.stringify(entry.path)} appears twice`);
        siblings.set(name, entry);
    }
    return folders;
}

interface ContentCache {
    get(entry: ArchiveEntry): Uint8Array | undefined;
    put(entry: ArchiveEntry, content: Uint8Array): void;
}

/** Least recently used first: a Map iterates in the order of insertion. */
function createCache(capacity: number): ContentCache {
    const contents = new Map<ArchiveEntry, Uint8Array>();
    let used = 0;
    return {
        get(entry) {
            const content = contents.get(entry);
            if (content === undefined) return undefined;
            contents.delete(entry);
            contents.set(entry, content);
            return content;
        },
        put(entry, content) {
            if (content.length > capacity) return;
            contents.set(entry, content);
            used += content.length;
            for (const [oldest, bytes] of contents) {
                if (used <= capacity) break;
                contents.delete(oldest);
                used -= bytes.length;
            }
        },
    };
}

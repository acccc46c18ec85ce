// SPDX-License-Identifier: MIT
// A tiny zip writer whose mistakes can be chosen, for the tests of the reader; the harness packs its app.zip with it too.
// And a reader for the wheels of our own build.

import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";

const DATE_1980 = 0x21;

/**
 * @param {{name: string, data?: Uint8Array | string, deflate?: boolean, patch?: object}[]} members
 *     `patch` overrides fields of the central header: method, flags, size, packedSize, offset.
 */
export function zip(members, { comment = "" } = {}) {
    /** @type {Buffer[]} */
    const parts = [];
    /** @type {Buffer[]} */
    const central = [];
    let offset = 0;
    for (const member of members) {
        const name = Buffer.from(member.name);
        const data = typeof member.data === "string" ? Buffer.from(member.data) : Buffer.from(member.data ?? []);
        const packed = member.deflate ? deflateRawSync(data, { level: 9 }) : data;
        const fields = {
            method: member.deflate ? 8 : 0,
            flags: 0,
            size: data.length,
            packedSize: packed.length,
            offset,
            ...member.patch,
        };
        const local = header(30, 0x04034b50, name, data, fields, 4);
        parts.push(local, name, packed);
        const record = header(46, 0x02014b50, name, data, fields, 6);
        record.writeUInt32LE(fields.offset, 42);
        central.push(record, name);
        offset += local.length + name.length + packed.length;
    }
    const directory = Buffer.concat(central);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(members.length, 8);
    end.writeUInt16LE(members.length, 10);
    end.writeUInt32LE(directory.length, 12);
    end.writeUInt32LE(offset, 16);
    end.writeUInt16LE(Buffer.byteLength(comment), 20);
    return new Uint8Array(Buffer.concat([...parts, directory, end, Buffer.from(comment)]));
}

/**
 * @param {number} size @param {number} signature @param {Buffer} name @param {Uint8Array | string} data
 * @param {{method: number, flags: number, size: number, packedSize: number}} fields
 * @param {number} at where the fields that both kinds of header have begin
 */
function header(size, signature, name, data, fields, at) {
    const record = Buffer.alloc(size);
    record.writeUInt32LE(signature, 0);
    record.writeUInt16LE(20, 4);
    record.writeUInt16LE(fields.flags, at + 2);
    record.writeUInt16LE(fields.method, at + 4);
    record.writeUInt16LE(DATE_1980, at + 8);
    record.writeUInt32LE(crc32(data), at + 10);
    record.writeUInt32LE(fields.packedSize, at + 14);
    record.writeUInt32LE(fields.size, at + 18);
    record.writeUInt16LE(name.length, at + 22);
    return record;
}

/**
 * The members of an archive without a comment, in its order.
 * @param {Buffer} archive
 */
export function readZip(archive) {
    const end = archive.length - 22;
    if (archive.readUInt32LE(end) !== 0x06054b50) throw new Error("not an archive, or one with a comment");
    /** @type {{ name: string, data: Uint8Array }[]} */
    const members = [];
    let at = archive.readUInt32LE(end + 16);
    for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
        const method = archive.readUInt16LE(at + 10);
        const nameSize = archive.readUInt16LE(at + 28);
        const offset = archive.readUInt32LE(at + 42);
        const start = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
        const packed = archive.subarray(start, start + archive.readUInt32LE(at + 20));
        const data = method === 0 ? packed : inflateRawSync(packed);
        if (crc32(data) !== archive.readUInt32LE(at + 16)) throw new Error("a checksum is wrong");
        members.push({ name: archive.toString("utf8", at + 46, at + 46 + nameSize), data });
        at += 46 + nameSize + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    }
    return members;
}

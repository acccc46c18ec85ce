// SPDX-License-Identifier: MIT
// A tiny zip writer whose mistakes can be chosen, for the tests of the reader; the harness packs its app.zip with it too.

import { deflateRawSync, crc32 } from "node:zlib";

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

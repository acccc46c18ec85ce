// SPDX-License-Identifier: MIT
// Wheels made in memory from a description, and the METADATA of any wheel. The same description gives the same bytes.

import { createHash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { zip } from "../runtime/host/zip.mjs";

export interface WheelSpec {
    name: string;
    version: string;
    requires?: readonly string[];
    /** Requirements by extra. */
    extras?: Readonly<Record<string, readonly string[]>>;
    requiresPython?: string;
    /** One wheel for each; default: py3-none-any. */
    tags?: readonly string[];
    /** The body of METADATA. */
    readme?: string;
    /** More members, by their path; the package's own `__init__.py` is always there. */
    files?: Readonly<Record<string, string | Uint8Array>>;
}

export const PURE = "py3-none-any";

/** PEP 503. */
export function normalize(name: string): string {
    return name.replace(/[-_.]+/g, "-").toLowerCase();
}

/** A name or a version as it stands in a file name. */
export function escapeName(text: string): string {
    return normalize(text).replaceAll("-", "_");
}

export function wheelFilename(spec: WheelSpec, tag: string): string {
    return `${escapeName(spec.name)}-${spec.version.replaceAll("-", "_")}-${tag}.whl`;
}

export function makeMetadata(spec: WheelSpec): string {
    const lines = ["Metadata-Version: 2.3", `Name: ${spec.name}`, `Version: ${spec.version}`];
    if (spec.requiresPython !== undefined) lines.push(`Requires-Python: ${spec.requiresPython}`);
    for (const requirement of spec.requires ?? []) lines.push(`Requires-Dist: ${requirement}`);
    for (const [extra, requirements] of Object.entries(spec.extras ?? {})) {
        lines.push(`Provides-Extra: ${extra}`);
        for (const requirement of requirements) lines.push(`Requires-Dist: ${withExtra(requirement, extra)}`);
    }
    return `${lines.join("\n")}\n${spec.readme === undefined ? "" : `\n${spec.readme}\n`}`;
}

/** The requirement, if the extra is asked for. */
function withExtra(requirement: string, extra: string): string {
    const [what = "", marker] = requirement.split(";", 2);
    const condition = `extra == "${extra}"`;
    return `${what.trim()} ; ${marker === undefined ? condition : `(${marker.trim()}) and ${condition}`}`;
}

export function makeWheel(spec: WheelSpec, tag: string = PURE): Buffer {
    const module = escapeName(spec.name);
    const info = `${module}-${spec.version.replaceAll("-", "_")}.dist-info`;
    const pure = tag.endsWith("-none-any");
    const members: { name: string; data: string | Uint8Array }[] = [
        { name: `${module}/__init__.py`, data: `__version__ = "${spec.version}"\n` },
        ...Object.entries(spec.files ?? {}).map(([name, data]) => ({ name, data })),
        { name: `${info}/METADATA`, data: makeMetadata(spec) },
        { name: `${info}/WHEEL`, data: `Wheel-Version: 1.0\nGenerator: pymode-tests\nRoot-Is-Purelib: ${pure}\nTag: ${tag}\n` },
    ];
    const record = members.map(({ name, data }) => `${name},sha256=${digest(data).toString("base64url")},${Buffer.byteLength(data)}\n`);
    members.push({ name: `${info}/RECORD`, data: `${record.join("")}${info}/RECORD,,\n` });
    return Buffer.from(zip(members.map((member) => ({ ...member, deflate: member.data.length > 64 }))));
}

function digest(data: string | Uint8Array): Buffer {
    return createHash("sha256").update(data).digest();
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL_SIZE = 30;
const CENTRAL_SIZE = 46;
const END_SIZE = 22;

/** The METADATA of a well-made wheel; only for files that the tests trust. */
export function readMetadata(wheel: Buffer): Buffer {
    let end = wheel.length - END_SIZE;
    while (end >= 0 && wheel.readUInt32LE(end) !== END) end -= 1;
    if (end < 0) throw new Error("not a zip file");
    let at = wheel.readUInt32LE(end + 16);
    for (let left = wheel.readUInt16LE(end + 10); left > 0; left -= 1) {
        if (wheel.readUInt32LE(at) !== CENTRAL) throw new Error("the zip directory is damaged");
        const nameSize = wheel.readUInt16LE(at + 28);
        const name = wheel.toString("utf8", at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameSize);
        if (/^[^/]+\.dist-info\/METADATA$/.test(name)) return readMember(wheel, at);
        at += CENTRAL_SIZE + nameSize + wheel.readUInt16LE(at + 30) + wheel.readUInt16LE(at + 32);
    }
    throw new Error("the wheel has no METADATA");
}

function readMember(archive: Buffer, entry: number): Buffer {
    const local = archive.readUInt32LE(entry + 42);
    const start = local + LOCAL_SIZE + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const packed = archive.subarray(start, start + archive.readUInt32LE(entry + 20));
    return archive.readUInt16LE(entry + 10) === 0 ? packed : inflateRawSync(packed);
}

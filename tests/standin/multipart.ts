// SPDX-License-Identifier: MIT
// Reads multipart/form-data, strictly: RFC 7578 as undici and libcurl write it, and nothing looser.

import { createHash } from "node:crypto";
import { deviation, refuse } from "./envelope.ts";

export interface Part {
    name: string;
    filename?: string;
    contentType?: string;
    data: Buffer;
    sha256: string;
}

/** A body is ten megabytes, and both its route and the journal ask for its parts. */
const read = new WeakMap<Buffer, readonly Part[]>();

const MAX_PARTS = 500;
const CRLF = Buffer.from("\r\n");
const BLANK_LINE = Buffer.from("\r\n\r\n");

/** The boundary of a Content-Type header, or nothing when it names another type. */
export function boundaryOf(contentType: string): string | undefined {
    const match = /^multipart\/form-data;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))$/i.exec(contentType);
    return match?.[1] ?? match?.[2];
}

/** The parts of a body with this boundary. Throws Refused. */
export function parseMultipart(body: Buffer, boundary: string): readonly Part[] {
    const parts = read.get(body) ?? parseParts(body, boundary);
    read.set(body, parts);
    return parts;
}

function parseParts(body: Buffer, boundary: string): Part[] {
    const opening = Buffer.from(`--${boundary}`);
    const delimiter = Buffer.concat([CRLF, opening]);
    if (!body.subarray(0, opening.length).equals(opening)) broken("the body does not begin with the boundary");

    const parts: Part[] = [];
    let position = opening.length;
    while (!startsWith(body, position, "--")) {
        if (!startsWith(body, position, "\r\n")) broken("a boundary is not followed by a line end");
        if (parts.length === MAX_PARTS) broken(`there are more than ${MAX_PARTS} parts`);
        const headersStart = position + CRLF.length;
        const headersEnd = body.indexOf(BLANK_LINE, headersStart);
        if (headersEnd < 0) broken("the headers of a part do not end");
        const dataStart = headersEnd + BLANK_LINE.length;
        const dataEnd = body.indexOf(delimiter, dataStart);
        if (dataEnd < 0) broken("the closing boundary is missing");
        parts.push(makePart(body.toString("utf8", headersStart, headersEnd), body.subarray(dataStart, dataEnd)));
        position = dataEnd + delimiter.length;
    }
    const rest = body.toString("latin1", position + 2);
    if (rest !== "" && rest !== "\r\n") broken("something follows the closing boundary");
    return parts;
}

function makePart(head: string, data: Buffer): Part {
    const headers = new Map<string, string>();
    for (const line of head.split("\r\n")) {
        const colon = line.indexOf(":");
        if (colon < 1) broken(`"${line}" is no header`);
        const name = line.slice(0, colon).toLowerCase();
        if (headers.has(name)) broken(`a part has two ${name} headers`);
        headers.set(name, line.slice(colon + 1).trim());
    }
    const unknown = [...headers.keys()].find((name) => name !== "content-disposition" && name !== "content-type");
    if (unknown !== undefined) broken(`wrangler's parts have no ${unknown} header`);

    const disposition = headers.get("content-disposition") ?? "";
    const match = /^form-data; name="([^"\r\n]+)"(?:; filename="([^"\r\n]+)")?$/.exec(disposition);
    if (!match?.[1]) broken(`Content-Disposition is ${JSON.stringify(disposition)}`);
    const contentType = headers.get("content-type");
    return {
        name: unescapeName(match[1]),
        ...(match[2] !== undefined && { filename: unescapeName(match[2]) }),
        ...(contentType !== undefined && { contentType }),
        data,
        sha256: createHash("sha256").update(data).digest("hex"),
    };
}

/** Browsers' escapes, which undici and libcurl write as well. */
function unescapeName(name: string): string {
    return name.replaceAll("%22", '"').replaceAll("%0D", "\r").replaceAll("%0A", "\n");
}

function startsWith(body: Buffer, position: number, expected: string): boolean {
    return body.toString("latin1", position, position + expected.length) === expected;
}

function broken(why: string): never {
    refuse(deviation(`the multipart form is broken: ${why}`));
}

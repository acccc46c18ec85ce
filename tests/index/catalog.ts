// SPDX-License-Identifier: MIT
// What an index offers: the files of each project, real wheels of a folder or made ones.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { PURE, escapeName, makeMetadata, makeWheel, normalize, readMetadata, wheelFilename, type WheelSpec } from "./wheel.ts";

export interface DistFile {
    filename: string;
    bytes: Buffer;
    sha256: string;
    /** PEP 658: what `FILENAME.metadata` is; sdists have none. */
    metadata?: Buffer;
    requiresPython?: string;
    /** The reason, which may be empty. */
    yanked?: string;
    uploadTime: string;
}

/** How a file is listed, beside what its wheel says. */
export interface Listing {
    yanked?: string;
    uploadTime?: string;
    /** Lists an sdist beside the wheels; nobody should fetch it. */
    sdist?: boolean;
}

const UPLOADED = "2024-01-01T00:00:00.000000Z";

export class Catalog {
    readonly #projects = new Map<string, DistFile[]>();
    readonly #files = new Map<string, DistFile>();

    /** Every wheel of the folder. */
    addFolder(folder: string): this {
        for (const filename of fs.readdirSync(folder).sort()) {
            if (filename.endsWith(".whl")) this.addWheel(filename, fs.readFileSync(path.join(folder, filename)));
        }
        return this;
    }

    addWheel(filename: string, bytes: Buffer, listing: Listing = {}): this {
        const metadata = readMetadata(bytes);
        const requiresPython = /^Requires-Python:[ \t]*(.*)$/im.exec(metadata.toString().split("\n\n")[0] ?? "")?.[1]?.trim();
        return this.#add(filename, bytes, { ...listing, metadata, ...(requiresPython !== undefined && { requiresPython }) });
    }

    /** A project's version from its description, one wheel for each of its tags. */
    addSpec(spec: WheelSpec, listing: Listing = {}): this {
        for (const tag of spec.tags ?? [PURE]) this.addWheel(wheelFilename(spec, tag), makeWheel(spec, tag), listing);
        if (listing.sdist) {
            const filename = `${escapeName(spec.name)}-${spec.version}.tar.gz`;
            const requiresPython = spec.requiresPython;
            this.#add(filename, Buffer.from(`${makeMetadata(spec)}(not an archive)\n`), { ...listing, ...(requiresPython !== undefined && { requiresPython }) });
        }
        return this;
    }

    /** A project that exists and offers nothing. */
    addEmpty(name: string): this {
        this.#projects.set(normalize(name), []);
        return this;
    }

    names(): string[] {
        return [...this.#projects.keys()].sort();
    }

    project(name: string): readonly DistFile[] | undefined {
        return this.#projects.get(name);
    }

    file(filename: string): DistFile | undefined {
        return this.#files.get(filename);
    }

    #add(filename: string, bytes: Buffer, more: Listing & { metadata?: Buffer; requiresPython?: string }): this {
        const { yanked, uploadTime = UPLOADED, metadata, requiresPython } = more;
        const file: DistFile = {
            filename,
            bytes,
            sha256: sha256(bytes),
            uploadTime,
            ...(metadata && { metadata }),
            ...(requiresPython !== undefined && { requiresPython }),
            ...(yanked !== undefined && { yanked }),
        };
        const name = normalize(filename.endsWith(".whl") ? (filename.split("-")[0] ?? "") : filename.slice(0, filename.lastIndexOf("-")));
        const files = this.#projects.get(name);
        if (files) files.push(file);
        else this.#projects.set(name, [file]);
        this.#files.set(filename, file);
        return this;
    }
}

export function sha256(bytes: Uint8Array): string {
    return createHash("sha256").update(bytes).digest("hex");
}

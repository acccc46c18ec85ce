// SPDX-License-Identifier: MIT
// The simple repository API: a project's page and the list of projects, as JSON (PEP 691, 700) and HTML (PEP 503, 592, 658).

import type { Catalog, DistFile } from "./catalog.ts";
import { sha256 } from "./catalog.ts";

export const JSON_TYPE = "application/vnd.pypi.simple.v1+json";
export const HTML_TYPE = "application/vnd.pypi.simple.v1+html";

export interface PageOptions {
    /** PEP 658's key is there, with this hash of the metadata. */
    metadata: "absent" | "right" | "wrong-hash";
    /** Where the files are, without a slash at the end; relative or absolute. */
    filesAt: string;
}

export function projectJson(name: string, files: readonly DistFile[], options: PageOptions): string {
    return JSON.stringify({
        meta: { "api-version": "1.1" },
        name,
        versions: [...new Set(files.map(versionOf))],
        files: files.map((file) => ({
            filename: file.filename,
            url: `${options.filesAt}/${encodeURIComponent(file.filename)}`,
            hashes: { sha256: file.sha256 },
            size: file.bytes.length,
            "upload-time": file.uploadTime,
            yanked: file.yanked === undefined ? false : file.yanked || true,
            ...(file.requiresPython !== undefined && { "requires-python": file.requiresPython }),
            ...metadataJson(file, options),
        })),
    });
}

function metadataJson(file: DistFile, { metadata }: PageOptions): object {
    if (file.metadata === undefined || metadata === "absent") return {};
    const value = { sha256: metadataHash(file.metadata, metadata) };
    return { "core-metadata": value, "data-dist-info-metadata": value };
}

function metadataHash(bytes: Buffer, how: PageOptions["metadata"]): string {
    return how === "right" ? sha256(bytes) : "0".repeat(64);
}

export function projectHtml(name: string, files: readonly DistFile[], options: PageOptions): string {
    const links = files.map((file) => {
        const attributes = [`href="${options.filesAt}/${encodeURIComponent(file.filename)}#sha256=${file.sha256}"`];
        if (file.requiresPython !== undefined) attributes.push(`data-requires-python="${escapeHtml(file.requiresPython)}"`);
        if (file.yanked !== undefined) attributes.push(`data-yanked="${escapeHtml(file.yanked)}"`);
        if (file.metadata !== undefined && options.metadata !== "absent") {
            attributes.push(`data-core-metadata="sha256=${metadataHash(file.metadata, options.metadata)}"`);
        }
        return `<a ${attributes.join(" ")}>${file.filename}</a><br>\n`;
    });
    return page(`Links for ${name}`, links);
}

export function listJson(catalog: Catalog): string {
    return JSON.stringify({ meta: { "api-version": "1.1" }, projects: catalog.names().map((name) => ({ name })) });
}

export function listHtml(catalog: Catalog): string {
    return page(
        "Simple index",
        catalog.names().map((name) => `<a href="${name}/">${name}</a><br>\n`),
    );
}

function page(title: string, links: readonly string[]): string {
    return `<!DOCTYPE html>
<html><head><meta name="pypi:repository-version" content="1.1"><title>${title}</title></head><body>
<h1>${title}</h1>
${links.join("")}</body></html>
`;
}

function versionOf(file: DistFile): string {
    const stem = file.filename.replace(/\.tar\.gz$/, "");
    return (file.filename.endsWith(".whl") ? stem.split("-")[1] : stem.slice(stem.lastIndexOf("-") + 1)) ?? "";
}

function escapeHtml(text: string): string {
    return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

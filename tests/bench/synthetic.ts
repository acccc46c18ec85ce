// SPDX-License-Identifier: MIT
// A made package world of a realistic shape: the same number gives the same packages, byte for byte.
//
// Layers of packages that depend on lower ones, a few of which nearly everybody needs; several versions each, the
// newer ones with other requirements; wheels from 3 to 400 KB, most of them small, with METADATA as long
// as a README makes it.

import { Catalog } from "../index/catalog.ts";

const LAYERS = 6;
const MAX_VERSIONS = 24;
const SMALLEST_FILES = 3;
const LONGEST_README = 20_000;
const LARGEST_DATA = 400_000;

export interface World {
    catalog: Catalog;
    /** What a project would ask for; needs every package of the world. */
    requirements: string[];
    wheels: number;
    /** Of the newest wheels, which are those that are chosen. */
    bytes: number;
}

export function makeWorld(packages: number, seed = 1): World {
    const random = generator(seed);
    const catalog = new Catalog();
    const needed = new Set<number>();
    let wheels = 0;
    let bytes = 0;
    for (let index = 0; index < packages; index += 1) {
        const count = 1 + Math.floor(random() ** 2 * MAX_VERSIONS);
        const files = sourceFiles(nameOf(index), random);
        for (let version = 1; version <= count; version += 1) {
            const newest = version === count;
            const requires = requirementsOf(index, packages, random, newest ? needed : undefined);
            const description = { name: nameOf(index), version: `${1 + (version >> 3)}.${version}.0`, requires, requiresPython: ">=3.9" };
            // Old versions are seen by a resolver, hardly ever fetched.
            catalog.addSpec({ ...description, readme: readme(random), ...(newest && { files }) });
            wheels += 1;
        }
        bytes += catalog.project(nameOf(index))?.at(-1)?.bytes.length ?? 0;
    }
    const roots = [...Array(packages).keys()].filter((index) => !needed.has(index));
    return { catalog, requirements: roots.map(nameOf), wheels, bytes };
}

function nameOf(index: number): string {
    return `synthetic-${String(index).padStart(3, "0")}`;
}

/** Lower bounds on packages of lower layers: solvable by the newest of everything. */
function requirementsOf(index: number, packages: number, random: () => number, needed: Set<number> | undefined): string[] {
    const below = Math.floor((index * LAYERS) / packages) * Math.floor(packages / LAYERS);
    if (below === 0) return [];
    const chosen = new Set<number>();
    const wanted = 1 + Math.floor(random() * 7);
    while (chosen.size < Math.min(wanted, below)) {
        // The lowest numbers are those that nearly everybody needs.
        chosen.add(Math.floor(random() ** 2 * below));
    }
    for (const one of chosen) needed?.add(one);
    return [...chosen].sort((a, b) => a - b).map((one) => `${nameOf(one)}>=1.${random() < 0.5 ? 0 : 1}${random() < 0.3 ? ',!=1.0.9 ; python_version >= "3.8"' : ""}`);
}

function sourceFiles(name: string, random: () => number): Record<string, string | Buffer> {
    const folder = name.replaceAll("-", "_");
    const files: Record<string, string | Buffer> = {};
    const count = SMALLEST_FILES + Math.floor(random() ** 3 * 60);
    // What does not pack: tables, fonts, translations.
    files[`${folder}/data.bin`] = noise(Math.floor(random() ** 4 * LARGEST_DATA), random);
    for (let file = 0; file < count; file += 1) files[`${folder}/module_${file}.py`] = source(random);
    return files;
}

function noise(size: number, random: () => number): Buffer {
    return Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)));
}

function source(random: () => number): string {
    const lines: string[] = [];
    const functions = 2 + Math.floor(random() ** 2 * 40);
    for (let i = 0; i < functions; i += 1) {
        const [a, b] = [Math.floor(random() * 1e6), Math.floor(random() * 1e6)];
        lines.push(`def function_${i}(first, second=${a}, *rest, key="value ${b}"):`, `    """Computes number ${i} of this module."""`, `    total = first * ${b} + second`, "    for item in rest:", `        if item and total % ${1 + (a % 97)}:`, `            total += len(str(item)) + ${a}`, `    return {"key": key, "total": total, "items": [one for one in rest if one]}`, "", "");
    }
    return lines.join("\n");
}

const WORDS = "a package that does something useful with data and files for the programs which need it and reads well".split(" ");

function readme(random: () => number): string {
    const words: string[] = [];
    for (let size = Math.floor(random() * LONGEST_README); size > 0; size -= 6) words.push(WORDS[Math.floor(random() * WORDS.length)] ?? "");
    return words.join(" ").replace(/(.{90}) /g, "$1\n");
}

/** mulberry32: small, fast and the same everywhere. */
function generator(seed: number): () => number {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

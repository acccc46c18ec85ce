// SPDX-License-Identifier: MIT
// The imports dlopen and dlsym: the linker's answers in the form that dlerror() wants.

import type { Guest } from "./guest";
import type { Linker } from "./linker";

const ERROR_BUFFER = 512;
const ELLIPSIS = "...";

/** `linker` is asked for at the first dlopen. */
export function createDynloadImports(guest: Guest, linker: () => Linker) {
    const encoder = new TextEncoder();

    /** The C buffer is small; the whole text, e.g. of a long list of missing symbols, goes to the log. */
    function report(message: string): number {
        const buffer = guest.memory.slice(guest.exports.pm_dl_error_buffer(), ERROR_BUFFER);
        let bytes = encoder.encode(message);
        if (bytes.length >= ERROR_BUFFER) {
            console.error(message);
            bytes = encoder.encode(message.slice(0, 400) + ELLIPSIS).subarray(0, ERROR_BUFFER - 1);
        }
        buffer.fill(0);
        buffer.set(bytes);
        return 0;
    }

    return {
        dlopen: (path: number, _flags: number): number => {
            try {
                return linker().open(guest.memory.cString(path));
            } catch (error) {
                return report(error instanceof Error ? error.message : String(error));
            }
        },
        dlsym: (library: number, name: number): number => {
            const symbol = guest.memory.cString(name);
            return linker().symbol(library, symbol) ?? report(`undefined symbol: ${symbol}`);
        },
    };
}

// SPDX-License-Identifier: MIT
// Inflates archive members with the interpreter's own zlib: the platform's is asynchronous.

import type { Inflate } from "./archive";
import type { Guest } from "./guest";

export function createInflate(guest: Guest): Inflate {
    return (packed, size) => {
        const { malloc, free, pm_inflate: inflate } = guest.exports;
        // One block for both: source behind target.
        const target = malloc(size + packed.length + 1) >>> 0;
        if (target === 0) throw new Error("out of memory");
        try {
            const source = target + size;
            guest.memory.write(source, packed);
            const written = inflate(source, packed.length, target, size);
            if (written !== size) throw new Error(`damaged data: ${written} instead of ${size} bytes`);
            return guest.memory.slice(target, size).slice();
        } finally {
            free(target);
        }
    };
}

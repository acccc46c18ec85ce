// SPDX-License-Identifier: MIT
// stdout and stderr become log events, one for each line.

export interface LineOutput {
    write(bytes: Uint8Array): void;
    /** Emits what stands after the last line end. */
    flush(): void;
}

/** A line without end must not collect for ever. */
const MAX_LINE = 64 * 1024;

export function createLineOutput(emit: (line: string) => void): LineOutput {
    const decoder = new TextDecoder();
    let pending = "";

    function emitPending(): void {
        const line = pending;
        pending = "";
        emit(line);
    }

    return {
        write(bytes) {
            const text = decoder.decode(bytes, { stream: true });
            let start = 0;
            for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
                pending += text.slice(start, end);
                emitPending();
                start = end + 1;
            }
            pending += text.slice(start);
            if (pending.length >= MAX_LINE) emitPending();
        },
        flush() {
            pending += decoder.decode();
            if (pending !== "") emitPending();
        },
    };
}

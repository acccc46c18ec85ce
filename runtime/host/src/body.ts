// SPDX-License-Identifier: MIT
// Reading a request's body into one buffer, within a bound: it will be copied into the interpreter's memory.

export const MAX_BODY = 48 * 1024 * 1024;

export class BodyError extends Error {
    override readonly name = "BodyError";
}

export async function readBody(request: Request, limit = MAX_BODY): Promise<Uint8Array> {
    if (request.body === null) return new Uint8Array(0);
    const announced = Number(request.headers.get("content-length") ?? Number.NaN);
    if (announced > limit) throw tooLarge(limit);
    if (Number.isSafeInteger(announced)) return new Uint8Array(await request.arrayBuffer());
    return readChunks(request.body.getReader(), limit);
}

async function readChunks(reader: ReadableStreamDefaultReader<Uint8Array>, limit: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let total = 0;
    for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        total += value.length;
        if (total > limit) {
            const error = tooLarge(limit);
            await reader.cancel(error);
            throw error;
        }
        chunks.push(value);
    }
    return join(chunks, total);
}

function join(chunks: readonly Uint8Array[], total: number): Uint8Array {
    const first = chunks[0];
    if (chunks.length === 1 && first !== undefined) return first;
    const joined = new Uint8Array(total);
    let at = 0;
    for (const chunk of chunks) {
        joined.set(chunk, at);
        at += chunk.length;
    }
    return joined;
}

function tooLarge(limit: number): BodyError {
    return new BodyError(`the request's body is larger than ${limit} bytes`);
}

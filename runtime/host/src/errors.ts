// SPDX-License-Identifier: MIT
// Answers that the host gives itself, when the interpreter could not.

const INTERNAL_ERROR = 500;
const UNAVAILABLE = 503;

/** Logs the failure under an id and answers with that id; in development with everything. */
export function failureResponse(what: string, error: unknown, development: boolean): Response {
    const id = crypto.randomUUID().slice(0, 8);
    const detail = describe(error);
    console.error(`error ${id}: ${what}${detail === "" ? "" : `\n${detail}`}`);
    const page = `Internal Server Error\n\nerror id: ${id}\n`;
    return textResponse(INTERNAL_ERROR, development ? `${page}\n${what}\n${detail}\n` : page);
}

export function unavailableResponse(what: string): Response {
    console.error(what);
    return textResponse(UNAVAILABLE, "Service Unavailable\n");
}

/** The stack of an Error has its message in it; other values are written as they are. */
export function describe(error: unknown): string {
    if (error === undefined) return "";
    if (!(error instanceof Error)) return String(error);
    return error.stack ?? `${error.name}: ${error.message}`;
}

function textResponse(status: number, text: string): Response {
    return new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

// SPDX-License-Identifier: MIT
// Development only: a page of another local server may call the Worker.

/** The answer to a browser's question whether it may send a request; undefined when the request is not such a question. */
export function answerPreflight(request: Request): Response | undefined {
    const { headers } = request;
    const method = headers.get("access-control-request-method");
    if (request.method !== "OPTIONS" || method === null || !headers.has("origin")) return undefined;
    const answer = new Headers({ "access-control-allow-methods": method, "access-control-max-age": "600" });
    const wanted = headers.get("access-control-request-headers");
    if (wanted !== null) answer.set("access-control-allow-headers", wanted);
    allowOrigin(request, answer);
    return new Response(null, { status: 204, headers: answer });
}

/** Leaves alone what the application has decided itself. */
export function allowOrigin(request: Request, headers: Headers): void {
    const origin = request.headers.get("origin");
    if (origin === null || headers.has("access-control-allow-origin")) return;
    headers.set("access-control-allow-origin", origin);
    headers.set("access-control-allow-credentials", "true");
    headers.append("vary", "Origin");
}

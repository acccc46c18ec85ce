// SPDX-License-Identifier: MIT
// Answers in the shape of Cloudflare's v4 API: every one is {success, errors, messages, result}.

/** One entry of `errors`. */
export interface ApiError {
    code: number;
    message: string;
    documentation_url?: string;
    error_chain?: ApiError[];
}

export interface Answer {
    status: number;
    headers?: Record<string, string>;
    /** Sent as JSON, unless it is bytes. */
    body: unknown;
}

export interface ResultInfo {
    page?: number;
    per_page?: number;
    count: number;
    total_count?: number;
    /** Empty on the last page. */
    cursor?: string;
}

export function ok(result: unknown, info?: ResultInfo, status = 200): Answer {
    return { status, body: { success: true, errors: [], messages: [], result, ...(info && { result_info: info }) } };
}

export function failure(status: number, ...errors: ApiError[]): Answer {
    return { status, body: { success: false, errors, messages: [], result: null } };
}

/**
 * What real Cloudflare may let pass but wrangler never does. The code lies outside of Cloudflare's, so that a
 * test which meets it knows that the client deviates, and not what Cloudflare would say.
 */
export const DEVIATION_CODE = 99400;

export function deviation(message: string): Answer {
    return failure(400, { code: DEVIATION_CODE, message: `stand-in: ${message}` });
}

/** Thrown by a check deep inside a route; the server sends its answer. */
export class Refused extends Error {
    readonly answer: Answer;

    constructor(answer: Answer) {
        super("refused");
        this.answer = answer;
    }
}

export function refuse(answer: Answer): never {
    throw new Refused(answer);
}

/** A stored value as it is, outside of the envelope. */
export const bytes = (body: Uint8Array, headers: Record<string, string>): Answer => ({ status: 200, headers, body });

export const noWorker = (): Answer =>
    failure(404, { code: 10007, message: "This Worker does not exist on your account." });

export const noService = (): Answer =>
    failure(404, { code: 10090, message: "workers.api.error.service_not_found" });

export const authenticationError = (status: 401 | 403): Answer =>
    failure(status, { code: 10000, message: "Authentication error" });

export const noRoute = (path: string): Answer =>
    failure(
        404,
        { code: 7003, message: `Could not route to ${path}, perhaps your object identifier is invalid?` },
        { code: 7000, message: "No route for that URI" },
    );

export const invalidScript = (message: string): Answer =>
    failure(400, {
        code: 10021,
        message,
        documentation_url: "https://developers.cloudflare.com/workers/observability/errors/#validation-errors-10021",
    });

/** A page of a list. Honouring `page` matters: wrangler asks for more until a page comes back empty. */
export function paged(all: readonly unknown[], query: URLSearchParams, defaultSize = 20): Answer {
    const page = positive(query.get("page"), 1);
    const size = positive(query.get("per_page"), defaultSize);
    const items = all.slice((page - 1) * size, page * size);
    return ok(items, { page, per_page: size, count: items.length, total_count: all.length });
}

function positive(text: string | null, fallback: number): number {
    if (text === null) return fallback;
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > 10_000) refuse(deviation(`"${text}" is no page number`));
    return value;
}

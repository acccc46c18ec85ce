// SPDX-License-Identifier: MIT
// Headers between the guest's form (name NUL value NUL ...) and the platform's.

/** The NUL behind the last value may be there or not. What the platform refuses is a TypeError. */
export function parseHead(text: string): Headers {
    const headers = new Headers();
    if (text === "") return headers;
    const fields = text.split("\0");
    if (fields.length % 2 !== 0 && fields.at(-1) === "") fields.pop();
    if (fields.length % 2 !== 0) throw new TypeError("the response's head is damaged");
    for (let i = 0; i < fields.length; i += 2) {
        // append: several Set-Cookie stay several.
        headers.append(fields[i] ?? "", fields[i + 1] ?? "");
    }
    return headers;
}

/** Method, URL, then the name and value of every header. */
export function formatHead(request: Request): string {
    const fields = [request.method, request.url];
    for (const [name, value] of request.headers) fields.push(name, value);
    return fields.join("\0");
}

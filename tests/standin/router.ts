// SPDX-License-Identifier: MIT
// Routes as data: each says exactly which query, headers and body wrangler sends for it, and everything else is refused.

import type { IncomingHttpHeaders } from "node:http";
import type { Account } from "./account.ts";
import { checkCredentials } from "./credentials.ts";
import { authenticationError, deviation, failure, noRoute, refuse, type Answer } from "./envelope.ts";
import type { Fleet } from "./fleet.ts";
import type { Logins } from "./logins.ts";
import { boundaryOf, parseMultipart, type Part } from "./multipart.ts";
import type { Shape } from "./shape.ts";
import type { Tails } from "./tails.ts";

export interface Services {
    account: Account;
    fleet: Fleet;
    logins: Logins;
    tails: Tails;
    stateFolder: string;
}

export interface Call {
    method: string;
    /** Without the prefix /client/v4. */
    path: string;
    query: URLSearchParams;
    headers: IncomingHttpHeaders;
    body: Buffer;
}

export interface Context extends Services {
    query: URLSearchParams;
    headers: IncomingHttpHeaders;
    /** The credential of a route that takes another one than the user's. */
    bearer: string;
    /** A placeholder of the route's path. */
    parameter(name: string): string;
    json: unknown;
    parts: readonly Part[];
    /** The bytes of a "raw" body. */
    raw: Buffer;
}

/** wrangler sends some JSON as text/plain, undici's default for a string; a client should not, but Cloudflare reads it. */
type JsonType = "application/json" | "application/merge-patch+json" | "text/plain;charset=UTF-8";

type Body = { json: Shape; types?: readonly JsonType[] } | "form" | "raw";

export interface Route {
    method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
    /** e.g. "/accounts/:account/workers/scripts/:script"; ":key*" takes slashes as well. */
    path: string;
    query?: Record<string, Shape>;
    /** Query parameters that may come several times. */
    repeatable?: readonly string[];
    headers?: Record<string, Shape>;
    body?: Body;
    /** The route checks a token of its own: those of an asset upload are no API tokens. */
    ownToken?: true;
    run(context: Context): Answer | Promise<Answer>;
}

/** Everything of an account is below this. */
export const ACCOUNT = "/accounts/:account";
export const SCRIPT = `${ACCOUNT}/workers/scripts/:script`;
export const AS_TEXT_TOO: readonly JsonType[] = ["application/json", "text/plain;charset=UTF-8"];
export const MERGE_PATCH: readonly JsonType[] = ["application/merge-patch+json"];

export class Router {
    readonly #routes: readonly { route: Route; pattern: RegExp }[];

    constructor(routes: readonly Route[]) {
        this.#routes = routes.map((route) => ({
            route,
            pattern: new RegExp(`^${route.path.replace(/:(\w+)(\*?)/g, (_, name: string, rest: string) => `(?<${name}>${rest ? ".+" : "[^/]+"})`)}$`),
        }));
    }

    async answer(call: Call, services: Services): Promise<Answer> {
        for (const { route, pattern } of this.#routes) {
            const match = route.method === call.method ? pattern.exec(call.path) : null;
            if (!match) continue;
            if (!route.ownToken) checkCredentials(call, services);
            return this.#run(route, match.groups ?? {}, call, services);
        }
        checkCredentials(call, services);
        return noRoute(`/client/v4${call.path}`);
    }

    async #run(route: Route, groups: Record<string, string>, call: Call, services: Services): Promise<Answer> {
        const parameters = Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decode(value)]));
        const account = parameters["account"];
        if (account !== undefined && !/^[0-9a-f]{32}$/.test(account)) return noRoute(`/client/v4${call.path}`);
        if (account !== undefined && account !== services.account.id) return authenticationError(403);
        const script = parameters["script"];
        if (script !== undefined && !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(script)) {
            refuse(deviation(`"${script}" is not a name for a Worker`));
        }
        checkCall(route, call);
        return route.run({
            ...services,
            query: call.query,
            headers: call.headers,
            bearer: /^Bearer (\S+)$/.exec(call.headers.authorization ?? "")?.[1] ?? "",
            parameter: (name) => {
                const value = parameters[name];
                if (value === undefined) throw new Error(`the route ${route.path} has no ${name}`);
                return value;
            },
            json: typeof route.body === "object" ? readJson(call, route.body.json, route.body.types) : undefined,
            parts: route.body === "form" ? readParts(call) : [],
            raw: call.body,
        });
    }
}

/** What is the same in every recorded request, and the query and headers of this route. */
function checkCall(route: Route, call: Call): void {
    if (!call.headers["user-agent"]) refuse(deviation("there is no User-Agent header"));
    if (call.headers["transfer-encoding"] !== undefined && route.body !== "raw") refuse(deviation("the body is chunked; wrangler sends Content-Length"));
    if (call.headers.expect !== undefined) refuse(deviation("there is an Expect header; a server that ignores it costs a second"));
    for (const name of new Set(call.query.keys())) {
        const shape = route.query && Object.hasOwn(route.query, name) ? route.query[name] : undefined;
        if (!shape) refuse(deviation(`the query parameter "${name}" is not known here`));
        const values = call.query.getAll(name);
        if (values.length > 1 && !route.repeatable?.includes(name)) refuse(deviation(`query.${name} is given more than once`));
        for (const value of values) {
            const problem = shape(value, `query.${name}`);
            if (problem !== undefined) refuse(deviation(problem));
        }
    }
    for (const [name, shape] of Object.entries(route.headers ?? {})) {
        const problem = shape(call.headers[name], `the header ${name}`);
        if (problem !== undefined) refuse(deviation(problem));
    }
    if (route.body === undefined && call.body.length > 0) refuse(deviation(`${call.method} ${call.path} has no body`));
}

function readJson(call: Call, shape: Shape, types: readonly JsonType[] = ["application/json"]): unknown {
    const type = call.headers["content-type"] ?? "";
    const plain = type.replace(/;\s*charset=utf-8$/i, "").toLowerCase();
    if (!types.some((known) => known.replace(/;.*$/, "") === plain)) refuse(deviation(`the body has the type "${type}", not ${types.join(" or ")}`));
    let value: unknown;
    try {
        value = JSON.parse(call.body.toString("utf8"));
    } catch {
        refuse(failure(400, { code: 6007, message: "Malformed JSON in request body" }));
    }
    const problem = shape(value, "body");
    if (problem !== undefined) refuse(deviation(problem));
    return value;
}

function readParts(call: Call): readonly Part[] {
    const type = call.headers["content-type"] ?? "";
    const boundary = boundaryOf(type);
    if (boundary === undefined) refuse(deviation(`the body has the type "${type}", not multipart/form-data`));
    return parseMultipart(call.body, boundary);
}

function decode(value: string): string {
    try {
        return decodeURIComponent(value);
    } catch {
        refuse(deviation(`"${value}" is not properly percent-encoded`));
    }
}

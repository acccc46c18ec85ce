// SPDX-License-Identifier: MIT
// A package index on the loopback: what it serves and how well it behaves are values that a test may change at any time.

import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { sha256, type Catalog, type DistFile } from "./catalog.ts";
import { Faults, send, type Effect, type Reply, type Request, type Response } from "./faults.ts";
import { HTML_TYPE, JSON_TYPE, listHtml, listJson, projectHtml, projectJson } from "./pages.ts";
import type { Certificate } from "./tls.ts";

export interface Behaviour {
    /** `both`: as Accept asks. */
    pages: "both" | "json" | "html";
    /** PEP 658; `wrong-hash` lists another hash than the file has, `wrong-content` serves another package's. */
    metadata: "served" | "absent" | "wrong-hash" | "wrong-content";
    etag: boolean;
    /** Cache-Control of pages, in seconds. */
    maxAge: number | undefined;
    /** `shifted` sends other bytes than it says; `mislabelled` says another place than was asked for. */
    ranges: "honest" | "ignored" | "refused" | "shifted" | "mislabelled";
    gzip: boolean;
    /** Basic authentication for everything. */
    auth: { user: string; password: string } | undefined;
    /** Every answer begins so many milliseconds late, as over a network. */
    latency: number;
    /** Where pages say that the files are; default: this server. */
    filesAt: string | undefined;
}

export const PUBLIC_INDEX: Behaviour = {
    pages: "both",
    metadata: "served",
    etag: true,
    maxAge: 600,
    ranges: "honest",
    gzip: true,
    auth: undefined,
    latency: 0,
    filesAt: undefined,
};

/** An index that only has what PEP 503 asks for: no metadata files, no validators, no compression. */
export const PLAIN_INDEX: Behaviour = { ...PUBLIC_INDEX, pages: "html", metadata: "absent", etag: false, maxAge: undefined, gzip: false };

export interface LogEntry {
    method: string;
    path: string;
    /** "1.1" or "2.0". */
    http: string;
    range: string | undefined;
    ifNoneMatch: string | undefined;
    authorization: string | undefined;
    status: number;
    /** Of the body, as written. */
    bytes: number;
    /** The fault that spoiled it. */
    fault: string | undefined;
}

export interface IndexOptions {
    /** By the path before `/simple`: "" is the usual one. */
    catalogs: Catalog | ReadonlyMap<string, Catalog>;
    behaviour?: Partial<Behaviour>;
    /** With one it is https, and HTTP/2 and 1.1 are offered (ALPN); else HTTP/1.1. */
    certificate?: Certificate;
    host?: string;
    port?: number;
}

export class LoopbackIndex {
    readonly behaviour: Behaviour;
    readonly faults = new Faults();
    readonly #catalogs: ReadonlyMap<string, Catalog>;
    readonly #server: Server;
    readonly #sockets = new Set<Socket>();
    readonly #origin: string;
    /** What would be made again for each request: pages by all that they depend on, bodies by the plain one. */
    readonly #pages = new Map<string, Buffer>();
    readonly #packed = new WeakMap<Buffer, Buffer>();
    readonly #etags = new WeakMap<Buffer, string>();
    #log: LogEntry[] = [];

    static async start(options: IndexOptions): Promise<LoopbackIndex> {
        const catalogs = options.catalogs instanceof Map ? (options.catalogs as ReadonlyMap<string, Catalog>) : new Map([["", options.catalogs as Catalog]]);
        const { host = "127.0.0.1", port = 0, certificate } = options;
        let index: LoopbackIndex | undefined;
        const handle = (request: Request, response: Response): void => index?.handle(request, response);
        const server: Server = certificate
            ? http2.createSecureServer({ key: certificate.key, cert: certificate.cert, allowHTTP1: true }, handle)
            : http.createServer(handle);
        server.listen(port, host);
        await once(server, "listening");
        const bound = (server.address() as AddressInfo).port;
        const origin = `${certificate ? "https" : "http"}://${host}:${bound}`;
        index = new LoopbackIndex(server, catalogs, { ...PUBLIC_INDEX, ...options.behaviour }, origin);
        return index;
    }

    private constructor(server: Server, catalogs: ReadonlyMap<string, Catalog>, behaviour: Behaviour, origin: string) {
        this.#server = server;
        this.#catalogs = catalogs;
        this.behaviour = behaviour;
        this.#origin = origin;
        for (const event of ["connection", "secureConnection"]) {
            server.on(event, (socket: Socket) => {
                this.#sockets.add(socket);
                socket.once("close", () => this.#sockets.delete(socket));
            });
        }
    }

    /** What a client is given as the index's address. */
    url(catalog = ""): string {
        return `${this.#origin}${catalog === "" ? "" : `/${catalog}`}/simple/`;
    }

    get origin(): string {
        return this.#origin;
    }

    get log(): readonly LogEntry[] {
        return this.#log;
    }

    /** The requests so far as "GET /simple/a/ 200", and forgets them. */
    takeLog(): string[] {
        const lines = this.#log.map(({ method, path, status }) => `${method} ${path} ${status}`);
        this.#log = [];
        return lines;
    }

    async stop(): Promise<void> {
        const closed = once(this.#server, "close");
        this.#server.close();
        for (const socket of this.#sockets) socket.destroy();
        await closed;
    }

    private handle(request: Request, response: Response): void {
        const path = decodeURIComponent(new URL(request.url ?? "/", this.#origin).pathname);
        const entry: LogEntry = {
            method: request.method ?? "",
            path,
            http: request.httpVersion,
            range: request.headers.range,
            ifNoneMatch: request.headers["if-none-match"],
            authorization: request.headers.authorization,
            status: 0,
            bytes: 0,
            fault: undefined,
        };
        this.#log.push(entry);
        // A client that goes away in the middle is part of what is tested.
        response.on("error", () => undefined);
        request.on("error", () => undefined);
        const fault = this.faults.take(path, entry.range !== undefined);
        entry.fault = fault?.kind;
        const reply = this.#authorized(request) ? this.#reply(request, path) : unauthorized();
        entry.status = spoiledStatus(reply.status, fault);
        const sending = async (): Promise<void> => {
            if (this.behaviour.latency > 0) await new Promise((resolve) => setTimeout(resolve, this.behaviour.latency));
            entry.bytes = await send(request, response, reply, fault, path);
        };
        sending().catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))));
    }

    #authorized(request: Request): boolean {
        const { auth } = this.behaviour;
        if (auth === undefined) return true;
        return request.headers.authorization === `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString("base64")}`;
    }

    #reply(request: Request, path: string): Reply {
        if (request.method !== "GET" && request.method !== "HEAD") return plain(405, "GET or HEAD");
        const match = /^(?:\/(?<catalog>[^/]+))?\/(?<what>simple|files)\/(?<rest>.*)$/.exec(path);
        const catalog = this.#catalogs.get(match?.groups?.["catalog"] ?? "");
        if (!match?.groups || !catalog) return plain(404, "no such page");
        const { what, rest = "" } = match.groups;
        if (what === "files") return this.#file(request, catalog, rest);
        const name = /^(?:([^/]+)\/)?$/.exec(rest);
        if (!name) return { ...plain(301, ""), headers: { location: `${path}/` } };
        return this.#page(request, catalog, name[1]);
    }

    #page(request: Request, catalog: Catalog, name: string | undefined): Reply {
        const files = name === undefined ? [] : catalog.project(name);
        if (!files) return plain(404, "no such project");
        const format = this.#format(request.headers.accept ?? "*/*");
        if (format === undefined) return plain(406, "not in any format that was asked for");
        const { metadata, filesAt = "../../files" } = this.behaviour;
        const options = { filesAt, metadata: metadata === "absent" || metadata === "wrong-hash" ? metadata : "right" } as const;
        const key = [request.url, format, metadata, filesAt].join(" ");
        const body = remembered(this.#pages, key, () =>
            Buffer.from(
                format === JSON_TYPE
                    ? name === undefined ? listJson(catalog) : projectJson(name, files, options)
                    : name === undefined ? listHtml(catalog) : projectHtml(name, files, options),
            ),
        );
        const cache = this.behaviour.maxAge === undefined ? undefined : `max-age=${this.behaviour.maxAge}, public`;
        return this.#validated(request, this.#compressed(request, { status: 200, headers: { "content-type": format, vary: "Accept, Accept-Encoding" }, body }), cache);
    }

    /** The first type of Accept that is offered; q values only as far as 0 refuses. */
    #format(accept: string): string | undefined {
        const offered = this.behaviour.pages === "json" ? [JSON_TYPE] : this.behaviour.pages === "html" ? [HTML_TYPE, "text/html"] : [JSON_TYPE, HTML_TYPE, "text/html"];
        const wanted = accept.split(",").map((one) => one.trim()).filter((one) => !/;\s*q=0(\.0*)?$/.test(one)).map((one) => (one.split(";")[0] ?? "").trim());
        for (const type of wanted) {
            if (type === "*/*" || type === "text/*") return this.behaviour.pages === "json" ? JSON_TYPE : "text/html";
            if (offered.includes(type)) return type;
        }
        return undefined;
    }

    #file(request: Request, catalog: Catalog, name: string): Reply {
        const whole = catalog.file(name);
        if (whole) return this.#ranged(request, whole);
        const owner = name.endsWith(".metadata") ? catalog.file(name.slice(0, -".metadata".length)) : undefined;
        if (owner?.metadata === undefined || this.behaviour.metadata === "absent") return plain(404, "no such file");
        const body = this.behaviour.metadata === "wrong-content" ? Buffer.from("Metadata-Version: 2.1\nName: other\nVersion: 9\n") : owner.metadata;
        return this.#validated(request, this.#compressed(request, { status: 200, headers: { "content-type": "application/octet-stream" }, body }), "max-age=365000000, immutable, public");
    }

    #ranged(request: Request, file: DistFile): Reply {
        const { ranges } = this.behaviour;
        const size = file.bytes.length;
        const headers: Record<string, string> = { "content-type": "application/octet-stream", ...(ranges !== "ignored" && { "accept-ranges": "bytes" }) };
        const whole = this.#validated(request, { status: 200, headers, body: file.bytes }, "max-age=365000000, immutable, public");
        const { range } = request.headers;
        if (range === undefined || ranges === "ignored" || whole.status !== 200) return whole;
        const asked = readRange(range, size);
        if (ranges === "refused" || asked === undefined) return { ...plain(416, ""), headers: { "content-range": `bytes */${size}` } };
        const [first, last] = asked;
        const shift = ranges === "shifted" && first > 0 ? 1 : 0;
        const label = ranges === "mislabelled" ? `bytes 0-${last - first}/${size}` : `bytes ${first}-${last}/${size}`;
        return { status: 206, headers: { ...whole.headers, "content-range": label }, body: file.bytes.subarray(first - shift, last + 1 - shift) };
    }

    #compressed(request: Request, reply: Reply): Reply {
        if (!this.behaviour.gzip || !/\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""))) return reply;
        return { ...reply, headers: { ...reply.headers, "content-encoding": "gzip" }, body: remembered(this.#packed, reply.body, () => gzipSync(reply.body)) };
    }

    #validated(request: Request, reply: Reply, cacheControl: string | undefined): Reply {
        const headers = { ...reply.headers, ...(cacheControl !== undefined && { "cache-control": cacheControl }) };
        if (!this.behaviour.etag) return { ...reply, headers };
        const etag = remembered(this.#etags, reply.body, () => `"${sha256(reply.body).slice(0, 32)}"`);
        if (request.headers["if-none-match"] === etag) return { status: 304, headers: { ...headers, etag }, body: Buffer.alloc(0) };
        return { ...reply, headers: { ...headers, etag } };
    }
}

function remembered<Key, Value>(known: { get(key: Key): Value | undefined; set(key: Key, value: Value): unknown }, key: Key, make: () => Value): Value {
    const old = known.get(key);
    if (old !== undefined) return old;
    const made = make();
    known.set(key, made);
    return made;
}

/** What the client sees as the status; 0: nothing. */
function spoiledStatus(status: number, fault: Effect | undefined): number {
    if (fault?.kind === "status") return fault.status;
    if (fault?.kind === "redirect") return fault.status ?? 302;
    const silent = fault?.kind === "reset" || (fault?.kind === "drop" && fault.after === undefined);
    return silent ? 0 : status;
}

/** First and last byte of a single range, or nothing when it cannot be satisfied. */
function readRange(header: string, size: number): [number, number] | undefined {
    const match = /^bytes=(\d*)-(\d*)$/.exec(header);
    if (!match || (match[1] === "" && match[2] === "")) return undefined;
    if (match[1] === "") {
        const count = Math.min(Number(match[2]), size);
        return count > 0 ? [size - count, size - 1] : undefined;
    }
    const first = Number(match[1]);
    const last = match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
    return first < size && first <= last ? [first, last] : undefined;
}

function unauthorized(): Reply {
    return { ...plain(401, "credentials, please"), headers: { "www-authenticate": 'Basic realm="index"', "content-type": "text/plain" } };
}

function plain(status: number, text: string): Reply {
    return { status, headers: { "content-type": "text/plain" }, body: Buffer.from(text === "" ? "" : `${text}\n`) };
}

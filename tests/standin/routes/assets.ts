// SPDX-License-Identifier: MIT
// Static assets: announce a manifest, then upload what is missing with the token of the answer.

import { completionToken, fileProblem, openSession, sessionOf, takeFile, type AssetFile, type Manifest } from "../assets.ts";
import { authenticationError, deviation, ok, refuse, type Answer } from "../envelope.ts";
import type { Part } from "../multipart.ts";
import { ACCOUNT, SCRIPT, type Context, type Route } from "../router.ts";
import { dictionary, literal, number, record, text } from "../shape.ts";

const MAX_ASSETS = 20_000;
const MAX_ASSET_BYTES = 25 * 1024 * 1024;
const HASH = /^[0-9a-f]{32}$/;
const TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?charset=[\w-]+)?$/;
/** These never come as assets: their text is in the metadata, or they only choose what comes. */
const NOT_ASSETS = ["/_headers", "/_redirects", "/.assetsignore"];

const manifestShape = record({
    manifest: dictionary(/^\/[^\0\\]*$/, record({ hash: text({ pattern: HASH }), size: number(0, MAX_ASSET_BYTES) }), MAX_ASSETS),
});

export const assetRoutes: readonly Route[] = [
    { method: "POST", path: `${SCRIPT}/assets-upload-session`, body: { json: manifestShape }, run: postSession },
    { method: "POST", path: `${ACCOUNT}/workers/assets/upload`, query: { base64: literal("true") }, body: "form", ownToken: true, run: postFiles },
    { method: "POST", path: `${ACCOUNT}/workers/assets/upload/:hash`, body: "raw", ownToken: true, run: postFile },
];

function postSession({ account, json, parameter }: Context): Answer {
    const { manifest } = json as { manifest: Manifest };
    for (const name of Object.keys(manifest)) {
        const wrong = name.split("/").slice(1).some((part) => part === "" || part === "." || part === "..");
        if (wrong || NOT_ASSETS.includes(name)) refuse(deviation(`"${name}" is no path of an asset`));
        for (let slash = name.indexOf("/", 1); slash > 0; slash = name.indexOf("/", slash + 1)) {
            const parent = name.slice(0, slash);
            if (Object.hasOwn(manifest, parent)) refuse(deviation(`"${parent}" is a file and a folder`));
        }
    }
    return ok(openSession(account.assets, parameter("script"), manifest, account.situation));
}

/** One bucket: each part is named after its hash and has the file in base64. */
function postFiles(context: Context): Answer {
    if (context.query.get("base64") !== "true") refuse(deviation("the files come in base64: base64=true is missing"));
    return take(context, context.parts.map(readPart));
}

function readPart(part: Part): [string, AssetFile] {
    if (!HASH.test(part.name) || part.filename !== part.name) refuse(deviation(`the part "${part.name}" is not named after its hash, or its filename is another`));
    if (part.contentType === undefined || !TYPE.test(part.contentType)) refuse(deviation(`the part "${part.name}" has the type ${part.contentType ?? "(none)"}`));
    const data = decodeBase64(part.data) ?? refuse(deviation(`the part "${part.name}" is not base64`));
    return [part.name, { data, contentType: servedType(part.contentType) }];
}

/** Strictly (RFC 4648, section 4). Node's decoder skips what does not belong there, so then bytes are missing. */
function decodeBase64(encoded: Buffer): Buffer | undefined {
    const padding = encoded.subarray(-2).toString("latin1").match(/=+$/)?.[0].length ?? 0;
    const foreign = encoded.length % 4 !== 0 || encoded.includes("-") || encoded.includes("_");
    const data = Buffer.from(encoded.toString("latin1"), "base64");
    return !foreign && data.length === (encoded.length / 4) * 3 - padding ? data : undefined;
}

/** One file as it is. Cloudflare asks for it in the upload token. */
function postFile(context: Context): Answer {
    if (!context.account.situation.singleAssets) refuse(deviation("the upload token does not ask for one request for each asset"));
    const type = context.headers["content-type"] ?? "";
    if (!TYPE.test(type)) refuse(deviation(`the file has the type "${type}"`));
    return take(context, [[context.parameter("hash"), { data: context.raw, contentType: servedType(type) }]]);
}

const servedType = (type: string): string | undefined => (type === "application/null" ? undefined : type);

/** Nothing is taken when one of the files is wrong. */
function take({ account, bearer }: Context, files: readonly [string, AssetFile][]): Answer {
    const found = sessionOf(account.assets, bearer, "upload");
    if (!found) return authenticationError(403);
    for (const [hash, file] of files) {
        const problem = fileProblem(found.session, hash, file);
        if (problem !== undefined) refuse(deviation(problem));
    }
    for (const [hash, file] of files) takeFile(account.assets, found.sid, hash, file);
    const jwt = completionToken(account.assets, found.sid);
    return jwt === undefined ? ok({}, undefined, 202) : ok({ jwt }, undefined, 201);
}

// SPDX-License-Identifier: MIT
// A Worker that answers the calls of Cloudflare's API about what KV, D1 and R2 store. `pymode kv`, `d1` and `r2` run it
// with `--local`, on what `pymode dev` keeps: the resource that the command is about is `env.RESOURCE`.

/** @typedef {{ RESOURCE: any }} Env */
/** @typedef {{ request: Request, url: URL, key: string, resource: any }} Call */

/** @param {unknown} result @param {object} [info] */
const ok = (result, info) => Response.json({ success: true, errors: [], messages: [], result, result_info: info });

/** @param {number} status @param {number} code @param {string} message */
const failure = (status, code, message) => Response.json({ success: false, errors: [{ code, message }], messages: [], result: null }, { status });

/** A number of the query; undefined when it is not there. @param {URL} url @param {string} name */
function numberOf(url, name) {
  const text = url.searchParams.get(name);
  return text === null ? undefined : Number(text);
}

/** @param {Call} call */
async function getValue({ key, resource }) {
  const value = await resource.get(key, "stream");
  return value ? new Response(value) : failure(404, 10009, "get: 'key not found'");
}

/** The bytes as they are, or a form with `value` and `metadata`. @param {Call} call */
async function putValue({ request, url, key, resource }) {
  const options = { expiration: numberOf(url, "expiration"), expirationTtl: numberOf(url, "expiration_ttl") };
  if (!request.headers.get("content-type")?.startsWith("multipart/")) {
    await resource.put(key, await request.arrayBuffer(), options);
    return ok(null);
  }
  const form = await request.formData();
  const value = form.get("value");
  const bytes = typeof value === "string" || value === null ? (value ?? "") : await value.arrayBuffer();
  await resource.put(key, bytes, { ...options, metadata: JSON.parse(String(form.get("metadata"))) });
  return ok(null);
}

/** @param {Call} call */
async function deleteValue({ key, resource }) {
  await resource.delete(key);
  return ok(null);
}

/** @param {Call} call */
async function listKeys({ url, resource }) {
  const page = await resource.list({
    prefix: url.searchParams.get("prefix") ?? "",
    limit: numberOf(url, "limit") ?? 1000,
    cursor: url.searchParams.get("cursor") ?? undefined,
  });
  return ok(page.keys, { count: page.keys.length, cursor: page.list_complete ? "" : page.cursor });
}

/** @param {Call} call */
async function putMany({ request, resource }) {
  for (const { key, value, base64, expiration, expiration_ttl, metadata } of await request.json()) {
    const bytes = base64 ? Uint8Array.from(atob(value), (c) => c.charCodeAt(0)) : value;
    await resource.put(key, bytes, { expiration, expirationTtl: expiration_ttl, metadata });
  }
  return ok({ unsuccessful_keys: [] });
}

/** @param {Call} call */
async function deleteMany({ request, resource }) {
  for (const key of await request.json()) await resource.delete(key);
  return ok({ unsuccessful_keys: [] });
}

const SQL_TOKEN = /--[^\n]*|\/\*[^]*?(?:\*\/|$)|'[^']*(?:'|$)|"[^"]*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|;|\w+|[^]/g;

/** Statements without their semicolons; the body of a trigger belongs to its statement. @param {string} sql */
export function splitSql(sql) {
  const statements = [];
  let text = "";
  /** @type {string[]} */
  let words = [];
  let depth = 0;
  for (const [token] of `${sql}\n;`.matchAll(SQL_TOKEN)) {
    if (token === ";" && depth <= 0) {
      if (words.length > 0) statements.push(text.trim());
      [text, words, depth] = ["", [], 0];
      continue;
    }
    text += token;
    if (/^\s$|^--|^\/\*/.test(token)) continue;
    words.push(token.toUpperCase());
    const inTrigger = words[0] === "CREATE" && words.slice(1, 3).includes("TRIGGER");
    if (inTrigger && /^(?:BEGIN|CASE)$/i.test(token)) depth += 1;
    if (inTrigger && /^END$/i.test(token)) depth -= 1;
  }
  return words.length > 0 ? [...statements, text.trim()] : statements;
}

/** All statements as one transaction, rows as arrays. @param {Call} call */
async function executeSql({ request, resource }) {
  const { sql } = await request.json();
  const statements = splitSql(sql);
  if (statements.length === 0) return failure(400, 7500, "No SQL statements detected.");
  try {
    const prepared = statements.map((statement) => resource.prepare(statement));
    const [only] = prepared;
    if (prepared.length === 1) {
      // The one way that keeps columns of the same name; it tells nothing of changes.
      if (/^\s*(?:SELECT|WITH|PRAGMA|EXPLAIN|VALUES)\b/i.test(sql)) {
        const [columns = [], ...rows] = await only.raw({ columnNames: true });
        return ok([{ results: { columns, rows }, success: true, meta: {} }]);
      }
    }
    const results = await resource.batch(prepared);
    return ok(
      results.map((/** @type {any} */ { results: objects, meta }) => {
        const columns = Object.keys(objects[0] ?? {});
        const rows = objects.map((/** @type {any} */ row) => columns.map((column) => row[column]));
        return { results: { columns, rows }, success: true, meta };
      }),
    );
  } catch (error) {
    return failure(400, 7500, String(error instanceof Error ? error.message : error).replace(/^D1_ERROR: /, ""));
  }
}

const noObject = () => failure(404, 10007, "The specified key does not exist.");

/** @param {Call} call */
async function getObject({ key, resource }) {
  const object = await resource.get(key);
  return object ? new Response(object.body) : noObject();
}

/** @param {Call} call */
async function putObject({ request, key, resource }) {
  const object = await resource.put(key, request.body ?? "", { httpMetadata: request.headers });
  return ok({ key: object.key, size: object.size });
}

/** @param {Call} call */
async function deleteObject({ key, resource }) {
  if ((await resource.head(key)) === null) return noObject();
  await resource.delete(key);
  return ok({ key });
}

/** @type {[method: string, path: RegExp, run: (call: Call) => Promise<Response>][]} */
const ROUTES = [
  ["GET", /^\/accounts\/local\/storage\/kv\/namespaces\/[^/]+\/values\/(.+)$/, getValue],
  ["PUT", /^\/accounts\/local\/storage\/kv\/namespaces\/[^/]+\/values\/(.+)$/, putValue],
  ["DELETE", /^\/accounts\/local\/storage\/kv\/namespaces\/[^/]+\/values\/(.+)$/, deleteValue],
  ["GET", /^\/accounts\/local\/storage\/kv\/namespaces\/[^/]+\/keys()$/, listKeys],
  ["PUT", /^\/accounts\/local\/storage\/kv\/namespaces\/[^/]+\/bulk()$/, putMany],
  ["DELETE", /^\/accounts\/local\/storage\/kv\/namespaces\/[^/]+\/bulk()$/, deleteMany],
  ["POST", /^\/accounts\/local\/d1\/database\/[^/]+\/raw()$/, executeSql],
  ["GET", /^\/accounts\/local\/r2\/buckets\/[^/]+\/objects\/(.+)$/, getObject],
  ["PUT", /^\/accounts\/local\/r2\/buckets\/[^/]+\/objects\/(.+)$/, putObject],
  ["DELETE", /^\/accounts\/local\/r2\/buckets\/[^/]+\/objects\/(.+)$/, deleteObject],
];

export default {
  /** @param {Request} request @param {Env} env */
  async fetch(request, env) {
    const url = new URL(request.url);
    for (const [method, path, run] of ROUTES) {
      const found = method === request.method ? path.exec(url.pathname) : null;
      if (found) return run({ request, url, key: decodeURIComponent(found[1] ?? ""), resource: env.RESOURCE });
    }
    return failure(404, 7003, `${request.method} ${url.pathname} is not part of what is kept here`);
  },
};

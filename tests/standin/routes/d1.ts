// SPDX-License-Identifier: MIT
// D1: databases, and queries that run on the very data that the running Workers see.

import { randomUUID } from "node:crypto";
import type { D1Database } from "@cloudflare/workers-types";
import { newDatabase, type Database } from "../account.ts";
import { failure, ok, paged, type Answer } from "../envelope.ts";
import { ACCOUNT, AS_TEXT_TOO, type Context, type Route } from "../router.ts";
import { anything, list, literal, record, text } from "../shape.ts";
import { splitStatements } from "../sql.ts";
import { existingDatabase } from "./lookup.ts";

const DATABASES = `${ACCOUNT}/d1/database`;
const DATABASE = `${DATABASES}/:database`;
const MAX_SQL_BYTES = 1024 * 1024;

const location = literal("wnam", "enam", "weur", "eeur", "apac", "oc");
const databaseShape = record({ name: text({ pattern: /^[A-Za-z0-9][\w-]*$/, max: 64 }) }, { primary_location_hint: location, jurisdiction: literal("eu", "fedramp") });
const queryShape = record({ sql: text({ max: MAX_SQL_BYTES }) }, { params: list(anything, 100) });

export const d1Routes: readonly Route[] = [
    { method: "GET", path: DATABASES, query: { name: text(), page: text(), per_page: text() }, run: getDatabases },
    { method: "POST", path: DATABASES, body: { json: databaseShape, types: AS_TEXT_TOO }, run: postDatabase },
    // All fields, whichever are asked for: so the recorder answered wrangler.
    { method: "GET", path: DATABASE, query: { fields: text() }, run: (context) => ok(view(existingDatabase(context))) },
    { method: "DELETE", path: DATABASE, run: deleteDatabase },
    { method: "POST", path: `${DATABASE}/query`, body: { json: queryShape, types: AS_TEXT_TOO }, run: (context) => query(context, allRows) },
    { method: "POST", path: `${DATABASE}/raw`, body: { json: queryShape, types: AS_TEXT_TOO }, run: (context) => query(context, rawRows) },
];

const view = (database: Database): Record<string, unknown> => ({ ...database, num_tables: 0, file_size: 8192, running_in_region: "WEUR" });

function getDatabases({ account, query: asked }: Context): Answer {
    const name = asked.get("name");
    return paged([...account.databases.values()].filter((database) => name === null || database.name.includes(name)).map(view), asked, 100);
}

function postDatabase({ account, json }: Context): Answer {
    const { name } = json as { name: string };
    if ([...account.databases.values()].some((database) => database.name === name)) {
        return failure(400, { code: 7502, message: `A database with the name ${name} already exists` });
    }
    const database = newDatabase(randomUUID(), name);
    account.databases.set(database.uuid, database);
    return ok(view(database));
}

function deleteDatabase(context: Context): Answer {
    context.account.databases.delete(existingDatabase(context).uuid);
    return ok(null);
}

type Rows = (statement: D1PreparedStatement) => Promise<{ results: unknown; meta: unknown }>;
type D1PreparedStatement = ReturnType<D1Database["prepare"]>;

const allRows: Rows = async (statement) => {
    const { results, meta } = await statement.all();
    return { results, meta };
};

/** Rows as arrays, beside the columns' names. */
const rawRows: Rows = async (statement) => {
    const [columns = [], ...rows] = await statement.raw({ columnNames: true });
    return { results: { columns, rows }, meta: {} };
};

/** Several statements, separated by semicolons, are one after the other; the parameters are for a single one. */
async function query(context: Context, rows: Rows): Promise<Answer> {
    const { uuid } = existingDatabase(context);
    const { sql, params = [] } = context.json as { sql: string; params?: unknown[] };
    const statements = splitStatements(sql);
    if (statements.length === 0) return failure(400, { code: 7500, message: "No SQL statements detected." });
    if (statements.length > 1 && params.length > 0) return failure(400, { code: 7400, message: "params are for a single statement" });
    try {
        const results = await context.fleet.storage(async (process) => {
            const d1 = await process.d1(uuid);
            const all = [];
            for (const statement of statements) all.push({ ...(await rows(d1.prepare(statement).bind(...params))), success: true });
            return all;
        });
        return ok(results);
    } catch (error) {
        return failure(400, { code: 7500, message: String(error instanceof Error ? error.message : error).replace(/^D1_ERROR: /, "") });
    }
}

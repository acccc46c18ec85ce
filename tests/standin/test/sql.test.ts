// SPDX-License-Identifier: MIT
// Where one SQL statement ends and the next begins.

import assert from "node:assert/strict";
import { test } from "node:test";
import { splitStatements } from "../sql.ts";

const CASES: Record<string, string[]> = {
    "": [],
    " ; ;; ": [],
    "-- only\n/* comments */": [],
    "select 1": ["select 1"],
    "select 1; select 2;": ["select 1", "select 2"],
    "insert into a values (';''--')": ["insert into a values (';''--')"],
    'select ";", `;`, [;]': ['select ";", `;`, [;]'],
    "select 1 -- a; b\n; /* c; */ select 2": ["select 1 -- a; b", "/* c; */ select 2"],
    "create trigger t after insert on a begin update b set c = case when 1 then 2 end; delete from d; end; select 1": [
        "create trigger t after insert on a begin update b set c = case when 1 then 2 end; delete from d; end",
        "select 1",
    ],
    "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END": ["CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END"],
    "begin; commit": ["begin", "commit"],
    "select 'open; until the end": ["select 'open; until the end"],
};

for (const [sql, statements] of Object.entries(CASES)) test(JSON.stringify(sql), () => assert.deepEqual(splitStatements(sql), statements));

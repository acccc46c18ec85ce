// SPDX-License-Identifier: MIT
// Splits SQL into its statements, as D1's API does: SQLite's quotes and comments, and the bodies of triggers.

const TOKEN = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`(?:[^`]|``)*(?:`|$)|\[[^\]]*(?:\]|$)|;|[A-Za-z_]\w*|[\s\S]/g;

/** Statements without their semicolon; what has only comments and spaces is none. */
export function splitStatements(sql: string): string[] {
    const statements: string[] = [];
    let start = 0;
    let words: string[] = [];
    let depth = 0;
    const end = (position: number): void => {
        if (words.length > 0) statements.push(sql.slice(start, position).trim());
        start = position + 1;
        words = [];
        depth = 0;
    };
    for (const match of sql.matchAll(TOKEN)) {
        const [token] = match;
        if (token === ";" && depth === 0) end(match.index);
        else if (isCode(token)) {
            words.push(token.toUpperCase());
            depth += nesting(words);
        }
    }
    end(sql.length);
    return statements;
}

const isCode = (token: string): boolean => /\S/.test(token) && !token.startsWith("--") && !token.startsWith("/*");

/** Within CREATE TRIGGER, BEGIN and CASE open a block that END closes. */
function nesting(words: readonly string[]): number {
    const isTrigger = words[0] === "CREATE" && words.slice(1, 3).includes("TRIGGER");
    const word = words.at(-1);
    if (!isTrigger) return 0;
    return word === "BEGIN" || word === "CASE" ? 1 : word === "END" ? -1 : 0;
}

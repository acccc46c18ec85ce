// SPDX-License-Identifier: MIT
// The executable with a person at a terminal.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { PYMODE } from "./pymode.ts";

const DIALOGUE = fileURLToPath(new URL("dialogue.py", import.meta.url));

/** What a command writes to a pseudo-terminal, where each text that appears is answered. It may fail. */
export async function onTerminal(environment: Record<string, string>, cwd: string, args: string[], dialogue: [text: string, answer: string][]): Promise<string> {
    const child = spawn("python3", [DIALOGUE, ...dialogue.map(([text, answer]) => `${text}=${answer}`), "--", PYMODE, ...args], {
        cwd,
        env: { ...environment, TERM: "dumb", PATH: process.env["PATH"] ?? "" },
        stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    await once(child, "close");
    return text;
}

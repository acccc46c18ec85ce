// SPDX-License-Identifier: MIT
// The projects that both clients deploy, and a client's run through the steps of one on a local Cloudflare of its own.

import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import type { JournalEntry } from "../standin/journal.ts";
import { DEFAULTS, startStandin, type Standin } from "../standin/standin.ts";
import { normalCalls, type NormalCall } from "./calls.ts";
import { HERE, run, starterOf, type Client, type Command } from "./client.ts";

interface Step {
    name: string;
    wrangler: string[];
    /** Missing while pymode has no such command. */
    pymode?: string[];
    stdin?: string;
}

interface Visit {
    host: string;
    path: string;
    text: string;
}

export interface Project {
    name: string;
    about: string;
    visits: Visit[];
    steps: Step[];
}

export interface StepCalls {
    step: string;
    calls: NormalCall[];
}

const FOLDER = path.join(HERE, "projects");

export const projects: readonly Project[] = fs
    .readdirSync(FOLDER)
    .toSorted()
    .map((name) => ({ name, ...(JSON.parse(fs.readFileSync(path.join(FOLDER, name, "project.json"), "utf8")) as Omit<Project, "name">) }));

/** Whether a client has a project of this name. */
export const hasProject = (client: Client, project: Project): boolean => fs.existsSync(path.join(FOLDER, project.name, client));

/** The resources that the projects name. */
export const ACCOUNT = { buckets: ["my-bucket"], databases: ["11111111-2222-3333-4444-555555555555"] };

/** Runs the steps that the client has. Throws when a command fails, or what was deployed answers otherwise. */
export async function runProject(client: Client, project: Project): Promise<StepCalls[]> {
    const starter = starterOf(client);
    const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-wrangler-"));
    const standin = await startStandin(ACCOUNT);
    try {
        const folder = path.join(scratch, project.name);
        fs.cpSync(path.join(FOLDER, project.name, client), folder, { recursive: true });
        const done: StepCalls[] = [];
        const steps = project.steps.filter((step) => step[client] !== undefined);
        for (const step of steps) {
            // A deletion is the last step: what was deployed is asked before it.
            if (step.name === "delete") await visitAll(standin, project);
            done.push({ step: step.name, calls: await runStep(starter(step[client] ?? []), { standin, folder, home: scratch, stdin: step.stdin ?? "" }) });
        }
        if (steps.at(-1)?.name !== "delete") await visitAll(standin, project);
        return done;
    } finally {
        await standin.stop();
        fs.rmSync(scratch, { recursive: true, force: true });
    }
}

interface Place {
    standin: Standin;
    folder: string;
    home: string;
    stdin: string;
}

async function runStep(command: Command, { standin, folder, home, stdin }: Place): Promise<NormalCall[]> {
    const { calls } = await callsDuring(standin, () => run(command, { cwd: folder, stdin, environment: { HOME: home, ...credentials(standin) } }));
    return calls;
}

/** What is sent to the local Cloudflare while something runs, beside what that returns. */
export async function callsDuring<T>(standin: Standin, action: () => Promise<T>): Promise<{ result: T; calls: NormalCall[] }> {
    const control = `http://127.0.0.1:${standin.port}/__standin/requests`;
    await fetch(control, { method: "DELETE" });
    const result = await action();
    const journal = (await (await fetch(control)).json()) as { result: JournalEntry[] };
    return { result, calls: normalCalls(journal.result) };
}

/** What makes a client talk to the local Cloudflare. */
export const credentials = ({ port }: Standin): Record<string, string> => ({
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
    CLOUDFLARE_API_TOKEN: DEFAULTS.token,
    CLOUDFLARE_ACCOUNT_ID: DEFAULTS.id,
});

async function visitAll(standin: Standin, project: Project): Promise<void> {
    for (const visit of project.visits) {
        const text = await ask(standin, visit);
        if (text !== visit.text) throw new Error(`${visit.host}${visit.path} answers ${JSON.stringify(text)} instead of ${JSON.stringify(visit.text)}`);
    }
}

function ask(standin: Standin, { host, path: target }: Visit): Promise<string> {
    return new Promise((resolve, reject) => {
        http.get({ host: "127.0.0.1", port: standin.edgePort, path: target, headers: { host } }, (response) => {
            let text = "";
            response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
            response.on("end", () => resolve(text));
            response.on("error", reject);
        }).on("error", reject);
    });
}

/** The recorded calls of wrangler for a project: calls/NAME.json. */
export const recordedFile = (project: Project): string => path.join(HERE, "calls", `${project.name}.json`);

export function recorded(project: Project): StepCalls[] {
    return JSON.parse(fs.readFileSync(recordedFile(project), "utf8")) as StepCalls[];
}

/** One call a line, so that a change is a changed line. */
export function shown(steps: readonly StepCalls[]): string {
    const blocks = steps.map(({ step, calls }) => `{"step":${JSON.stringify(step)},"calls":[\n${calls.map((call) => JSON.stringify(call)).join(",\n")}\n]}`);
    return `[\n${blocks.join(",\n")}\n]\n`;
}

// SPDX-License-Identifier: MIT
// `pymode dev`: the bundle in workerd, reloaded when a file is saved.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { ask, type Answer, type Question } from "./support/cloud.ts";
import { TOOLS, emptyEnvironment, run, start, succeed, temporaryFolder } from "./support/pymode.ts";

const READY_MS = 60_000;

/** A running `pymode dev`, and everything it has said so far. */
class DevServer {
    #port = 0;
    readonly #output: { text: string };
    readonly #changed: EventTarget;
    readonly #child: ChildProcess;
    readonly #agent = new http.Agent({ keepAlive: true });

    private constructor(output: { text: string }, changed: EventTarget, child: ChildProcess) {
        this.#output = output;
        this.#changed = changed;
        this.#child = child;
    }

    static async start(context: TestContext, project: string, args: readonly string[] = [], extra: Record<string, string> = {}): Promise<DevServer> {
        const environment = { ...devEnvironment(project), ...extra };
        const child = start(["dev", project, "--workerd", "--port", "0", ...args], { cwd: project, environment });
        const output = { text: "" };
        const changed = new EventTarget();
        for (const stream of [child.stdout, child.stderr]) {
            stream?.setEncoding("utf8").on("data", (text: string) => {
                output.text += text;
                changed.dispatchEvent(new Event("output"));
            });
        }
        const server = new DevServer(output, changed, child);
        context.after(async () => {
            server.#agent.destroy();
            if (child.exitCode !== null || child.signalCode !== null) return;
            const gone = once(child, "exit");
            child.kill("SIGINT");
            await gone;
        });
        const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`pymode dev ended with ${String(code)}:\n${output.text}`)));
        await Promise.race([server.says(/ready on http:\/\/\S+:\d+/), ended]);
        ended.catch(() => undefined);
        server.#port = Number(/ready on http:\/\/\S+:(\d+)/.exec(output.text)?.[1]);
        return server;
    }

    /** Waits until the output, from `from` on, matches; returns its length then. */
    async says(pattern: RegExp, from = 0): Promise<number> {
        const deadline = AbortSignal.timeout(READY_MS);
        while (!pattern.test(this.#output.text.slice(from))) {
            await once(this.#changed, "output", { signal: deadline }).catch(() => {
                throw new Error(`it never said ${pattern}:\n${this.#output.text}`);
            });
        }
        return this.#output.text.length;
    }

    /** Ends it as `kill -9` does. */
    async kill(): Promise<void> {
        const gone = once(this.#child, "exit");
        this.#child.kill("SIGKILL");
        await gone;
    }

    /** How much it has said: a mark for `says`. */
    get mark(): number {
        return this.#output.text.length;
    }

    ask(pathname: string, question: Question = {}): Promise<Answer> {
        return ask({ host: "127.0.0.1", port: this.#port, agent: this.#agent }, pathname, question);
    }
}

const devEnvironment = (home: string): Record<string, string> => ({ ...emptyEnvironment(home), PATH: TOOLS });

async function newProject(context: TestContext, source?: string): Promise<string> {
    const folder = temporaryFolder(context);
    await succeed(["init", "dev-worker"], { cwd: folder });
    const project = path.join(folder, "dev-worker");
    if (source !== undefined) writeMain(project, source);
    return project;
}

const writeMain = (project: string, source: string): void => fs.writeFileSync(path.join(project, "src/main.py"), source);

test("a saved file is in the next answer, and a broken one leaves the old answer", async (context) => {
    const project = await newProject(context);
    const server = await DevServer.start(context, project);
    assert.equal((await server.ask("/")).text, "Hello from Python!\n");

    let mark = server.mark;
    writeMain(project, "def on_fetch(request, env):\n    return 'changed'\n");
    await server.says(/reloaded|ready/i, mark);
    assert.equal((await server.ask("/")).text, "changed");

    mark = server.mark;
    writeMain(project, "def on_fetch(request, env:\n");
    await server.says(/main\.py/, mark);
    assert.equal((await server.ask("/")).text, "changed");

    mark = server.mark;
    writeMain(project, "from helper import word\n\ndef on_fetch(request, env):\n    return word\n");
    fs.writeFileSync(path.join(project, "src/helper.py"), "word = 'repaired'\n");
    await server.says(/reloaded|ready/i, mark);
    // The two writes may have been seen as one change or as two.
    await until(async () => (await server.ask("/")).text === "repaired");
});

test("variables come from .dev.vars and --env, and KV is kept", async (context) => {
    const source = `def on_fetch(request, env):
    count = int(env.COUNTER.get("n") or 0) + 1
    env.COUNTER.put("n", str(count))
    return {"word": env.WORD, "more": env.MORE, "count": count}
`;
    const project = await newProject(context, source);
    fs.appendFileSync(path.join(project, "pyproject.toml"), '\n[[tool.pymode.kv-namespaces]]\nbinding = "COUNTER"\nid = "00000000000000000000000000000001"\n');
    fs.writeFileSync(path.join(project, ".dev.vars"), "# local only\nWORD=\"from the file\"\nMORE=hidden\n");
    const server = await DevServer.start(context, project, ["--env", "MORE=from the option"]);
    const expected = { word: "from the file", more: "from the option" };
    assert.deepEqual(JSON.parse((await server.ask("/")).text), { ...expected, count: 1 });
    assert.deepEqual(JSON.parse((await server.ask("/")).text), { ...expected, count: 2 });
});

test("any origin may ask, and a failure shows its traceback and a log", async (context) => {
    const project = await newProject(context, "def on_fetch(request, env):\n    return 1 / 0\n");
    const server = await DevServer.start(context, project);
    const preflight = await server.ask("/", {
        method: "OPTIONS",
        headers: { origin: "http://localhost:3000", "access-control-request-method": "POST" },
    });
    assert.ok(preflight.status === 200 || preflight.status === 204, String(preflight.status));
    assert.ok(preflight.headers["access-control-allow-origin"]);
    const failed = await server.ask("/", { headers: { origin: "http://localhost:3000" } });
    assert.equal(failed.status, 500);
    assert.ok(failed.headers["access-control-allow-origin"]);
    assert.match(failed.text, /ZeroDivisionError/);
    assert.match(failed.text, /return 1 \/ 0/, "the source line is shown");
    await server.says(/ZeroDivisionError/);
});

test("a port in use is named", async (context) => {
    const project = await newProject(context);
    const other = net.createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    context.after(() => other.close());
    const { port } = other.address() as net.AddressInfo;
    const outcome = await run(["dev", project, "--workerd", "--port", String(port)], { cwd: project, environment: devEnvironment(project) });
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stderr, new RegExp(`${port}`));
});

test("what a killed session leaves behind goes away at the next start", async (context) => {
    const project = await newProject(context);
    const temporary = temporaryFolder(context);
    const killed = await DevServer.start(context, project, [], { TMPDIR: temporary });
    await killed.kill();
    const left = fs.readdirSync(temporary).filter((name) => name.startsWith("pymode-dev-"));
    assert.equal(left.length, 1);
    const next = await DevServer.start(context, project, ["-v"], { TMPDIR: temporary });
    await next.says(/of a session that was killed: removed/);
    const now = fs.readdirSync(temporary).filter((name) => name.startsWith("pymode-dev-"));
    assert.equal(now.length, 1);
    assert.notEqual(now[0], left[0]);
    assert.equal((await next.ask("/")).text, "Hello from Python!\n");
});

async function until(condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + READY_MS;
    while (!(await condition())) {
        if (Date.now() > deadline) throw new Error("it never became true");
    }
}

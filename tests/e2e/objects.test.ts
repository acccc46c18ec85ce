// SPDX-License-Identifier: MIT
// Durable Objects and crons of a Python program, deployed: state survives a redeploy, a migration, and a rollback.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Cloud } from "./support/cloud.ts";
import { run, succeed, temporaryFolder } from "./support/pymode.ts";

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
});
after(() => cloud.stop());

const SETTINGS = `[project]
name = "counter"
version = "1"
requires-python = ">=3.13"

[tool.pymode]
main = "src/main.py"
compatibility-date = "2026-11-01"

[[tool.pymode.durable-objects.bindings]]
name = "COUNTER"
class-name = "Counter"

[[tool.pymode.migrations]]
tag = "v1"
new-sqlite-classes = ["Counter"]
`;

const program = (name: string, answer: string): string => `from pymode.workers import DurableObject


class ${name}(DurableObject):
    def fetch(self, request):
        count = self.ctx.storage.get("count", 0) + 1
        self.ctx.storage.put("count", count)
        return f"${answer} {count}"


def on_fetch(request, env):
    return env.COUNTER.get_by_name("visits").fetch(request)


def on_scheduled(event, env):
    env.COUNTER.get_by_name("visits").fetch("/")
`;

function write(folder: string, settings: string, source: string): void {
    fs.mkdirSync(path.join(folder, "src"), { recursive: true });
    fs.writeFileSync(path.join(folder, "pyproject.toml"), settings);
    fs.writeFileSync(path.join(folder, "src/main.py"), source);
}

test("a counter counts on over a redeploy, a renamed class, a cron and a rollback", async (context) => {
    const folder = temporaryFolder(context);
    const options = { cwd: folder, environment: cloud.environment(folder) };
    const visit = async (): Promise<string> => (await cloud.ask("counter", "/")).text;
    write(folder, SETTINGS, program("Counter", "first"));
    await succeed(["deploy"], options);
    assert.equal(await visit(), "first 1");
    assert.equal(await visit(), "first 2");
    write(folder, SETTINGS, program("Counter", "second"));
    await succeed(["deploy"], options);
    assert.equal(await visit(), "second 3");
    await succeed(["rollback", "--yes"], options);
    assert.equal(await visit(), "first 4");

    const renamed = `${SETTINGS.replace('class-name = "Counter"', 'class-name = "Visits"')}
[[tool.pymode.migrations]]
tag = "v2"
renamed-classes = [{ from = "Counter", to = "Visits" }]

[tool.pymode.triggers]
crons = ["*/5 * * * *"]
`;
    write(folder, renamed, program("Visits", "third"));
    await succeed(["deploy"], options);
    assert.equal(await visit(), "third 5");
    const called = await fetch(`http://127.0.0.1:${cloud.standin.port}/__standin/scheduled`, { method: "POST", body: JSON.stringify({ script: "counter", cron: "*/5 * * * *" }) });
    assert.equal(called.status, 200, await called.text());
    assert.equal(await visit(), "third 7");
});

test("what the program lacks is said before anything is sent", async (context) => {
    const folder = temporaryFolder(context);
    const options = { cwd: folder, environment: cloud.environment(folder) };
    write(folder, SETTINGS, "def on_fetch(request):\n    return 'x'\n");
    const before = (await cloud.calls()).length;
    const lacking = await run(["deploy"], options);
    assert.equal(lacking.code, 2);
    assert.match(lacking.stderr, /src\/main\.py defines no class Counter, which is to be a Durable Object\n {2}hint: add `class Counter\(DurableObject\)/);
    write(folder, `${SETTINGS}\n[tool.pymode.triggers]\ncrons = ["* * * * *"]\n`, program("Counter", "x").replace("on_scheduled", "other"));
    assert.match((await run(["deploy"], options)).stderr, /there are crons, and src\/main\.py defines no on_scheduled/);
    assert.equal((await cloud.calls()).length, before);
});

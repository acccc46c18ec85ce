// SPDX-License-Identifier: MIT
// The real wrangler logs in at the local Cloudflare, refreshes its token, and logs out: so the login is what clients expect.

import assert from "node:assert/strict";
import fs from "node:fs";
import net, { type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { startStandin, type Standin } from "../standin/standin.ts";
import { run, starterOf } from "./client.ts";

let standin: Standin;
let home: string;
before(async () => {
    standin = await startStandin();
    home = fs.mkdtempSync(path.join(os.tmpdir(), "pymode-login-"));
});
after(async () => {
    await standin.stop();
    fs.rmSync(home, { recursive: true, force: true });
});

const origin = (): string => `http://127.0.0.1:${standin.port}`;

/** No token in the environment: wrangler takes what the login stored. */
function ask(args: string[], watch: (output: string) => void = () => undefined): Promise<string> {
    const environment = {
        HOME: home,
        CLOUDFLARE_API_BASE_URL: `${origin()}/client/v4`,
        WRANGLER_AUTH_URL: `${origin()}/oauth2/auth`,
        WRANGLER_TOKEN_URL: `${origin()}/oauth2/token`,
        WRANGLER_REVOKE_URL: `${origin()}/oauth2/revoke`,
    };
    return run(starterOf("wrangler")(args), { cwd: home, stdin: "", environment, watch });
}

async function set(situation: object): Promise<void> {
    const response = await fetch(`${origin()}/__standin/set`, { method: "POST", body: JSON.stringify(situation) });
    assert.equal(response.status, 200);
}

async function freePort(): Promise<number> {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
}

/** wrangler names the address before its server listens. */
async function patientFetch(url: URL): Promise<Response> {
    const deadline = Date.now() + 30_000;
    for (;;) {
        try {
            return await fetch(url, { redirect: "manual" });
        } catch (error) {
            if (Date.now() > deadline) throw error;
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }
}

/** The browser's part: to the page, and from there to wrangler's own server. wrangler always names its usual port. */
async function browse(url: string, port: number): Promise<void> {
    const page = await fetch(url, { redirect: "manual" });
    const callback = new URL(page.headers.get("location") ?? "");
    assert.equal(callback.port, "8976");
    callback.port = String(port);
    const back = await patientFetch(callback);
    assert.equal(back.status, 307, await back.text());
}

test("login, whoami, a refreshed token, logout", async () => {
    // An access token that has ended at once: the next command must refresh it.
    await set({ loginSeconds: 0 });
    const port = await freePort();
    let visited: Promise<void> | undefined;
    await ask(["login", "--browser=false", "--callback-port", String(port)], (output) => {
        const url = /http:\S+\/oauth2\/auth\?\S+(?=\s)/.exec(output)?.[0];
        if (url !== undefined) visited ??= browse(url, port);
    });
    assert.ok(visited, "wrangler printed an address");
    await visited;
    await set({ loginSeconds: 3600 });
    assert.match(await ask(["whoami"]), /user@example\.com/);
    const calls = ((await (await fetch(`${origin()}/__standin/requests`)).json()) as { result: { method: string; path: string; status: number }[] }).result;
    assert.deepEqual(calls.filter((call) => call.path === "/oauth2/token").map((call) => call.status), [200, 200]);
    await ask(["logout"]);
    const after = (await (await fetch(`${origin()}/__standin/requests`)).json()) as { result: { path: string }[] };
    assert.ok(after.result.some((call) => call.path === "/oauth2/revoke"));
});

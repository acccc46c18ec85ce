// SPDX-License-Identifier: MIT
// pymode login, logout and whoami: the browser is played by the test.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { DEFAULTS } from "../standin/standin.ts";
import { Cloud } from "./support/cloud.ts";
import { emptyEnvironment, run, succeed, temporaryFolder } from "./support/pymode.ts";
import { Session } from "./support/session.ts";
import { onTerminal } from "./support/terminal.ts";

let cloud: Cloud;
before(async () => {
    cloud = await Cloud.start();
});
after(() => cloud.stop());

const origin = (): string => `http://127.0.0.1:${cloud.standin.port}`;

/** No credentials: they come from the login. */
function environment(home: string): Record<string, string> {
    return {
        ...emptyEnvironment(home),
        CLOUDFLARE_API_BASE_URL: `${origin()}/client/v4`,
        PYMODE_OAUTH_CLIENT_ID: "client-of-the-test",
        PYMODE_OAUTH_AUTH_URL: `${origin()}/oauth2/auth`,
        PYMODE_OAUTH_TOKEN_URL: `${origin()}/oauth2/token`,
        PYMODE_OAUTH_REVOKE_URL: `${origin()}/oauth2/revoke`,
    };
}

async function set(situation: object): Promise<void> {
    const response = await fetch(`${origin()}/__standin/set`, { method: "POST", body: JSON.stringify(situation) });
    assert.equal(response.status, 200, await response.text());
}

const storeOf = (home: string): string => path.join(home, ".config/pymode/credentials.toml");

function login(context: TestContext, home: string, more: Record<string, string> = {}): Session {
    const session = new Session(["login", "--callback-port", "0", "-vvv"], { cwd: home, environment: { ...environment(home), ...more } });
    context.after(() => session.end("SIGKILL"));
    return session;
}

/** The consent page sends the browser back to the machine. */
async function callbackOf(session: Session): Promise<URL> {
    const [url] = await session.says("stderr", /http:\S+\/oauth2\/auth\?\S+(?=\s)/);
    const page = await fetch(url, { redirect: "manual" });
    assert.equal(page.status, 302, await page.text());
    return new URL(page.headers.get("location") ?? "");
}

async function loggedIn(context: TestContext, home: string): Promise<Session> {
    const session = login(context, home);
    const page = await fetch(await callbackOf(session));
    assert.deepEqual([page.status, /logged in/.test(await page.text())], [200, true]);
    assert.equal(await session.end(), 0, session.output);
    return session;
}

const tokenCalls = async (): Promise<string[]> => (await cloud.calls()).filter((call) => call.includes("/oauth2/token"));

test("login, whoami, two runs that refresh at once, logout", async (context) => {
    const home = temporaryFolder(context);
    await set({ loginSeconds: 0 });
    const session = await loggedIn(context, home);
    const stored = fs.readFileSync(storeOf(home), "utf8");
    const secrets = [...stored.matchAll(/^(?:refresh-)?token = "(.+)"$/gm)].map((match) => match[1] ?? "");
    assert.equal(secrets.length, 2, "an access token and a refresh token");
    for (const secret of secrets) assert.ok(!session.output.includes(secret), "a token in the output");
    assert.equal(fs.statSync(storeOf(home)).mode & 0o777, 0o600);
    assert.equal(fs.statSync(path.dirname(storeOf(home))).mode & 0o777, 0o700);

    // The access token has ended at once; a refresh token works once. Two runs share one refresh.
    await set({ loginSeconds: 3600 });
    const before = (await tokenCalls()).length;
    const both = await Promise.all([1, 2].map(() => succeed(["whoami", "-vvv"], { cwd: home, environment: environment(home) })));
    for (const { stdout, stderr } of both) {
        assert.match(stdout, /^user@example\.com, by the login/);
        assert.match(stdout, new RegExp(DEFAULTS.id));
        for (const secret of secrets) assert.ok(!(stdout + stderr).includes(secret), "a token in the output");
    }
    assert.deepEqual((await tokenCalls()).slice(before), ["POST /oauth2/token 200"]);

    await succeed(["logout"], { cwd: home, environment: environment(home) });
    assert.ok((await cloud.calls()).includes("POST /oauth2/revoke 200"));
    assert.ok(!fs.existsSync(storeOf(home)));
    const nobody = await run(["whoami"], { cwd: home, environment: environment(home) });
    assert.equal(nobody.code, 2);
    assert.match(nobody.stderr, /pymode login --token/);
});

test("a machine with a display opens the page; where that fails, or there is none, the user does", async (context) => {
    const home = temporaryFolder(context);
    const opened = path.join(home, "opened");
    const display = { PATH: path.join(home, "bin"), DISPLAY: ":0" };
    const opener = (script: string): void => {
        fs.mkdirSync(display.PATH, { recursive: true });
        fs.writeFileSync(path.join(display.PATH, "xdg-open"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    };
    opener(`printf %s "$1" >${opened}`);
    const session = login(context, home, display);
    await session.says("stderr", /follow the page in the browser, or open:\n(http:\S+)\s/);
    const page = await fetch(fs.readFileSync(opened, "utf8"), { redirect: "manual" });
    assert.equal((await fetch(page.headers.get("location") ?? "")).status, 200);
    assert.equal(await session.end(), 0, session.output);

    const byHand = /open this address in a browser of this machine:\n(http:\S+)\s/;
    opener("exit 3");
    await login(context, home, display).says("stderr", byHand);
    opener(`printf %s "$1" >${opened}`);
    fs.rmSync(opened);
    await login(context, home, { PATH: display.PATH }).says("stderr", byHand);
    assert.ok(!fs.existsSync(opened));
});

test("the port answers one path, and only with the right state", async (context) => {
    const home = temporaryFolder(context);
    const session = login(context, home);
    const callback = await callbackOf(session);
    assert.equal((await fetch(new URL("/favicon.ico", callback))).status, 404);
    assert.equal((await fetch(new URL("/oauth/callback/x", callback))).status, 404);
    assert.equal((await fetch(callback, { method: "POST" })).status, 405);
    const forged = new URL(callback);
    forged.searchParams.set("state", "x".repeat(32));
    assert.equal((await fetch(forged)).status, 400);
    assert.equal((await fetch(new URL("/oauth/callback", callback))).status, 400);
    const page = await fetch(callback);
    assert.equal(page.status, 200, "the login went on waiting");
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    assert.equal(await session.end(), 0, session.output);
});

test("a refusal, a code that does not work, Ctrl-C: nothing is stored", async (context) => {
    const home = temporaryFolder(context);
    await set({ consent: "deny" });
    const denied = login(context, home);
    const page = await fetch(await callbackOf(denied));
    await set({ consent: "allow" });
    assert.equal(page.status, 400);
    assert.match(await page.text(), /access_denied/);
    assert.equal(await denied.end(), 1);
    assert.match(denied.stderr, /the login was refused: access_denied/);

    const broken = login(context, home);
    const callback = await callbackOf(broken);
    callback.searchParams.set("code", "made-up-by-somebody");
    assert.equal((await fetch(callback)).status, 400);
    assert.equal(await broken.end(), 1);
    assert.match(broken.stderr, /Cloudflare refused to log in \(status 400\)/);
    assert.ok(!broken.output.includes("made-up-by-somebody"));

    const stopped = login(context, home);
    await callbackOf(stopped);
    assert.equal(await stopped.end("SIGINT"), 130, stopped.output);
    assert.ok(!fs.existsSync(storeOf(home)));
});

test("an API token from standard input is checked, then kept", async (context) => {
    const home = temporaryFolder(context);
    const { PYMODE_OAUTH_CLIENT_ID: _, ...without } = environment(home);
    const give = async (input: string): Promise<Session> => {
        const session = new Session(["login", "--token", "-vvv"], { cwd: home, environment: without, input });
        await session.end();
        return session;
    };
    const unknown = await give("wrong-token-of-the-test\n");
    assert.equal(await unknown.end(), 1);
    assert.match(unknown.stderr, /Authentication error|does not know this token/);
    assert.ok(!unknown.output.includes("wrong-token-of-the-test"));
    assert.ok(!fs.existsSync(storeOf(home)));
    const nothing = await give("");
    assert.equal(await nothing.end(), 2);

    const good = await give(`  ${DEFAULTS.token}\n`);
    assert.equal(await good.end(), 0, good.output);
    assert.ok(!good.output.includes(DEFAULTS.token));
    const { stdout } = await succeed(["whoami", "--json"], { cwd: home, environment: without });
    const who = JSON.parse(stdout) as { email: string; credentials: string; source: string; owner: string };
    assert.deepEqual([who.email, who.credentials, who.owner, who.source], ["user@example.com", "API token", "user", storeOf(home)]);

    fs.rmSync(storeOf(home));
    const typed = await onTerminal(without, home, ["login", "--token"], [["it is not shown", `${DEFAULTS.token}\r`]]);
    assert.ok(!typed.includes(DEFAULTS.token), "a terminal does not show it");
    assert.ok(fs.readFileSync(storeOf(home), "utf8").includes(DEFAULTS.token));

    await set({ accountToken: true });
    const ofAccount = await give(`${DEFAULTS.token}\n`);
    const identity = JSON.parse((await succeed(["whoami", "--json"], { cwd: home, environment: without })).stdout) as { email: null; owner: string };
    await set({ accountToken: false });
    assert.equal(await ofAccount.end(), 0, ofAccount.output);
    assert.deepEqual([identity.email, identity.owner], [null, "account"]);

    fs.chmodSync(storeOf(home), 0o644);
    const open = await run(["whoami"], { cwd: home, environment: without });
    assert.equal(open.code, 2);
    assert.match(open.stderr, /others may read it/);

    const noClient = await run(["login"], { cwd: home, environment: without });
    assert.equal(noClient.code, 2);
    assert.match(noClient.stderr, /Workers Scripts: Edit[^]*CLOUDFLARE_API_TOKEN[^]*pymode login --token/);
});

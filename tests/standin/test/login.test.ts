// SPDX-License-Identifier: MIT
// The login: a code for who can prove that it asked, an access token that ends, refresh tokens that work once.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { TestClient } from "./client.ts";

const REDIRECT = "http://localhost:8976/oauth/callback";
const VERIFIER = randomBytes(48).toString("base64url");
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");

let client: TestClient;
before(async () => {
    client = await TestClient.start();
});
after(() => client.stop());

const origin = (): string => `http://127.0.0.1:${client.standin.port}/oauth2`;

const query = (more: Record<string, string> = {}): URLSearchParams =>
    new URLSearchParams({
        response_type: "code",
        client_id: "test-client",
        redirect_uri: REDIRECT,
        scope: "account:read workers:write offline_access",
        state: "0123456789abcdef",
        code_challenge: CHALLENGE,
        code_challenge_method: "S256",
        ...more,
    });

const authorize = (more: Record<string, string> = {}): Promise<Response> => fetch(`${origin()}/auth?${query(more).toString()}`, { redirect: "manual" });

async function code(): Promise<string> {
    const location = new URL((await authorize()).headers.get("location") ?? "");
    assert.equal(location.origin + location.pathname, REDIRECT);
    assert.equal(location.searchParams.get("state"), "0123456789abcdef");
    return location.searchParams.get("code") ?? "";
}

interface Tokens {
    status: number;
    access_token?: string;
    refresh_token?: string;
    expires_in?: number;
    error?: string;
}

async function token(form: Record<string, string>): Promise<Tokens> {
    const response = await fetch(`${origin()}/token`, { method: "POST", body: new URLSearchParams({ client_id: "test-client", ...form }) });
    return { status: response.status, ...((await response.json()) as object) };
}

const exchange = (given: string, more: Record<string, string> = {}): Promise<Tokens> =>
    token({ grant_type: "authorization_code", code: given, redirect_uri: REDIRECT, code_verifier: VERIFIER, ...more });

const refresh = (given: string): Promise<Tokens> => token({ grant_type: "refresh_token", refresh_token: given });

const works = async (access: string | undefined): Promise<boolean> => (await client.call("GET", "/user", { token: access ?? "" })).status === 200;

test("a login gives tokens, and a refresh new ones, once", async () => {
    const first = await exchange(await code());
    assert.deepEqual([first.status, first.expires_in], [200, 3600]);
    assert.ok(await works(first.access_token));
    const second = await refresh(first.refresh_token ?? "");
    assert.ok(await works(second.access_token));
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.deepEqual(await refresh(first.refresh_token ?? ""), { status: 400, error: "invalid_grant", error_description: "the refresh token is not known, used already or revoked" });
});

test("a code works once, for who asked, at the same address", async () => {
    const given = await code();
    assert.equal((await exchange(given)).status, 200);
    assert.equal((await exchange(given)).error, "invalid_grant");
    assert.equal((await exchange(await code(), { code_verifier: randomBytes(48).toString("base64url") })).error, "invalid_grant");
    assert.equal((await exchange(await code(), { redirect_uri: "http://localhost:1/oauth/callback" })).error, "invalid_grant");
    assert.equal((await exchange(await code(), { client_id: "another" })).error, "invalid_grant");
    assert.equal((await token({ grant_type: "password" })).error, "unsupported_grant_type");
});

const WRONG: Record<string, Record<string, string>> = {
    "a redirect to another machine": { redirect_uri: "https://example.com/oauth/callback" },
    "no state": { state: "" },
    "a plain challenge": { code_challenge_method: "plain" },
    "a challenge that is no SHA-256": { code_challenge: "short" },
    "another kind of answer": { response_type: "token" },
};

for (const [name, more] of Object.entries(WRONG)) {
    test(`auth: ${name} is refused on the page`, async () => {
        const response = await authorize(more);
        assert.deepEqual([response.status, response.headers.get("location")], [400, null]);
        assert.equal(((await response.json()) as { error: string }).error, "invalid_request");
    });
}

test("a user may say no", async () => {
    await client.control("POST", "set", { consent: "deny" });
    const location = new URL((await authorize()).headers.get("location") ?? "");
    await client.control("POST", "set", { consent: "allow" });
    assert.deepEqual([location.searchParams.get("error"), location.searchParams.get("code")], ["access_denied", null]);
});

test("an access token ends, and so does a revoked login", async () => {
    await client.control("POST", "set", { loginSeconds: 0 });
    const ended = await exchange(await code());
    await client.control("POST", "set", { loginSeconds: 3600 });
    assert.equal(await works(ended.access_token), false);
    const next = await refresh(ended.refresh_token ?? "");
    assert.ok(await works(next.access_token));
    const revoke = await fetch(`${origin()}/revoke`, { method: "POST", body: new URLSearchParams({ client_id: "test-client", token: next.refresh_token ?? "" }) });
    assert.equal(revoke.status, 200);
    assert.equal(await works(next.access_token), false);
    assert.equal((await refresh(next.refresh_token ?? "")).error, "invalid_grant");
});

test("without offline_access there is no refresh token", async () => {
    const response = await authorize({ scope: "account:read" });
    const given = new URL(response.headers.get("location") ?? "").searchParams.get("code") ?? "";
    assert.equal((await exchange(given)).refresh_token, undefined);
});

test("the global key and its e-mail address are credentials, too", async () => {
    const user = (headers: Record<string, string>): Promise<number> => client.call("GET", "/user", { token: "", headers }).then((reply) => reply.status);
    assert.equal(await user({ "x-auth-key": "test-key", "x-auth-email": "user@example.com" }), 200);
    assert.equal(await user({ "x-auth-key": "wrong", "x-auth-email": "user@example.com" }), 403);
});

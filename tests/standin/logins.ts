// SPDX-License-Identifier: MIT
// The login of dash.cloudflare.com: OAuth 2 with PKCE (RFC 6749, RFC 7636) for a client on the user's machine.
// The page where the user consents answers at once, as POST /__standin/set says ("consent").

import { createHash } from "node:crypto";
import type { Situation } from "./account.ts";
import type { Answer } from "./envelope.ts";
import { hex } from "./script.ts";

const PATH = "/oauth2/";
const MAX_LOGINS = 1000;

interface Code {
    clientId: string;
    redirectUri: string;
    challenge: string;
    scope: string;
}

interface Grant {
    clientId: string;
    scope: string;
    access: string;
    refresh: string | undefined;
    expires: number;
}

export class Logins {
    readonly #situation: Situation;
    readonly #codes = new Map<string, Code>();
    #grants: Grant[] = [];

    constructor(situation: Situation) {
        this.#situation = situation;
    }

    /** Whether it is an access token that has neither ended nor been revoked. */
    accepts(token: string): boolean {
        return this.#grants.some((grant) => grant.access === token && grant.expires > Date.now());
    }

    /** The answer of /oauth2/auth, /oauth2/token and /oauth2/revoke; nothing for another path. */
    answer(method: string, url: URL, contentType: string, body: Buffer): Answer | undefined {
        if (!url.pathname.startsWith(PATH)) return undefined;
        const what = `${method} ${url.pathname.slice(PATH.length)}`;
        if (what === "GET auth") return this.#authorize(url.searchParams);
        const isForm = /^application\/x-www-form-urlencoded(?:;|$)/i.test(contentType);
        if (!isForm) return refusal("invalid_request", "the body is not application/x-www-form-urlencoded");
        const form = new URLSearchParams(body.toString("utf8"));
        if (what === "POST token") return this.#token(form);
        if (what === "POST revoke") return this.#revoke(form);
        return refusal("invalid_request", `there is no ${what}`);
    }

    #authorize(query: URLSearchParams): Answer {
        const redirectUri = query.get("redirect_uri") ?? "";
        // The redirect of a native client goes to the machine itself, to any port (RFC 8252, 7.3).
        if (!/^http:\/\/(?:localhost|127\.0\.0\.1):\d+\/oauth\/callback$/.test(redirectUri)) {
            return refusal("invalid_request", `the redirect_uri "${redirectUri}" is not registered`);
        }
        const wrong = wrongParameter(query);
        if (wrong !== undefined) return refusal("invalid_request", wrong);
        const target = new URL(redirectUri);
        target.searchParams.set("state", query.get("state") ?? "");
        if (this.#situation.consent === "deny") {
            target.searchParams.set("error", "access_denied");
        } else {
            const code = hex(24);
            this.#codes.set(code, { clientId: query.get("client_id") ?? "", redirectUri, challenge: query.get("code_challenge") ?? "", scope: query.get("scope") ?? "" });
            target.searchParams.set("code", code);
            target.searchParams.set("scope", query.get("scope") ?? "");
        }
        return { status: 302, headers: { location: target.href }, body: Buffer.alloc(0) };
    }

    #token(form: URLSearchParams): Answer {
        const type = form.get("grant_type");
        if (type === "authorization_code") return this.#exchange(form);
        if (type === "refresh_token") return this.#refresh(form);
        return refusal("unsupported_grant_type", `"${type ?? ""}" is no grant_type`);
    }

    /** A code works once, and only for who asked for it: the verifier must hash to the challenge. */
    #exchange(form: URLSearchParams): Answer {
        const code = this.#codes.get(form.get("code") ?? "");
        this.#codes.delete(form.get("code") ?? "");
        const verifier = form.get("code_verifier") ?? "";
        if (!code || code.clientId !== form.get("client_id") || code.redirectUri !== form.get("redirect_uri")) {
            return refusal("invalid_grant", "the code is not known");
        }
        if (!/^[\w.~-]{43,128}$/.test(verifier) || createHash("sha256").update(verifier).digest("base64url") !== code.challenge) {
            return refusal("invalid_grant", "the code_verifier does not fit the code_challenge");
        }
        return this.#grant(code.clientId, code.scope);
    }

    /** A refresh token works once; the answer has the next one. */
    #refresh(form: URLSearchParams): Answer {
        const token = form.get("refresh_token");
        const grant = this.#grants.find((one) => one.refresh !== undefined && one.refresh === token && one.clientId === form.get("client_id"));
        if (!grant) return refusal("invalid_grant", "the refresh token is not known, used already or revoked");
        grant.refresh = undefined;
        return this.#grant(grant.clientId, grant.scope);
    }

    #grant(clientId: string, scope: string): Answer {
        const offline = scope.split(" ").includes("offline_access");
        const seconds = this.#situation.loginSeconds;
        const grant: Grant = { clientId, scope, access: hex(20), refresh: offline ? hex(20) : undefined, expires: Date.now() + seconds * 1000 };
        this.#grants = [...this.#grants.slice(-MAX_LOGINS), grant];
        return plain(200, {
            access_token: grant.access,
            token_type: "bearer",
            expires_in: seconds,
            scope,
            ...(grant.refresh !== undefined && { refresh_token: grant.refresh }),
        });
    }

    /** Also a token that is not known is answered with 200 (RFC 7009, 2.2). */
    #revoke(form: URLSearchParams): Answer {
        const token = form.get("token") ?? "";
        if (!form.get("client_id") || token === "") return refusal("invalid_request", "client_id or token is missing");
        this.#grants = this.#grants.filter((grant) => grant.access !== token && grant.refresh !== token);
        return plain(200, {});
    }
}

function wrongParameter(query: URLSearchParams): string | undefined {
    if (query.get("response_type") !== "code") return "response_type is not code";
    if (!query.get("client_id")) return "client_id is missing";
    if ((query.get("state") ?? "").length < 8) return "state is missing or too short";
    if (query.get("code_challenge_method") !== "S256") return "code_challenge_method is not S256";
    if (!/^[\w-]{43}$/.test(query.get("code_challenge") ?? "")) return "code_challenge is not the base64url of a SHA-256";
    return undefined;
}

/** OAuth's answers are not in the envelope of the API. */
const plain = (status: number, body: unknown): Answer => ({ status, body });

const refusal = (error: string, description: string): Answer => plain(400, { error, error_description: description });

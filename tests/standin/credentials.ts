// SPDX-License-Identifier: MIT
// Who calls: an API token, the access token of a login, or the global key with its e-mail address.

import { authenticationError, failure, refuse } from "./envelope.ts";
import type { Call, Services } from "./router.ts";

export const USER = { id: "u".repeat(32), email: "user@example.com", key: "test-key" };

/** Throws Refused with Cloudflare's answer for what is missing or wrong. */
export function checkCredentials(call: Call, { account, logins }: Services): void {
    const { authorization, "x-auth-key": key, "x-auth-email": email } = call.headers;
    if (authorization === undefined && key === undefined) {
        refuse(failure(400, { code: 9106, message: "Missing X-Auth-Key, X-Auth-Email or Authorization headers" }));
    }
    if (authorization === undefined) {
        if (key === USER.key && email === USER.email) return;
        refuse(failure(403, { code: 9103, message: "Unknown X-Auth-Key or X-Auth-Email" }));
    }
    const token = /^Bearer ([\x21-\x7e]+)$/.exec(authorization)?.[1];
    if (token === undefined) {
        refuse(
            failure(400, {
                code: 6003,
                message: "Invalid request headers",
                error_chain: [{ code: 6111, message: "Invalid format for Authorization header" }],
            }),
        );
    }
    if (token === account.token || logins.accepts(token)) return;
    if (call.path.endsWith("/tokens/verify")) refuse(failure(401, { code: 1000, message: "Invalid API Token" }));
    refuse(authenticationError(401));
}

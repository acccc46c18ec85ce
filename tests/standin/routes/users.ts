// SPDX-License-Identifier: MIT
// Who the credentials belong to: what wrangler asks for `whoami` and to find the account.

import type { Account } from "../account.ts";
import { USER } from "../credentials.ts";
import { authenticationError, failure, ok, paged, type Answer } from "../envelope.ts";
import { ACCOUNT, type Context, type Route } from "../router.ts";
import { text } from "../shape.ts";

const page = { page: text(), per_page: text() };
const TOKEN_ID = "t".repeat(32);

export const userRoutes: readonly Route[] = [
    {
        method: "GET",
        path: "/accounts",
        query: page,
        run: ({ account, query }) => paged(accountsOf(account), query),
    },
    { method: "GET", path: ACCOUNT, run: ({ account }) => ok({ id: account.id, name: account.name }) },
    {
        method: "GET",
        path: "/memberships",
        query: page,
        run: ({ account, query }) =>
            account.situation.accountToken
                ? authenticationError(403)
                : paged(accountsOf(account).map((one, index) => ({ id: `m${index + 1}`, account: one, roles: ["Administrator"] })), query),
    },
    { method: "GET", path: "/user", run: ofUser(failure(403, { code: 9109, message: "Unauthorized to access requested resource" }), { id: USER.id, email: USER.email }) },
    { method: "GET", path: "/user/tokens/verify", run: ofUser(failure(401, { code: 1000, message: "Invalid API Token" }), { id: TOKEN_ID, status: "active" }) },
    { method: "GET", path: `${ACCOUNT}/tokens/verify`, run: () => ok({ id: TOKEN_ID, status: "active" }) },
];

const accountsOf = (account: Account): { id: string; name: string }[] => [
    { id: account.id, name: account.name },
    ...account.situation.otherAccounts.map((name, index) => ({ id: `e${String(index).padStart(31, "0")}`, name })),
];

function ofUser(refusal: Answer, result: unknown): (context: Context) => Answer {
    return ({ account }) => (account.situation.accountToken ? refusal : ok(result));
}

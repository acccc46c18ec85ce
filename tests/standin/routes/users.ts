// SPDX-License-Identifier: MIT
// Who the credentials belong to: what wrangler asks for `whoami` and to find the account.

import { USER } from "../credentials.ts";
import { ok, paged } from "../envelope.ts";
import { ACCOUNT, type Route } from "../router.ts";
import { text } from "../shape.ts";

const page = { page: text(), per_page: text() };
const TOKEN_ID = "t".repeat(32);

export const userRoutes: readonly Route[] = [
    {
        method: "GET",
        path: "/accounts",
        query: page,
        run: ({ account, query }) => paged([{ id: account.id, name: account.name }], query),
    },
    { method: "GET", path: ACCOUNT, run: ({ account }) => ok({ id: account.id, name: account.name }) },
    {
        method: "GET",
        path: "/memberships",
        query: page,
        run: ({ account, query }) =>
            paged([{ id: "m1", account: { id: account.id, name: account.name }, roles: ["Administrator"] }], query),
    },
    { method: "GET", path: "/user", run: () => ok({ id: USER.id, email: USER.email }) },
    { method: "GET", path: "/user/tokens/verify", run: () => ok({ id: TOKEN_ID, status: "active" }) },
    { method: "GET", path: `${ACCOUNT}/tokens/verify`, run: () => ok({ id: TOKEN_ID, status: "active" }) },
];

// SPDX-License-Identifier: MIT
// KV namespaces: making, listing and deleting them. Their contents live in Miniflare.

import { hex, newNamespace } from "../account.ts";
import { failure, ok, paged } from "../envelope.ts";
import { ACCOUNT, type Route } from "../router.ts";
import { literal, record, text } from "../shape.ts";

const NAMESPACES = `${ACCOUNT}/storage/kv/namespaces`;

export const kvRoutes: readonly Route[] = [
    {
        method: "GET",
        path: NAMESPACES,
        query: { page: text(), per_page: text(), order: literal("title", "id"), direction: literal("asc", "desc") },
        run: ({ account, query }) => {
            const key = query.get("order") === "id" ? "id" : "title";
            const all = [...account.namespaces.values()].sort((a, b) => (a[key] < b[key] ? -1 : 1));
            return paged(query.get("direction") === "desc" ? all.reverse() : all, query);
        },
    },
    {
        method: "POST",
        path: NAMESPACES,
        body: { json: record({ title: text({ pattern: /\S/, max: 512 }) }) },
        run: ({ account, json }) => {
            const { title } = json as { title: string };
            if ([...account.namespaces.values()].some((namespace) => namespace.title === title)) {
                return failure(400, { code: 10014, message: "A namespace with this account ID and title already exists." });
            }
            const namespace = newNamespace(hex(16), title);
            account.namespaces.set(namespace.id, namespace);
            return ok(namespace);
        },
    },
    {
        method: "DELETE",
        path: `${NAMESPACES}/:namespace`,
        run: ({ account, parameter }) =>
            account.namespaces.delete(parameter("namespace"))
                ? ok(null)
                : failure(404, { code: 10013, message: "namespace not found" }),
    },
];

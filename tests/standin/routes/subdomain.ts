// SPDX-License-Identifier: MIT
// workers.dev: the account's name there, and whether a script is shown under it.

import { failure, ok } from "../envelope.ts";
import { ACCOUNT, SCRIPT, type Route } from "../router.ts";
import { bool, record, text } from "../shape.ts";
import { existingScript } from "./lookup.ts";

export const subdomainRoutes: readonly Route[] = [
    {
        method: "GET",
        path: `${ACCOUNT}/workers/subdomain`,
        run: ({ account }) =>
            account.subdomain === undefined
                ? failure(404, { code: 10007, message: "You do not have a workers.dev subdomain." })
                : ok({ subdomain: account.subdomain }),
    },
    {
        method: "PUT",
        path: `${ACCOUNT}/workers/subdomain`,
        body: { json: record({ subdomain: text({ pattern: /^[a-z0-9][a-z0-9-]{0,62}$/ }) }) },
        run: ({ account, json }) => {
            account.subdomain = (json as { subdomain: string }).subdomain;
            return ok({ subdomain: account.subdomain });
        },
    },
    { method: "GET", path: `${SCRIPT}/subdomain`, run: (context) => ok(existingScript(context).workersDev) },
    {
        method: "POST",
        path: `${SCRIPT}/subdomain`,
        // The date chooses the meaning of a missing `previews_enabled`; wrangler always sends it.
        headers: { "cloudflare-workers-script-api-date": text({ pattern: /^\d{4}-\d{2}-\d{2}$/ }) },
        body: { json: record({ enabled: bool }, { previews_enabled: bool }) },
        run: (context) => {
            const script = existingScript(context);
            const { enabled, previews_enabled } = context.json as { enabled: boolean; previews_enabled?: boolean };
            script.workersDev = { enabled, previews_enabled: previews_enabled ?? enabled };
            return ok(script.workersDev);
        },
    },
];

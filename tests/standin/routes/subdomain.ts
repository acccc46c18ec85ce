// SPDX-License-Identifier: MIT
// workers.dev: the account's name there, and whether a script is shown under it.

import { failure, ok } from "../envelope.ts";
import { ACCOUNT, AS_TEXT_TOO, SCRIPT, type Route } from "../router.ts";
import { bool, record, text } from "../shape.ts";
import { existingScript } from "./lookup.ts";

const SUBDOMAIN = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Of all the world's accounts, only one other is played here. */
const isTaken = (subdomain: string): boolean => subdomain === "taken";

export const subdomainRoutes: readonly Route[] = [
    {
        method: "GET",
        path: `${ACCOUNT}/workers/subdomain`,
        run: ({ account }) =>
            account.situation.subdomain === undefined
                ? failure(404, { code: 10007, message: "You do not have a workers.dev subdomain." })
                : ok({ subdomain: account.situation.subdomain }),
    },
    {
        method: "PUT",
        path: `${ACCOUNT}/workers/subdomain`,
        body: { json: record({ subdomain: text({ pattern: SUBDOMAIN }) }), types: AS_TEXT_TOO },
        run: ({ account, json }) => {
            const { subdomain } = json as { subdomain: string };
            if (isTaken(subdomain)) return failure(409, { code: 10031, message: "workers.api.error.subdomain_taken" });
            account.situation.subdomain = subdomain;
            return ok({ subdomain });
        },
    },
    {
        // Both answers are errors: one says that the name is free, the other that it is not.
        method: "GET",
        path: `${ACCOUNT}/workers/subdomains/:subdomain`,
        run: ({ parameter }) =>
            isTaken(parameter("subdomain"))
                ? failure(409, { code: 10031, message: "workers.api.error.subdomain_taken" })
                : failure(404, { code: 10032, message: "workers.api.error.subdomain_available" }),
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

// SPDX-License-Identifier: MIT
// Custom domains: what would change, and the change itself.

import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { zoneOf, type Account, type Domain } from "../account.ts";
import { failure, noWorker, ok, refuse, type Answer } from "../envelope.ts";
import { ACCOUNT, SCRIPT, type Context, type Route } from "../router.ts";
import { hex } from "../script.ts";
import { bool, list, literal, record, text } from "../shape.ts";
import { existingScript } from "./lookup.ts";

const hostname = text({ pattern: /^[a-z0-9.-]+$/, max: 253 });
const originShape = record({ hostname }, { zone_id: text({ pattern: /^[0-9a-f]{32}$/ }), zone_name: text(), enabled: bool, previews_enabled: bool });

interface Origin {
    hostname: string;
    zone_id?: string;
    zone_name?: string;
    enabled?: boolean;
    previews_enabled?: boolean;
}

export const domainRoutes: readonly Route[] = [
    { method: "POST", path: `${SCRIPT}/domains/changeset`, query: { replace_state: literal("true", "false") }, body: { json: list(originShape) }, run: changeset },
    {
        method: "PUT",
        path: `${SCRIPT}/domains/records`,
        body: { json: record({ override_scope: bool, override_existing_origin: bool, override_existing_dns_record: bool, origins: list(originShape) }) },
        run: putRecords,
    },
    { method: "GET", path: `${ACCOUNT}/workers/domains`, query: { hostname: text(), service: text(), zone_id: text(), zone_name: text(), environment: text() }, run: getDomains },
    { method: "GET", path: `${ACCOUNT}/workers/domains/records`, query: { service: text(), environment: text(), page: text(), per_page: text() }, run: getDomains },
    { method: "GET", path: `${ACCOUNT}/workers/domains/records/:domain`, run: (context) => ok(existingDomain(context)) },
    {
        method: "PUT",
        path: `${ACCOUNT}/workers/domains`,
        body: { json: record({ hostname, service: text() }, { zone_id: text(), zone_name: text(), environment: literal("production") }) },
        run: putDomain,
    },
    { method: "DELETE", path: `${ACCOUNT}/workers/domains/:domain`, run: deleteDomain },
];

/** What PUT …/records would do. */
function changeset(context: Context): Answer {
    const script = existingScript(context);
    const origins = context.json as Origin[];
    const { domains } = context.account;
    const mine = domains.filter((domain) => domain.service === script.name);
    const known = (origin: Origin): Domain | undefined => domains.find((domain) => domain.hostname === origin.hostname);
    const added = origins.filter((origin) => !known(origin)).map((origin) => ({ ...domainFor(context.account, origin, script.name), id: "" }));
    return ok({
        added,
        removed: mine.filter((domain) => !origins.some((origin) => origin.hostname === domain.hostname)),
        // As it will be: whose it is now is not said.
        updated: origins.flatMap((origin) => {
            const now = known(origin);
            return now ? [{ ...changed(now, origin, script.name), modified: differs(now, origin, script.name) }] : [];
        }),
        conflicting: [], // DNS records, which the stand-in has none of
    });
}

const changed = (domain: Domain, { enabled, previews_enabled }: Origin, service: string): Domain => ({
    ...domain,
    service,
    enabled: enabled ?? domain.enabled,
    previews_enabled: previews_enabled ?? domain.previews_enabled,
});

const differs = (domain: Domain, origin: Origin, service: string): boolean => !isDeepStrictEqual(domain, changed(domain, origin, service));

/** Replaces all custom domains of the script. */
function putRecords(context: Context): Answer {
    const { account } = context;
    const script = existingScript(context);
    const { origins, override_existing_origin } = context.json as { origins: Origin[]; override_existing_origin: boolean };
    const domains = origins.map((origin) => {
        const before = account.domains.find((domain) => domain.hostname === origin.hostname);
        if (before && differs(before, origin, script.name) && !override_existing_origin) {
            refuse(failure(409, { code: 100116, message: `The hostname ${origin.hostname} belongs to the Worker ${before.service}.` }));
        }
        return before ? changed(before, origin, script.name) : domainFor(account, origin, script.name);
    });
    const names = domains.map((domain) => domain.hostname);
    account.domains = [...account.domains.filter((domain) => domain.service !== script.name && !names.includes(domain.hostname)), ...domains];
    return ok(domains);
}

function domainFor(account: Account, origin: Origin, service: string): Domain {
    const zone = zoneOf(account, origin.hostname) ?? refuse(failure(400, { code: 100117, message: `Could not find a zone for the hostname ${origin.hostname}` }));
    return {
        id: hex(16),
        hostname: origin.hostname,
        service,
        environment: "production",
        zone_id: zone.id,
        zone_name: zone.name,
        cert_id: randomUUID(),
        enabled: origin.enabled ?? true,
        previews_enabled: origin.previews_enabled ?? false,
    };
}

function getDomains({ account, query }: Context): Answer {
    const fits = (domain: Domain): boolean =>
        (["hostname", "service", "zone_id", "zone_name"] as const).every((name) => query.get(name) === null || query.get(name) === domain[name]);
    return ok(account.domains.filter(fits));
}

/** The documented way for a single hostname. */
function putDomain(context: Context): Answer {
    const { account } = context;
    const origin = context.json as Origin & { service: string };
    if (!account.scripts.has(origin.service)) return noWorker();
    const before = account.domains.find((domain) => domain.hostname === origin.hostname);
    const domain = before ? { ...before, service: origin.service } : domainFor(account, origin, origin.service);
    account.domains = [...account.domains.filter((one) => one.hostname !== origin.hostname), domain];
    return ok(domain);
}

function existingDomain(context: Context): Domain {
    const found = context.account.domains.find((domain) => domain.id === context.parameter("domain"));
    return found ?? refuse(failure(404, { code: 100114, message: "The domain does not exist." }));
}

function deleteDomain(context: Context): Answer {
    const domain = existingDomain(context);
    context.account.domains = context.account.domains.filter((one) => one.id !== domain.id);
    return ok({ id: domain.id });
}

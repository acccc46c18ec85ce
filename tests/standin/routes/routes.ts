// SPDX-License-Identifier: MIT
// Zones and the routes in them: all of one script at once, or zone by zone for a token that may not do that.

import { zoneOf, type Account, type Zone } from "../account.ts";
import { authenticationError, failure, ok, paged, refuse, type Answer } from "../envelope.ts";
import { SCRIPT, type Context, type Route } from "../router.ts";
import { hex } from "../script.ts";
import { bool, either, list, record, text } from "../shape.ts";
import { existingScript, existingZone } from "./lookup.ts";

const ZONE = "/zones/:zone";
const pattern = text({ pattern: /^(?:https?:\/\/)?\*?[a-z0-9.-]+(?:\/\S*)?$/, max: 2000 });
const id32 = text({ pattern: /^[0-9a-f]{32}$/ });
const routeShape = record({ pattern }, { zone_name: text(), zone_id: id32, enabled: bool });
const zoneRouteShape = record({ pattern }, { script: either(text(), (value, path) => (value === null ? undefined : `${path} must be a name or null`)) });

export const routeRoutes: readonly Route[] = [
    { method: "GET", path: "/zones", query: { name: text(), "account.id": id32, page: text(), per_page: text(), cursor: text() }, run: getZones },
    { method: "GET", path: `${ZONE}/workers/routes`, query: { page: text(), per_page: text(), cursor: text() }, run: (context) => ok(routesIn(context.account, existingZone(context))) },
    { method: "POST", path: `${ZONE}/workers/routes`, body: { json: zoneRouteShape }, run: postRoute },
    { method: "PUT", path: `${ZONE}/workers/routes/:route`, body: { json: zoneRouteShape }, run: putRoute },
    { method: "DELETE", path: `${ZONE}/workers/routes/:route`, run: deleteRoute },
    { method: "PUT", path: `${SCRIPT}/routes`, body: { json: list(routeShape) }, run: putRoutes },
];

const noRoute = (): Answer => failure(404, { code: 10009, message: "The route does not exist." });

function getZones({ account, query }: Context): Answer {
    const name = query.get("name");
    const zones = account.zones.filter((zone) => name === null || zone.name === name);
    return paged(zones.map((zone) => ({ ...zone, status: "active", account: { id: account.id, name: account.name } })), query);
}

const routesIn = (account: Account, zone: Zone): unknown[] =>
    account.routes.filter((route) => route.zone === zone.id).map(({ id, pattern: shown, script }) => ({ id, pattern: shown, script }));

const hostOf = (route: string): string => route.replace(/^https?:\/\//, "").replace(/\/.*$/, "").replace(/^\*\.?/, "");

const taken = (owner: string): Answer =>
    failure(409, { code: 10020, message: `A route with the same pattern already exists, it belongs to the Worker ${owner}.` });

/** Replaces all routes of the script, in all zones. */
function putRoutes(context: Context): Answer {
    const { account } = context;
    const script = existingScript(context);
    if (!account.situation.allZones) return authenticationError(403);
    const wanted = context.json as { pattern: string; zone_name?: string; zone_id?: string }[];
    const routes = wanted.map((route) => {
        const zone = account.zones.find((one) => one.id === route.zone_id || one.name === route.zone_name) ?? zoneOf(account, hostOf(route.pattern));
        if (!zone) refuse(failure(400, { code: 10082, message: `Could not find a zone for the route ${route.pattern}` }));
        const other = account.routes.find((one) => one.pattern === route.pattern && one.script !== script.name);
        if (other) refuse(taken(other.script));
        const before = account.routes.find((one) => one.pattern === route.pattern);
        return { id: before?.id ?? hex(16), zone: zone.id, pattern: route.pattern, script: script.name };
    });
    account.routes = [...account.routes.filter((route) => route.script !== script.name), ...routes];
    return ok(routes.map((route) => route.pattern));
}

function postRoute(context: Context): Answer {
    const zone = existingZone(context);
    const { pattern: wanted, script } = context.json as { pattern: string; script?: string };
    const other = context.account.routes.find((route) => route.pattern === wanted);
    if (other) return taken(other.script);
    const route = { id: hex(16), zone: zone.id, pattern: wanted, script: script ?? "" };
    context.account.routes.push(route);
    return ok({ id: route.id, pattern: route.pattern, script: route.script });
}

function putRoute(context: Context): Answer {
    const zone = existingZone(context);
    const route = context.account.routes.find((one) => one.zone === zone.id && one.id === context.parameter("route"));
    if (!route) return noRoute();
    const { pattern: wanted, script } = context.json as { pattern: string; script?: string };
    Object.assign(route, { pattern: wanted, script: script ?? "" });
    return ok({ id: route.id, pattern: route.pattern, script: route.script });
}

function deleteRoute(context: Context): Answer {
    const zone = existingZone(context);
    const id = context.parameter("route");
    if (!context.account.routes.some((route) => route.zone === zone.id && route.id === id)) return noRoute();
    context.account.routes = context.account.routes.filter((route) => route.id !== id);
    return ok({ id });
}

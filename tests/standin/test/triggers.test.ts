// SPDX-License-Identifier: MIT
// What starts a Worker beside workers.dev: schedules, routes and custom domains.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DEFAULTS } from "../standin.ts";
import { ACCOUNT, SCRIPTS, TestClient } from "./client.ts";

let client: TestClient;
before(async () => {
    client = await TestClient.start({ zones: ["example.com", "sub.example.com", "other.test"] });
});
after(() => client.stop());

const source = (text: string): string => `export default { fetch(request) { return new Response("${text} " + new URL(request.url).host); } };`;

async function zoneId(name: string): Promise<string> {
    const { result } = await client.call("GET", `/zones?name=${name}&account.id=${DEFAULTS.id}`);
    return (result as { id: string }[])[0]?.id ?? "";
}

test("a schedule runs when the test says so", async () => {
    const bindings = [{ type: "kv_namespace", name: "KV", namespace_id: DEFAULTS.namespaces[0] }];
    await client.deploy("timed", 'export default { async scheduled(event, env) { if (event.cron === "0 0 1 1 *") throw new Error("no"); await env.KV.put("ran", event.cron + " " + event.scheduledTime); } };', { bindings });
    const put = await client.call("PUT", `${SCRIPTS}/timed/schedules`, { json: [{ cron: "*/5 * * * *" }, { cron: "0 0 1 1 *" }] });
    assert.deepEqual((put.result as { schedules: { cron: string }[] }).schedules.map((one) => one.cron), ["*/5 * * * *", "0 0 1 1 *"]);
    await client.control("POST", "scheduled", { script: "timed", cron: "*/5 * * * *", time: 1_700_000_000_000 });
    const value = await client.call("GET", `${ACCOUNT}/storage/kv/namespaces/${DEFAULTS.namespaces[0] ?? ""}/values/ran`);
    assert.equal(value.text, "*/5 * * * * 1700000000000");
    await assert.rejects(client.control("POST", "scheduled", { script: "timed", cron: "1 * * * *" }), /has no schedule/);
    assert.deepEqual((await client.order("scheduled", { script: "timed", cron: "0 0 1 1 *" })) as { outcome: string }, { outcome: "exception", noRetry: false });
    await client.call("PUT", `${SCRIPTS}/timed/schedules`, { json: [] });
    assert.deepEqual((await client.call("GET", `${SCRIPTS}/timed/schedules`)).result, { schedules: [] });
});

const CRONS: Record<string, number> = { "* * * * *": 200, "0 9-17/2 * JAN-MAR MON,FRI": 200, "0 0 L * *": 200, "*/5 * * * * *": 400, "every hour": 400, "": 400 };

for (const [cron, status] of Object.entries(CRONS)) {
    test(`the cron "${cron}" is answered with ${status}`, async () => {
        if (!(await client.call("GET", `${SCRIPTS}/crons/schedules`)).result) await client.deploy("crons", source("crons"));
        const reply = await client.call("PUT", `${SCRIPTS}/crons/schedules`, { json: [{ cron }] });
        assert.deepEqual([reply.status, reply.codes], status === 200 ? [200, []] : [400, [10100]]);
    });
}

test("routes lead to the script, the longest first, and one pattern is of one script", async () => {
    await client.deploy("wide", source("wide"));
    await client.deploy("narrow", source("narrow"));
    const put = (script: string, patterns: string[]): ReturnType<typeof client.call> =>
        client.call("PUT", `${SCRIPTS}/${script}/routes`, { json: patterns.map((pattern) => ({ pattern, zone_name: "example.com" })) });
    assert.deepEqual((await put("wide", ["example.com/*", "*.example.com/*"])).result, ["example.com/*", "*.example.com/*"]);
    assert.equal((await put("narrow", ["example.com/api/*"])).status, 200);
    assert.equal((await put("narrow", ["example.com/*"])).status, 409);
    assert.equal((await client.visit("example.com", "/x")).text, "wide example.com");
    assert.equal((await client.visit("example.com", "/api/x?y")).text, "narrow example.com");
    assert.equal((await client.visit("deep.example.com", "/")).text, "wide deep.example.com");
    assert.equal((await client.visit("elsewhere.test", "/")).status, 404);
    await put("wide", []);
    assert.equal((await client.visit("example.com", "/x")).status, 404);
    assert.equal((await client.call("PUT", `${SCRIPTS}/wide/routes`, { json: [{ pattern: "unknown.test/*" }] })).status, 400);
});

test("routes zone by zone, for a token that may not do all at once", async () => {
    await client.deploy("zonal", source("zonal"));
    await client.control("POST", "set", { allZones: false });
    try {
        assert.deepEqual((await client.call("PUT", `${SCRIPTS}/zonal/routes`, { json: [] })).codes, [10000]);
        const routes = `/zones/${await zoneId("other.test")}/workers/routes`;
        const made = (await client.call("POST", routes, { json: { pattern: "other.test/*", script: "zonal" } })).result as { id: string };
        assert.equal((await client.call("POST", routes, { json: { pattern: "other.test/*", script: "zonal" } })).status, 409);
        assert.equal((await client.visit("other.test")).text, "zonal other.test");
        assert.deepEqual((await client.call("GET", routes)).result, [{ id: made.id, pattern: "other.test/*", script: "zonal" }]);
        assert.equal((await client.call("PUT", `${routes}/${made.id}`, { json: { pattern: "other.test/a", script: "zonal" } })).status, 200);
        assert.equal((await client.visit("other.test", "/b")).status, 404);
        assert.equal((await client.call("DELETE", `${routes}/${made.id}`)).status, 200);
        assert.equal((await client.visit("other.test", "/a")).status, 404);
    } finally {
        await client.control("POST", "set", { allZones: true });
    }
});

test("custom domains: what would change, the change, and a domain that moves", async () => {
    await client.deploy("shop", source("shop"));
    await client.deploy("rival", source("rival"));
    const changeset = async (script: string, hostnames: string[]): Promise<Record<string, number>> => {
        const json = hostnames.map((hostname) => ({ hostname }));
        const { result } = await client.call("POST", `${SCRIPTS}/${script}/domains/changeset?replace_state=true`, { json });
        const changing = (list: { modified?: boolean }[]): number => list.filter(({ modified = true }) => modified).length;
        return Object.fromEntries(Object.entries(result as Record<string, { modified?: boolean }[]>).map(([name, list]) => [name, changing(list)]));
    };
    const put = (script: string, hostnames: string[], override = true): ReturnType<typeof client.call> =>
        client.call("PUT", `${SCRIPTS}/${script}/domains/records`, {
            json: { override_scope: true, override_existing_origin: override, override_existing_dns_record: true, origins: hostnames.map((hostname) => ({ hostname })) },
        });
    assert.deepEqual(await changeset("shop", ["shop.example.com"]), { added: 1, removed: 0, updated: 0, conflicting: 0 });
    const made = (await put("shop", ["shop.example.com"])).result as { zone_name: string }[];
    assert.equal(made[0]?.zone_name, "example.com");
    assert.equal((await client.visit("shop.example.com")).text, "shop shop.example.com");
    assert.deepEqual(await changeset("shop", ["shop.example.com"]), { added: 0, removed: 0, updated: 0, conflicting: 0 }, "nothing would change");
    assert.deepEqual(await changeset("rival", ["shop.example.com"]), { added: 0, removed: 0, updated: 1, conflicting: 0 });
    assert.equal((await put("rival", ["shop.example.com"], false)).status, 409);
    assert.equal((await put("rival", ["shop.example.com", "a.sub.example.com"])).status, 200);
    assert.equal((await client.visit("shop.example.com")).text, "rival shop.example.com");
    const { domains } = (await client.ask("state")) as { domains: { hostname: string; zone_name: string; service: string }[] };
    assert.deepEqual(domains.map((one) => [one.hostname, one.zone_name, one.service]), [
        ["shop.example.com", "example.com", "rival"],
        ["a.sub.example.com", "sub.example.com", "rival"],
    ]);
    assert.equal((await put("shop", ["nowhere.test"])).status, 400);
    await client.call("PUT", `${ACCOUNT}/workers/domains`, { json: { hostname: "one.example.com", service: "shop", zone_id: await zoneId("example.com"), environment: "production" } });
    const listed = (await client.call("GET", `${ACCOUNT}/workers/domains?service=shop`)).result as { id: string; hostname: string }[];
    assert.deepEqual(listed.map((one) => one.hostname), ["one.example.com"]);
    assert.equal((await client.call("DELETE", `${ACCOUNT}/workers/domains/${listed[0]?.id ?? ""}`)).status, 200);
});

test("a deleted script leaves no route, domain, schedule or consumer", async () => {
    await client.deploy("brief", source("brief"));
    await client.call("PUT", `${SCRIPTS}/brief/routes`, { json: [{ pattern: "example.com/brief" }] });
    await client.call("PUT", `${ACCOUNT}/workers/domains`, { json: { hostname: "brief.example.com", service: "brief" } });
    assert.equal((await client.call("DELETE", `${SCRIPTS}/brief?force=true`)).status, 200);
    const state = JSON.stringify(await client.ask("state"));
    assert.doesNotMatch(state, /brief/);
    assert.equal((await client.visit("brief.example.com")).status, 404);
});

// SPDX-License-Identifier: MIT
// What a deployment has said, beside what is so at the local Cloudflare.

import assert from "node:assert/strict";
import type { AccountState, WorkerState } from "./cloud.ts";
import type { Wish } from "./fault_projects.ts";
import type { Outcome } from "./pymode.ts";

export interface Told {
    worker: string;
    before: AccountState;
    now: AccountState;
    wishes: readonly Wish[];
    /** Cloudflare could not be asked how a call has ended: not to know it is right then. */
    deaf: boolean;
}

const ID = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})";

const live = (state: AccountState, worker: string): string | undefined => state.scripts[worker]?.active[0]?.id;

/** Everything is as the project says, and nothing is there twice. */
export function checkDeployed({ stdout, stderr }: Outcome, { worker, before, now, wishes }: Told): void {
    const is = live(now, worker);
    assert.ok(is !== undefined && is !== live(before, worker), "it says that it has deployed");
    assert.match(stderr, new RegExp(`version ${is}`));
    assert.equal(now.scripts[worker]?.active.length, 1);
    assert.deepEqual(wishes.filter((wish) => !wish.isSo(now)).map(({ what }) => what), [], "these are missing");
    assert.equal(stdout.includes(`https://${worker}.example-sub.workers.dev`), now.scripts[worker].workersDev.enabled);
    checkNoDuplicate(now);
}

/** There is a version that nobody sees yet, and all else is as it was. */
export function checkUploaded({ stdout, stderr }: Outcome, { worker, before, now }: Told): void {
    const id = now.scripts[worker]?.versions.at(-1)?.id ?? "none";
    assert.ok(before.scripts[worker]?.versions.every((version) => version.id !== id), "it says that it has uploaded");
    assert.match(stderr, new RegExp(`version ${id}`));
    assert.deepEqual(visible(now), visible(before), stderr);
    const shown = stdout.includes(`https://${id.slice(0, 8)}-${worker}.example-sub.workers.dev`);
    assert.notEqual(shown, /the version's own address is not known/.test(stderr), stderr);
}

/** Triggers are as the project says; nothing was uploaded. */
export function checkTriggered({ stdout }: Outcome, { worker, before, now, wishes }: Told): void {
    assert.deepEqual(uploads(now, worker), uploads(before, worker));
    assert.deepEqual(wishes.filter((wish) => wish.kind === "trigger" && !wish.isSo(now)).map(({ what }) => what), [], "these are missing");
    assert.equal(stdout.includes(`https://${worker}.example-sub.workers.dev`), now.scripts[worker]?.workersDev.enabled);
    checkNoDuplicate(now);
}

/** The error names the triggers that are set; without their names none was touched. */
export function checkNotTriggered({ code, stderr }: Outcome, told: Told): void {
    const { worker, before, now } = told;
    assert.equal(code, 1, stderr);
    assert.deepEqual(uploads(now, worker), uploads(before, worker));
    if (!/triggers of the uploaded Worker/.test(stderr)) assert.deepEqual(triggers(now, worker), triggers(before, worker), stderr);
    checkNoDuplicate(now);
    checkTriggers(stderr, told);
}

function checkNoDuplicate({ namespaces, databases, buckets, queues, routes, domains, scripts }: AccountState): void {
    const named = {
        namespaces: namespaces.map(({ title }) => title),
        databases: databases.map(({ name }) => name),
        buckets,
        queues: queues.map(({ queue_name }) => queue_name),
        consumers: queues.flatMap(({ queue_name, consumers }) => consumers.map(({ script }) => `${queue_name} ${script}`)),
        routes: routes.map(({ pattern }) => pattern),
        domains: domains.map(({ hostname }) => hostname),
        schedules: Object.entries(scripts).flatMap(([name, { schedules }]) => schedules.map((cron) => `${name} ${cron}`)),
    };
    for (const [kind, names] of Object.entries(named)) assert.deepEqual([...new Set(names)], names, `${kind} exist twice`);
}

/** The error names what is live, what is set and what was made, and it is so. */
export function checkFailure({ code, stderr }: Outcome, told: Told): void {
    assert.equal(code, 1, stderr);
    checkNoDuplicate(told.now);
    checkMade(stderr, told);
    checkLive(stderr, told);
    checkTriggers(stderr, told);
}

function checkLive(stderr: string, told: Told): void {
    const { worker, before, now, wishes, deaf } = told;
    if (deaf && /whether (?:it|the new version) answers is not known, because Cloudflare could not be asked/.test(stderr)) return;
    const [was, is] = [live(before, worker), live(now, worker)];
    const said = (text: string): string | undefined => new RegExp(text.replaceAll("ID", ID)).exec(stderr)?.[1];
    // What was so before and was not set again cannot be seen to be missing.
    const isPartial = (): boolean => wishes.some((wish) => wish.kind !== "resource" && (!wish.isSo(now) || wish.isSo(before)));

    const uploaded = said("version ID is uploaded but does not answer");
    if (uploaded !== undefined) assert.ok(now.scripts[worker]?.versions.some((version) => version.id === uploaded), stderr);
    const old = said("nothing(?: else)? was changed: version ID still answers") ?? said("does not answer: version ID still does");
    const fresh = said("version ID answers now; its ") ?? said("version ID answers; ");
    if (fresh !== undefined) {
        assert.ok(is === fresh && is !== was, stderr);
        if (/answers now; its settings and triggers were not set/.test(stderr)) assert.deepEqual([settings(now, worker), triggers(now, worker)], [settings(before, worker), triggers(before, worker)], stderr);
        else if (/answers now; its triggers were not set/.test(stderr)) assert.deepEqual(triggers(now, worker), triggers(before, worker), stderr);
        else if (/its settings and triggers were set only in part/.test(stderr)) assert.ok(isPartial(), stderr);
        else assert.match(stderr, /its settings and triggers may be set only in part/);
        return;
    }
    assert.deepEqual(visible(now), visible(before), stderr);
    if (old !== undefined) assert.ok(is === old && is === was, stderr);
    else if (/nothing(?: else)? was changed: there is no Worker of this name yet/.test(stderr)) assert.equal(now.scripts[worker], undefined, stderr);
    else assert.match(stderr, /nothing(?: else)? was changed$/m);
}

/** Resources that are new are named. */
function checkMade(stderr: string, { before, now, deaf }: Told): void {
    const old = resources(before);
    const made = resources(now).filter((one) => !old.includes(one));
    const said = /; made: (.*?); /.exec(stderr)?.[1]?.split(", ") ?? [];
    const unknown = deaf ? /this was to make the (.*)[^]*whether it has taken effect is not known/.exec(stderr)?.[1] : undefined;
    assert.deepEqual(said.toSorted(), made.filter((one) => one !== unknown).toSorted(), stderr);
}

/** An error about triggers names each of them once, with those that are set and those that are not. */
function checkTriggers(stderr: string, { wishes, before, now }: Told): void {
    const title = /(\d+) of (\d+) triggers of the uploaded Worker/.exec(stderr);
    if (!title) return;
    const wanted = wishes.filter(({ kind }) => kind === "trigger");
    const set = /caused by: set: (.*)$/m.exec(stderr)?.[1]?.split(", ") ?? [];
    const notes = (kind: string): string[] => [...stderr.matchAll(new RegExp(`caused by: ${kind}: (.*)$`, "gm"))].map((match) => match[1] ?? "");
    const [unset, unsure] = [notes("not set"), notes("not known to be set")];
    assert.deepEqual([Number(title[1]), Number(title[2])], [unset.length + unsure.length, wanted.length], stderr);
    for (const wish of wanted) {
        const begins = (note: string): boolean => note.startsWith(`${wish.what}: `);
        const places = [set.includes(wish.what), unset.some(begins), unsure.some(begins)];
        assert.equal(places.filter(Boolean).length, 1, `${wish.what} is named once\n${stderr}`);
        if (places[0]) assert.ok(wish.isSo(now), `${wish.what} is set\n${stderr}`);
        // What was so before stays so.
        if (places[1]) assert.ok(!wish.isSo(now) || wish.isSo(before), `${wish.what} is not set\n${stderr}`);
    }
}

const uploads = ({ scripts }: AccountState, worker: string): unknown => [scripts[worker]?.versions, scripts[worker]?.active, scripts[worker]?.settings];

const settings = ({ scripts }: AccountState, worker: string): unknown => scripts[worker]?.settings;

const triggers = (state: AccountState, worker: string): unknown => ({
    workersDev: state.scripts[worker]?.workersDev.enabled ?? false,
    schedules: state.scripts[worker]?.schedules ?? [],
    routes: state.routes.filter(({ script }) => script === worker),
    domains: state.domains.filter(({ service }) => service === worker),
    consumers: state.queues.flatMap(({ consumers }) => consumers.filter(({ script }) => script === worker)),
});

const resources = ({ namespaces, databases, buckets, queues }: AccountState): string[] => [
    ...namespaces.map(({ title }) => `KV namespace ${title}`),
    ...databases.map(({ name }) => `D1 database ${name}`),
    ...buckets.map((name) => `R2 bucket ${name}`),
    ...queues.map(({ queue_name }) => `queue ${queue_name}`),
];

/** What somebody outside sees of the Workers: all but versions that only are there. */
const visible = ({ scripts, routes, domains, queues }: AccountState): unknown => ({
    scripts: Object.fromEntries(Object.entries(scripts).map(([name, { versions: _, ...rest }]): [string, Omit<WorkerState, "versions">] => [name, rest])),
    routes,
    domains,
    consumers: queues.flatMap(({ consumers }) => consumers),
});

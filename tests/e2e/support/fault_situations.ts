// SPDX-License-Identifier: MIT
// In which deployments which calls go wrong. All calls of a plain project do, when it is new and when it is there
// already; of the others only those that no situation before has, or that the client makes in another way: a fault at
// the upload, say, is the same whether triggers follow or not. The test sees to it that no call is left out.

import { asset, consumer, objects, observed, previews, resources, route, routeAndDomain, schedule, workersDev, type Part } from "./fault_projects.ts";

export interface Situation {
    name: string;
    parts: readonly Part[];
    /** Whether the Worker was deployed before, from the same project. */
    again: boolean;
    /** Which calls go wrong: "PUT /workers/scripts/NAME". */
    calls: RegExp;
    /** `deploy` unless it is said. */
    command?: readonly string[];
    /** The token may not change the routes of all zones at once. */
    zoneByZone?: boolean;
    /** Whose account it is has to be asked. */
    unknownAccount?: boolean;
}

export const UPLOAD = ["versions", "upload"];
export const TRIGGERS_ALONE = ["triggers", "deploy"];

const PLAIN = [workersDev(true), observed, asset];
const TRIGGERS = [workersDev(true), routeAndDomain, schedule];

/** A queue has one consumer, and the Worker that is deployed again stays. */
export const QUEUES = ["jobs-of-new", "jobs-of-known"];

export const SITUATIONS: readonly Situation[] = [
    { name: "new", parts: PLAIN, again: false, calls: /./ },
    { name: "again", parts: PLAIN, again: true, calls: /./ },
    { name: "account", parts: [workersDev(true)], again: false, calls: /^GET \/accounts$/, unknownAccount: true },
    { name: "triggers", parts: TRIGGERS, again: false, calls: /\/routes$|\/domains\/|\/schedules$/ },
    // Only a domain that is there can be another Worker's.
    { name: "triggers again", parts: TRIGGERS, again: true, calls: /\/domains\/records\/ID$/ },
    { name: "off workers.dev", parts: [workersDev(false), route], again: false, calls: /^GET \/zones/ },
    { name: "zone by zone", parts: [workersDev(true), route], again: false, calls: /\/zones/, zoneByZone: true },
    { name: "consumer", parts: [workersDev(true), consumer("jobs-of-new")], again: false, calls: /\/queues/ },
    { name: "consumer again", parts: [workersDev(true), consumer("jobs-of-known")], again: true, calls: /\/consumers\/ID$/ },
    { name: "provision", parts: [workersDev(true), resources], again: false, calls: /\/settings$|\/namespaces$|\/d1\/|\/r2\/|\/queues$/, command: ["deploy", "--provision"] },
    // An upload with migrations is not repeated like one without.
    { name: "migration", parts: [workersDev(true), objects], again: false, calls: /^PUT \/workers\/scripts\/NAME$/ },
    { name: "migration again", parts: [workersDev(true), objects], again: true, calls: /^PUT \/workers\/scripts\/NAME$/ },
    // Nothing is live afterwards that was not before.
    { name: "version", parts: [...PLAIN, previews], again: true, calls: /./, command: UPLOAD },
    // What a deployment has found out before its triggers, this asks for itself.
    { name: "triggers alone", parts: TRIGGERS, again: true, calls: /\/subdomain$|\/schedules$/, command: TRIGGERS_ALONE },
];

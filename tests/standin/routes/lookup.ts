// SPDX-License-Identifier: MIT
// Finds what a path names, or refuses the call as Cloudflare does.

import type { Bucket, Database, Namespace, Queue, Zone } from "../account.ts";
import { failure, noWorker, refuse } from "../envelope.ts";
import type { Context } from "../router.ts";
import type { Script } from "../script.ts";

export function existingScript(context: Context): Script {
    return context.account.scripts.get(context.parameter("script")) ?? refuse(noWorker());
}

export function existingNamespace(context: Context): Namespace {
    const missing = failure(404, { code: 10013, message: "namespace not found" });
    return context.account.namespaces.get(context.parameter("namespace")) ?? refuse(missing);
}

/** By its id, or by its name, which wrangler gives in the same place. */
export function existingDatabase(context: Context): Database {
    const wanted = context.parameter("database");
    const found = [...context.account.databases.values()].find((database) => database.uuid === wanted || database.name === wanted);
    return found ?? refuse(failure(404, { code: 7404, message: `The database ${wanted} could not be found` }));
}

export function existingBucket(context: Context): Bucket {
    const missing = failure(404, { code: 10006, message: "The specified bucket does not exist." });
    return context.account.buckets.get(context.parameter("bucket")) ?? refuse(missing);
}

export function existingQueue(context: Context): Queue {
    const missing = failure(404, { code: 11000, message: "Queue not found." });
    return context.account.queues.get(context.parameter("queue")) ?? refuse(missing);
}

export function existingZone(context: Context): Zone {
    const missing = failure(404, { code: 7003, message: "Could not route to the zone, perhaps your object identifier is invalid?" });
    return context.account.zones.find((zone) => zone.id === context.parameter("zone")) ?? refuse(missing);
}

// SPDX-License-Identifier: MIT
// The Worker: what the generated worker.js of a bundle calls.

import { answerPreflight } from "./cors";
import { failureResponse } from "./errors";
import { deliver, objectClass, type Env, type EventContext, type Run } from "./events";
import { createInstance, type PythonInstance, type Statistics, type WorkerOptions } from "./instance";

export type { Statistics, WorkerOptions } from "./instance";

export interface PythonWorker {
    fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response>;
    scheduled(controller: ScheduledController, env: Env, context: ExecutionContext): Promise<void>;
    queue(batch: MessageBatch, env: Env, context: ExecutionContext): Promise<void>;
}

interface Inside {
    readonly inspect: () => Statistics & { readonly instances: number };
    readonly run: Run;
}

const insides = new WeakMap<PythonWorker, Inside>();

export function createWorker(options: WorkerOptions): PythonWorker {
    let instances = 0;
    // At global scope already: the platform does not count that as time of a request.
    let current: PythonInstance = create();

    function create(): PythonInstance {
        instances += 1;
        return createInstance(options, instances);
    }

    async function run(request: Request, env: Env, context: EventContext): Promise<Response> {
        try {
            // Requests in flight go on in the old instance.
            if (current.worn()) current = create();
            return await current.serve(request, env, context);
        } catch (error) {
            current = create();
            return failureResponse(`${request.method} ${request.url}: the interpreter did not start`, error, isDevelopment(env));
        }
    }

    const worker: PythonWorker = {
        async fetch(request, env, context) {
            const preflight = isDevelopment(env) ? answerPreflight(request) : undefined;
            return preflight ?? run(request, env, context);
        },
        scheduled: (controller, env, context) => deliver(run, { kind: "scheduled", value: controller }, env, context),
        queue: (batch, env, context) => deliver(run, { kind: "queue", value: batch }, env, context),
    };
    insides.set(worker, { inspect: () => ({ ...current.statistics(), instances }), run });
    return worker;
}

const isDevelopment = (env: Env): boolean => env["PYMODE_DEV"] === "1";

/** The class that a bundle exports for the Durable Objects of a Python class. */
export function durableObject(worker: PythonWorker, className: string): ReturnType<typeof objectClass> {
    return objectClass(insideOf(worker).run, className);
}

/** What the interpreter holds right now; for tests and measurements. */
export function inspectWorker(worker: PythonWorker): Statistics & { readonly instances: number } {
    return insideOf(worker).inspect();
}

function insideOf(worker: PythonWorker): Inside {
    const inside = insides.get(worker);
    if (inside === undefined) throw new TypeError("not a Worker made by createWorker");
    return inside;
}

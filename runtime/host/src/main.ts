// SPDX-License-Identifier: MIT
// The Worker: what the generated worker.js of a bundle calls.

import { answerPreflight } from "./cors";
import { failureResponse } from "./errors";
import { createInstance, type PythonInstance, type Statistics, type WorkerOptions } from "./instance";

export type { Statistics, WorkerOptions } from "./instance";

export interface PythonWorker {
    fetch(request: Request, env: Readonly<Record<string, unknown>>, context: ExecutionContext): Promise<Response>;
}

const inspections = new WeakMap<PythonWorker, () => Statistics & { readonly instances: number }>();

export function createWorker(options: WorkerOptions): PythonWorker {
    let instances = 0;
    // At global scope already: the platform does not count that as time of a request.
    let current: PythonInstance = create();

    function create(): PythonInstance {
        instances += 1;
        return createInstance(options, instances);
    }

    const worker: PythonWorker = {
        async fetch(request, env, context) {
            const development = env["PYMODE_DEV"] === "1";
            const preflight = development ? answerPreflight(request) : undefined;
            if (preflight !== undefined) return preflight;
            try {
                // Requests in flight go on in the old instance.
                if (current.worn()) current = create();
                return await current.serve(request, env, context);
            } catch (error) {
                current = create();
                return failureResponse(`${request.method} ${request.url}: the interpreter did not start`, error, development);
            }
        },
    };
    inspections.set(worker, () => ({ ...current.statistics(), instances }));
    return worker;
}

/** What the interpreter holds right now; for tests and measurements. */
export function inspectWorker(worker: PythonWorker): Statistics & { readonly instances: number } {
    const inspect = inspections.get(worker);
    if (inspect === undefined) throw new TypeError("not a Worker made by createWorker");
    return inspect();
}

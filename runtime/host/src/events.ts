// SPDX-License-Identifier: MIT
// What the platform calls a Worker for that is no request of a client: Durable Objects, crons, queues. Python is given a request
// all the same, and finds the event in the context under EVENT.

export type Run = (request: Request, env: Env, context: EventContext) => Promise<Response>;

export type Env = Readonly<Record<string, unknown>>;

/** What an ExecutionContext and the state of a Durable Object have in common. */
export interface EventContext {
    waitUntil(promise: Promise<unknown>): void;
}

const EVENT = "pymodeEvent";

export interface PythonEvent {
    /** "scheduled" and "queue" have a `value`; "object" a class, a method and the object's state. */
    readonly kind: "scheduled" | "queue" | "object";
    readonly value?: unknown;
    readonly className?: string;
    readonly method?: "fetch" | "alarm";
    readonly number?: number;
    readonly state?: unknown;
}

export function withEvent(context: EventContext, event: PythonEvent): EventContext {
    return { waitUntil: (promise: Promise<unknown>) => context.waitUntil(promise), [EVENT]: event } as EventContext;
}

/** Has Python handle an event that wants no answer. Throws when the handler failed: the platform then tries again. */
export async function deliver(run: Run, event: PythonEvent, env: Env, context: EventContext): Promise<void> {
    const request = new Request(`https://worker/${event.method ?? event.kind}`, { method: "POST" });
    const response = await run(request, env, withEvent(context, event));
    if (!response.ok) throw new Error((await response.text()).trim());
}

/** A class of Durable Objects, for the platform to make objects of: each hands its calls to the Python class of that name. */
export function objectClass(run: Run, className: string) {
    return class {
        readonly #state: EventContext;
        readonly #env: Env;
        /** Python's name for this object: it keeps the Python object under it. */
        readonly #number = (objects += 1);

        constructor(state: EventContext, env: Env) {
            this.#state = state;
            this.#env = env;
        }

        fetch(request: Request): Promise<Response> {
            return run(request, this.#env, withEvent(this.#state, this.#event("fetch")));
        }

        alarm(): Promise<void> {
            return deliver(run, this.#event("alarm"), this.#env, this.#state);
        }

        #event(method: "fetch" | "alarm"): PythonEvent {
            return { kind: "object", className, method, number: this.#number, state: this.#state };
        }
    };
}

let objects = 0;

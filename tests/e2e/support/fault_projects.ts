// SPDX-License-Identifier: MIT
// The projects whose deployments go wrong, and what is so at Cloudflare after one that did not.

import type { AccountState } from "./cloud.ts";

/** A Worker and the number of its deployment: what is configured differs with each. */
export interface Place {
    worker: string;
    mark: number;
}

/** One thing that a deployment brings about. */
export interface Wish {
    kind: "trigger" | "setting" | "resource";
    /** As messages name it. */
    what: string;
    isSo(state: AccountState): boolean;
}

/** A part of a project's configuration. */
export interface Part {
    /** Lines below [tool.pymode]. */
    keys?(place: Place): string;
    /** What follows them. */
    tables?(place: Place): string;
    files?(place: Place): Record<string, string>;
    wishes?(place: Place): Wish[];
}

const HANDLERS = `from pymode.workers import DurableObject


class Even(DurableObject):
    pass


class Odd(DurableObject):
    pass


def on_fetch(request, env):
    return "here"


def on_scheduled(event):
    pass


def on_queue(batch):
    pass
`;

/** The project as files by their path. */
export function filesOf(parts: readonly Part[], place: Place): Record<string, string> {
    const lines = (key: "keys" | "tables"): string => parts.map((part) => part[key]?.(place) ?? "").join("");
    // Without its own configuration inside, the code is the same every time, and the local Cloudflare starts it only once.
    const settings = `[project]\nname = "${place.worker}"\nversion = "1"\n\n[tool.pymode]\nmain = "main.py"\nexclude = ["pyproject.toml"]\n${lines("keys")}${lines("tables")}`;
    const more = parts.map((part) => part.files?.(place) ?? {});
    return Object.assign({ "pyproject.toml": settings, "main.py": HANDLERS }, ...more) as Record<string, string>;
}

export const wishesOf = (parts: readonly Part[], place: Place): Wish[] => parts.flatMap((part) => part.wishes?.(place) ?? []);

export const workersDev = (on: boolean): Part => ({
    keys: () => `workers-dev = ${String(on)}\n`,
    wishes: ({ worker }) => [{ kind: "trigger", what: `workers.dev: ${on ? "on" : "off"}`, isSo: ({ scripts }) => scripts[worker]?.workersDev.enabled === on }],
});

/** Each version has an address of its own, which has to be asked for. */
export const previews: Part = { keys: () => "preview-urls = true\n" };

/** With a variable, as its name may be a secret's. A new asset each time, so that each deployment uploads one. */
export const asset: Part = {
    keys: () => 'vars.PLAIN = "yes"\nassets.directory = "public"\n',
    files: ({ worker, mark }) => ({ "public/a.txt": `${worker} ${mark}` }),
};

/** A setting that is no part of a version. */
export const observed: Part = {
    keys: ({ mark }) => `observability = { enabled = true, head-sampling-rate = ${rate(mark)} }\n`,
    wishes: ({ worker, mark }) => [
        {
            kind: "setting",
            what: "observability",
            isSo: ({ scripts }) => (scripts[worker]?.settings["observability"] as { head_sampling_rate: number } | null)?.head_sampling_rate === rate(mark),
        },
    ],
};

const rate = (mark: number): number => (mark % 64) / 64;

const routeWish = (worker: string, pattern: string): Wish => ({
    kind: "trigger",
    what: `route ${pattern}`,
    isSo: ({ routes }) => routes.some((route) => route.pattern === pattern && route.script === worker),
});

const pattern = ({ worker, mark }: Place): string => `example.com/${worker}/${mark}/*`;

export const route: Part = {
    keys: (place) => `routes = ["${pattern(place)}"]\n`,
    wishes: (place) => [routeWish(place.worker, pattern(place))],
};

/** The domain stays, and changes one of its settings. */
export const routeAndDomain: Part = {
    keys: (place) => `routes = [\n    "${pattern(place)}",\n    { pattern = "${place.worker}.example.com", custom-domain = true, previews-enabled = ${String(place.mark % 2 === 0)} },\n]\n`,
    wishes: (place) => [
        routeWish(place.worker, pattern(place)),
        {
            kind: "trigger",
            what: `custom domain ${place.worker}.example.com`,
            isSo: ({ domains }) => domains.some((domain) => domain.service === place.worker && domain.hostname === `${place.worker}.example.com` && domain.previews_enabled === (place.mark % 2 === 0)),
        },
    ],
};

const cron = ({ mark }: Place): string => `${mark % 60} 3 * * 1`;

export const schedule: Part = {
    keys: (place) => `triggers.crons = ["${cron(place)}"]\n`,
    wishes: (place) => [{ kind: "trigger", what: `schedule ${cron(place)}`, isSo: ({ scripts }) => scripts[place.worker]?.schedules.join() === cron(place) }],
};

/** A queue that exists takes one consumer. */
export const consumer = (queue: string): Part => ({
    tables: ({ mark }) => `\n[[tool.pymode.queues.consumers]]\nqueue = "${queue}"\nmax-batch-size = ${(mark % 100) + 1}\n`,
    wishes: ({ worker, mark }) => [
        {
            kind: "trigger",
            what: `consumer of the queue ${queue}`,
            isSo: ({ queues }) => {
                const consumers = queues.find(({ queue_name }) => queue_name === queue)?.consumers ?? [];
                return consumers.some(({ script, settings }) => script === worker && settings["batch_size"] === (mark % 100) + 1);
            },
        },
    ],
});

/** One of each kind that `--provision` makes. */
export const resources: Part = {
    tables: ({ worker }) => `
[[tool.pymode.kv-namespaces]]
binding = "CACHE"

[[tool.pymode.d1-databases]]
binding = "DB"
database-name = "${worker}-shop"

[[tool.pymode.r2-buckets]]
binding = "FILES"
bucket-name = "${worker}-files"

[[tool.pymode.queues.producers]]
binding = "JOBS"
queue = "${worker}-jobs"
`,
    wishes: ({ worker }) => [
        { kind: "resource", what: `KV namespace ${worker}-cache`, isSo: ({ namespaces }) => namespaces.some(({ title }) => title === `${worker}-cache`) },
        { kind: "resource", what: `D1 database ${worker}-shop`, isSo: ({ databases }) => databases.some(({ name }) => name === `${worker}-shop`) },
        { kind: "resource", what: `R2 bucket ${worker}-files`, isSo: ({ buckets }) => buckets.includes(`${worker}-files`) },
        { kind: "resource", what: `queue ${worker}-jobs`, isSo: ({ queues }) => queues.some(({ queue_name }) => queue_name === `${worker}-jobs`) },
    ],
};

const className = (mark: number): string => (mark % 2 === 0 ? "Even" : "Odd");

/** A class that is renamed with each deployment: there is always a migration that is pending. */
export const objects: Part = {
    tables: ({ mark }) =>
        `\n[[tool.pymode.durable-objects.bindings]]\nname = "OBJECTS"\nclass-name = "${className(mark)}"\n` +
        Array.from({ length: mark }, (_, index) => migration(index + 1)).join(""),
    wishes: ({ worker, mark }) => [
        {
            kind: "setting",
            what: "migrations",
            isSo: ({ scripts }) => scripts[worker]?.migrationTag === `v${mark}` && Object.keys(scripts[worker].classes).join() === className(mark),
        },
    ],
};

function migration(mark: number): string {
    const change = mark === 1 ? `new-sqlite-classes = ["${className(1)}"]` : `renamed-classes = [{ from = "${className(mark - 1)}", to = "${className(mark)}" }]`;
    return `\n[[tool.pymode.migrations]]\ntag = "v${mark}"\n${change}\n`;
}

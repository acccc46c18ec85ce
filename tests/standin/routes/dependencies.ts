// SPDX-License-Identifier: MIT
// What depends on a script: asked before it is deleted.

import type { Account } from "../account.ts";
import { ok, paged, type Answer } from "../envelope.ts";
import { ACCOUNT, SCRIPT, type Context, type Route } from "../router.ts";
import { activeVersion, type Script } from "../script.ts";
import { text } from "../shape.ts";
import { tailConsumers } from "../world.ts";
import { existingScript } from "./lookup.ts";

export const dependencyRoutes: readonly Route[] = [
    { method: "GET", path: `${SCRIPT}/references`, run: getReferences },
    {
        method: "GET",
        path: `${ACCOUNT}/workers/tails/by-consumer/:script`,
        run: (context) => {
            const name = context.parameter("script");
            return ok(producersFor(context.account, name).map((script) => ({ consumer: { script: name }, producer: { script } })));
        },
    },
    { method: "GET", path: `${ACCOUNT}/workers/durable_objects/namespaces`, query: { page: text(), per_page: text() }, run: getObjectNamespaces },
];

interface Use {
    service: string;
    environment: "production";
    name: string;
}

/** The bindings of other scripts' deployed versions that lead to this one. */
function usesOf(account: Account, name: string, type: string, key: string): (Use & { class: string })[] {
    return [...account.scripts.values()].flatMap((script) => {
        const bindings = script.name === name ? [] : (activeVersion(script)?.metadata.bindings ?? []);
        const matching = bindings.filter((binding) => binding.type === type && binding[key] === name);
        return matching.map((binding) => ({ service: script.name, environment: "production" as const, name: binding.name, class: String(binding["class_name"] ?? "") }));
    });
}

const producersFor = (account: Account, name: string): string[] =>
    [...account.scripts.values()].filter((script) => tailConsumers(script).includes(name)).map((script) => script.name);

/** The names of the scripts that would break without this one. */
export function dependents(account: Account, name: string): string[] {
    const services = usesOf(account, name, "service", "service").map((use) => use.service);
    const objects = usesOf(account, name, "durable_object_namespace", "script_name").map((use) => use.service);
    return [...new Set([...services, ...objects, ...producersFor(account, name)])];
}

function getReferences(context: Context): Answer {
    const { account } = context;
    const script = existingScript(context);
    const outgoing = (activeVersion(script)?.metadata.bindings ?? []).filter((binding) => binding.type === "service");
    return ok({
        services: {
            incoming: usesOf(account, script.name, "service", "service").map(({ service, environment, name }) => ({ service, environment, name })),
            outgoing: outgoing.map((binding) => ({ service: binding["service"], environment: "production", name: binding.name })),
        },
        durable_objects: usesOf(account, script.name, "durable_object_namespace", "script_name").map((use) => ({
            service: use.service,
            environment: use.environment,
            name: use.name,
            durable_object_namespace_id: script.classes.get(use.class)?.id,
            durable_object_namespace_name: `${script.name}_${use.class}`,
        })),
        dispatch_outbounds: [],
    });
}

function getObjectNamespaces({ account, query }: Context): Answer {
    const all = [...account.scripts.values()].flatMap((script: Script) =>
        [...script.classes].map(([name, { id, sqlite }]) => ({ id, name: `${script.name}_${name}`, script: script.name, class: name, use_sqlite: sqlite })),
    );
    return paged(all, query, 100);
}

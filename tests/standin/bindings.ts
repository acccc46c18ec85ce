// SPDX-License-Identifier: MIT
// The kinds of bindings: how each looks in the metadata, and what Miniflare is given for it. One entry a kind.

import { anything, isRecord, literal, record, text, type Shape } from "./shape.ts";

export interface Binding {
    type: string;
    name: string;
    [key: string]: unknown;
}

interface Kind {
    /** The keys beside `type` and `name`. */
    fields: Record<string, Shape>;
    /** The entry of `env` in Miniflare's configuration. */
    environment(binding: Binding): Record<string, unknown>;
}

const kinds: Record<string, Kind> = {
    plain_text: {
        fields: { text: text() },
        environment: (binding) => ({ type: "text", value: binding["text"] }),
    },
    secret_text: {
        fields: { text: text() },
        environment: (binding) => ({ type: "text", value: binding["text"] }),
    },
    json: {
        fields: { json: anything },
        environment: (binding) => ({ type: "json", value: binding["json"] }),
    },
    kv_namespace: {
        fields: { namespace_id: text({ pattern: /^[0-9a-f]{32}$/ }) },
        environment: (binding) => ({ type: "kv", id: binding["namespace_id"] }),
    },
};

const bindingName = text({ pattern: /^[A-Za-z_$][\w$]*$/ });

export const bindingShape: Shape = (value, path) => {
    const type = isRecord(value) ? value["type"] : undefined;
    if (type === "inherit") return record({ type: literal("inherit"), name: bindingName })(value, path);
    const kind = typeof type === "string" && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (!kind) {
        const known = Object.keys(kinds).join(", ");
        return `${path}.type is ${JSON.stringify(type)}, which the stand-in does not run (it knows ${known})`;
    }
    return record({ type: literal(String(type)), name: bindingName, ...kind.fields })(value, path);
};

export function environmentOf(bindings: readonly Binding[]): Record<string, Record<string, unknown>> {
    const environment: Record<string, Record<string, unknown>> = {};
    for (const binding of bindings) {
        const kind = kinds[binding.type];
        if (!kind) throw new Error(`no such kind of binding: ${binding.type}`);
        environment[binding.name] = kind.environment(binding);
    }
    return environment;
}

/** What the API shows of a binding: everything but a secret's value. */
export function publicBinding(binding: Binding): Record<string, unknown> {
    return binding.type === "secret_text" ? { name: binding.name, type: binding.type } : binding;
}

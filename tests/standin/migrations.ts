// SPDX-License-Identifier: MIT
// Durable Object migrations: which classes a script has after the tagged steps, or the answer that refuses them.

import type { Account } from "./account.ts";
import { failure, refuse, type Answer } from "./envelope.ts";
import { hex, type ObjectClass, type Script } from "./script.ts";
import { list, record, text, type Shape } from "./shape.ts";

interface Step {
    new_classes?: string[];
    new_sqlite_classes?: string[];
    renamed_classes?: { from: string; to: string }[];
    deleted_classes?: string[];
    transferred_classes?: { from: string; from_script: string; to: string }[];
}

export interface Migrations {
    old_tag?: string;
    new_tag: string;
    steps: Step[];
}

const className = text({ pattern: /^[A-Za-z_$][\w$]*$/ });

export const migrationsShape: Shape = record(
    {
        new_tag: text(),
        steps: list(
            record(
                {},
                {
                    new_classes: list(className),
                    new_sqlite_classes: list(className),
                    renamed_classes: list(record({ from: className, to: className })),
                    deleted_classes: list(className),
                    transferred_classes: list(record({ from: className, from_script: text(), to: className })),
                },
            ),
        ),
    },
    { old_tag: text() },
);

export interface Outcome {
    tag: string;
    classes: Map<string, ObjectClass>;
    /** Classes that leave other scripts. */
    taken: { script: Script; name: string }[];
    /** Ids of classes whose objects are deleted. */
    deleted: string[];
}

/** Computes the state after the migrations without changing anything: the upload may still fail. Throws Refused. */
export function planMigrations(account: Account, script: Script, migrations: Migrations): Outcome {
    if (migrations.old_tag !== script.migrationTag) {
        refuse(failure(412, { code: 10079, message: `Migration tag precondition failed; current tag is ${script.migrationTag ?? ""}` }));
    }
    const outcome: Outcome = { tag: migrations.new_tag, classes: new Map(script.classes), taken: [], deleted: [] };
    for (const step of migrations.steps) applyStep(account, outcome, step);
    return outcome;
}

function applyStep(account: Account, outcome: Outcome, step: Step): void {
    const { classes } = outcome;
    const add = (name: string, value: ObjectClass): void => {
        if (classes.has(name)) refuse(classExists(name));
        classes.set(name, value);
    };
    for (const name of step.new_classes ?? []) add(name, { id: hex(16), sqlite: false });
    for (const name of step.new_sqlite_classes ?? []) add(name, { id: hex(16), sqlite: true });
    for (const { from, to } of step.renamed_classes ?? []) {
        const value = classes.get(from) ?? refuse(noClass(from));
        classes.delete(from);
        add(to, value);
    }
    for (const { from, from_script, to } of step.transferred_classes ?? []) {
        const other = account.scripts.get(from_script);
        const value = other?.classes.get(from);
        if (!other || !value) refuse(noClass(`${from_script}.${from}`));
        add(to, value);
        outcome.taken.push({ script: other, name: from });
    }
    for (const name of step.deleted_classes ?? []) {
        const value = classes.get(name) ?? refuse(noClass(name));
        classes.delete(name);
        outcome.deleted.push(value.id);
    }
}

export function applyMigrations(script: Script, outcome: Outcome): void {
    script.migrationTag = outcome.tag;
    script.classes = outcome.classes;
    for (const { script: other, name } of outcome.taken) other.classes.delete(name);
}

const classExists = (name: string): Answer =>
    failure(400, {
        code: 10074,
        message: `Cannot apply new-class migration to class '${name}' that is already depended on by existing Durable Objects`,
    });

/** Which code Cloudflare has for this was not found: 10061 is what it says of a binding to such a class. */
const noClass = (name: string): Answer =>
    failure(400, { code: 10061, message: `Cannot apply migration to class '${name}': it does not implement Durable Objects.` });

// SPDX-License-Identifier: MIT
// Secrets. One is part of a version: changing it makes a version of the same code, and mostly deploys it.

import { publicBinding } from "../bindings.ts";
import { failure, noWorker, ok, refuse, type Answer } from "../envelope.ts";
import { MERGE_PATCH, SCRIPT, type Context, type Route } from "../router.ts";
import { activeVersion, secretsOf, type Script, type Version } from "../script.ts";
import { dictionary, either, literal, record, text, type Shape } from "../shape.ts";
import { withSecrets } from "../versions.ts";
import { existingScript } from "./lookup.ts";
import { addVersion, deploy } from "./scripts.ts";

const MAX_BULK = 100;
const NAME = /^[A-Za-z_$][\w$]*$/;

const secretShape = record({ name: text({ pattern: NAME }), text: text(), type: literal("secret_text") });
const deletion: Shape = (value, path) => (value === null ? undefined : `${path} must be null or a secret`);

export const patchShape = record(
    { env: dictionary(NAME, either(deletion, record({ type: literal("secret_text"), text: text() })), MAX_BULK) },
    { annotations: record({}, { "workers/message": text({ max: 1000 }), "workers/tag": text({ max: 100 }) }) },
);

export const secretRoutes: readonly Route[] = [
    { method: "GET", path: `${SCRIPT}/secrets`, run: (context) => ok(listed(existingScript(context))) },
    { method: "PUT", path: `${SCRIPT}/secrets`, body: { json: secretShape }, run: putSecret },
    { method: "DELETE", path: `${SCRIPT}/secrets/:secret`, query: { url_encoded: literal("true") }, run: deleteSecret },
    {
        method: "PATCH",
        path: `${SCRIPT}/secrets-bulk`,
        body: { json: record({ secrets: dictionary(NAME, either(deletion, secretShape), MAX_BULK) }), types: MERGE_PATCH },
        run: patchSecrets,
    },
];

const listed = (script: Script): Record<string, unknown>[] => secretsOf(script.versions.at(-1)).map(publicBinding);

async function putSecret(context: Context): Promise<Answer> {
    const { name, text: value, type } = context.json as { name: string; text: string; type: string };
    await changeAndDeploy(context, { [name]: value });
    return ok({ name, type });
}

async function deleteSecret(context: Context): Promise<Answer> {
    const name = context.parameter("secret");
    if (!listed(existingScript(context)).some((secret) => secret["name"] === name)) {
        return failure(404, { code: 10056, message: `Secret "${name}" not found` });
    }
    await changeAndDeploy(context, { [name]: null });
    return ok(null);
}

async function patchSecrets(context: Context): Promise<Answer> {
    const { secrets } = context.json as { secrets: Record<string, { name: string; text: string } | null> };
    const wrong = Object.entries(secrets).find(([key, secret]) => secret !== null && secret.name !== key);
    if (wrong) return failure(400, { code: 10021, message: `The secret under the key ${wrong[0]} has the name ${wrong[1]?.name ?? ""}` });
    await changeAndDeploy(context, Object.fromEntries(Object.entries(secrets).map(([key, secret]) => [key, secret === null ? null : secret.text])));
    return ok(listed(existingScript(context)));
}

async function changeAndDeploy(context: Context, secrets: Record<string, string | null>): Promise<void> {
    const script = existingScript(context);
    const latest = script.versions.at(-1) ?? refuse(noWorker());
    // Otherwise the code that was only uploaded would go live with the secret.
    if (latest.id !== activeVersion(script)?.id) {
        refuse(
            failure(400, {
                code: 10215,
                message: "Secret edit failed. You attempted to modify a secret, but the latest version of your Worker isn't currently deployed.",
            }),
        );
    }
    deploy(script, await change(context, script, latest, secrets, {}), { "workers/triggered_by": "secret" });
}

async function change(context: Context, script: Script, latest: Version, secrets: Record<string, string | null>, notes: Record<string, string>): Promise<Version> {
    const version = withSecrets(script, latest, secrets, { "workers/triggered_by": "secret", ...notes });
    await addVersion(context, script, version);
    return version;
}

/** Makes a version with other secrets and deploys nothing. */
export async function patchLatestVersion(context: Context): Promise<Answer> {
    const script = existingScript(context);
    const latest = script.versions.at(-1) ?? refuse(failure(404, { code: 10222, message: "No versions" }));
    const { env, annotations } = context.json as { env: Record<string, { text: string } | null>; annotations?: Record<string, string> };
    const secrets = Object.fromEntries(Object.entries(env).map(([name, secret]) => [name, secret === null ? null : secret.text]));
    const version = await change(context, script, latest, secrets, annotations ?? {});
    return ok({ id: version.id, number: version.number, annotations: version.annotations });
}

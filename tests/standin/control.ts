// SPDX-License-Identifier: MIT
// What only the tests use, below /__standin/: the journal of calls, the Workers' logs, the state, faults, and triggers.

import type { Situation } from "./account.ts";
import { deviation, ok, refuse, type Answer } from "./envelope.ts";
import { Faults } from "./faults.ts";
import { Journal } from "./journal.ts";
import type { Services } from "./router.ts";
import { bool, either, list, literal, number, record, text, type Shape } from "./shape.ts";
import { stateOf } from "./state.ts";

const nothing: Shape = (value, path) => (value === null ? undefined : `${path} must be null`);

const settingShape = record(
    {},
    {
        subdomain: either(nothing, text({ pattern: /^[a-z0-9][a-z0-9-]{0,62}$/ })),
        allZones: bool,
        accountToken: bool,
        otherAccounts: list(text(), 100),
        singleAssets: bool,
        filesPerBucket: number(1, 100_000),
        loginSeconds: number(0, 86_400),
        consent: literal("allow", "deny"),
        scriptLimit: number(1, 1024 * 1024 * 1024),
        lastDeployedFrom: text(),
        forgetAssets: bool,
    },
);

const scheduledShape = record({ script: text(), cron: text() }, { time: number(0, 1e14) });

export class Control {
    readonly faults = new Faults();
    readonly journal = new Journal();
    readonly #services: Services;

    constructor(services: Services) {
        this.#services = services;
    }

    async answer(method: string, url: URL, body: Buffer): Promise<Answer> {
        const { account, fleet, tails } = this.#services;
        switch (`${method} ${url.pathname.slice("/__standin/".length)}`) {
            case "GET requests":
                return ok(this.journal.entries);
            case "DELETE requests":
                this.journal.clear();
                return ok({});
            case "GET logs":
                return ok(await fleet.logs(url.searchParams.get("script") ?? ""));
            case "GET state":
                return ok(stateOf(account, tails));
            case "GET faults":
                return ok(this.faults.pending());
            case "POST faults":
                this.faults.order(parse(body));
                return ok({});
            case "DELETE faults":
                this.faults.clear();
                return ok({});
            case "POST set":
                return this.#set(checked(body, settingShape));
            case "POST drop-tails":
                tails.drop(undefined, Number(checked(body, record({ code: number(0, 4999) }))["code"]));
                return ok({});
            case "POST scheduled":
                return this.#scheduled(checked(body, scheduledShape));
            default:
                return deviation(`there is no ${method} ${url.pathname}`);
        }
    }

    #set(values: Record<string, unknown>): Answer {
        const { account } = this.#services;
        const { scriptLimit, lastDeployedFrom, forgetAssets, subdomain, ...situation } = values;
        Object.assign(account.situation, situation as Partial<Situation>);
        if (subdomain !== undefined) account.situation.subdomain = (subdomain as string | null) ?? undefined;
        if (scriptLimit !== undefined) account.scriptLimit = scriptLimit as number;
        if (lastDeployedFrom !== undefined) for (const script of account.scripts.values()) script.lastDeployedFrom = lastDeployedFrom as string;
        if (forgetAssets === true) account.assets.files.clear();
        return ok(account.situation);
    }

    /** Cron triggers do not run by the clock here: a test says when. */
    async #scheduled(values: Record<string, unknown>): Promise<Answer> {
        const script = this.#services.account.scripts.get(String(values["script"]));
        const cron = String(values["cron"]);
        if (!script?.deployments[0]) return deviation(`there is no deployed script ${String(values["script"])}`);
        if (!script.schedules.some((schedule) => schedule.cron === cron)) return deviation(`${script.name} has no schedule "${cron}"`);
        return ok(await this.#services.fleet.scheduled(script, cron, new Date((values["time"] as number | undefined) ?? Date.now())));
    }
}

function parse(body: Buffer): unknown {
    try {
        return JSON.parse(body.toString("utf8"));
    } catch (error) {
        refuse(deviation(`the body is not JSON: ${String(error)}`));
    }
}

function checked(body: Buffer, shape: Shape): Record<string, unknown> {
    const value = parse(body);
    const problem = shape(value, "body");
    if (problem !== undefined) refuse(deviation(problem));
    return value as Record<string, unknown>;
}

// SPDX-License-Identifier: MIT
// Which Worker, and which of its versions, a visitor's request is for: workers.dev, previews, custom domains, routes.

import type { IncomingHttpHeaders } from "node:http";
import { workersHost, type Account } from "./account.ts";
import { activeShares, findVersion, type Script, type Version } from "./script.ts";

export const SCRIPT_HEADER = "x-standin-script";
const OVERRIDE_HEADER = "cloudflare-workers-version-overrides";

export interface Target {
    script: Script;
    version: Version;
    /** The host that the Worker sees. */
    host: string;
}

export class Hosts {
    readonly #account: Account;
    /** By deployment: how much each version is behind its share. */
    readonly #credits = new Map<string, Map<string, number>>();

    constructor(account: Account) {
        this.#account = account;
    }

    find(headers: IncomingHttpHeaders, path: string): Target | undefined {
        const named = headers[SCRIPT_HEADER];
        const host = (headers.host ?? "").toLowerCase();
        const hostname = host.replace(/:\d+$/, "");
        if (typeof named === "string") return this.#onWorkersDev(this.#account.scripts.get(named), headers);
        return this.#preview(hostname) ?? this.#byWorkersHost(hostname, headers) ?? this.#byDomain(hostname, host, headers) ?? this.#byRoute(hostname, host, path, headers);
    }

    #byWorkersHost(hostname: string, headers: IncomingHttpHeaders): Target | undefined {
        const script = [...this.#account.scripts.values()].find((one) => this.#hostOf(one) === hostname);
        return this.#onWorkersDev(script, headers);
    }

    #onWorkersDev(script: Script | undefined, headers: IncomingHttpHeaders): Target | undefined {
        return script?.workersDev.enabled ? this.#deployed(script, this.#hostOf(script), headers) : undefined;
    }

    /** `<first 8 of the version's id>-<name>…`, or an alias in that place. */
    #preview(hostname: string): Target | undefined {
        for (const script of this.#account.scripts.values()) {
            const end = `-${this.#hostOf(script)}`;
            if (!script.workersDev.previews_enabled || !hostname.endsWith(end)) continue;
            const name = hostname.slice(0, -end.length);
            const version = script.versions.findLast((one) => one.id.startsWith(`${name}-`) || one.annotations["workers/alias"] === name);
            if (version) return { script, version, host: hostname };
        }
        return undefined;
    }

    #byDomain(hostname: string, host: string, headers: IncomingHttpHeaders): Target | undefined {
        const domain = this.#account.domains.find((one) => one.hostname === hostname);
        return domain && this.#deployed(this.#account.scripts.get(domain.service), host, headers);
    }

    /** The most specific pattern wins, which is the longest. */
    #byRoute(hostname: string, host: string, path: string, headers: IncomingHttpHeaders): Target | undefined {
        const matching = this.#account.routes.filter((route) => matches(route.pattern, hostname, path)).toSorted((a, b) => b.pattern.length - a.pattern.length);
        return matching[0] && this.#deployed(this.#account.scripts.get(matching[0].script), host, headers);
    }

    #deployed(script: Script | undefined, host: string, headers: IncomingHttpHeaders): Target | undefined {
        const version = script && (overridden(script, headers) ?? this.#choose(script));
        return script && version && { script, version, host };
    }

    /** Not by chance: of ten requests to a rollout of 90 and 10 percent, nine and one go to each. */
    #choose(script: Script): Version | undefined {
        const shares = activeShares(script);
        const deployment = script.deployments[0]?.id ?? "";
        const credits = this.#credits.get(deployment) ?? new Map<string, number>();
        this.#credits.set(deployment, credits);
        for (const { version, percentage } of shares) credits.set(version.id, (credits.get(version.id) ?? 0) + percentage);
        const chosen = shares.toSorted((a, b) => (credits.get(b.version.id) ?? 0) - (credits.get(a.version.id) ?? 0))[0]?.version;
        if (chosen) credits.set(chosen.id, (credits.get(chosen.id) ?? 0) - 100);
        return chosen;
    }

    #hostOf(script: Script): string {
        return workersHost(this.#account, script.name, "test") ?? `${script.name}.none.workers.test`;
    }
}

/** `Cloudflare-Workers-Version-Overrides: name="version id"`, for versions of the current deployment only. */
function overridden(script: Script, headers: IncomingHttpHeaders): Version | undefined {
    const value = headers[OVERRIDE_HEADER];
    if (typeof value !== "string") return undefined;
    const entries = value.split(",").map((entry) => /^\s*([a-z0-9-]+)="([0-9a-f-]{36})"\s*$/.exec(entry));
    const id = entries.find((entry) => entry?.[1] === script.name)?.[2];
    const isActive = activeShares(script).some((share) => share.version.id === id);
    return id !== undefined && isActive ? findVersion(script, id) : undefined;
}

/** A pattern is a host and a path: `*` in front of the host and at the end are wildcards. */
export function matches(pattern: string, hostname: string, path: string): boolean {
    const plain = pattern.replace(/^https?:\/\//, "");
    const slash = plain.indexOf("/");
    const [host, route] = slash < 0 ? [plain, "/"] : [plain.slice(0, slash), plain.slice(slash)];
    const hostFits = host.startsWith("*") ? hostname.endsWith(host.slice(1)) : hostname === host;
    const wanted = path.replace(/\?.*$/, "");
    return hostFits && (route.endsWith("*") ? path.startsWith(route.slice(0, -1)) : wanted === route);
}

// SPDX-License-Identifier: MIT
// The whole local Cloudflare as a value that can be started and stopped.

import fs from "node:fs";
import type http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { SCRIPT_LIMIT, newAccount, type AccountOptions } from "./account.ts";
import { createApi } from "./api.ts";
import { createEdge } from "./edge.ts";
import { Fleet } from "./fleet.ts";
import { Logins } from "./logins.ts";
import { Startups } from "./startups.ts";
import { Tails } from "./tails.ts";

export interface StandinOptions extends AccountOptions {
    /** 0 chooses a free port. */
    port: number;
    /** Where uploads and what is stored are kept; nothing: a temporary folder, removed at the end. */
    stateFolder: string | undefined;
}

export interface Standin {
    port: number;
    edgePort: number;
    stateFolder: string;
    stop(): Promise<void>;
    /** Deletes a temporary state folder; also part of `stop`. */
    removeState(): void;
}

export const DEFAULTS: StandinOptions = {
    id: "00000000000000000000000000000abc",
    token: "test-token",
    subdomain: "example-sub",
    scriptLimit: SCRIPT_LIMIT,
    namespaces: ["0123456789abcdef0123456789abcdef"],
    databases: [],
    buckets: [],
    queues: [],
    zones: ["example.com"],
    port: 0,
    stateFolder: undefined,
};

export async function startStandin(options: Partial<StandinOptions> = {}, startups: Startups = new Startups()): Promise<Standin> {
    const settings = { ...DEFAULTS, ...options };
    const stateFolder = settings.stateFolder ?? fs.mkdtempSync(path.join(os.tmpdir(), "pymode-standin-"));
    const account = newAccount(settings);
    const tails = new Tails();
    const fleet = new Fleet(account, tails, stateFolder, startups);
    const api = createApi({ account, fleet, tails, logins: new Logins(account.situation), stateFolder });
    const edge = createEdge(account, fleet);
    const port = await listen(api, settings.port);
    const edgePort = await listen(edge, 0);
    const removeState = (): void => {
        if (settings.stateFolder === undefined) fs.rmSync(stateFolder, { recursive: true, force: true });
    };
    return {
        port,
        edgePort,
        stateFolder,
        stop: async () => {
            tails.drop(undefined, 1001);
            // All at once: a WebSocket of a Worker keeps the edge open until the Worker ends.
            await Promise.all([close(api), close(edge), fleet.stop()]);
            removeState();
        },
        removeState,
    };
}

function listen(server: http.Server, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    });
}

function close(server: http.Server): Promise<void> {
    return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
    });
}

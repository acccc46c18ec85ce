// SPDX-License-Identifier: MIT
// Every route of the API. The first that matches answers.

import type { Route } from "../router.ts";
import { assetRoutes } from "./assets.ts";
import { d1Routes } from "./d1.ts";
import { dependencyRoutes } from "./dependencies.ts";
import { domainRoutes } from "./domains.ts";
import { kvRoutes } from "./kv.ts";
import { queueRoutes } from "./queues.ts";
import { r2Routes } from "./r2.ts";
import { routeRoutes } from "./routes.ts";
import { scheduleRoutes } from "./schedules.ts";
import { scriptRoutes } from "./scripts.ts";
import { secretRoutes } from "./secrets.ts";
import { serviceRoutes } from "./services.ts";
import { subdomainRoutes } from "./subdomain.ts";
import { tailRoutes } from "./tails.ts";
import { userRoutes } from "./users.ts";
import { versionRoutes } from "./versions.ts";

export const allRoutes: readonly Route[] = [
    ...userRoutes,
    ...scriptRoutes,
    ...serviceRoutes,
    ...secretRoutes,
    ...versionRoutes,
    ...subdomainRoutes,
    ...assetRoutes,
    ...scheduleRoutes,
    ...routeRoutes,
    ...domainRoutes,
    ...queueRoutes,
    ...kvRoutes,
    ...d1Routes,
    ...r2Routes,
    ...tailRoutes,
    ...dependencyRoutes,
];

// SPDX-License-Identifier: MIT
// Finds what a path names, or refuses the call as Cloudflare does.

import type { Script } from "../account.ts";
import { noWorker, refuse } from "../envelope.ts";
import type { Context } from "../router.ts";

export function existingScript(context: Context): Script {
    return context.account.scripts.get(context.parameter("script")) ?? refuse(noWorker());
}

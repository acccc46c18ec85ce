// SPDX-License-Identifier: MIT
// Tails: an address for a WebSocket, where the events of a script arrive.

import { failure, ok, type Answer } from "../envelope.ts";
import { AS_TEXT_TOO, SCRIPT, type Context, type Route } from "../router.ts";
import { record } from "../shape.ts";
import { filtersShape } from "../tails.ts";
import { existingScript } from "./lookup.ts";

const TAILS = `${SCRIPT}/tails`;

export const tailRoutes: readonly Route[] = [
    { method: "GET", path: TAILS, run: (context) => ok(context.tails.list(existingScript(context).name).map(({ id, expires_at }) => ({ id, expires_at }))) },
    { method: "POST", path: TAILS, body: { json: record({}, { filters: filtersShape }), types: AS_TEXT_TOO }, run: postTail },
    { method: "DELETE", path: `${TAILS}/:tail`, run: deleteTail },
];

function postTail(context: Context): Answer {
    const { filters } = context.json as { filters?: Parameters<Context["tails"]["open"]>[1] };
    const { id, path, expires_at } = context.tails.open(existingScript(context).name, filters ?? []);
    // Cloudflare's addresses are of another host, and wss.
    return ok({ id, url: `ws://${context.headers.host ?? ""}${path}`, expires_at });
}

function deleteTail(context: Context): Answer {
    return context.tails.close(existingScript(context).name, context.parameter("tail"))
        ? ok(null)
        : failure(404, { code: 10057, message: "The tail does not exist." });
}

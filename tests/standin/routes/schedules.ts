// SPDX-License-Identifier: MIT
// Cron triggers: one call replaces them all.

import { failure, ok, type Answer } from "../envelope.ts";
import { SCRIPT, type Context, type Route } from "../router.ts";
import { timestamp } from "../script.ts";
import { list, record, text } from "../shape.ts";
import { existingScript } from "./lookup.ts";

const MAX_SCHEDULES = 250;

/** Five fields of numbers, names, ranges, lists and steps; the last three also know Quartz's L, W and #. */
const FIELD = "(?:[*?]|[0-9A-Za-z]+(?:-[0-9A-Za-z]+)?)(?:/[0-9]+)?(?:#[1-5])?";
const CRON = new RegExp(`^${Array(5).fill(`${FIELD}(?:,${FIELD})*`).join(" ")}$`);

export const scheduleRoutes: readonly Route[] = [
    { method: "GET", path: `${SCRIPT}/schedules`, run: (context) => ok({ schedules: existingScript(context).schedules }) },
    { method: "PUT", path: `${SCRIPT}/schedules`, body: { json: list(record({ cron: text({ max: 100 }) }), MAX_SCHEDULES) }, run: putSchedules },
];

function putSchedules(context: Context): Answer {
    const script = existingScript(context);
    const wanted = context.json as { cron: string }[];
    const wrong = wanted.find(({ cron }) => !CRON.test(cron));
    if (wrong) return failure(400, { code: 10100, message: `invalid cron string: ${wrong.cron}` });
    const now = timestamp();
    script.schedules = wanted.map(({ cron }) => {
        const before = script.schedules.find((schedule) => schedule.cron === cron);
        return { cron, created_on: before?.created_on ?? now, modified_on: now };
    });
    return ok({ schedules: script.schedules });
}

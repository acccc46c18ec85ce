// SPDX-License-Identifier: MIT
// Queues and their consumers. The messages themselves are Miniflare's.

import { newQueue, queueNamed, type Account, type Consumer, type Queue } from "../account.ts";
import { queueName } from "../bindings.ts";
import { failure, ok, paged, refuse, type Answer } from "../envelope.ts";
import { ACCOUNT, AS_TEXT_TOO, type Context, type Route } from "../router.ts";
import { activeVersion, hex, timestamp } from "../script.ts";
import { bool, either, literal, number, record, text } from "../shape.ts";
import { existingQueue } from "./lookup.ts";

const QUEUES = `${ACCOUNT}/queues`;
const QUEUE = `${QUEUES}/:queue`;

const settings = record({}, { delivery_delay: number(0, 43_200), delivery_paused: bool, message_retention_period: number(60, 1_209_600) });
const queueShape = record({ queue_name: queueName }, { settings });
const consumerShape = record(
    { type: literal("worker"), script_name: text() },
    {
        settings: record(
            {},
            {
                batch_size: number(1, 100),
                max_wait_time_ms: number(0, 60_000),
                max_retries: number(0, 100),
                max_concurrency: either(number(1, 250), (value, path) => (value === null ? undefined : `${path} must be a number or null`)),
                retry_delay: number(0, 43_200),
                visibility_timeout_ms: number(0, 43_200_000),
            },
        ),
        dead_letter_queue: queueName,
        environment_name: text(),
    },
);

export const queueRoutes: readonly Route[] = [
    { method: "GET", path: QUEUES, query: { name: text(), page: text(), per_page: text() }, repeatable: ["name"], run: getQueues },
    { method: "POST", path: QUEUES, body: { json: queueShape, types: AS_TEXT_TOO }, run: postQueue },
    { method: "GET", path: QUEUE, run: (context) => ok(view(context.account, existingQueue(context))) },
    { method: "PATCH", path: QUEUE, body: { json: record({}, { queue_name: queueName, settings }), types: AS_TEXT_TOO }, run: patchQueue },
    { method: "DELETE", path: QUEUE, run: deleteQueue },
    { method: "GET", path: `${QUEUE}/consumers`, run: (context) => ok(existingQueue(context).consumers.map((consumer) => consumerView(existingQueue(context), consumer))) },
    { method: "POST", path: `${QUEUE}/consumers`, body: { json: consumerShape, types: AS_TEXT_TOO }, run: postConsumer },
    { method: "PUT", path: `${QUEUE}/consumers/:consumer`, body: { json: consumerShape, types: AS_TEXT_TOO }, run: putConsumer },
    { method: "DELETE", path: `${QUEUE}/consumers/:consumer`, run: deleteConsumer },
];

function getQueues({ account, query }: Context): Answer {
    const names = query.getAll("name");
    const all = [...account.queues.values()].filter((queue) => names.length === 0 || names.includes(queue.queue_name));
    return paged(all.map((queue) => view(account, queue)), query, 100);
}

function postQueue({ account, json }: Context): Answer {
    const { queue_name, settings: wanted } = json as { queue_name: string; settings?: Record<string, unknown> };
    if (queueNamed(account, queue_name)) return failure(409, { code: 11009, message: `Queue name '${queue_name}' is already taken.` });
    const queue = { ...newQueue(queue_name), settings: wanted ?? {} };
    account.queues.set(queue.queue_id, queue);
    return ok(view(account, queue));
}

function patchQueue(context: Context): Answer {
    const queue = existingQueue(context);
    Object.assign(queue, context.json, { modified_on: timestamp() });
    return ok(view(context.account, queue));
}

function deleteQueue(context: Context): Answer {
    const queue = existingQueue(context);
    const producers = producersOf(context.account, queue);
    if (producers.length > 0 || queue.consumers.length > 0) {
        return failure(400, { code: 11005, message: `Queue '${queue.queue_name}' still has producers or consumers.` });
    }
    context.account.queues.delete(queue.queue_id);
    return ok(null);
}

async function postConsumer(context: Context): Promise<Answer> {
    const queue = existingQueue(context);
    if (queue.consumers.length > 0) return failure(409, { code: 11004, message: `Queue '${queue.queue_name}' already has a consumer.` });
    const consumer = consumerFrom(context, hex(16));
    queue.consumers.push(consumer);
    await context.fleet.refresh();
    return ok(consumerView(queue, consumer));
}

async function putConsumer(context: Context): Promise<Answer> {
    const queue = existingQueue(context);
    const id = existingConsumer(context, queue).consumer_id;
    const consumer = consumerFrom(context, id);
    queue.consumers = queue.consumers.map((one) => (one.consumer_id === id ? consumer : one));
    await context.fleet.refresh();
    return ok(consumerView(queue, consumer));
}

function deleteConsumer(context: Context): Answer {
    const queue = existingQueue(context);
    const { consumer_id } = existingConsumer(context, queue);
    queue.consumers = queue.consumers.filter((consumer) => consumer.consumer_id !== consumer_id);
    return ok(null);
}

function existingConsumer(context: Context, queue: Queue): Consumer {
    const found = queue.consumers.find((consumer) => consumer.consumer_id === context.parameter("consumer"));
    return found ?? refuse(failure(404, { code: 11001, message: "Consumer not found." }));
}

function consumerFrom(context: Context, id: string): Consumer {
    const wanted = context.json as { script_name: string; settings?: Record<string, number | null>; dead_letter_queue?: string };
    if (!context.account.scripts.has(wanted.script_name)) refuse(failure(400, { code: 11003, message: `The Worker '${wanted.script_name}' does not exist.` }));
    const dead = wanted.dead_letter_queue;
    if (dead !== undefined && !queueNamed(context.account, dead)) refuse(failure(400, { code: 11000, message: `Queue '${dead}' not found.` }));
    const known = Object.entries(wanted.settings ?? {}).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
    return { consumer_id: id, type: "worker", script: wanted.script_name, settings: Object.fromEntries(known), dead_letter_queue: dead, created_on: timestamp() };
}

const consumerView = (queue: Queue, { dead_letter_queue, ...consumer }: Consumer): Record<string, unknown> => ({
    ...consumer,
    script_name: consumer.script,
    queue_name: queue.queue_name,
    ...(dead_letter_queue !== undefined && { dead_letter_queue }),
});

/** Producers are the bindings of what is deployed. */
function producersOf(account: Account, queue: Queue): { type: "worker"; script: string }[] {
    const uses = (bindings: { type: string; queue_name?: unknown }[] | undefined): boolean =>
        (bindings ?? []).some((binding) => binding.type === "queue" && binding.queue_name === queue.queue_name);
    return [...account.scripts.values()].filter((script) => uses(activeVersion(script)?.metadata.bindings)).map((script) => ({ type: "worker", script: script.name }));
}

function view(account: Account, queue: Queue): Record<string, unknown> {
    const producers = producersOf(account, queue);
    return {
        queue_id: queue.queue_id,
        queue_name: queue.queue_name,
        created_on: queue.created_on,
        modified_on: queue.modified_on,
        producers,
        producers_total_count: producers.length,
        consumers: queue.consumers.map((consumer) => consumerView(queue, consumer)),
        consumers_total_count: queue.consumers.length,
        settings: queue.settings,
    };
}


// SPDX-License-Identifier: MIT
// All that the real wrangler was recorded to send is accepted, and answered with the recorded status, codes and shape.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TestClient } from "./client.ts";
import { Replay, runs, type Run } from "./replay.ts";
import { NOT_REPLAYED, SITUATIONS } from "./situations.ts";

let client: TestClient;
let replay: Replay;
before(async () => {
    client = await TestClient.start({ buckets: ["my-bucket"], databases: ["11111111-2222-3333-4444-555555555555"] });
    replay = new Replay(client);
});
after(() => client.stop());

async function replayRun(run: Run): Promise<void> {
    const { prepare, prepareReplay, restore, token, differences = {} } = SITUATIONS[run.label] ?? {};
    await prepare?.(client);
    await prepareReplay?.(client, replay);
    for (const call of run.calls) await replay.send(call, token, differences[`${call.method} ${call.path}`]);
    assert.deepEqual((await client.ask("faults")) as unknown[], [], "every fault must have struck");
    await restore?.(client);
}

/** What the Workers of some runs answer right after them. */
const VISITS: Record<string, () => Promise<void>> = {
    "deploy-first": async () => {
        const host = "rec-worker.example-sub.workers.test";
        assert.deepEqual(await client.visit(host, "/api/x"), { status: 200, text: '{"path":"/api/x","greeting":"hi"}' });
        assert.deepEqual(await client.visit(host, "/app.js"), { status: 200, text: "console.log(1)\n" });
        assert.equal((await client.visit(host, "/old")).status, 301);
    },
    "assets-only-first": async () => {
        assert.deepEqual(await client.visit("assets-only.example-sub.workers.test", "/"), { status: 200, text: "<h1>a</h1>\n" });
    },
    "nobundle-routes": async () => {
        assert.equal((await client.visit("nobundle.example-sub.workers.test")).status, 404, "workers.dev was not asked for");
        assert.deepEqual(await client.visit("example.com", "/api/x"), { status: 200, text: '[1,5,"note\\n"]' });
        assert.deepEqual(await client.visit("shop.example.com", "/"), { status: 200, text: '[1,5,"note\\n"]' });
    },
    "service-worker": async () => {
        assert.deepEqual(await client.visit("swfmt.example-sub.workers.test"), { status: 200, text: "5txt\n" });
    },
    delete: async () => {
        assert.equal((await client.visit("rec-worker.example-sub.workers.test")).status, 404);
    },
};

for (const run of runs) {
    const reason = NOT_REPLAYED[run.label];
    test(`${run.label}: ${run.command}`, { skip: reason ?? false }, async (context) => {
        await replayRun(run);
        await VISITS[run.label]?.();
        for (const [call, { recorded, status, reason: why }] of Object.entries(SITUATIONS[run.label]?.differences ?? {})) {
            context.diagnostic(`${call} is ${status} instead of ${recorded}: ${why}`);
        }
    });
}

test("nothing is left out without a reason", () => {
    const empty = runs.filter((run) => run.calls.length === 0).map((run) => run.label);
    assert.deepEqual(empty.toSorted(), Object.keys(NOT_REPLAYED).toSorted());
    assert.equal(runs.length, 61);
});

// SPDX-License-Identifier: MIT
// urllib.request and http.client in workerd, through the platform's fetch.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startWorker } from "./harness.mjs";
import { startUpstream } from "./upstream.mjs";

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** @type {Awaited<ReturnType<typeof startUpstream>>} */
let upstream;

before(async () => {
    upstream = await startUpstream();
    worker = await startWorker({ folder: new URL("./workers/http-clients/", import.meta.url), bindings: { UPSTREAM: upstream.url } });
});
after(async () => {
    await worker?.stop();
    await upstream?.stop();
});

const ECHO = { method: "GET", url: "/echo?q=%C3%A4", body: "", type: null, own: null, authorization: null, cookie: null };
/** @type {[string, unknown][]} */
const CASES = [
    ["get", [200, ["a=1; Path=/", "b=2; Path=/"], ECHO]],
    ["post", ["PUT", "a=%C3%BC", "application/x-www-form-urlencoded", "yes"]],
    ["redirect", ["/echo?after=redirect", "/echo?after=redirect", "a=1; b=2"]],
    ["errors", [[418, "I'm a teapot", "short and stout"], "ConnectionError", "timeout", "ConnectionError"]],
    ["low", [11_000, null, 200, true, [204, ""], "onetwothree"]],
    ["pieces", [0, 1, 2, 3, 4].map((i) => `piece ${i}`)],
    ["together", Array.from({ length: 10 }, (_, i) => `/echo?${i}`)],
];
for (const [name, expected] of CASES) {
    test(name, { timeout: 60_000 }, async () => {
        const response = await fetch(`${worker.url}/${name}`);
        const text = await response.text();
        assert.equal(response.status, 200, text + worker.logs.text());
        assert.deepEqual(JSON.parse(text), expected);
    });
}

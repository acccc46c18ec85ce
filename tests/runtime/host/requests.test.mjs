// SPDX-License-Identifier: MIT
// Answers, streams and bodies without an interpreter. Node has no IdentityTransformStream: its own TransformStream is one.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { hostModule } from "./modules.mjs";

globalThis.IdentityTransformStream = TransformStream;
globalThis.FixedLengthStream = class extends TransformStream {
    constructor(length) {
        super();
        this.readable.expectedLength = length;
    }
};

const { createGuestMemory } = await hostModule("memory");
const { createHandles } = await hostModule("handles");
const { createPendingError } = await hostModule("pending-error");
const { createTransferSlot } = await hostModule("transfer");
const { createOperations } = await hostModule("operations");
const { createRequests } = await hostModule("requests");
const { readBody, BodyError } = await hostModule("body");
const { answerPreflight } = await hostModule("cors");

const HEAD = 100;
const BODY = 4000;
const THREAD = 5;

function setup(request = new Request("https://worker.test/path?q=1"), development = false) {
    const guest = { memory: createGuestMemory(new WebAssembly.Memory({ initial: 1 })), exports: { pm_op_done: () => undefined } };
    const handles = createHandles(1);
    const pending = createPendingError();
    const transfer = createTransferSlot(guest);
    const operations = createOperations({ guest, handles, pending, onFault: assert.fail });
    const requests = createRequests({ guest, transfer, pending, operations });
    const served = requests.open(1, request, development);
    const place = (text, at) => {
        const bytes = Buffer.from(text);
        guest.memory.write(at, bytes);
        return [at, bytes.length];
    };
    const head = (headers) => place(headers.flat().join("\0"), HEAD);
    const ended = async (op) => {
        await new Promise((resolve) => setTimeout(resolve, 0));
        return operations.imports.op_take(THREAD) === op;
    };
    return {
        requests,
        served,
        imports: requests.imports,
        send: (status, headers, body) => requests.imports.response_send(1, status, ...head(headers), ...place(body, BODY)),
        start: (status, headers) => requests.imports.response_start(1, status, ...head(headers)),
        write: (text) => requests.imports.response_write(1, ...place(text, BODY), THREAD),
        error: () => pending.take().message,
        headText: () => {
            const size = requests.imports.request_head(1);
            transfer.copyTo(8000);
            return guest.memory.text(8000, size);
        },
        result: async (op) => {
            assert.ok(await ended(op), "the operation has ended");
            const handle = operations.imports.op_result(op);
            return handle === 0 ? pending.take() : handles.get(handle);
        },
        ended,
        place,
    };
}

/** Collects what the code under test logs as an error, and keeps it off the screen. */
async function logged(action) {
    const errors = mock.method(console, "error", () => undefined);
    try {
        await action();
        return errors.mock.calls.map((call) => call.arguments.join(" ")).join("\n");
    } finally {
        errors.mock.restore();
    }
}

test("the head is method, url and every header", () => {
    const { headText } = setup(new Request("https://worker.test/a?b=c", { method: "PUT", headers: [["x-one", "1"], ["x-two", "zwei"]] }));
    assert.deepEqual(headText().split("\0"), ["PUT", "https://worker.test/a?b=c", "x-one", "1", "x-two", "zwei"]);
});

test("a whole answer: all byte values, several cookies, the length left to the platform", async () => {
    const { send, served, place, imports } = setup();
    place(Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i)), BODY);
    const [at, size] = place([["set-cookie", "a=1"], ["set-cookie", "b=2"], ["content-length", "7"]].flat().join("\0"), HEAD);
    assert.equal(imports.response_send(1, 201, at, size, BODY, 256), 1);
    const response = await served.response;
    assert.equal(response.status, 201);
    assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
    assert.equal(response.headers.get("content-length"), null);
    assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], Array.from({ length: 256 }, (_, i) => i));
    assert.equal(send(200, [], "again"), 0);
});

test("the NUL behind the last value may be missing, and values may be empty", async () => {
    for (const [head, expected] of [["x-a\0b", "b"], ["x-a\0b\0", "b"], ["x-a\0", ""], ["x-a\0\0", ""]]) {
        const { imports, place, served } = setup();
        assert.equal(imports.response_send(1, 200, ...place(head, HEAD), BODY, 0), 1);
        assert.equal((await served.response).headers.get("x-a"), expected);
    }
});

test("the body is a copy: the guest may use its memory again", async () => {
    const { send, served, place } = setup();
    send(200, [], "first");
    place("XXXXX", BODY);
    assert.equal(await (await served.response).text(), "first");
});

test("what cannot be sent is an exception, and another answer can still be given", async () => {
    const { send, served, error } = setup();
    for (const [status, headers, body, message] of [
        [99, [], "", /status/i],
        [1000, [], "", /status/i],
        [200, [["bad name", "x"]], "", /header/i],
        [200, [["x", "a\nb"]], "", /header|invalid/i],
        [200, [["lonely"]], "", /damaged/],
        [204, [], "a body", /cannot have a body/],
    ]) {
        assert.equal(send(status, headers, body), 0, String(status));
        assert.match(error(), message);
    }
    assert.equal(send(204, [], ""), 1);
    assert.equal((await served.response).body, null);
    assert.equal(send(200, [], ""), 0);
    assert.match(error(), /answered already/);
});

test("HEAD has the length and no body, also when it is streamed", async () => {
    const request = () => new Request("https://worker.test/", { method: "HEAD" });
    const whole = setup(request());
    whole.send(200, [], "12345");
    const response = await whole.served.response;
    assert.deepEqual([response.body, response.headers.get("content-length")], [null, "5"]);
    const streamed = setup(request());
    streamed.start(200, []);
    assert.equal((await streamed.served.response).body, null);
    assert.match((await streamed.result(streamed.write("x"))).message, /not open/);
});

test("a stream: a write ends when there is room, the end ends it", async () => {
    const { start, write, served, imports, ended } = setup();
    assert.equal(start(200, [["content-type", "text/plain"]]), 1);
    const reader = (await served.response).body.getReader();
    const first = write("one");
    const second = write("two");
    assert.equal(Buffer.from((await reader.read()).value).toString(), "one");
    assert.ok(await ended(first));
    assert.equal(Buffer.from((await reader.read()).value).toString(), "two");
    assert.ok(await ended(second));
    assert.ok(await ended(write("")), "nothing to write is written at once");
    imports.response_end(1);
    imports.response_end(1);
    assert.ok((await reader.read()).done);
});

test("with a Content-Length the stream has that length", async () => {
    for (const [length, expected] of [["3", 3], ["x", undefined], ["-1", undefined]]) {
        const { start, served } = setup();
        start(200, [["content-length", length]]);
        assert.equal((await served.response).body.expectedLength, expected);
    }
});

test("when the client has gone, writes are rejected", async () => {
    const { start, write, served, result } = setup();
    start(200, []);
    await (await served.response).body.cancel(new Error("gone"));
    assert.match((await result(write("x"))).message, /gone/);
});

test("an aborted stream is an error at the client", async () => {
    const { start, served, imports, place } = setup();
    start(200, []);
    const response = await served.response;
    imports.response_abort(1, ...place("broken in the middle", BODY));
    await assert.rejects(response.text(), /broken in the middle/);
    imports.response_abort(1, ...place("again", BODY));
    imports.response_abort(99, ...place("nobody", BODY));
});

test("an abort before the answer, and no answer at all, are 500", async () => {
    for (const development of [false, true]) {
        const { requests, served } = setup(undefined, development);
        const log = await logged(() => requests.fail(served, "the handler ended", new Error("why")));
        const response = await served.response;
        const page = await response.text();
        assert.equal(response.status, 500);
        const id = /error id: ([0-9a-f]{8})/.exec(page)?.[1];
        assert.ok(id !== undefined && log.includes(id) && log.includes("Error: why") && log.includes("/path?q=1"));
        assert.equal(page.includes("Error: why"), development);
    }
});

test("a failure after the whole answer changes nothing and is silent", async () => {
    const { requests, served, send } = setup();
    send(200, [], "fine");
    assert.equal(await logged(() => requests.fail(served, "late", undefined)), "");
    assert.equal(await (await served.response).text(), "fine");
});

test("the body is read once", async () => {
    const { imports, result } = setup(new Request("https://worker.test/", { method: "POST", body: "hello" }));
    assert.equal(Buffer.from(await result(imports.request_body(1, THREAD))).toString(), "hello");
    assert.match((await result(imports.request_body(1, THREAD))).message, /already/);
    assert.match((await result(imports.request_body(2, THREAD))).message, /over/);
});

const chunked = (...chunks) =>
    new Request("https://worker.test/", {
        method: "POST",
        duplex: "half",
        body: new ReadableStream({
            start(controller) {
                for (const chunk of chunks) {
                    if (chunk instanceof Error) controller.error(chunk);
                    else controller.enqueue(Buffer.from(chunk));
                }
                controller.close();
            },
        }),
    });

test("bodies of unknown length are joined and bounded", async () => {
    assert.equal(Buffer.from(await readBody(chunked("one", "two", "3"))).toString(), "onetwo3");
    assert.equal((await readBody(chunked())).length, 0);
    assert.equal((await readBody(new Request("https://worker.test/"))).length, 0);
    await assert.rejects(readBody(chunked("12345", "6"), 5), BodyError);
    const announced = new Request("https://worker.test/", { method: "POST", body: "123456", headers: { "content-length": "6" } });
    await assert.rejects(readBody(announced, 5), BodyError);
});

test("in development other origins may call, unless the application says otherwise", async () => {
    const origin = { origin: "https://page.test" };
    const preflight = new Request("https://worker.test/", {
        method: "OPTIONS",
        headers: { ...origin, "access-control-request-method": "PUT", "access-control-request-headers": "x-a" },
    });
    const answer = answerPreflight(preflight);
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get("access-control-allow-origin"), "https://page.test");
    assert.equal(answer.headers.get("access-control-allow-methods"), "PUT");
    assert.equal(answer.headers.get("access-control-allow-headers"), "x-a");
    assert.equal(answerPreflight(new Request("https://worker.test/", { method: "OPTIONS" })), undefined);

    const allowed = async (headers, development) => {
        const { send, served } = setup(new Request("https://worker.test/", { headers: origin }), development);
        send(200, headers, "");
        return (await served.response).headers.get("access-control-allow-origin");
    };
    assert.equal(await allowed([], true), "https://page.test");
    assert.equal(await allowed([["access-control-allow-origin", "https://only.test"]], true), "https://only.test");
    assert.equal(await allowed([], false), null);
});

// SPDX-License-Identifier: MIT
// A WebSocket client that writes frames as they are told, masked or not: wrangler's are not.

import assert from "node:assert/strict";
import net from "node:net";

export interface Frame {
    opcode: number;
    data: Buffer;
}

export class RawWebSocket {
    readonly #socket: net.Socket;
    #pending: Buffer;
    #frames: Frame[] = [];
    #closed = false;
    #wake: () => void = () => undefined;
    readonly head: string;

    private constructor(socket: net.Socket, head: string, rest: Buffer) {
        this.#socket = socket;
        this.head = head;
        this.#pending = rest;
        socket.on("data", (chunk) => {
            this.#pending = Buffer.concat([this.#pending, chunk]);
            this.#read();
        });
        socket.on("close", () => {
            this.#closed = true;
            this.#wake();
        });
        this.#read();
    }

    static async open(address: string, protocol = "trace-v1"): Promise<RawWebSocket> {
        const url = new URL(address);
        const socket = net.connect(Number(url.port), url.hostname);
        socket.on("error", () => socket.destroy());
        const key = Buffer.from("0123456789abcdef").toString("base64");
        socket.write(
            `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
        );
        let received = Buffer.alloc(0);
        while (!received.includes("\r\n\r\n")) {
            received = Buffer.concat([received, await new Promise<Buffer>((resolve) => socket.once("data", resolve))]);
        }
        const end = received.indexOf("\r\n\r\n") + 4;
        return new RawWebSocket(socket, received.toString("latin1", 0, end), received.subarray(end));
    }

    send(opcode: number, text: string, masked: boolean): void {
        const data = Buffer.from(text);
        const mask = Buffer.from([1, 2, 3, 4]);
        const body = masked ? Buffer.concat([mask, data.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]) : data;
        this.#socket.write(Buffer.concat([Buffer.from([0x80 | opcode, (masked ? 0x80 : 0) | data.length]), body]));
    }

    /** The next frame; it fails when the connection ends before. */
    async next(): Promise<Frame> {
        while (this.#frames.length === 0) {
            assert.ok(!this.#closed, "the connection ended");
            await new Promise<void>((resolve) => (this.#wake = resolve));
        }
        return this.#frames.shift() ?? assert.fail();
    }

    async event(): Promise<Record<string, unknown>> {
        const frame = await this.next();
        assert.equal(frame.opcode, 1);
        return JSON.parse(frame.data.toString()) as Record<string, unknown>;
    }

    end(): void {
        this.#socket.destroy();
    }

    #read(): void {
        for (;;) {
            const short = (this.#pending[1] ?? 0) & 127;
            const start = short === 126 ? 4 : short === 127 ? 10 : 2;
            if (this.#pending.length < start) return;
            const length = short === 126 ? this.#pending.readUInt16BE(2) : short === 127 ? Number(this.#pending.readBigUInt64BE(2)) : short;
            if (this.#pending.length < start + length) return;
            this.#frames.push({ opcode: (this.#pending[0] ?? 0) & 15, data: this.#pending.subarray(start, start + length) });
            this.#pending = this.#pending.subarray(start + length);
            this.#wake();
        }
    }
}

// SPDX-License-Identifier: MIT
// The server's side of a WebSocket (RFC 6455), as much as a tail needs: text out, small frames in.

import { createHash } from "node:crypto";
import type http from "node:http";
import type { Duplex } from "node:stream";

const MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAX_FRAME = 64 * 1024;

const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface WebSocketOptions {
    protocol: string;
    onText(text: string): void;
    onClose(): void;
}

export interface WebSocketEnd {
    send(text: string): void;
    /** 0: without a word. */
    close(code: number): void;
}

/** Answers the upgrade; nothing, with the answer sent, when the request is no such upgrade. */
export function acceptWebSocket(request: http.IncomingMessage, socket: Duplex, options: WebSocketOptions): WebSocketEnd | undefined {
    const key = request.headers["sec-websocket-key"];
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((one) => one.trim());
    if (typeof key !== "string" || request.headers["sec-websocket-version"] !== "13" || !offered.includes(options.protocol)) {
        socket.end(`HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nstand-in: no WebSocket of the protocol ${options.protocol}\n`);
        return undefined;
    }
    const accept = createHash("sha1").update(key + MAGIC).digest("base64");
    socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${options.protocol}\r\n\r\n`,
    );
    let pending = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
        pending = Buffer.concat([pending, chunk]);
        for (let frame = readFrame(pending); frame; frame = readFrame(pending)) {
            if (frame === "broken") return void socket.destroy();
            pending = pending.subarray(frame.end);
            if (frame.opcode === OPCODE.text) options.onText(frame.data.toString("utf8"));
            if (frame.opcode === OPCODE.ping) socket.write(makeFrame(OPCODE.pong, frame.data));
            if (frame.opcode === OPCODE.close) end(socket, frame.data);
        }
    });
    // A client that goes away without a word is the usual end of a tail.
    socket.on("error", () => socket.destroy());
    socket.on("close", options.onClose);
    return {
        send: (text) => void socket.write(makeFrame(OPCODE.text, Buffer.from(text))),
        close: (code) => {
            if (code === 0) return void socket.destroy();
            const reason = Buffer.alloc(2);
            reason.writeUInt16BE(code);
            end(socket, reason);
        },
    };
}

/** The last frame, and then no wait for the other side: a tail's client may be gone. */
function end(socket: Duplex, reason: Buffer): void {
    socket.end(makeFrame(OPCODE.close, reason), () => socket.destroy());
}

interface Frame {
    opcode: number;
    data: Buffer;
    end: number;
}

/** Nothing while it is not complete. A frame may be unmasked: wrangler's are, against the RFC. */
function readFrame(buffer: Buffer): Frame | "broken" | undefined {
    if (buffer.length < 2) return undefined;
    const [first = 0, second = 0] = buffer;
    const short = second & 0x7f;
    // Fragments and frames of 64 KiB and more are nothing that a tail's client sends.
    if ((first & 0x80) === 0 || short === 127) return "broken";
    const masked = (second & 0x80) !== 0;
    const lengthEnd = short === 126 ? 4 : 2;
    if (buffer.length < lengthEnd) return undefined;
    const length = short === 126 ? buffer.readUInt16BE(2) : short;
    if (length > MAX_FRAME) return "broken";
    const start = lengthEnd + (masked ? 4 : 0);
    const end = start + length;
    if (buffer.length < end) return undefined;
    const data = Buffer.from(buffer.subarray(start, end));
    if (masked) {
        for (let index = 0; index < length; index += 1) data[index] = (data[index] ?? 0) ^ (buffer[lengthEnd + (index & 3)] ?? 0);
    }
    return { opcode: first & 0x0f, data, end };
}

function makeFrame(opcode: number, data: Buffer): Buffer {
    const head = data.length < 126 ? Buffer.from([0x80 | opcode, data.length]) : data.length < 65536 ? Buffer.alloc(4) : Buffer.alloc(10);
    head[0] = 0x80 | opcode;
    if (head.length === 4) {
        head[1] = 126;
        head.writeUInt16BE(data.length, 2);
    }
    if (head.length === 10) {
        head[1] = 127;
        head.writeBigUInt64BE(BigInt(data.length), 2);
    }
    return Buffer.concat([head, data]);
}

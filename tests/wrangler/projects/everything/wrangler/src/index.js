import { DurableObject } from "cloudflare:workers";
import note from "./note.txt";

export class Counter extends DurableObject {
    async fetch() {
        const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
        await this.ctx.storage.put("count", count);
        return new Response(String(count));
    }
}

export default {
    async fetch(request, env) {
        await env.KV.put("k", "kv");
        await env.R2.put("o", "r2");
        await env.Q.send({ at: request.url });
        const count = await (await env.COUNTER.get(env.COUNTER.idFromName("one")).fetch("http://counter/")).text();
        const row = await env.DB.prepare("SELECT 42 AS answer").first();
        const object = await (await env.R2.get("o")).text();
        return Response.json([env.GREETING, env.CONF, await env.KV.get("k"), object, row.answer, count, note.trim()]);
    },
    async scheduled() {},
    async queue() {},
};

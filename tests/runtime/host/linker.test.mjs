// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import binaryen from "binaryen";
import { hostModule } from "./modules.mjs";

const { createLinker, LinkError } = await hostModule("linker");
const { parseDylink, DylinkError } = await hostModule("dylink");
const { readMainSymbols, PackedSectionError } = await hostModule("symbols");

const FEATURES = binaryen.Features.MVP | binaryen.Features.MutableGlobals;

function assemble(text, dylink, sections = {}) {
    const module = binaryen.parseText(text);
    module.setFeatures(FEATURES);
    if (dylink !== undefined) module.addCustomSection("dylink.0", dylink);
    for (const [name, content] of Object.entries(sections)) module.addCustomSection(name, content);
    const binary = module.emitBinary();
    module.dispose();
    return new WebAssembly.Module(binary);
}

const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
const string = (text) => [...leb(text.length), ...Buffer.from(text)];
const section = (kind, body) => [kind, ...leb(body.length), ...body];

function dylink({ memory = 0, alignment = 0, table = 0, needed = [], weak = [] }) {
    const bytes = section(1, [...leb(memory), ...leb(alignment), ...leb(table), 0]);
    if (needed.length > 0) bytes.push(...section(2, [...leb(needed.length), ...needed.flatMap(string)]));
    if (weak.length > 0) bytes.push(...section(4, [...leb(weak.length), ...weak.flatMap((name) => [...string("env"), ...string(name), 1])]));
    return new Uint8Array(bytes);
}

const MAIN = `
(module
  (memory (export "memory") 2)
  (table (export "__indirect_function_table") 3 funcref)
  (global (export "__stack_pointer") (mut i32) (i32.const 65536))
  (global (export "main_data") i32 (i32.const 4242))
  (global $brk (mut i32) (i32.const 70001))
  (global $freed (export "freed") (mut i32) (i32.const 0))
  (elem (i32.const 1) $listed)
  (func $listed (export "listed") (result i32) (i32.const 11))
  (func (export "unlisted") (result i32) (i32.const 12))
  (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "malloc") (param i32) (result i32)
    (local i32) (local.set 1 (global.get $brk)) (global.set $brk (i32.add (global.get $brk) (local.get 0))) (local.get 1))
  (func (export "free") (param i32) (global.set $freed (local.get 0)))
  (global $first (mut i32) (i32.const -1))
  (func (export "pm_arity_room") (param i32 i32) (result i32)
    (if (i32.eq (global.get $first) (i32.const -1)) (then (global.set $first (local.get 0))))
    (i32.add (i32.const 2048) (i32.sub (local.get 0) (global.get $first)))))`;

function link(libraries, folder = "/lib/") {
    const main = new WebAssembly.Instance(assemble(MAIN)).exports;
    const modules = new Map(Object.entries(libraries).map(([name, module]) => [folder + name, module]));
    return { main, linker: createLinker(main, (path) => modules.get(path)), table: main.__indirect_function_table };
}

const view = (main) => new DataView(main.memory.buffer);

const SIDE = `
(module
  (import "env" "memory" (memory 1))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $mb i32))
  (import "env" "__table_base" (global $tb i32))
  (import "env" "twice" (func $twice (param i32) (result i32)))
  (import "GOT.func" "listed" (global $listed (mut i32)))
  (import "GOT.func" "unlisted" (global $unlisted (mut i32)))
  (import "GOT.func" "own" (global $own (mut i32)))
  (import "GOT.mem" "main_data" (global $main_data (mut i32)))
  (import "GOT.mem" "own_data" (global $own_data (mut i32)))
  (elem (global.get $tb) $own)
  (func $own (export "own") (result i32) (call $twice (i32.const 21)))
  (global (export "own_data") i32 (i32.const 16))
  (func (export "__wasm_apply_data_relocs")
    (i32.store (global.get $mb) (global.get $listed))
    (i32.store offset=4 (global.get $mb) (global.get $unlisted))
    (i32.store offset=8 (global.get $mb) (global.get $own)))
  (func (export "__wasm_call_ctors")
    (i32.store offset=12 (global.get $mb) (i32.load (global.get $mb))))
  (func (export "base") (result i32) (global.get $mb))
  (func (export "table_base") (result i32) (global.get $tb))
  (func (export "main_data_address") (result i32) (global.get $main_data))
  (func (export "own_data_address") (result i32) (global.get $own_data)))`;

test("binds functions, data, relocations and constructors, with one slot a function", () => {
    const { main, linker, table } = link({ "a.so": assemble(SIDE, dylink({ memory: 64, alignment: 5, table: 1 })) });
    const library = linker.open("/lib/a.so");
    assert.equal(linker.open("/lib/a.so"), library, "opened once");
    const call = (name) => table.get(linker.symbol(library, name))();
    const base = call("base");
    assert.equal(base % 32, 0, "aligned");
    assert.ok(base >= 70001);
    assert.equal(call("own"), 42);
    assert.equal(view(main).getInt32(base, true), 1, "the slot that main's element section gave");
    assert.equal(table.get(view(main).getInt32(base + 4, true)), main.unlisted);
    assert.equal(view(main).getInt32(base + 8, true), call("table_base"), "its own function keeps its own slot");
    assert.equal(view(main).getInt32(base + 12, true), 1, "constructors run after relocations");
    assert.equal(call("main_data_address"), 4242);
    assert.equal(call("own_data_address"), base + 16);
    assert.equal(linker.symbol(library, "own_data"), base + 16);
    assert.equal(linker.symbol(library, "own"), call("table_base"));
    assert.equal(linker.symbol(library, "nothing"), undefined);
    assert.equal(linker.symbol(99, "own"), undefined);
});

test("says how many parameters each function of a library takes", () => {
    const text = SIDE.replace('(elem (global.get $tb) $own)', '(elem (global.get $tb) $own $two)').replace(
        '(func $own ',
        '(func $two (param i32 i32) (result i32) (local.get 1)) (func $own ',
    );
    const { main, linker, table } = link({ "a.so": assemble(text, dylink({ memory: 64, table: 2 })) });
    const before = table.length;
    const library = linker.open("/lib/a.so");
    const base = table.get(linker.symbol(library, "table_base"))();
    assert.equal(base, before, "the room begins where main's own functions end");
    const arities = new Uint8Array(main.memory.buffer, 2048, table.length - before);
    assert.deepEqual([...arities], [...arities].map((_, i) => table.get(before + i).length + 1));
    assert.deepEqual([...arities.slice(0, 2)], [1, 3]);
});

/** As the build packs it: the size, then raw deflate. */
function packed(content, size = content.length) {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(size);
    return new Uint8Array(Buffer.concat([head, deflateRawSync(content)]));
}

/** The fake main module's exports, with an inflate. */
function withInflate(exports) {
    const inflate = (source, length, target, size) => {
        const content = inflateRawSync(new Uint8Array(exports.memory.buffer, source, length));
        if (content.length > size) return -1;
        new Uint8Array(exports.memory.buffer).set(content, target);
        return content.length;
    };
    return { ...exports, pm_inflate: inflate };
}

test("packed data is there before relocations and constructors", () => {
    const content = Buffer.from("..... ..... .....the table of a codec");
    const main = withInflate(new WebAssembly.Instance(assemble(MAIN)).exports);
    const side = assemble(SIDE, dylink({ memory: 64, table: 1 }), { "pymode.data": packed(content) });
    const linker = createLinker(main, () => side);
    const library = linker.open("/lib/a.so");
    const base = main.__indirect_function_table.get(linker.symbol(library, "base"))();
    const memory = Buffer.from(main.memory.buffer, base, 64);
    assert.equal(memory.subarray(16, content.length).toString(), content.subarray(16).toString());
    assert.equal(memory.readInt32LE(0), 1, "a relocation was written over it");
    assert.equal(memory.subarray(content.length).every((byte) => byte === 0), true);
});

test("packed data that does not fit, or is damaged, is refused", () => {
    const main = withInflate(new WebAssembly.Instance(assemble(MAIN)).exports);
    const open = (section) => createLinker(main, () => assemble(SIDE, dylink({ memory: 64, table: 1 }), { "pymode.data": section })).open("/a.so");
    assert.throws(() => open(packed(Buffer.alloc(65))), LinkError);
    assert.throws(() => open(packed(Buffer.alloc(10), 11)), PackedSectionError);
    assert.throws(() => open(new Uint8Array([1, 2])), PackedSectionError);
});

test("symbols that are no exports are found in the table of the main module", () => {
    const table = { functions: { unlisted: 2, listed: 1, twice: 3 }, data: { main_data: 4242 } };
    const text = MAIN.replace("3 funcref", "4 funcref")
        .replace("(elem (i32.const 1) $listed)", "(elem (i32.const 1) $listed $unlisted $twice)")
        .replace(/\(func \(export "(unlisted|twice)"\)/g, "(func $$$1")
        .replace(' (export "listed")', "")
        .replace(' (export "main_data")', "");
    const module = assemble(text, undefined, { "pymode.symbols": packed(Buffer.from(JSON.stringify(table))) });
    const main = withInflate(new WebAssembly.Instance(module).exports);
    assert.equal(main.twice, undefined);
    const side = assemble(SIDE, dylink({ memory: 64, table: 1 }));
    const linker = createLinker(main, () => side, readMainSymbols(module, main));
    const call = (name) => main.__indirect_function_table.get(linker.symbol(library, name))();
    const library = linker.open("/lib/a.so");
    assert.equal(call("own"), 42);
    assert.equal(call("main_data_address"), 4242);
    assert.deepEqual([0, 4].map((at) => view(main).getInt32(call("base") + at, true)), [1, 2], "their slots");
});

test("two libraries see the same slot of a function that only they name", () => {
    const side = assemble(SIDE, dylink({ memory: 64, table: 1 }));
    const { main, linker, table } = link({ "a.so": side, "b.so": side });
    const [a, b] = ["a", "b"].map((name) => linker.open(`/lib/${name}.so`));
    const slot = (library) => view(main).getInt32(table.get(linker.symbol(library, "base"))() + 4, true);
    assert.equal(slot(a), slot(b));
    assert.notEqual(linker.symbol(a, "own"), linker.symbol(b, "own"));
});

const NEEDS = `
(module
  (import "env" "own" (func $own (result i32)))
  (import "GOT.mem" "own_data" (global $data (mut i32)))
  (func (export "through") (result i32) (call $own))
  (func (export "data") (result i32) (global.get $data)))`;

test("a needed library is loaded first and its symbols are found", () => {
    const { linker, table } = link({
        "top.so": assemble(NEEDS, dylink({ needed: ["a.so"] })),
        "a.so": assemble(SIDE, dylink({ memory: 64, table: 1 })),
    });
    const top = linker.open("/lib/top.so");
    assert.equal(table.get(linker.symbol(top, "through"))(), 42);
    const a = linker.open("/lib/a.so");
    assert.equal(table.get(linker.symbol(top, "data"))(), linker.symbol(a, "own_data"));
});

test("all missing symbols are named at once, and the memory is given back", () => {
    const missing = assemble(
        `(module (import "env" "gone" (func)) (import "GOT.mem" "lost" (global (mut i32))) (import "GOT.func" "away" (global (mut i32)))
          (import "other" "thing" (func)))`,
        dylink({ memory: 16 }),
    );
    const { main, linker } = link({ "m.so": missing });
    assert.throws(() => linker.open("/lib/m.so"), (error) => {
        assert.ok(error instanceof LinkError);
        for (const name of ["gone", "lost", "away", "other.thing"]) assert.ok(error.message.includes(name), name);
        return true;
    });
    assert.notEqual(main.freed.value, 0);
});

test("a weak symbol may be missing until it is called", () => {
    const weak = assemble(
        `(module (import "env" "maybe" (func $maybe)) (import "GOT.func" "maybe" (global $slot (mut i32)))
          (func (export "slot") (result i32) (global.get $slot)) (func (export "run") (call $maybe)))`,
        dylink({ weak: ["maybe"] }),
    );
    const { linker, table } = link({ "w.so": weak });
    const library = linker.open("/lib/w.so");
    assert.equal(table.get(linker.symbol(library, "slot"))(), 0);
    assert.throws(() => table.get(linker.symbol(library, "run"))(), /maybe/);
});

test("libraries that are not there, not libraries, or need themselves are refused", () => {
    const { linker } = link({
        "plain.so": assemble("(module)"),
        "alone.so": assemble("(module)", dylink({ needed: ["nowhere.so"] })),
        "circle.so": assemble("(module)", dylink({ needed: ["circle.so"] })),
    });
    assert.throws(() => linker.open("/lib/none.so"), /no such library/);
    assert.throws(() => linker.open("/lib/plain.so"), DylinkError);
    assert.throws(() => linker.open("/lib/alone.so"), /nowhere\.so/);
    assert.throws(() => linker.open("/lib/circle.so"), /circle/);
});

test("the section is parsed within its bounds", () => {
    const good = dylink({ memory: 300, alignment: 4, table: 7, needed: ["libx.so"], weak: ["maybe"] });
    const info = parseDylink(good);
    assert.deepEqual({ ...info, weak: [...info.weak] }, {
        memorySize: 300,
        memoryAlignment: 16,
        tableSize: 7,
        needed: ["libx.so"],
        weak: ["maybe"],
    });
    const firstEnd = section(1, [...leb(300), 4, 7, 0]).length;
    const ends = new Set([0, firstEnd, firstEnd + section(2, [1, ...string("libx.so")]).length]);
    for (let length = 0; length < good.length; length++) {
        if (!ends.has(length)) assert.throws(() => parseDylink(good.subarray(0, length)), DylinkError, `cut at ${length}`);
    }
    for (const bad of [{ memory: 1 << 30 }, { alignment: 40 }, { table: 1 << 24 }]) {
        assert.throws(() => parseDylink(dylink(bad)), DylinkError);
    }
    const endless = [0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert.throws(() => parseDylink(new Uint8Array(section(1, [...endless, 0, 0, 0]))), /too large/);
    assert.throws(() => parseDylink(new Uint8Array(section(2, [...leb(2 ** 27), 1]))), DylinkError);
});

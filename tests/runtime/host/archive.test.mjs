// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { hostModule } from "./modules.mjs";
import { zip } from "./zip.mjs";

const { openArchive, readCentralDirectory, ArchiveError } = await hostModule("archive");

function inflate(packed, size) {
    const content = inflateRawSync(packed);
    assert.equal(content.length, size);
    return new Uint8Array(content);
}

const text = (bytes) => Buffer.from(bytes).toString();

test("reads stored and deflated members in folders", () => {
    const archive = openArchive(
        zip([
            { name: "a.txt", data: "stored" },
            { name: "json/__init__.pyc", data: "x".repeat(5000), deflate: true },
            { name: "deep/er/leaf", data: "leaf" },
            { name: "empty/" },
        ]),
        "test.zip",
        inflate,
    );
    const folders = archive.folders();
    assert.deepEqual([...folders.get("").keys()], ["a.txt", "json", "deep", "empty"]);
    assert.equal(folders.get("").get("json"), "folder");
    assert.deepEqual([...folders.get("deep").keys()], ["er"]);
    assert.equal(folders.get("empty").size, 0);
    assert.equal(text(archive.read(folders.get("").get("a.txt"))), "stored");
    const packed = folders.get("json").get("__init__.pyc");
    assert.equal(packed.size, 5000);
    assert.equal(text(archive.read(packed)), "x".repeat(5000));
});

test("inflates a member that is read again only once", () => {
    let inflated = 0;
    const archive = openArchive(zip([{ name: "a", data: "y".repeat(100), deflate: true }]), "test.zip", (packed, size) => {
        inflated++;
        return inflate(packed, size);
    });
    const entry = archive.folders().get("").get("a");
    assert.equal(archive.read(entry), archive.read(entry));
    assert.equal(inflated, 1);
});

test("the cache forgets the member that was used longest ago", () => {
    const inflated = [];
    const names = ["a", "b", "c"];
    const half = 500 * 1024;
    const archive = openArchive(
        zip(names.map((name) => ({ name, data: name.repeat(half), deflate: true }))),
        "test.zip",
        (packed, size) => {
            const content = inflate(packed, size);
            inflated.push(String.fromCharCode(content[0]));
            return content;
        },
    );
    const [a, b, c] = names.map((name) => archive.folders().get("").get(name));
    for (const entry of [a, b, a, c, a, b]) archive.read(entry);
    assert.deepEqual(inflated, ["a", "b", "c", "b"]);
});

test("finds the end behind a comment", () => {
    assert.equal(readCentralDirectory(zip([{ name: "a" }], { comment: "PK\x05\x06 a comment" }), "z").length, 1);
});

const hostile = {
    "an empty file": new Uint8Array(0),
    "no zip at all": new Uint8Array(1000).fill(7),
    "a name that climbs": zip([{ name: "../etc/passwd" }]),
    "a name that climbs inside": zip([{ name: "a/../../b" }]),
    "an absolute name": zip([{ name: "/etc/passwd" }]),
    "an empty name": zip([{ name: "" }]),
    "a name with a NUL": zip([{ name: "a\0b" }]),
    "a name with a backslash": zip([{ name: "a\\b" }]),
    "a name of 300 characters": zip([{ name: "n".repeat(300) }]),
    "an encrypted member": zip([{ name: "a", patch: { flags: 1 } }]),
    "an unknown method": zip([{ name: "a", patch: { method: 12 } }]),
    "a size of 4 GB": zip([{ name: "a", data: "x", deflate: true, patch: { size: 0xffffffff } }]),
    "a packed size beyond the file": zip([{ name: "a", data: "x", deflate: true, patch: { packedSize: 1 << 20 } }]),
    "a stored member with two sizes": zip([{ name: "a", data: "xy", patch: { size: 1 } }]),
    "an offset beyond the file": zip([{ name: "a", patch: { offset: 1 << 30 } }]),
};

for (const [what, bytes] of Object.entries(hostile)) {
    test(`refuses ${what}`, () => {
        assert.throws(() => openArchive(bytes, "bad.zip", inflate).folders(), ArchiveError);
    });
}

test("refuses a member that appears twice, or as file and folder", () => {
    for (const names of [["a", "a"], ["a", "a/b"], ["a/b", "a"]]) {
        const archive = openArchive(zip(names.map((name) => ({ name }))), "bad.zip", inflate);
        assert.throws(() => archive.folders(), ArchiveError);
    }
});

test("refuses a damaged local header when the member is read", () => {
    const archive = openArchive(zip([{ name: "a", data: "abc" }, { name: "b", patch: { offset: 5 } }]), "bad.zip", inflate);
    const root = archive.folders().get("");
    assert.throws(() => archive.read(root.get("b")), ArchiveError);
    assert.equal(text(archive.read(root.get("a"))), "abc");
});

test("every truncation and every changed byte of the directory is an error or harmless", () => {
    const good = zip([{ name: "a/b", data: "hello" }, { name: "c", data: "z".repeat(99), deflate: true }]);
    const readAll = (bytes) => {
        const archive = openArchive(bytes, "bad.zip", (packed) => new Uint8Array(packed));
        for (const members of archive.folders().values()) {
            for (const member of members.values()) if (member !== "folder") archive.read(member);
        }
    };
    for (let length = 0; length < good.length; length++) {
        assert.throws(() => readAll(good.subarray(0, length)), ArchiveError, `cut at ${length}`);
    }
    for (let at = 0; at < good.length; at++) {
        const changed = good.slice();
        changed[at] ^= 0xff;
        try {
            readAll(changed);
        } catch (error) {
            assert.ok(error instanceof ArchiveError, `byte ${at}: ${error}`);
        }
    }
});

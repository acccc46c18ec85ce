// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPosix } from "./guest.mjs";
import { hostModule } from "./modules.mjs";

const { Errno } = await hostModule("wasi/abi");
const { createClock } = await hostModule("wasi/clock");

/** The call fails with exactly this errno. */
function fails(errno, call) {
    assert.throws(call, (error) => {
        assert.equal(error, Errno[errno], `expected ${errno}`);
        return true;
    });
}

const archives = {
    app: [{ name: "main.py", data: "print('hi')" }, { name: "src/data.txt", data: "d".repeat(3000), deflate: true }],
    stdlib: [{ name: "json/__init__.pyc", data: "code" }, { name: "os.pyc", data: "os" }],
    modules: { _sqlite3: {}, "/lib/site-packages/numpy/core.so": {} },
};

test("has all 46 functions of preview 1, none with a rest or default parameter", () => {
    const { wasi } = createPosix();
    assert.equal(Object.keys(wasi).length, 46);
    const arity = { fd_seek: 4, path_open: 9, fd_read: 4, path_filestat_set_times: 7, sock_recv: 6, proc_exit: 1, sched_yield: 0 };
    for (const [name, count] of Object.entries(arity)) assert.equal(wasi[name].length, count, name);
});

test("mounts the archives, the side modules and the devices", () => {
    const posix = createPosix(archives);
    assert.deepEqual(posix.list("."), ["lib", "app", "tmp", "dev"]);
    assert.deepEqual(posix.list("lib/python3.13"), ["json", "os.pyc", "lib-dynload"]);
    assert.deepEqual(posix.list("lib/python3.13/lib-dynload"), ["_sqlite3.cpython-313-wasm32-wasi.so"]);
    assert.equal(posix.stat("lib/site-packages/numpy/core.so").type, 4);
    assert.equal(posix.read_file("app/main.py"), "print('hi')");
    assert.equal(posix.read_file("app/src/data.txt"), "d".repeat(3000));
    assert.equal(posix.read_file("lib/python3.13/lib-dynload/../json/__init__.pyc"), "code");
    assert.equal(posix.stat("app/src/data.txt").size, 3000);
    assert.equal(posix.read(posix.open("dev/urandom"), 3), "***");
    assert.equal(posix.read(posix.open("dev/null"), 3), "");
    assert.equal(posix.write(posix.open("dev/null", "w"), "gone"), 4);
});

test("everything but /tmp is read-only", () => {
    const posix = createPosix(archives);
    fails("rofs", () => posix.create("app/new"));
    fails("rofs", () => posix.open("app/main.py", "rw"));
    fails("rofs", () => posix.open("app/main.py", "r", { create: 8 }));
    fails("rofs", () => posix.mkdir("new"));
    fails("rofs", () => posix.unlink("app/main.py"));
    fails("rofs", () => posix.rmdir("app/src"));
    fails("rofs", () => posix.rename("app/main.py", "tmp/main.py"));
    fails("rofs", () => posix.rmdir("tmp"));
    posix.write_file("tmp/a", "a");
    fails("rofs", () => posix.rename("tmp/a", "app/a"));
    fails("xdev", () => posix.link("app/main.py", "tmp/main.py"));
});

test("paths do not lead out", () => {
    const posix = createPosix(archives);
    assert.equal(posix.stat("../../../app/../tmp/../../app/main.py").size, 11);
    fails("notcapable", () => posix.stat("/etc/passwd"));
    fails("noent", () => posix.stat(""));
    fails("noent", () => posix.stat("no/such"));
    fails("notdir", () => posix.stat("app/main.py/x"));
    fails("notdir", () => posix.stat("app/main.py/"));
    fails("notdir", () => posix.open("app/main.py", "r", { create: 2 }));
    fails("nametoolong", () => posix.stat("n".repeat(256)));
    fails("nametoolong", () => posix.stat("n/".repeat(3000)));
    fails("inval", () => posix.stat("a\0b"));
    fails("isdir", () => posix.open("tmp", "w"));
    const tmp = posix.open("tmp");
    assert.equal(posix.read(posix.open("../app/main.py", "r", { base: tmp })), "print('hi')");
});

test("reads, writes, seeks, appends and truncates in /tmp", () => {
    const posix = createPosix();
    const fd = posix.create("tmp/f");
    assert.equal(posix.write(fd, "hello world"), 11);
    assert.equal(posix.seek(fd, -5, 2), 6);
    assert.equal(posix.read(fd), "world");
    assert.equal(posix.seek(fd, 0, 1), 11);
    fails("inval", () => posix.seek(fd, -1));
    fails("inval", () => posix.seek(fd, 0, 9));
    posix.pwrite(fd, 0, "J");
    assert.equal(posix.pread(fd, 0, 5), "Jello");
    assert.equal(posix.seek(fd, 0, 1), 11, "pread and pwrite leave the position");
    posix.seek(fd, 15);
    posix.write(fd, "!");
    assert.equal(posix.pread(fd, 0, 50), "Jello world\0\0\0\0!");
    posix.truncate(fd, 5);
    posix.truncate(fd, 7);
    assert.equal(posix.pread(fd, 0, 50), "Jello\0\0");
    const append = posix.open("tmp/f", "w", { flags: 1 });
    posix.seek(append, 0);
    posix.write(append, "+");
    assert.equal(posix.pread(fd, 0, 50), "Jello\0\0+");
    fails("badf", () => posix.read(append));
    fails("badf", () => posix.write(posix.open("tmp/f"), "x"));
    fails("exist", () => posix.open("tmp/f", "rw", { create: 1 | 4 }));
    posix.open("tmp/f", "w", { create: 8 });
    assert.equal(posix.fstat(fd).size, 0);
});

test("a removed file lives until its last descriptor is closed, then its bytes are free again", () => {
    const posix = createPosix({ temporaryBytes: 24 * 1024 });
    for (let round = 0; round < 5; round++) {
        const fd = posix.create("tmp/f");
        for (let i = 0; i < 4; i++) posix.write(fd, "x".repeat(4096));
        posix.unlink("tmp/f");
        fails("noent", () => posix.stat("tmp/f"));
        assert.equal(posix.pread(fd, 16000, 3), "xxx");
        posix.close(fd);
    }
});

test("the bytes of /tmp are bounded, and so is the number of files", () => {
    const posix = createPosix({ temporaryBytes: 16 * 1024 });
    const fd = posix.create("tmp/f");
    fails("nospc", () => {
        for (;;) posix.write(fd, "x".repeat(4096));
    });
    fails("nospc", () => posix.truncate(fd, 1 << 30));
    fails("fbig", () => posix.truncate(fd, 2 ** 33));
    posix.truncate(fd, 0);
    fails("nospc", () => {
        for (let i = 0; i < 1000; i++) posix.mkdir(`tmp/d${i}`);
    });
    assert.ok(posix.list("tmp").length > 30);
    for (const name of posix.list("tmp").filter((entry) => entry.startsWith("d"))) posix.rmdir(`tmp/${name}`);
    posix.seek(fd, 0);
    assert.equal(posix.write(fd, "x".repeat(8000)), 8000);
});

test("folders are made, listed, renamed and removed", () => {
    const posix = createPosix();
    posix.mkdir("tmp/a");
    fails("exist", () => posix.mkdir("tmp/a"));
    fails("exist", () => posix.mkdir("tmp/.."));
    fails("noent", () => posix.mkdir("tmp/x/y"));
    posix.write_file("tmp/a/f", "1");
    fails("notempty", () => posix.rmdir("tmp/a"));
    fails("isdir", () => posix.unlink("tmp/a"));
    fails("notdir", () => posix.rmdir("tmp/a/f"));
    fails("inval", () => posix.rename("tmp/a", "tmp/a/inside"));
    posix.rename("tmp/a", "tmp/b");
    assert.equal(posix.read_file("tmp/b/f"), "1");
    posix.mkdir("tmp/c");
    fails("notempty", () => posix.rename("tmp/c", "tmp/b"));
    fails("notdir", () => posix.rename("tmp/c", "tmp/b/f"));
    fails("isdir", () => posix.rename("tmp/b/f", "tmp/c"));
    posix.rename("tmp/b", "tmp/c");
    assert.deepEqual(posix.list("tmp"), ["c"]);
    assert.equal(posix.read_file("tmp/c/../c/f"), "1");
    posix.link("tmp/c/f", "tmp/g");
    assert.equal(posix.stat("tmp/g").links, 2n);
    posix.write_file("tmp/h", "22");
    posix.rename("tmp/h", "tmp/g");
    assert.equal(posix.read_file("tmp/g"), "22");
    assert.equal(posix.stat("tmp/c/f").links, 1n);
    posix.unlink("tmp/c/f");
    posix.rmdir("tmp/c");
    assert.deepEqual(posix.list("tmp"), ["g"]);
});

test("a folder's time changes with every entry though the clock stands still", () => {
    const posix = createPosix();
    const times = [posix.stat("tmp").modified];
    for (const name of ["a", "b", "c"]) {
        posix.write_file(`tmp/${name}`, "");
        times.push(posix.stat("tmp").modified);
    }
    posix.unlink("tmp/a");
    times.push(posix.stat("tmp").modified);
    assert.equal(new Set(times.map((time) => Number(time) / 1e9)).size, times.length, "also as Python's float");
    assert.deepEqual(times, [...times].sort((a, b) => (a < b ? -1 : 1)));
});

test("long folders are read in pieces of any size, also while files go away", () => {
    const names = Array.from({ length: 100 }, (_, i) => `file-${"x".repeat(i % 7)}${i}`);
    const posix = createPosix({ app: names.map((name) => ({ name })) });
    for (const size of [64, 100, 333, 4096]) assert.deepEqual(posix.list("app", size), names);
    posix.write_file("tmp/1", "");
    posix.write_file("tmp/2", "");
    const fd = posix.open("tmp");
    const { wasi, guest, OUT, DATA } = posix;
    const at = (cookie, size) => {
        assert.equal(wasi.fd_readdir(fd, DATA, size, cookie, OUT), 0);
        return guest.memory.view().getUint32(OUT, true);
    };
    at(0n, 24 + 1 + 24 + 2 + 24 + 1);
    posix.unlink("tmp/1");
    assert.equal(at(3n, 100), 25, "the entry after the third one is still the second file");
});

test("descriptors: lowest number first, renumber, limits, wrong numbers", () => {
    const posix = createPosix(archives);
    const a = posix.open("app/main.py");
    const b = posix.open("tmp");
    assert.deepEqual([a, b], [4, 5]);
    posix.close(a);
    assert.equal(posix.open("app/src/data.txt"), a);
    assert.equal(posix.wasi.fd_renumber(a, b), 0);
    assert.equal(posix.read(b, 2), "dd");
    assert.equal(posix.wasi.fd_renumber(a, 77), Errno.badf);
    for (const call of ["fd_close", "fd_sync", "fd_datasync"]) assert.equal(posix.wasi[call](99), Errno.badf);
    fails("badf", () => posix.read(99));
    fails("badf", () => posix.write(0, "stdin"));
    fails("spipe", () => posix.seek(1, 0));
    fails("isdir", () => posix.read(3));
    fails("mfile", () => {
        for (;;) posix.open("tmp");
    });
});

test("stdout and stderr are one event a line, stdin is at its end, neither is a terminal", () => {
    const posix = createPosix();
    posix.write(1, "one\ntw");
    posix.write(1, "o\n\nth");
    posix.write(2, "an error\n");
    assert.deepEqual(posix.logged, [["one", "two", ""], ["an error"]]);
    posix.outputs[0].flush();
    posix.outputs[0].flush();
    assert.deepEqual(posix.logged[0], ["one", "two", "", "th"]);
    const euro = Buffer.from("€\n");
    posix.outputs[0].write(euro.subarray(0, 1));
    posix.outputs[0].write(euro.subarray(1));
    assert.equal(posix.logged[0].at(-1), "€");
    posix.outputs[0].write(Buffer.alloc(70_000, "y"));
    assert.equal(posix.logged[0].at(-1).length, 70_000);
    assert.equal(posix.read(0), "");
    posix.wasi.fd_fdstat_get(1, posix.OUT);
    const seekAndTell = 0x24n;
    assert.equal(posix.guest.memory.view().getBigUint64(posix.OUT + 8, true) & seekAndTell, seekAndTell);
});

test("clocks: realtime, a monotonic one that never runs backwards, unknown ones refused", () => {
    let now = 0;
    const clock = createClock(() => now);
    const seen = [];
    for (now of [0, 0, 5000, 5001, 4000, 4500, 5002]) seen.push(clock.monotonic());
    for (let i = 1; i < seen.length; i++) assert.ok(seen[i] >= seen[i - 1], `${seen}`);
    assert.equal(seen[3] - seen[2], 1_000_000n);
    const posix = createPosix({ now: () => 1234 });
    const { wasi, OUT, guest } = posix;
    assert.equal(wasi.clock_time_get(0, 0n, OUT), 0);
    assert.equal(guest.memory.view().getBigUint64(OUT, true), 1_234_000_000n);
    assert.equal(wasi.clock_res_get(1, OUT), 0);
    assert.equal(wasi.clock_time_get(9, 0n, OUT), Errno.inval);
});

test("poll answers at once: ready files, or the clocks when nothing else was asked for", () => {
    const posix = createPosix();
    const { wasi, guest, OUT } = posix;
    const view = guest.memory.view();
    const subscribe = (i, kind, fd) => {
        view.setBigUint64(4096 + 48 * i, BigInt(100 + i), true);
        view.setUint8(4096 + 48 * i + 8, kind);
        view.setUint32(4096 + 48 * i + 16, fd, true);
    };
    subscribe(0, 0, 0);
    subscribe(1, 1, 0);
    subscribe(2, 2, 99);
    assert.equal(wasi.poll_oneoff(4096, 6000, 3, OUT), 0);
    assert.equal(view.getUint32(OUT, true), 2);
    assert.deepEqual([view.getBigUint64(6000, true), view.getUint16(6008, true)], [101n, 0]);
    assert.deepEqual([view.getBigUint64(6032, true), view.getUint16(6040, true)], [102n, Errno.badf]);
    assert.equal(wasi.poll_oneoff(4096, 6000, 1, OUT), 0);
    assert.deepEqual([view.getUint32(OUT, true), view.getBigUint64(6000, true)], [1, 100n]);
    assert.equal(wasi.poll_oneoff(4096, 6000, 0, OUT), Errno.inval);
});

test("the rest: entropy, environment, preopen, symlinks, sockets, exit", () => {
    const { wasi, guest, OUT, DATA } = createPosix(archives);
    assert.equal(wasi.random_get(DATA, 100_000), 0);
    assert.deepEqual([...guest.memory.slice(DATA + 99_998, 3)], [42, 42, 0]);
    assert.equal(wasi.environ_sizes_get(OUT, OUT + 4), 0);
    assert.equal(wasi.fd_prestat_get(3, OUT), 0);
    assert.equal(guest.memory.view().getUint32(OUT + 4, true), 1);
    assert.equal(wasi.fd_prestat_dir_name(3, DATA, 1), 0);
    assert.equal(guest.memory.text(DATA, 1), "/");
    assert.equal(wasi.fd_prestat_get(4, OUT), Errno.badf);
    assert.equal(wasi.path_symlink(0, 0, 3, 0, 0), Errno.notsup);
    assert.equal(wasi.sock_shutdown(0, 0), Errno.notsock);
    assert.throws(() => wasi.proc_exit(3), /exit\(3\)/);
});

test("pointers outside of the memory are refused and change nothing", () => {
    const { wasi, memory, OUT } = createPosix(archives);
    const end = memory.buffer.byteLength;
    for (const pointer of [end - 1, end, 0x7fffffff, -1]) {
        assert.throws(() => wasi.random_get(pointer, 8), RangeError);
        assert.throws(() => wasi.clock_time_get(0, 0n, pointer), RangeError);
        assert.throws(() => wasi.path_open(3, 0, pointer, 100, 0, 2n, 2n, 0, OUT), RangeError);
    }
    assert.throws(() => wasi.fd_write(1, end - 4, 1, OUT), RangeError);
});

test("views are renewed when the memory grows", () => {
    const { guest, memory } = createPosix();
    guest.memory.write(16, new Uint8Array([1, 2, 3]));
    memory.grow(1);
    assert.deepEqual([...guest.memory.slice(16, 3)], [1, 2, 3]);
    assert.equal(guest.memory.bytes().length, memory.buffer.byteLength);
    assert.equal(guest.memory.view().byteLength, memory.buffer.byteLength);
    guest.memory.bytes().fill(1);
    assert.throws(() => guest.memory.cString(memory.buffer.byteLength - 1, 10), RangeError);
});

// SPDX-License-Identifier: MIT
#include <array>
#include <fstream>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/base/file.hpp"
#include "core/devserver/dev_build.hpp"
#include "core/devserver/port.hpp"
#include "core/devserver/runner.hpp"
#include "core/devserver/watcher.hpp"

using namespace pymode;

namespace {

struct Fixture {
    Fixture() : folder(*TempDir::create()) {
        project.root = fs::canonical(folder.path());
        project.worker.name = "w";
        project.worker.main = "main.py";
        write("main.py", "x");
    }

    // In place, as many editors do.
    void write(const std::string& name, std::string_view text) const {
        REQUIRE(make_directories((project.root / name).parent_path()));
        std::ofstream(project.root / name) << text;
    }

    TempDir folder;
    Project project;
};

// What the watcher says about a change, which the kernel reports before the call that makes it
// returns.
bool notices(FileWatcher& watcher, const Project& project) {
    const auto changed = watcher.drain(project);
    REQUIRE(changed);
    return *changed;
}

} // namespace

TEST_CASE_METHOD(Fixture, "changes that can change the bundle are noticed") {
    write(".git/config", "x");
    write("src/a.py", "x");
    auto watcher = FileWatcher::create(project);
    REQUIRE(watcher);
    CHECK_FALSE(notices(*watcher, project));

    write("main.py", "y");
    CHECK(notices(*watcher, project));
    CHECK_FALSE(notices(*watcher, project));
    write("src/a.py", "y");
    CHECK(notices(*watcher, project));
    REQUIRE(write_file_atomic(project.root / "src/a.py", std::string_view("renamed over")));
    CHECK(notices(*watcher, project));
    write(".dev.vars", "A=1");
    CHECK(notices(*watcher, project));
    fs::remove(project.root / "src/a.py");
    CHECK(notices(*watcher, project));

    // The installed packages, as `pymode install` puts them there.
    write(".pymode/site-packages.zip", "x");
    CHECK(notices(*watcher, project));
    REQUIRE(write_file_atomic(project.root / ".pymode/site-packages.zip", std::string_view("y")));
    CHECK(notices(*watcher, project));
    write(".pymode/.lock", "");
    CHECK_FALSE(notices(*watcher, project));

    // A folder made later is watched too, …
    write("new/deep/b.py", "x");
    CHECK(notices(*watcher, project));
    write("new/deep/b.py", "y");
    CHECK(notices(*watcher, project));
    // … and one that is gone is forgotten.
    fs::remove_all(project.root / "new");
    CHECK(notices(*watcher, project));
    CHECK_FALSE(notices(*watcher, project));
}

TEST_CASE_METHOD(Fixture, "changes that cannot change the bundle are not") {
    write(".git/config", "x");
    write("src/a.py", "x");
    auto watcher = FileWatcher::create(project);
    REQUIRE(watcher);
    for (const char* name : {".git/config", ".git/new", "src/.a.py.swp", "src/a.py~", "a.pyc",
                             "__pycache__/a.pyc", "node_modules/x/index.js", ".pymode/state/x"}) {
        CAPTURE(name);
        write(name, "y");
        CHECK_FALSE(notices(*watcher, project));
    }
}

TEST_CASE("lines of the runner") {
    using Kind = RunnerEvent::Kind;
    struct Row {
        std::string line;
        Kind kind;
        std::string text;
    };
    const auto row = GENERATE(values<Row>(
        {{R"({"event":"ready","url":"http://127.0.0.1:1"})", Kind::ready, "http://127.0.0.1:1"},
         {R"({"event":"log","level":"error","message":"m"})", Kind::log, "m"},
         {R"({"event":"port-in-use"})", Kind::port_in_use, ""},
         {R"({"event":"failed","message":"why"})", Kind::failed, "why"},
         {R"({"event":"reloaded","milliseconds":12})", Kind::reloaded, ""},
         {R"({"event":"reloaded"})", Kind::reloaded, ""},
         {R"({"event":5})", Kind::output, R"({"event":5})"},
         {"Segmentation fault", Kind::output, "Segmentation fault"},
         {"", Kind::output, ""}}));
    CAPTURE(row.line);
    const RunnerEvent event = parse_runner_line(row.line);
    CHECK(event.kind == row.kind);
    CHECK(event.text == row.text);
}

TEST_CASE("a port in use is named before anything starts") {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(fd, 1) == 0);
    socklen_t size = sizeof address;
    REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const int port = ntohs(address.sin_port);
    const auto taken = check_port("127.0.0.1", port);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().message == "port " + std::to_string(port) + " is in use");
    close(fd);
    CHECK(check_port("127.0.0.1", port));
    CHECK(check_port("localhost", 0));
    CHECK_FALSE(check_port("192.0.2.1", 0)); // an address for documents, nobody's own
}

TEST_CASE_METHOD(Fixture, "variables: the file, and the command line over it") {
    CHECK(read_dev_vars(project, {})->empty());
    write(".dev.vars", "A=1\nB=2\n");
    const std::array<DevVar, 2> over = {{{"B", "3"}, {"C", "4"}}};
    CHECK(read_dev_vars(project, over) == std::vector<DevVar>{{"A", "1"}, {"B", "3"}, {"C", "4"}});
    write(".dev.vars", "nonsense\n");
    CHECK_FALSE(read_dev_vars(project, {}));
}

TEST_CASE_METHOD(Fixture, "a dev build writes what changed, and keeps the last good one") {
    const std::array<Asset, 4> assets = {
        {{"host.js", as_bytes("host")},
         {"manifest.json", as_bytes(R"({"side_module_words": {}})")},
         {"python.wasm", as_bytes("python")},
         {"stdlib.zip", as_bytes("stdlib")}}};
    const auto compile =
        [](std::span<const SourceModule> modules) -> Expected<std::vector<CompiledModule>> {
        std::vector<CompiledModule> result;
        for (const SourceModule& module : modules) {
            if (module.text == "broken") {
                return fail(ErrorCode::config, "SyntaxError");
            }
            result.push_back({module.guest_path, {}, {"on_fetch"}});
        }
        return result;
    };
    const auto work = TempDir::create();
    REQUIRE(work);
    DevBuild build(work->path() / "bundle", assets, compile);
    CHECK(build.update(project) == true);
    CHECK(build.update(project) == false);
    CHECK(fs::exists(build.folder() / "python.wasm"));
    const auto before = read_file(build.folder() / "app.zip", 10'000);
    REQUIRE(before);

    write("main.py", "broken");
    CHECK_FALSE(build.update(project));
    CHECK(read_file(build.folder() / "app.zip", 10'000) == *before);

    write("main.py", "changed");
    CHECK(build.update(project) == true);
    CHECK(read_file(build.folder() / "app.zip", 10'000) != *before);
    project.worker.vars = {{"A", Variable::Kind::text, "x"}};
    CHECK(build.update(project) == true);
    CHECK(read_text_file(build.folder() / "metadata.json", 10'000)->find("plain_text") !=
          std::string::npos);
}

TEST_CASE_METHOD(Fixture, "a dev build follows the side modules that the project needs") {
    const std::array<Asset, 5> assets = {
        {{"dynload/_sqlite3.wasm", as_bytes("side")},
         {"host.js", as_bytes("host")},
         {"manifest.json", as_bytes(R"({"side_module_words": {"_sqlite3": ["sqlite3"]}})")},
         {"python.wasm", as_bytes("python")},
         {"stdlib.zip", as_bytes("stdlib")}}};
    const auto compile = [](std::span<const SourceModule> modules) {
        return Expected<std::vector<CompiledModule>>(
            {CompiledModule{modules.front().guest_path, {}, {"on_fetch"}}});
    };
    const auto work = TempDir::create();
    REQUIRE(work);
    DevBuild build(work->path() / "bundle", assets, compile);
    const fs::path side = build.folder() / "dynload/_sqlite3.wasm";
    write("main.py", "pass");
    CHECK(build.update(project) == true);
    CHECK_FALSE(fs::exists(side));
    write("main.py", "import sqlite3");
    CHECK(build.update(project) == true);
    CHECK(read_text_file(side, 100) == "side");
    CHECK(build.update(project) == false);
    write("main.py", "pass");
    CHECK(build.update(project) == true);
    CHECK_FALSE(fs::exists(side));
}

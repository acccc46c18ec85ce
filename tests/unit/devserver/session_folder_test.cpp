// SPDX-License-Identifier: MIT
#include "core/devserver/session_folder.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

using namespace pymode;

namespace {

struct Place {
    TempDir parent = TempDir::create().value();

    void make(const std::string& name, bool with_lock) const {
        REQUIRE(make_directories(parent.path() / name / "bundle"));
        REQUIRE(write_file_atomic(parent.path() / name / "bundle/app.zip", "x"));
        if (with_lock) {
            REQUIRE(write_file_atomic(parent.path() / name / "lock", ""));
        }
    }

    [[nodiscard]] bool has(const std::string& name) const {
        return fs::exists(fs::symlink_status(parent.path() / name));
    }

    [[nodiscard]] SessionFolder session(const Log& log = {}) const {
        return SessionFolder::create(parent.path(), log).value();
    }
};

// A process that makes a session folder and is killed, as by `kill -9`.
void killed_session(const fs::path& parent) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto folder = SessionFolder::create(parent, {});
        raise(folder ? SIGKILL : SIGABRT);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WTERMSIG(status) == SIGKILL);
}

std::size_t entries(const fs::path& folder) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

} // namespace

TEST_CASE("a session's folder is private and goes away with it") {
    const Place place;
    fs::path path;
    {
        const SessionFolder session = place.session();
        path = session.path();
        CHECK(path.parent_path() == place.parent.path());
        CHECK(fs::status(path).permissions() == fs::perms::owner_all);
    }
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("what a killed session left goes away when the next one starts") {
    const Place place;
    killed_session(place.parent.path());
    REQUIRE(entries(place.parent.path()) == 1);
    std::vector<std::string> said;
    const Log log(LogLevel::info, [&](std::string_view line) { said.emplace_back(line); });
    const SessionFolder session = place.session(log);
    CHECK(entries(place.parent.path()) == 1);
    REQUIRE(said.size() == 1);
    CHECK(said[0].ends_with("of a session that was killed: removed"));
}

TEST_CASE("only what is ours and dead is removed") {
    const Place place;
    const SessionFolder other = place.session();
    const TempDir elsewhere = TempDir::create().value();
    REQUIRE(write_file_atomic(elsewhere.path() / "lock", ""));
    fs::create_directory_symlink(elsewhere.path(), place.parent.path() / "pymode-dev-link");
    place.make("pymode-dev-dead", true);
    place.make("pymode-dev-starting", false);
    place.make("pymode-other", true);
    place.make("pymode-dev-odd", false);
    REQUIRE(make_directories(place.parent.path() / "pymode-dev-odd/lock"));
    REQUIRE(write_file_atomic(place.parent.path() / "pymode-dev-file", ""));
    const SessionFolder session = place.session();
    CHECK_FALSE(place.has("pymode-dev-dead"));
    for (const char* name : {"pymode-dev-link", "pymode-dev-starting", "pymode-other",
                             "pymode-dev-odd", "pymode-dev-file"}) {
        CAPTURE(name);
        CHECK(place.has(name));
    }
    CHECK(fs::exists(elsewhere.path() / "lock"));
    CHECK(fs::exists(other.path()));
    CHECK(fs::exists(session.path()));
}

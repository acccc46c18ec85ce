// SPDX-License-Identifier: MIT
// Processes that install into one place or build what is installed, killed at any moment or running
// at once. This program runs itself as the child: `packaging_install_test "[child]"` with the job
// in the environment.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/subprocess.hpp"
#include "core/packaging/cache_folder.hpp"
#include "core/packaging/install/install.hpp"
#include "core/packaging/install/site_packages.hpp"
#include "core/packaging/project_files.hpp"
#include "core/packaging/workflow.hpp"
#include "tests/unit/packaging/install/wheel_builder.hpp"

using namespace pymode;
using namespace pymode::test;

namespace {

// What each of the two states consists of.
constexpr int packages_of_a_state = 6;
constexpr int modules_of_a_package = 40;

std::vector<InstallItem> items_of(const std::string& state, const fs::path& folder) {
    std::vector<InstallItem> items;
    for (int i = 0; i < packages_of_a_state; ++i) {
        WheelDraftCase wheel(fmt::format("{}{}-1.0-py3-none-any.whl", state, i));
        for (int m = 0; m < modules_of_a_package; ++m) {
            wheel.add(fmt::format("{}{}/m{}.py", state, i, m),
                      fmt::format("# {}\n{}", m, std::string(2000, 'x')));
        }
        wheel.fill_record();
        items.push_back(write_wheel(wheel, wheel.zip.build(), folder));
    }
    return items;
}

fs::path archive_of(const fs::path& folder) {
    return site_packages_path(folder / "p");
}

// As the commands do it.
Expected<> install(const std::string& state, const fs::path& folder) {
    const fs::path root = folder / "p";
    const auto lock = lock_project_folder(root, {});
    if (!lock) {
        return propagate(lock);
    }
    const fs::path staged = staged_site_packages(root);
    InstallOptions options;
    options.cache = folder / "cache";
    options.input_digest = state;
    const auto report = install_wheels(items_of(state, folder), options, staged, {});
    if (!report) {
        return propagate(report);
    }
    return commit_project_change(root, {}, {{}, {}, staged});
}

// What a build does with it.
Expected<Bytes> build(const fs::path& folder) {
    BytecodeOptions options;
    options.cache = folder / "cache";
    auto packages = load_site_packages(archive_of(folder), fake_compile, options);
    if (!packages) {
        return propagate(packages);
    }
    return *packages ? Expected<Bytes>(std::move((*packages)->zip))
                     : fail(ErrorCode::not_found, "nothing is installed");
}

// Installs the state; an empty one: builds what is installed.
ProcessOptions child(const std::string& state, const fs::path& folder) {
    ProcessOptions options;
    options.args = {self_executable()->string(), "[child]"};
    options.env = Env::capture();
    options.env.set("PYMODE_TEST_STATE", state);
    options.env.set("PYMODE_TEST_FOLDER", folder.string());
    return options;
}

std::string hash_of(const fs::path& folder) {
    return *sha256_file(archive_of(folder));
}

} // namespace

TEST_CASE("a child process of the tests below", "[.child]") {
    const char* state = std::getenv("PYMODE_TEST_STATE");
    const char* folder = std::getenv("PYMODE_TEST_FOLDER");
    if (state == nullptr || folder == nullptr) {
        return; // nobody's child
    }
    if (std::string_view(state).empty()) {
        REQUIRE(build(folder));
    } else {
        REQUIRE(install(state, folder));
    }
}

TEST_CASE("kill -9 at any moment leaves the old or the new archive") {
    const auto folder = TempDir::create();
    REQUIRE(install("two", folder->path()));
    const std::string two = hash_of(folder->path());
    const auto start = std::chrono::steady_clock::now();
    REQUIRE(install("one", folder->path()));
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - start);
    const std::string one = hash_of(folder->path());
    std::mt19937 random(1); // NOLINT(bugprone-random-generator-seed): the same run every time
    std::set<std::string> seen;
    int killed = 0;
    for (int round = 0; round < 60; ++round) {
        const std::string state = round % 2 == 0 ? "two" : "one";
        if (round % 3 == 0) {
            REQUIRE(remove_tree(folder->path() / "cache")); // with and without a warm cache
        }
        ProcessOptions options = child(state, folder->path());
        // Somewhere between the start of the process and a little after its end.
        options.timeout = std::chrono::milliseconds(1 + random() % (2 * took.count() / 1000 + 20));
        const auto result = run_process(options);
        REQUIRE(result);
        killed += result->timed_out ? 1 : 0;
        const std::string now = hash_of(folder->path());
        CAPTURE(round);
        CHECK((now == one || now == two));
        seen.insert(now);
    }
    fmt::print("kill -9: 60 runs, {} killed, {} different archives seen\n", killed, seen.size());
    CHECK(killed > 0);
    // Whatever was left lying about: the next run puts everything right.
    REQUIRE(install("one", folder->path()));
    CHECK(hash_of(folder->path()) == one);
    const auto left = list_tree(archive_of(folder->path()).parent_path());
    REQUIRE(left->size() == 2);
    CHECK(left->at(0).path == ".lock");
    CHECK(left->at(1).path == "site-packages.zip");
}

TEST_CASE("several processes install at once, into one place and with one cache") {
    const auto folder = TempDir::create();
    std::vector<Subprocess> children;
    for (int i = 0; i < 6; ++i) {
        auto started = Subprocess::spawn(child(i % 2 == 0 ? "one" : "two", folder->path()));
        REQUIRE(started);
        children.push_back(std::move(*started));
    }
    for (Subprocess& process : children) {
        const auto result = process.wait();
        REQUIRE(result);
        INFO(result->out << result->err);
        CHECK(result->ok());
    }
    const auto state = read_installed(archive_of(folder->path()));
    REQUIRE(state);
    CHECK((*state)->packages.size() == packages_of_a_state);
}

TEST_CASE("kill -9 of a build at any moment: the next one has the same bytes") {
    const auto folder = TempDir::create();
    const fs::path bucket = folder->path() / "cache" / bytecode_bucket;
    REQUIRE(install("one", folder->path()));
    const auto start = std::chrono::steady_clock::now();
    const Bytes first = *build(folder->path());
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - start);
    std::mt19937 random(2); // NOLINT(bugprone-random-generator-seed): the same run every time
    int killed = 0;
    std::set<std::size_t> kept; // by killed builds
    for (int round = 0; round < 40; ++round) {
        REQUIRE(remove_tree(bucket));
        ProcessOptions options = child("", folder->path());
        options.timeout = std::chrono::milliseconds(1 + random() % (2 * took.count() / 1000 + 20));
        const auto result = run_process(options);
        REQUIRE(result);
        killed += result->timed_out ? 1 : 0;
        const auto left = list_tree(bucket);
        kept.insert(left ? left->size() : 0);
        CAPTURE(round);
        CHECK(*build(folder->path()) == first);
        CHECK(*build(folder->path()) == first); // of what is kept alone
    }
    fmt::print("kill -9: 40 builds, {} killed, {} different amounts kept\n", killed, kept.size());
    CHECK(killed > 0);
}

TEST_CASE("several processes build at once, with one cache") {
    const auto folder = TempDir::create();
    REQUIRE(install("one", folder->path()));
    std::vector<Subprocess> children;
    for (int i = 0; i < 6; ++i) {
        auto started = Subprocess::spawn(child("", folder->path()));
        REQUIRE(started);
        children.push_back(std::move(*started));
    }
    for (Subprocess& process : children) {
        const auto result = process.wait();
        REQUIRE(result);
        INFO(result->out << result->err);
        CHECK(result->ok());
    }
    const auto kept = list_tree(folder->path() / "cache" / bytecode_bucket);
    REQUIRE(kept);
    CHECK(kept->size() == packages_of_a_state); // and no temporary file
    CHECK(build(folder->path()));
}

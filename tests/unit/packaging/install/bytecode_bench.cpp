// SPDX-License-Identifier: MIT
// Not part of a run: PYMODE_BENCH_WHEELS=folder PYMODE_BENCH_PYTHON="pymode python" … "[.bench]"
#include <chrono>
#include <cstdlib>
#include <functional>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/packaging/install/site_packages.hpp"
#include "core/pep/wheel_name.hpp"
#include "tests/unit/packaging/install/install_fixture.hpp"

using namespace pymode;
using namespace pymode::test;

namespace {

void print_time(std::string_view what, const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    fmt::print("{}: {:.1f} ms\n", what, took.count());
}

std::vector<InstallItem> wheels_of(const fs::path& folder) {
    std::vector<InstallItem> items;
    const auto tree = list_tree(folder);
    REQUIRE(tree);
    for (const TreeEntry& entry : *tree) {
        const auto name = pep::WheelName::parse(entry.path);
        REQUIRE(name);
        InstallItem one;
        one.name = name->name;
        one.version = name->version;
        one.wheel.filename = entry.path;
        one.path = folder / entry.path;
        one.wheel.hashes["sha256"] = *sha256_file(one.path);
        items.push_back(std::move(one));
    }
    return items;
}

} // namespace

TEST_CASE_METHOD(InstallFixture, "installing and compiling a folder of wheels", "[.bench]") {
    const char* wheels = std::getenv("PYMODE_BENCH_WHEELS");
    const char* program = std::getenv("PYMODE_BENCH_PYTHON");
    REQUIRE(wheels != nullptr);
    REQUIRE(program != nullptr);
    std::vector<std::string> python;
    for (const std::string_view part : split(program, ' ')) {
        python.emplace_back(part);
    }
    const Env env = Env::capture();
    const auto compile = [&](std::span<const SourceModule> modules) {
        return compile_modules_with(python, env, modules);
    };
    const std::vector<InstallItem> items = wheels_of(wheels);
    InstallOptions options;
    options.cache = folder.path() / "cache";
    BytecodeOptions bytecode;
    bytecode.cache = options.cache;
    for (int run = 0; run < 5; ++run) {
        print_time("install", [&] {
            const auto report = install(items, options);
            INFO((report ? "" : report.error().message));
            REQUIRE(report);
        });
        print_time("load", [&] { REQUIRE(load_site_packages(target, compile, bytecode)); });
    }
}

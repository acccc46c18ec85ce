// SPDX-License-Identifier: MIT
// What installed packages do to a bundle.
#include <array>

#include <catch2/catch.hpp>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/bundle/bundle.hpp"
#include "core/bundle/packages.hpp"
#include "core/packaging/install/install.hpp"
#include "tests/unit/packaging/install/wheel_builder.hpp"

using namespace pymode;
using namespace pymode::test;

namespace {

const std::array<Asset, 5> kAssets = {
    {{"dynload/_sqlite3.wasm", as_bytes("side")},
     {"host.js", as_bytes("host")},
     {"manifest.json", as_bytes(R"({"side_module_words": {"_sqlite3": ["sqlite3"]}})")},
     {"python.wasm", as_bytes("python")},
     {"stdlib.zip", as_bytes("stdlib")}}};

Expected<std::vector<CompiledModule>> compile_app(std::span<const SourceModule> modules) {
    auto compiled = fake_compile(modules);
    for (CompiledModule& module : *compiled) {
        module.names = {"on_fetch"};
    }
    return compiled;
}

struct Fixture {
    Fixture() : folder(*TempDir::create()) {
        project.root = fs::canonical(folder.path()) / "project";
        project.worker.name = "w";
        project.worker.main = "main.py";
        project.worker.compatibility_date = "2026-11-01";
        REQUIRE(make_directories(project.root / ".pymode"));
        REQUIRE(write_file_atomic(project.root / "main.py", std::string_view("x")));
    }

    // Installs one wheel of the given files, or none.
    void install(const std::vector<std::pair<std::string, std::string>>& files) const {
        std::vector<InstallItem> items;
        if (!files.empty()) {
            WheelDraftCase wheel("demo-1.0-cp313-cp313-pymode_1_wasm32.whl");
            for (const auto& [path, text] : files) {
                wheel.add(path, text);
            }
            wheel.fill_record();
            items.push_back(write_wheel(wheel, wheel.zip.build(), folder.path()));
        }
        const auto report = install_wheels(items, {}, site_packages_path(project), {});
        INFO((report ? "" : report.error().message));
        REQUIRE(report);
    }

    [[nodiscard]] Expected<Bundle> build() const {
        return make_bundle({project, kAssets, compile_app, {}});
    }

    TempDir folder;
    Project project;
};

std::vector<std::string> names_of(const Bundle& bundle) {
    std::vector<std::string> names;
    for (const BundleModule& module : bundle.modules()) {
        names.push_back(module.name);
    }
    return names;
}

ByteView bytes_of(const Bundle& bundle, std::string_view name) {
    for (const BundleModule& module : bundle.modules()) {
        if (module.name == name) {
            return module.bytes;
        }
    }
    FAIL("no module " << name);
    throw 0; // FAIL does not return
}

const std::string kExtension = "demo/_speedups.cpython-313-wasm32-wasi.so";
const std::string kWasm = std::string("\0asm\1\0\0\0", 8);

} // namespace

TEST_CASE_METHOD(Fixture, "packages travel as an archive, their native modules beside it") {
    install({{"demo/a.py", "import json\n"}, {kExtension, kWasm}});
    const auto bundle = build();
    REQUIRE(bundle);
    CHECK(names_of(*bundle) ==
          std::vector<std::string>{"worker.js", "host.js", "python.wasm", "stdlib.zip", "app.zip",
                                   "site-packages.zip", "site/demo/_speedups.wasm"});
    CHECK(as_text(bytes_of(*bundle, "site/demo/_speedups.wasm")) == kWasm);
    CHECK(bundle->modules().back().kind == ModuleKind::wasm);
    const auto zip = ArchiveReader::from_memory(bytes_of(*bundle, "site-packages.zip"));
    REQUIRE(zip);
    CHECK(zip->find("demo/a.py") != nullptr);
    CHECK(zip->find("demo/__pycache__/a.cpython-313.pyc") != nullptr);
    CHECK(zip->find("demo-1.0.dist-info/METADATA") != nullptr);
    CHECK(zip->find(kExtension) == nullptr);
    CHECK(zip->find(".pymode.json") == nullptr);
    CHECK(as_text(bytes_of(*bundle, "worker.js")).contains("\"lib/site-packages/" + kExtension));
    const auto again = build();
    REQUIRE(again);
    for (const BundleModule& module : bundle->modules()) {
        CHECK(sha256_hex(module.bytes) == sha256_hex(bytes_of(*again, module.name)));
    }
}

TEST_CASE_METHOD(Fixture, "what packages import decides about side modules too") {
    install({{"demo/a.py", "# no database: sqlite3\n"}});
    CHECK(names_of(*build()).back() == "site-packages.zip");
    install({{"demo/a.py", "def f():\n    from sqlite3 import (\n        connect)\n"}});
    CHECK(names_of(*build()).back() == "dynload/_sqlite3.wasm");
}

TEST_CASE_METHOD(Fixture, "a project without packages has the bundle that it always had") {
    const auto before = build();
    REQUIRE(before);
    install({});
    const auto after = build();
    REQUIRE(after);
    CHECK(names_of(*before) == names_of(*after));
    CHECK(as_text(bytes_of(*before, "worker.js")) == as_text(bytes_of(*after, "worker.js")));
}

TEST_CASE_METHOD(Fixture, "dependencies that are not installed are an error") {
    project.has_dependencies = true;
    const auto missing = build();
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::config);
    CHECK(missing.error().hint == "run `pymode install`");
    install({{"demo/a.py", ""}});
    CHECK(build());
    REQUIRE(write_file_atomic(site_packages_path(project), std::string_view("no archive")));
    const auto damaged = build();
    REQUIRE_FALSE(damaged);
    CHECK(damaged.error().hint.contains("pymode install"));
}

TEST_CASE("names of native modules") {
    CHECK(native_module_name("a/_b.cpython-313-wasm32-wasi.so") == "site/a/_b.wasm");
    CHECK(native_module_name("x.so") == "site/x.so.wasm");
    CHECK(native_module_name("x.libs/libz.so.1") == "site/x.libs/libz.so.1.wasm");
}

// SPDX-License-Identifier: MIT
#include "core/bundle/bundle.hpp"

#include <array>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/bundle/size_report.hpp"
#include "core/bundle/worker_script.hpp"
#include "core/bundle/write.hpp"

using namespace pymode;

namespace {

const std::array<Asset, 7> kAssets = {{{"dynload/_a.wasm", as_bytes("side a")},
                                       {"dynload/b.wasm", as_bytes("side b")},
                                       {"host.js", as_bytes("host"), 1234},
                                       {"licenses.txt", as_bytes("not in a bundle")},
                                       {"manifest.json", as_bytes(R"({"side_module_words": {}})")},
                                       {"python.wasm", as_bytes("python")},
                                       {"stdlib.zip", as_bytes("stdlib")}}};

// Stands in for the native Python: the "bytecode" names its source, `names` are the words of it.
Expected<std::vector<CompiledModule>> fake_compile(std::span<const SourceModule> modules) {
    std::vector<CompiledModule> result;
    for (const SourceModule& module : modules) {
        if (module.text == "broken") {
            return std::unexpected(Error{ErrorCode::config,
                                         "SyntaxError: bad",
                                         {},
                                         "",
                                         SourceLocation{module.guest_path, 1, 2, "broken"}});
        }
        result.push_back(
            {module.guest_path, to_bytes("pyc of " + module.guest_path), {module.text}});
    }
    return result;
}

struct Fixture {
    Fixture() : folder(*TempDir::create()) {
        project.root = fs::canonical(folder.path()) / "project";
        project.worker.name = "w";
        project.worker.main = "src/main.py";
        project.worker.compatibility_date = "2026-11-01";
        write("src/main.py", "on_fetch");
        write("src/helper.py", "x");
        write("data.bin", "12");
    }

    void write(const std::string& name, std::string_view text) const {
        REQUIRE(make_directories((project.root / name).parent_path()));
        REQUIRE(write_file_atomic(project.root / name, text));
    }

    [[nodiscard]] Expected<Bundle> build() const {
        return make_bundle({project, kAssets, fake_compile, {}});
    }

    TempDir folder;
    Project project;
};

const BundleModule& module_named(const Bundle& bundle, std::string_view name) {
    for (const BundleModule& module : bundle.modules()) {
        if (module.name == name) {
            return module;
        }
    }
    FAIL("no module " << name);
    throw 0; // FAIL does not return
}

} // namespace

TEST_CASE_METHOD(Fixture, "a bundle holds the runtime, the application and its metadata") {
    const auto bundle = build();
    REQUIRE(bundle);
    std::vector<std::string> names;
    for (const BundleModule& module : bundle->modules()) {
        names.push_back(module.name);
    }
    CHECK(names == std::vector<std::string>{"worker.js", "host.js", "python.wasm", "stdlib.zip",
                                            "app.zip", "dynload/_a.wasm", "dynload/b.wasm"});
    CHECK(content_type(module_named(*bundle, "worker.js").kind) == "application/javascript+module");
    CHECK(content_type(module_named(*bundle, "python.wasm").kind) == "application/wasm");
    CHECK(content_type(module_named(*bundle, "app.zip").kind) == "application/octet-stream");
    CHECK(as_text(module_named(*bundle, "dynload/b.wasm").bytes) == "side b");
    CHECK(bundle->python_modules == 2);

    const auto app = ArchiveReader::from_memory(module_named(*bundle, "app.zip").bytes);
    REQUIRE(app);
    std::vector<std::string> members;
    for (const ArchiveMember& member : app->members()) {
        members.push_back(member.path);
    }
    CHECK(members == std::vector<std::string>{"data.bin", "src/__pycache__/helper.cpython-313.pyc",
                                              "src/__pycache__/main.cpython-313.pyc",
                                              "src/helper.py", "src/main.py"});
    const auto pyc = app->read(*app->find("src/__pycache__/main.cpython-313.pyc"));
    REQUIRE(pyc);
    CHECK(as_text(*pyc) == "pyc of /app/src/main.py");
}

TEST_CASE_METHOD(Fixture, "a bundle survives being moved") {
    auto built = build();
    REQUIRE(built);
    const std::string script = to_text(module_named(*built, "worker.js").bytes);
    const Bundle moved = std::move(*built);
    CHECK(as_text(module_named(moved, "worker.js").bytes) == script);
}

TEST_CASE_METHOD(Fixture, "the same project gives the same bytes") {
    const auto one = build();
    const auto two = build();
    REQUIRE(one);
    REQUIRE(two);
    CHECK(one->metadata == two->metadata);
    REQUIRE(one->modules().size() == two->modules().size());
    for (std::size_t i = 0; i < one->modules().size(); ++i) {
        CHECK(as_text(one->modules()[i].bytes) == as_text(two->modules()[i].bytes));
    }
}

TEST_CASE_METHOD(Fixture, "a main module needs a handler") {
    struct Row {
        std::string binds;
        std::string hint; // empty: it is good
    };
    const auto row =
        GENERATE(values<Row>({{"on_fetch", ""},
                              {"*", ""},
                              {"x", "add `def on_fetch(request, env): …`"},
                              {"fetch", "if `fetch` is the handler, call it `on_fetch`"},
                              {"Default", "add `def on_fetch(request, env): …`"}}));
    CAPTURE(row.binds);
    write("src/main.py", row.binds);
    const auto bundle = build();
    CHECK(bundle.has_value() == row.hint.empty());
    if (!bundle) {
        CHECK(bundle.error().message == "src/main.py defines no handler");
        CHECK(bundle.error().hint == row.hint);
    }
}

TEST_CASE_METHOD(Fixture, "a syntax error points into the project, not into the Worker") {
    write("src/helper.py", "broken");
    const auto bundle = build();
    REQUIRE_FALSE(bundle);
    REQUIRE(bundle.error().where);
    CHECK(bundle.error().where->file == "src/helper.py");
}

TEST_CASE_METHOD(Fixture, "an excluded main file is an error, as is a missing runtime") {
    project.exclude = {"src"};
    const auto without_main = build();
    REQUIRE_FALSE(without_main);
    CHECK(without_main.error().message == "main file src/main.py is not part of the bundle");
    project.exclude.clear();
    const auto without_runtime = make_bundle({project, {}, fake_compile, {}});
    REQUIRE_FALSE(without_runtime);
    CHECK(without_runtime.error().code == ErrorCode::internal);
}

TEST_CASE("worker.js imports every part and names the entry") {
    Project project;
    project.worker.main = "src/main.py";
    const std::vector<std::string> sides = {"_a", "odd-\"name"};
    const std::string script = worker_script(project, sides);
    CHECK(script.find("import side0 from \"./dynload/_a.wasm\";\n") != std::string::npos);
    CHECK(script.find("import side1 from \"./dynload/odd-\\\"name.wasm\";\n") != std::string::npos);
    CHECK(script.find("  entry: \"src.main\",\n") != std::string::npos);
    CHECK(script.find("    \"odd-\\\"name\": side1,\n") != std::string::npos);
}

TEST_CASE("worker.js exports the classes of Durable Objects") {
    Project project;
    project.worker.main = "main.py";
    CHECK_FALSE(worker_script(project, {}).contains("durableObject"));
    const auto text = [](const char* value) {
        ConfigValue result;
        result.kind = ConfigValue::Kind::string;
        result.text = value;
        return result;
    };
    const auto list = [](std::vector<ConfigValue> items) {
        ConfigValue result;
        result.kind = ConfigValue::Kind::array;
        result.items = std::move(items);
        return result;
    };
    ConfigValue made;
    made.members.push_back(
        {"new_sqlite_classes", {}, list({text("Counter"), text("Gone"), text("Old")})});
    ConfigValue renaming;
    renaming.members.push_back({"from", {}, text("Old")});
    renaming.members.push_back({"to", {}, text("New")});
    ConfigValue changed;
    changed.members.push_back({"deleted_classes", {}, list({text("Gone")})});
    changed.members.push_back({"renamed_classes", {}, list({renaming})});
    project.worker.migrations = {{"v1", made}, {"v2", changed}};
    CHECK(project.worker.object_classes() == std::vector<std::string>{"Counter", "New"});
    const std::string script = worker_script(project, {});
    CHECK(script.contains("import { createWorker, durableObject } from \"./host.js\";\n"));
    CHECK(script.ends_with("export default worker;\n"
                           "export const Counter = durableObject(worker, \"Counter\");\n"
                           "export const New = durableObject(worker, \"New\");\n"));
}

TEST_CASE("worker.js imports packages and their native modules") {
    Project project;
    project.worker.main = "main.py";
    const std::string none = worker_script(project, {});
    CHECK(none.find("sitePackages") == std::string::npos);
    const std::string script = worker_script(
        project, {},
        {true, {{"site/a/_b.wasm", "lib/site-packages/a/_b.cpython-313-wasm32-wasi.so"}}});
    CHECK(script.find("import sitePackages from \"./site-packages.zip\";\n") != std::string::npos);
    CHECK(script.find("  sitePackages,\n") != std::string::npos);
    CHECK(script.find("import native0 from \"./site/a/_b.wasm\";\n") != std::string::npos);
    CHECK(script.find("    \"lib/site-packages/a/_b.cpython-313-wasm32-wasi.so\": native0,\n") !=
          std::string::npos);
}

TEST_CASE_METHOD(Fixture, "a bundle is written as a whole, and only where nothing is lost") {
    const auto bundle = build();
    REQUIRE(bundle);
    const fs::path out = folder.path() / "deep/out";
    REQUIRE(write_bundle(*bundle, out));
    CHECK(read_text_file(out / "dynload/_a.wasm", 100) == "side a");
    CHECK(read_text_file(out / "metadata.json", 10'000) == bundle->metadata);

    // A second time, with a module less: what was there is gone.
    REQUIRE(write_file_atomic(out / "stale.txt", std::string_view("old")));
    REQUIRE(write_bundle(*bundle, out / ""));
    CHECK_FALSE(fs::exists(out / "stale.txt"));

    const auto refused = write_bundle(*bundle, project.root);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::usage);
    CHECK(fs::exists(project.root / "src/main.py"));
    CHECK_FALSE(write_bundle(*bundle, project.root / "data.bin"));
}

TEST_CASE_METHOD(Fixture, "sizes are reported raw and compressed") {
    write("data.bin", std::string(100'000, 'a'));
    const auto bundle = build();
    REQUIRE(bundle);
    const SizeReport report = measure(*bundle, kAssets);
    CHECK(report.parts.size() == bundle->modules().size());
    for (const PartSize& part : report.parts) {
        CHECK((part.name == "host.js") == (part.gzip == 1234)); // the one that is known already
        CHECK(part.gzip > 0);
    }
    CHECK(report.total.raw == bundle->total_bytes());
    CHECK(gzip_size(as_bytes(std::string(100'000, 'a'))) < 1000);
    // gzip's frame has 18 bytes, an empty deflate stream 2.
    CHECK(gzip_size({}) == 20);
    CHECK(format_sizes(report).find("dynload/ (2 modules)") != std::string::npos);
}

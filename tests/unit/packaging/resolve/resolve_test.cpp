// SPDX-License-Identifier: MIT
// `resolve` over a source in memory; the cases are in resolve.json.
#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/packaging/resolve/resolve.hpp"
#include "tests/unit/packaging/resolve/memory_source.hpp"
#include "tests/unit/packaging/resolve/request.hpp"

using namespace pymode;
using namespace pymode::test;

namespace {

using Json = nlohmann::ordered_json;
using Strings = std::vector<std::string>;

// A version is its list of requirements, or an object with more.
void add_version(MemorySource& source, const std::string& name, const std::string& version,
                 const Json& value) {
    const Json table = value.is_array() ? Json{{"requires", value}} : value;
    const Strings tags = table.value("tags", Strings{"py3-none-any"});
    const std::string stem = fmt::format("{}-{}", replace_all(name, "-", "_"), version);
    const auto publish = [&](const std::string& filename, std::string metadata) {
        DistFile file;
        file.filename = filename;
        file.url = "https://index.example/" + filename;
        if (table.contains("python")) {
            file.requires_python = table.at("python");
        }
        if (table.contains("yanked")) {
            file.yanked = table.at("yanked");
        }
        if (table.contains("uploaded")) {
            file.upload_time = table.at("uploaded");
        }
        source.add(name, std::move(file), std::move(metadata));
    };
    for (const std::string& tag : tags) {
        publish(
            fmt::format("{}-{}.whl", stem, tag),
            table.value("metadata", metadata_text(name, version, table.value("requires", Strings{}),
                                                  table.value("extras", Strings{}),
                                                  table.value("metadata_python", ""))));
    }
    if (table.value("sdist", false)) {
        publish(stem + ".tar.gz", "");
    }
}

MemorySource source_of(const Json& one) {
    MemorySource source;
    for (const auto& [name, versions] : one.at("packages").items()) {
        PackagePage& page = source.page_of(name);
        for (const auto& [version, value] : versions.items()) {
            if (version == "deprecated") {
                page.status = {ProjectStatus::Kind::deprecated, value};
            } else if (version == "notes") {
                page.notes = value.get<Strings>();
            } else {
                add_version(source, name, version, value);
            }
        }
    }
    return source;
}

ResolveRequest request_of(const Json& one) {
    ResolveRequest request = request_for(one.at("requires").get<Strings>());
    for (const std::string& text : one.value("constraints", Strings{})) {
        request.constraints.push_back(requirement_of(text));
    }
    for (const std::string& text : one.value("overrides", Strings{})) {
        request.overrides.push_back(requirement_of(text));
    }
    const Json locked = one.value("locked", Json::object());
    for (const auto& [name, version] : locked.items()) {
        request.preferences.emplace(name, pep::Version::parse(version.get<std::string>()).value());
    }
    const std::string mode = one.value("mode", "");
    request.mode = mode == "lowest"          ? ResolutionMode::lowest
                   : mode == "lowest-direct" ? ResolutionMode::lowest_direct
                                             : ResolutionMode::highest;
    const std::string pre = one.value("prerelease", "");
    request.prereleases = pre == "allow"      ? pep::PrereleasePolicy::allow
                          : pre == "disallow" ? pep::PrereleasePolicy::disallow
                          : pre == "named"    ? pep::PrereleasePolicy::if_named
                                              : pep::PrereleasePolicy::if_needed;
    if (one.contains("exclude_newer")) {
        request.exclude_newer = one.at("exclude_newer");
    }
    request.ignore_requires_python = one.value("ignore_requires_python", false);
    request.project_name = one.value("project", "");
    request.known_names = [known = one.value("known", Strings{})] { return known; };
    if (one.value("emscripten", false)) {
        request.target = target_for("3.13.7", pep::EmscriptenWheels::accepted);
    }
    return request;
}

Json outcome_of(const Json& one) {
    MemorySource source = source_of(one);
    const auto resolution = resolve(request_of(one), source, CancelToken{});
    Json outcome;
    if (!resolution) {
        outcome["error"] = resolution.error().message;
        if (!resolution.error().notes.empty()) {
            outcome["notes"] = resolution.error().notes;
        }
        if (!resolution.error().hint.empty()) {
            Strings lines;
            for (const std::string_view line : split_lines(resolution.error().hint)) {
                lines.emplace_back(line);
            }
            outcome["hints"] = lines;
        }
        return outcome;
    }
    outcome["chosen"] = summary(*resolution);
    if (!resolution->warnings.empty()) {
        outcome["warnings"] = resolution->warnings;
    }
    if (one.at("expect").contains("wheels")) {
        Strings wheels;
        for (const ResolvedPackage& package : resolution->packages) {
            wheels.push_back(package.wheel.filename);
        }
        outcome["wheels"] = wheels;
    }
    return outcome;
}

} // namespace

TEST_CASE("resolving over a source in memory") {
    const auto text = read_text_file(fs::path(PYMODE_TEST_DATA) / "resolve.json", 1 << 20);
    REQUIRE(text);
    const Json document = Json::parse(*text);
    for (const Json& one : document.at("cases")) {
        const std::string name = one.at("name");
        INFO(name);
        const Json outcome = outcome_of(one);
        if (outcome != one.at("expect")) {
            fmt::print("ACTUAL {}\n", Json{{"name", name}, {"expect", outcome}}.dump());
        }
        CHECK(outcome == one.at("expect"));
    }
}

TEST_CASE("the same request and source give the same answer and the same questions") {
    const Json document =
        Json::parse(read_text_file(fs::path(PYMODE_TEST_DATA) / "resolve.json", 1 << 20).value());
    for (const Json& one : document.at("cases")) {
        INFO(one.at("name"));
        MemorySource first = source_of(one);
        MemorySource second = source_of(one);
        const ResolveRequest request = request_of(one);
        const bool resolved = resolve(request, first, CancelToken{}).has_value();
        CHECK(resolve(request, second, CancelToken{}).has_value() == resolved);
        CHECK(first.log == second.log);
    }
}

TEST_CASE("pages are asked for as soon as their names are seen, metadata when the page is there") {
    MemorySource source;
    source.add_wheel("a", "1", {"c", "d"});
    source.add_wheel("b", "1", {});
    source.add_wheel("c", "1", {});
    source.add_wheel("d", "1", {});
    REQUIRE(resolve(request_for({"a", "b"}), source, CancelToken{}));
    const auto place = [&](const std::string& what) {
        const auto found = std::ranges::find(source.log, what);
        REQUIRE(found != source.log.end());
        return found - source.log.begin();
    };
    CHECK(place("prefetch page a") < place("page a"));
    CHECK(place("prefetch page b") < place("page a"));
    CHECK(place("prefetch metadata b-1-py3-none-any.whl") < place("metadata a-1-py3-none-any.whl"));
    CHECK(place("prefetch page d") < place("page c"));
    CHECK(place("prefetch metadata d-1-py3-none-any.whl") < place("metadata c-1-py3-none-any.whl"));
    CHECK(std::ranges::count(source.log, "page a") == 1);
    CHECK(std::ranges::count(source.log, "metadata a-1-py3-none-any.whl") == 1);
}

TEST_CASE("metadata of many versions is asked for ahead when version after version fails") {
    MemorySource source;
    for (int i = 0; i < 60; ++i) {
        source.add_wheel("a", fmt::format("1.{}", i), {"b>=2"});
    }
    source.add_wheel("a", "0.9", {});
    source.add_wheel("b", "1", {});
    const auto resolution = resolve(request_for({"a", "b<2"}), source, CancelToken{});
    REQUIRE(resolution);
    CHECK(summary(*resolution) == "a 0.9, b 1");
    const auto asked_ahead = std::ranges::count_if(source.log, [](const std::string& line) {
        return line.starts_with("prefetch metadata a-");
    });
    CHECK(asked_ahead >= 50);
}

TEST_CASE(
    "files that cannot be used are only looked at where a wheel for this runtime is missing") {
    MemorySource source;
    source.add_wheel("built", "1", {}, "cp313-cp313-pymode_1_wasm32");
    source.add_wheel("built", "2", {}, "cp313-cp313-manylinux_2_17_x86_64");
    REQUIRE(resolve(request_for({"built"}), source, CancelToken{}));
    CHECK(std::ranges::none_of(source.log, [](const std::string& line) {
        return line.find("manylinux") != std::string::npos;
    }));
    // Where they are looked at and cannot be read, they still count as versions.
    source.add_wheel("pure", "1");
    source.add_wheel("pure", "2", {}, "cp313-cp313-win_amd64");
    source.unreachable = {"pure-2-cp313-cp313-win_amd64.whl"};
    const auto fallen = resolve(request_for({"pure"}), source, CancelToken{});
    REQUIRE_FALSE(fallen);
    CHECK(fallen.error().code == ErrorCode::config);
}

TEST_CASE("what the source cannot be asked is the error") {
    MemorySource source;
    source.add_wheel("a", "1", {"b"});
    source.unreachable = {"b"};
    const auto no_page = resolve(request_for({"a"}), source, CancelToken{});
    REQUIRE_FALSE(no_page);
    CHECK(no_page.error().code == ErrorCode::network);
    CHECK(no_page.error().notes == Strings{"it happened while looking for `b`"});

    source.unreachable = {"a-1-py3-none-any.whl"};
    const auto no_metadata = resolve(request_for({"a"}), source, CancelToken{});
    REQUIRE_FALSE(no_metadata);
    CHECK(no_metadata.error().code == ErrorCode::network);
}

TEST_CASE("a resolution can be cancelled") {
    MemorySource source;
    source.add_wheel("a", "1");
    const CancelToken cancel;
    cancel.cancel();
    const auto resolution = resolve(request_for({"a"}), source, cancel);
    REQUIRE_FALSE(resolution);
    CHECK(resolution.error().code == ErrorCode::cancelled);
}

TEST_CASE("the graph of dependencies is part of the answer") {
    MemorySource source;
    source.add(
        "a",
        [] {
            DistFile file;
            file.filename = "a-1-py3-none-any.whl";
            file.url = "https://index.example/a-1-py3-none-any.whl";
            return file;
        }(),
        metadata_text("a", "1",
                      {"b[y]", "c ; extra == 'x'", "d ; extra == 'other'", "b ; extra == 'x'",
                       "a[x] ; extra == 'all'"},
                      {"x", "all", "other"}, ">=3.8"));
    source.add_wheel("b", "1");
    source.add_wheel("c", "1");
    const auto resolution = resolve(request_for({"a[all]"}), source, CancelToken{});
    REQUIRE(resolution);
    CHECK(summary(*resolution) == "a 1, b 1, c 1");
    const ResolvedPackage& a = resolution->packages[0];
    CHECK(a.extras == Strings{"all", "x"});
    CHECK(a.requires_python == ">=3.8");
    REQUIRE(a.dependencies.size() == 2);
    CHECK(a.dependencies[0].name == "b");
    CHECK(a.dependencies[0].extras == Strings{"y"});
    CHECK(a.dependencies[0].through_extras.empty());
    CHECK(a.dependencies[1].name == "c");
    CHECK(a.dependencies[1].through_extras == Strings{"x"});
    CHECK(resolution->packages[1].extras == Strings{"y"});
    CHECK(resolution->warnings == Strings{"`b` 1 has no extra `y`; it has none"});
}

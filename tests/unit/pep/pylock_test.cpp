// SPDX-License-Identifier: MIT
#include "core/pep/pylock.hpp"

#include <catch2/catch.hpp>

#include "core/pep/wheel_name.hpp"
#include "tests/unit/pep/vectors.hpp"

using namespace pymode::pep;
using pymode::pep::test::Json;
using pymode::pep::test::Vectors;

namespace {

// "… in 'packages[0].name'" of the reference's messages; empty when there is none.
std::string place_of(const std::string& message) {
    const std::size_t end = message.rfind('\'');
    const std::size_t begin = message.rfind(" in '", end);
    return begin == std::string::npos ? "" : message.substr(begin + 5, end - begin - 5);
}

Environment environment_of(const Json& values) {
    if (values.is_null()) {
        return target_environment("3.13.5");
    }
    Environment environment;
    environment.os_name = values.at("os_name");
    environment.sys_platform = values.at("sys_platform");
    environment.platform_machine = values.at("platform_machine");
    environment.platform_release = values.at("platform_release");
    environment.platform_system = values.at("platform_system");
    environment.platform_version = values.at("platform_version");
    environment.platform_python_implementation = values.at("platform_python_implementation");
    environment.implementation_name = values.at("implementation_name");
    environment.implementation_version = values.at("implementation_version");
    environment.python_version = values.at("python_version");
    environment.python_full_version = values.at("python_full_version");
    return environment;
}

TagTable tags_of(const Json& texts) {
    if (texts.is_null()) {
        return target_tags(13, EmscriptenWheels::refused)->usable;
    }
    std::vector<Tag> tags;
    for (const std::string text : texts) {
        tags.push_back(parse_tags(text)->front());
    }
    return TagTable(tags);
}

std::string kind_name(LockedPackage::Kind kind) {
    static const char* const names[] = {"PackageVcs", "PackageDirectory", "PackageArchive",
                                        "PackageSdist", "PackageWheel"};
    return names[static_cast<int>(kind)];
}

Json selection(const std::vector<LockedPackage>& packages) {
    Json result = Json::array();
    for (const LockedPackage& locked : packages) {
        const bool named =
            locked.kind == LockedPackage::Kind::wheel || locked.kind == LockedPackage::Kind::sdist;
        const auto& version = locked.package->version;
        result.push_back({locked.package->name, version ? Json(version->to_string()) : Json(),
                          kind_name(locked.kind), named ? Json(locked.file->file_name()) : Json()});
    }
    return result;
}

// Whether selecting gives what a case expects.
Json select_case(const Json& row) {
    const auto lock = read_lock(row.at("lock"));
    if (!lock) {
        return "not read: " + lock.error().message;
    }
    LockRequest request{environment_of(row.at("environment")), {}, std::nullopt};
    if (!row.at("extras").is_null()) {
        request.extras = row.at("extras");
    }
    if (!row.at("dependency_groups").is_null()) {
        request.dependency_groups = row.at("dependency_groups").get<std::vector<std::string>>();
    }
    const auto selected = select_packages(*lock, request, tags_of(row.at("tags")));
    return selected ? selection(*selected) : Json("error: " + selected.error().message);
}

const std::string example = R"(lock-version = "1.0"
environments = ["sys_platform == \"wasi\" and python_version == \"3.13\""]
requires-python = ">=3.13"
extras = []
dependency-groups = ["dev"]
default-groups = ["dev"]
created-by = "pymode"

[[packages]]
name = "attrs"
version = "25.1.0"
requires-python = ">=3.8"
wheels = [
    { name = "attrs-25.1.0-py3-none-any.whl", upload-time = 2025-01-25T11:30:10.164985Z, url = "https://files.example/attrs-25.1.0-py3-none-any.whl", size = 63152, hashes = { sha256 = "c75a69e2" } },
]

[[packages]]
name = "cattrs"
version = "24.1.2"
marker = "\"dev\" in dependency_groups"
dependencies = [
    { name = "attrs" },
]
index = "https://index.example/simple"
wheels = [
    { url = "https://files.example/cattrs-24.1.2-py3-none-any.whl", hashes = { sha256 = "67c7495b" } },
]

[tool.pymode]
digest = "a\"b\\c\u0007"
)";

} // namespace

TEST_CASE("vectors: pylock_validate") {
    Vectors vectors("pylock_validate");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const auto lock = read_lock(row[0]);
        if (row[1].is_null()) {
            vectors.expect(lock.has_value(), row.dump() + (lock ? "" : lock.error().message));
            // What was read is written so that it is read again.
            if (lock) {
                const auto again = parse_lock("pylock.toml", write_lock(*lock));
                REQUIRE(again);
                CHECK(write_lock(*again) == write_lock(*lock));
            }
            continue;
        }
        const std::string place = place_of(row[1]);
        const std::string found = lock ? "accepted" : lock.error().message;
        vectors.expect(!lock && found.starts_with(place), row[1].dump() + " gives " + found);
    }
    vectors.remark("refused at the same place; the wording is ours");
}

TEST_CASE("vectors: pylock_select") {
    Vectors vectors("pylock_select");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const Json found = select_case(row);
        const bool fails = row.contains("error") && !row.at("error").is_null();
        const bool passed = fails
                                ? found.is_string() && found.get<std::string>().starts_with("error")
                                : found == row.at("selected");
        vectors.expect(passed, row.dump() + " gives " + found.dump());
    }
    vectors.remark("a chosen sdist is reported as one; the wheel-only installer refuses it");
}

TEST_CASE("vectors: pylock_filename") {
    Vectors vectors("pylock_filename");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        vectors.expect(is_lock_file_name(row[0].get<std::string>()) == row[1], row.dump());
    }
}

TEST_CASE("vectors that are not for pure rules") {
    pymode::pep::test::not_used_here("pyproject_edit",
                                     "edits text of a file, see the tests of packaging");
    pymode::pep::test::not_used_here("wheel_install_cases",
                                     "needs zip files, see the tests of packaging");
    SUCCEED();
}

TEST_CASE("a lock is read and written without a change") {
    const auto lock = parse_lock("pylock.toml", example);
    REQUIRE(lock);
    CHECK(lock->warnings.empty());
    CHECK(write_lock(*lock) == example);
}

TEST_CASE("packages and files are written in one order") {
    auto lock = *parse_lock("pylock.toml", example);
    std::swap(lock.packages[0], lock.packages[1]);
    CHECK(write_lock(lock) == example);
}

TEST_CASE("groups of a lock decide what is installed") {
    const auto lock = *parse_lock("pylock.toml", example);
    const TagTable tags = target_tags(13, EmscriptenWheels::refused)->usable;
    LockRequest request{target_environment("3.13.5"), {}, std::nullopt};
    CHECK(select_packages(lock, request, tags)->size() == 2); // the default group
    request.dependency_groups = std::vector<std::string>{};
    CHECK(select_packages(lock, request, tags)->size() == 1);
    request.environment.python_full_version = "3.12.1";
    CHECK_FALSE(select_packages(lock, request, tags));
}

TEST_CASE("a lock with merge conflicts says what to do") {
    const auto lock = parse_lock("pylock.toml", "<<<<<<< HEAD\n" + example);
    REQUIRE_FALSE(lock);
    CHECK(lock.error().message.find("merge") != std::string::npos);
    CHECK(lock.error().hint.find("pymode lock") != std::string::npos);
}

TEST_CASE("a table cannot pass as a date") {
    const auto value = parse_toml_value("x", "a = { \"$datetime\" = \"1\\nb = 2\" }");
    REQUIRE(value);
    CHECK(to_inline_toml(value->at("a")) == "{ \"$datetime\" = \"1\\u000Ab = 2\" }");
}

TEST_CASE("one moment has one spelling") {
    for (const char* text : {"2025-02-13T16:51:21.821880+00:00", "2025-02-13t16:51:21.82188z",
                             "2025-02-13 16:51:21.82188Z"}) {
        CHECK(to_inline_toml(Value{{"$datetime", text}}) == "2025-02-13T16:51:21.82188Z");
    }
    CHECK(to_inline_toml(Value{{"$datetime", "2025-02-13T16:50:00.000+01:00"}}) ==
          "2025-02-13T16:50:00+01:00");
}

TEST_CASE("TOML that the library stumbles over is an error like any other") {
    for (const char* text : {"[.a]", "a.\xC3\xA9=1", "\xC3\xA9=1", "[a.\xC3\xA9]", "\x01", "["}) {
        INFO(text);
        CHECK_FALSE(parse_toml_value("x.toml", text));
    }
}

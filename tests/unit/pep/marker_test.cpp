// SPDX-License-Identifier: MIT
#include "core/pep/marker.hpp"

#include <fstream>
#include <map>

#include <catch2/catch.hpp>

#include "core/pep/name.hpp"
#include "tests/unit/pep/vectors.hpp"

using namespace pymode::pep;
using pymode::pep::test::Json;
using pymode::pep::test::Vectors;

namespace {

const Environment target = target_environment("3.13.7");

const std::map<std::string, std::string Environment::*> members = {
    {"os_name", &Environment::os_name},
    {"sys_platform", &Environment::sys_platform},
    {"platform_machine", &Environment::platform_machine},
    {"platform_release", &Environment::platform_release},
    {"platform_system", &Environment::platform_system},
    {"platform_version", &Environment::platform_version},
    {"platform_python_implementation", &Environment::platform_python_implementation},
    {"implementation_name", &Environment::implementation_name},
    {"implementation_version", &Environment::implementation_version},
    {"python_version", &Environment::python_version},
    {"python_full_version", &Environment::python_full_version},
};

Marker marker(const std::string& text, MarkerContext context = MarkerContext::requirement) {
    auto parsed = Marker::parse(text, context);
    INFO(text);
    REQUIRE(parsed);
    return *parsed;
}

bool holds_with(const std::string& text, const Json& overrides) {
    Environment environment = target;
    std::vector<std::string> extras;
    LockChoice choice;
    bool in_lock = false;
    for (const auto& [key, value] : overrides.items()) {
        if (value.is_array()) {
            in_lock = true;
            (key == "extras" ? choice.extras : choice.dependency_groups) = value;
        } else if (key == "extra") {
            if (!value.get<std::string>().empty()) {
                extras.push_back(normalize_name(value.get<std::string>()));
            }
        } else {
            environment.*members.at(key) = value;
        }
    }
    if (in_lock) {
        return marker(text, MarkerContext::lock_file).holds(environment, choice);
    }
    return marker(text).holds(environment, extras);
}

std::string simplified(const std::string& text) {
    const auto result = marker(text).simplified_for(target);
    if (const bool* value = std::get_if<bool>(&result)) {
        return *value ? "true" : "false";
    }
    return std::get<Marker>(result).to_string();
}

} // namespace

TEST_CASE("vectors: marker_eval") {
    Vectors vectors("marker_eval");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        vectors.expect(holds_with(row[0], row[1]) == row[2], row.dump());
    }
}

TEST_CASE("vectors: marker_eval_wasi") {
    Vectors vectors("marker_eval_wasi");
    if (!vectors.available()) {
        return;
    }
    const std::vector<std::string> test_extra = {"test"};
    for (const Json& row : vectors.cases()) {
        const auto parsed = Marker::parse(row[0].get<std::string>());
        if (row[1] == "invalid") {
            vectors.expect(!parsed, row.dump());
        } else if (row[1] == "undefined") {
            // The reference raises; our choice is "the same as ==".
            const bool equal = row[0].get<std::string>().find("posix") != std::string::npos;
            vectors.expect(parsed && parsed->holds(target) == equal, row.dump());
        } else {
            vectors.expect(parsed && parsed->holds(target) == row[1] &&
                               parsed->holds(target, test_extra) == row[2],
                           row.dump());
        }
    }
    vectors.remark("two cases are undefined in the standard: ~= and === on texts are == here");
}

TEST_CASE("vectors: wasi_environment") {
    Vectors vectors("wasi_environment");
    if (!vectors.available()) {
        return;
    }
    for (const auto& [key, value] : vectors.document().items()) {
        vectors.expect(target.*members.at(key) == value.get<std::string>(), key);
    }
}

// tests/runtime/markers.test.mjs asks the interpreter in workerd for the same table.
TEST_CASE("the target's environment is the one that the interpreter has") {
    std::ifstream file(PYMODE_TEST_DATA "/target_environment.json");
    const Json table = Json::parse(file);
    CHECK(table.size() == members.size());
    const Environment shipped =
        target_environment(table.at("python_full_version").get<std::string>());
    for (const auto& [key, value] : table.items()) {
        INFO(key);
        CHECK(shipped.*members.at(key) == value.get<std::string>());
    }
}

TEST_CASE("vectors: marker_syntax") {
    Vectors vectors("marker_syntax");
    if (!vectors.available()) {
        return;
    }
    const Json& lists = vectors.cases();
    for (const Json& text : lists.at("invalid")) {
        vectors.expect(!Marker::parse(text.get<std::string>()), "invalid " + text.dump());
    }
    for (const Json& pair : lists.at("legacy_alias")) {
        const std::string rest = " == \"x\"";
        vectors.expect(marker(pair[0].get<std::string>() + rest).to_string() ==
                           pair[1].get<std::string>() + rest,
                       pair.dump());
    }
    for (const char* variables : {"variables", "legacy_variables"}) {
        for (const std::string variable : lists.at(variables)) {
            for (const std::string op : lists.at("operators")) {
                for (const std::string value : lists.at("values")) {
                    const std::string quoted = "'" + value + "'";
                    for (const std::string& text :
                         {variable + " " + op + " " + quoted, quoted + " " + op + " " + variable}) {
                        vectors.expect(Marker::parse(text).has_value(), text);
                    }
                }
            }
        }
    }
    vectors.remark("the invalid ones, the aliases, and the product of the rest in both orders");
}

TEST_CASE("extras are those of the declaring package") {
    const std::vector<std::string> two = {"a", "b-c"};
    CHECK(marker("extra == 'a'").holds(target, two));
    CHECK(marker("extra == 'B_C'").holds(target, two));
    CHECK(marker("'b.c' == extra").holds(target, two));
    CHECK_FALSE(marker("extra != 'a'").holds(target, two));
    CHECK(marker("extra == 'a' and extra == 'b-c'").holds(target, two));
    CHECK_FALSE(marker("extra == 'c'").holds(target, two));
    CHECK_FALSE(marker("extra == 'a'").holds(target));
    CHECK(marker("extra != 'a'").holds(target));
    CHECK(marker("extra == 'B_c' or extra == 'a' or os_name == 'nt'").extras() ==
          std::vector<std::string>{"a", "b-c"});
}

TEST_CASE("a marker is simplified for the target") {
    CHECK(simplified("python_version >= '3.8'") == "true");
    CHECK(simplified("sys_platform == 'win32'") == "false");
    CHECK(simplified("extra == 'a' and python_version >= '3.8'") == "extra == \"a\"");
    CHECK(simplified("extra == 'a' and python_version < '3.8'") == "false");
    CHECK(simplified("extra == 'a' or python_version >= '3.8'") == "true");
    CHECK(simplified("extra == 'a' or (os_name == 'nt' and extra == 'b')") == "extra == \"a\"");
    CHECK(simplified("(extra == 'a' or extra == 'b') and os_name == 'posix'") ==
          "extra == \"a\" or extra == \"b\"");
    CHECK(simplified("extra == 'a' and (extra == 'a' or os_name == 'nt')") == "extra == \"a\"");
}

TEST_CASE("markers of a lock file have sets that requirements do not have") {
    CHECK_FALSE(Marker::parse("'dev' in dependency_groups"));
    CHECK_FALSE(Marker::parse("dependency_groups == 'dev'", MarkerContext::lock_file));
    CHECK_FALSE(Marker::parse("extras in 'dev'", MarkerContext::lock_file));
    const Marker dev = marker("'Dev' in dependency_groups", MarkerContext::lock_file);
    CHECK(dev.holds(target, LockChoice{{}, {"dev"}}));
    CHECK_FALSE(dev.holds(target, LockChoice{{"dev"}, {}}));
    CHECK_FALSE(dev.holds(target, LockChoice{}));
}

TEST_CASE("a marker is written so that it can be read again") {
    for (const char* text :
         {"os_name == \"a\" and (sys_platform == \"b\" or sys_platform == \"c\")",
          "(os_name == \"a\" and sys_platform == \"b\") or extra == \"c\"",
          "'\"' in platform_version", "\"x\" not in platform_version"}) {
        CHECK(marker(text).to_string() == text);
        CHECK(marker(marker(text).to_string()) == marker(text));
    }
    CHECK(marker("((os_name=='a')) and ((sys_platform=='b'and extra=='c'))").to_string() ==
          "os_name == \"a\" and sys_platform == \"b\" and extra == \"c\"");
}

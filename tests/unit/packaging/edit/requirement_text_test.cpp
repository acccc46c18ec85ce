// SPDX-License-Identifier: MIT
#include "core/packaging/edit/requirement_text.hpp"

#include <catch2/catch.hpp>

using namespace pymode;
using namespace pymode::edit;

namespace {

std::string spelled(std::string_view text) {
    const auto requirement = pep::Requirement::parse(text);
    REQUIRE(requirement);
    return spell_requirement(*requirement);
}

} // namespace

TEST_CASE("requirements are written in one spelling") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"PyYAML", "PyYAML"},
        {"a [ Y_z , x ] >= 1 , < 2", "a[x,y-z]>=1,<2"},
        {"a; python_version<'3.11'", "a ; python_full_version < '3.11'"},
        {"a; '3.11' > python_version", "a ; python_full_version < '3.11'"},
        {"a; python_version<='3.9'", "a ; python_full_version < '3.10'"},
        {"a; python_version>'3.9'", "a ; python_full_version >= '3.10'"},
        {"a; python_version=='3.9'", "a ; python_full_version == '3.9.*'"},
        {"a; python_version in '3.9 3.10'", "a ; python_version in '3.9 3.10'"},
        {"a; python_version > '3'", "a ; python_version > '3'"},
        {"a; sys_platform=='wasi' and python_version>='3.9'",
         "a ; python_full_version >= '3.9' and sys_platform == 'wasi'"},
        {"a; os_name=='b' and (os_name=='d' or os_name=='c')",
         "a ; (os_name == 'c' or os_name == 'd') and os_name == 'b'"},
        {"a; os_name == \"it's\"", "a ; os_name == \"it's\""},
        {"a @ https://h.example/a-1-py3-none-any.whl ; os_name == 'x'",
         "a @ https://h.example/a-1-py3-none-any.whl ; os_name == 'x'"},
    };
    for (const auto& [text, wanted] : cases) {
        CAPTURE(text);
        CHECK(spelled(text) == wanted);
        CHECK(spelled(wanted) == wanted);
    }
}

TEST_CASE("bounds of a new requirement") {
    struct Case {
        std::string version, lower, major, minor, exact;
    };
    const std::vector<Case> cases{
        {"4.3.0", ">=4.3.0", ">=4.3.0,<5.0.0", ">=4.3.0,<4.4.0", "==4.3.0"},
        {"3.6", ">=3.6", ">=3.6,<4.0", ">=3.6,<3.7", "==3.6"},
        {"2024", ">=2024", ">=2024,<2025", ">=2024,<2024.1", "==2024"},
        {"0.5.1", ">=0.5.1", ">=0.5.1,<0.6.0", ">=0.5.1,<0.6.0", "==0.5.1"},
        {"1.2rc1+local", ">=1.2rc1", ">=1.2rc1,<2.0", ">=1.2rc1,<1.3", "==1.2rc1"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.version);
        const auto version = pep::Version::parse(each.version);
        REQUIRE(version);
        CHECK(bounds_for(*version, Bounds::lower) == each.lower);
        CHECK(bounds_for(*version, Bounds::major) == each.major);
        CHECK(bounds_for(*version, Bounds::minor) == each.minor);
        CHECK(bounds_for(*version, Bounds::exact) == each.exact);
    }
}

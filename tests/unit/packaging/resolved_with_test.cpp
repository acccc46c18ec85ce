// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "core/packaging/resolved_with.hpp"
#include "tests/unit/packaging/resolutions.hpp"

using namespace pymode;

namespace {

pep::CoreMetadata metadata(const std::string& more) {
    return pep::parse_core_metadata("Metadata-Version: 2.1\nName: Demo\nVersion: 1.0\n" + more)
        .value();
}

struct Row {
    std::string inside;
    std::string known;
    std::string says; // empty: the same
};

} // namespace

TEST_CASE("METADATA is compared with what was resolved with") {
    const std::vector<Row> rows{
        {"", "", ""},
        {"Summary: one\n\nA text.\n", "Summary: other\n", ""},
        {"Requires-Dist: A_b (>=1,<2)\n", "Requires-Dist: a-b <2,>=1\n", ""},
        {"Requires-Dist: a\nRequires-Dist: b\n", "Requires-Dist: b\nRequires-Dist: a\n", ""},
        {"Requires-Python: >=3.8,<4\n", "Requires-Python: <4,>=3.8\n", ""},
        {"Provides-Extra: x\n", "Provides-Extra: X\n", ""},
        {"Requires-Dist: evil\n", "", "the wheel also requires `evil`"},
        {"", "Requires-Dist: good\n", "the wheel does not require `good`"},
        {"Requires-Dist: a>=2\n", "Requires-Dist: a>=1\n", "the wheel also requires `a>=2`"},
        {"Requires-Python: >=3.13\n", "", "Requires-Python"},
        {"Provides-Extra: x\n", "", "extras differ"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.inside, row.known);
        // The same after it was written down.
        const auto known = pep::parse_core_metadata(resolution_fields(metadata(row.known))).value();
        const std::string difference = metadata_difference(metadata(row.inside), known);
        CHECK(difference.empty() == row.says.empty());
        CHECK(difference.find(row.says) != std::string::npos);
    }
}

TEST_CASE("METADATA is compared with what a lock kept of it") {
    const pep::Environment environment = test::target().environment;
    LockedNeeds locked;
    locked.dependencies = {"a", "b", "other"};
    locked.extras = {"x"};
    locked.overridden = {"other"};
    locked.requires_python = ">=3.8";
    const std::string good = "Requires-Python: >=3.8\nRequires-Dist: A>1\n"
                             "Requires-Dist: b ; extra == 'x'\nRequires-Dist: c ; extra == 'y'\n"
                             "Requires-Dist: d ; sys_platform == 'win32'\n"
                             "Requires-Dist: demo[y] ; extra == 'x'\n";
    CHECK(needs_difference(metadata(good), locked, environment).empty());
    CHECK(needs_difference(metadata(good + "Requires-Dist: evil\n"), locked, environment) ==
          "the wheel also requires `evil`");
    CHECK(needs_difference(metadata("Requires-Python: >=3.8\nRequires-Dist: a\n"), locked,
                           environment) == "the wheel does not require `b`");
    locked.requires_python = "";
    CHECK(needs_difference(metadata(good), locked, environment) ==
          "the wheel says Requires-Python \">=3.8\", the lock \"\"");
}

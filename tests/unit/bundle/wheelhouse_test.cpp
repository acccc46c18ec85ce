// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/bundle/wheelhouse.hpp"

using namespace pymode;

namespace {

nlohmann::json entry(const std::string& name) {
    return {{"name", name},
            {"version", "1.0"},
            {"license", "MIT"},
            {"filename", name + ".whl"},
            {"sha256", "00"},
            {"modules", {{{"name", name + "._fast"}, {"bytes", 7}}}},
            {"test", "def check(): ..."}};
}

} // namespace

TEST_CASE("the wheelhouse is read from the assets, sorted by name") {
    const std::string index = nlohmann::json{{"wheels", {entry("b"), entry("a")}}}.dump();
    const std::vector<Asset> assets = {{"a.whl", as_bytes("not in the folder")},
                                       {"wheelhouse/a.whl", as_bytes("wheel of a")},
                                       {"wheelhouse/b.whl", as_bytes("wheel of b")},
                                       {"wheelhouse/index.json", as_bytes(index)}};
    auto read = Wheelhouse::read(assets);
    REQUIRE(read);
    const Wheelhouse wheelhouse = *std::move(read);
    REQUIRE(wheelhouse.entries().size() == 2);
    CHECK(wheelhouse.find("a")->modules.at(0).name == "a._fast");
    CHECK(wheelhouse.find("c") == nullptr);
    REQUIRE(wheelhouse.wheels().size() == 2);
    CHECK(wheelhouse.wheels()[0].filename == "a.whl");
    CHECK(as_text(wheelhouse.wheels()[0].bytes) == "wheel of a");
    CHECK(wheelhouse.wheels()[1].sha256 == "00");
}

TEST_CASE("a build without a wheelhouse has an empty one") {
    const auto wheelhouse = Wheelhouse::read({});
    REQUIRE(wheelhouse);
    CHECK(wheelhouse->entries().empty());
}

TEST_CASE("a damaged index is our own fault and says so") {
    nlohmann::json broken = entry("a");
    broken.erase("sha256");
    const std::vector<std::string> texts = {"{", "[]", R"({"wheels":{}})",
                                            nlohmann::json{{"wheels", {broken}}}.dump(),
                                            nlohmann::json{{"wheels", {entry("missing")}}}.dump()};
    for (const std::string& text : texts) {
        const std::vector<Asset> assets = {{"wheelhouse/a.whl", as_bytes("wheel")},
                                           {"wheelhouse/index.json", as_bytes(text)}};
        const auto wheelhouse = Wheelhouse::read(assets);
        INFO(text);
        REQUIRE_FALSE(wheelhouse);
        CHECK(wheelhouse.error().code == ErrorCode::internal);
    }
}

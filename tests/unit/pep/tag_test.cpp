// SPDX-License-Identifier: MIT
#include "core/pep/tag.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "core/pep/wheel_name.hpp"
#include "tests/unit/pep/vectors.hpp"

using namespace pymode::pep;
using pymode::pep::test::Json;
using pymode::pep::test::Vectors;

namespace {

std::vector<Tag> tags(const std::string& text) {
    auto parsed = parse_tags(text);
    INFO(text);
    REQUIRE(parsed);
    return *parsed;
}

Json texts(const std::vector<Tag>& list) {
    Json result = Json::array();
    for (const Tag& tag : list) {
        result.push_back(tag.to_string());
    }
    return result;
}

Json wheel_fields(const WheelName& wheel) {
    Json build = Json::array();
    if (wheel.build) {
        build = {*wheel.build->number.value(), wheel.build->rest};
    }
    return Json{{"name", wheel.name},
                {"version", wheel.version.to_string()},
                {"build", build},
                {"tags", texts(wheel.tags)}};
}

WheelFit fit(const TargetTags& target, const std::string& file) {
    const auto wheel = WheelName::parse(file);
    INFO(file);
    REQUIRE(wheel);
    return target.fit(wheel->tags);
}

} // namespace

TEST_CASE("vectors: tag_order_cp313_wasi") {
    Vectors vectors("tag_order_cp313_wasi");
    if (!vectors.available()) {
        return;
    }
    std::vector<Tag> found = cpython_tags(13, "wasi_0_0_0_wasm32");
    std::ranges::copy(pure_tags(13), std::back_inserter(found));
    CHECK(found.size() == vectors.cases().size());
    for (std::size_t i = 0; i < vectors.cases().size(); ++i) {
        vectors.expect(i < found.size() &&
                           found[i].to_string() == vectors.cases()[i].get<std::string>(),
                       vectors.cases()[i].dump());
    }
}

TEST_CASE("vectors: tag_select") {
    Vectors vectors("tag_select");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        std::vector<Tag> supported;
        for (const std::string platform : row[0]) {
            supported.push_back({"py3", "none", platform});
        }
        const TagTable table(supported);
        std::vector<std::pair<std::size_t, std::string>> ranked;
        for (const std::string candidate : row[1]) {
            if (const auto rank = table.rank(tags("py3-none-" + candidate))) {
                ranked.emplace_back(*rank, candidate);
            }
        }
        std::ranges::stable_sort(ranked, {}, [](const auto& pair) { return pair.first; });
        Json found = Json::array();
        for (const auto& [rank, candidate] : ranked) {
            found.push_back(candidate);
        }
        vectors.expect(found == row[2], row.dump() + " gives " + found.dump());
    }
}

TEST_CASE("vectors: wheel_filename") {
    Vectors vectors("wheel_filename");
    if (!vectors.available()) {
        return;
    }
    const Json& lists = vectors.cases();
    for (const Json& row : lists.at("valid")) {
        const auto wheel = WheelName::parse(row[0].get<std::string>());
        const Json found = wheel ? wheel_fields(*wheel) : Json(wheel.error().message);
        vectors.expect(found == row[1], row.dump() + " gives " + found.dump());
    }
    for (const Json& name : lists.at("invalid")) {
        vectors.expect(!WheelName::parse(name.get<std::string>()), name.dump());
    }
    for (const Json& name : lists.at("unsorted_ok")) {
        vectors.expect(WheelName::parse(name.get<std::string>()).has_value(), name.dump());
    }
    for (const Json& text : lists.at("invalid_tag")) {
        vectors.expect(!parse_tags(text.get<std::string>()), text.dump());
    }
    for (const Json& row : lists.at("sdist_valid")) {
        const auto sdist = SdistName::parse(row[0].get<std::string>());
        vectors.expect(sdist && sdist->name == row[1].at("name").get<std::string>() &&
                           sdist->version.to_string() == row[1].at("version").get<std::string>(),
                       row.dump());
    }
    for (const Json& name : lists.at("sdist_invalid")) {
        vectors.expect(!SdistName::parse(name.get<std::string>()), name.dump());
    }
}

TEST_CASE("our own tag comes first, then pure wheels") {
    const auto target = target_tags(13, EmscriptenWheels::refused);
    REQUIRE(target);
    CHECK(target->usable.tags().front().to_string() == "cp313-cp313-pymode_1_wasm32");
    CHECK(target->usable.rank(tags("cp313-cp313-pymode_1_wasm32")) <
          target->usable.rank(tags("py2.py3-none-any")));
    CHECK(fit(*target, "a-1-cp313-cp313-pymode_1_wasm32.whl") == WheelFit::usable);
    CHECK(fit(*target, "a-1-py3-none-any.whl") == WheelFit::usable);
    CHECK(fit(*target, "a-1-cp313-cp313-pymode_2_wasm32.whl") == WheelFit::foreign);
    CHECK(fit(*target, "a-1-cp313-cp313-pyemscripten_2025_0_wasm32.whl") == WheelFit::not_yet);
    CHECK(fit(*target, "a-1-cp39-abi3-pyodide_2025_0_wasm32.whl") == WheelFit::not_yet);
    CHECK(fit(*target, "a-1-cp312-cp312-pyodide_2024_0_wasm32.whl") == WheelFit::foreign);
    CHECK(fit(*target, "a-1-cp313-cp313-manylinux_2_17_x86_64.whl") == WheelFit::foreign);
    CHECK(fit(*target, "a-1-py2-none-any.whl") == WheelFit::foreign);
    CHECK_FALSE(target_tags(99, EmscriptenWheels::refused));
}

TEST_CASE("wheels of the Emscripten ABI rank between ours and pure ones") {
    const auto target = target_tags(13, EmscriptenWheels::accepted);
    REQUIRE(target);
    const auto rank = [&](const std::string& text) { return target->usable.rank(tags(text)); };
    CHECK(rank("cp313-cp313-pymode_1_wasm32") < rank("cp313-cp313-pyemscripten_2025_0_wasm32"));
    CHECK(rank("cp313-cp313-pyemscripten_2025_0_wasm32") <
          rank("cp313-cp313-pyodide_2025_0_wasm32"));
    CHECK(rank("cp313-abi3-pyodide_2025_0_wasm32") < rank("py3-none-any"));
    CHECK(target->not_yet.tags().empty());
}

TEST_CASE("the choice between wheels does not depend on their order") {
    const auto target = target_tags(13, EmscriptenWheels::refused);
    const std::string worst_to_best[] = {
        "a-1-cp313-cp313-win_amd64.whl", "a-1-py3-none-any.whl",
        "a-1-1-py3-none-any.whl",        "a-1-2-py3-none-any.whl",
        "a-1-10-py3-none-any.whl",       "a-1-cp313-cp313-pymode_1_wasm32.whl"};
    for (std::size_t i = 0; i < std::size(worst_to_best); ++i) {
        for (std::size_t j = i + 1; j < std::size(worst_to_best); ++j) {
            const auto& worse = worst_to_best[i];
            const auto& better = worst_to_best[j];
            INFO(better << " over " << worse);
            const auto a = *WheelName::parse(better);
            const auto b = *WheelName::parse(worse);
            CHECK(is_better_wheel(target->usable, a, better, b, worse));
            CHECK_FALSE(is_better_wheel(target->usable, b, worse, a, better));
        }
    }
}

TEST_CASE("a tag that multiplies without end is refused") {
    std::string many = "a";
    for (int i = 0; i < 100; ++i) {
        many += ".a" + std::to_string(i);
    }
    CHECK_FALSE(parse_tags(many + "-" + many + "-any"));
    CHECK_FALSE(WheelName::parse(std::string(2000, 'a') + "-1-py3-none-any.whl"));
}

TEST_CASE("platforms have names for messages") {
    CHECK(platform_family("manylinux_2_17_x86_64") == PlatformFamily::linux);
    CHECK(platform_family("macosx_11_0_arm64") == PlatformFamily::macos);
    CHECK(platform_family("win_amd64") == PlatformFamily::windows);
    CHECK(platform_family("pyodide_2024_0_wasm32") == PlatformFamily::emscripten);
    CHECK(platform_family("pymode_1_wasm32") == PlatformFamily::pymode);
    CHECK(platform_family("android_21_x86_64") == PlatformFamily::other);
}

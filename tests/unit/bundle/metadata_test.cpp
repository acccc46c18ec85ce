// SPDX-License-Identifier: MIT
// metadata/*.json: configurations, and what the real wrangler makes of them (tests/wrangler).
#include "core/bundle/metadata.hpp"

#include <filesystem>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/project/config.hpp"
#include "core/project/jsonc.hpp"
#include "core/project/toml.hpp"

using namespace pymode;
using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json; // variables keep the order of the file

namespace {

const std::filesystem::path kCases = std::filesystem::path(PYMODE_TEST_DATA) / "metadata";
constexpr std::string_view kDifferences = "differences.json";

OrderedJson read_json(const std::filesystem::path& path) {
    std::ifstream in(path);
    return OrderedJson::parse(in);
}

ConfigDocument pyproject_of(const OrderedJson& lines) {
    std::string text = "[project]\nname = \"worker\"\n";
    for (const OrderedJson& line : lines) {
        text += line.get<std::string>() + "\n";
    }
    auto document = parse_toml("pyproject.toml", text);
    REQUIRE(document);
    return std::move(*document);
}

// As the first deployment sends it.
Json metadata_of(const Project& project) {
    Json metadata = upload_metadata(project.worker);
    if (const auto migrations = pending_migrations(project.worker, "")) {
        metadata["migrations"] = Json::parse(migrations->dump());
    }
    return metadata;
}

// Takes out of both what differs on purpose. The keys of `used` are the reasons that were needed.
void remove_differences(Json& wrangler, Json& pymode, const Json& differences,
                        std::map<std::string, bool>& used) {
    for (const Json& difference : differences) {
        const Json::json_pointer field(difference["field"].get<std::string>());
        const bool there = wrangler.contains(field) && (!difference.contains("value") ||
                                                        wrangler[field] == difference["value"]);
        const Json theirs = there ? wrangler[field] : Json();
        const Json ours = pymode.contains(field) ? pymode[field] : Json();
        if (!there || theirs == ours) {
            continue;
        }
        used[difference["reason"]] = true;
        for (Json* side : {&wrangler, &pymode}) {
            if (side->contains(field)) {
                (*side)[field.parent_pointer()].erase(field.back());
            }
        }
    }
}

std::string text_of(const Error& error) {
    return error.message + " | " + error.hint +
           (error.where ? " | " + error.where->line_text : std::string());
}

} // namespace

TEST_CASE("the metadata are those of wrangler, from either way to write a configuration") {
    const Json differences = Json::parse(read_json(kCases / kDifferences).dump());
    std::map<std::string, bool> used;
    std::size_t cases = 0;
    for (const auto& file : std::filesystem::directory_iterator(kCases)) {
        if (file.path().filename() == kDifferences) {
            continue;
        }
        const OrderedJson listed = read_json(file.path());
        for (const OrderedJson& each : listed) {
            ++cases;
            const std::string name = each["name"];
            CAPTURE(file.path().filename().string(), name);
            const std::string environment = each.value("environment", "");
            const ConfigDocument pyproject = pyproject_of(each["pymode"]);
            const auto own = read_config({pyproject}, environment);
            const ConfigDocument bare = pyproject_of(OrderedJson::array());
            const auto wrangler_file = parse_jsonc("wrangler.json", each["wrangler"].dump());
            REQUIRE(wrangler_file);
            const auto theirs = read_config({bare, &*wrangler_file}, environment);
            for (const auto* project : {&own, &theirs}) {
                INFO((*project ? std::string() : text_of(project->error())));
                REQUIRE(*project);
                Json expected = Json::parse(each["metadata"].dump());
                Json made = metadata_of(**project);
                remove_differences(expected, made, differences, used);
                CHECK(made.dump(1) == expected.dump(1));
            }
        }
    }
    CHECK(cases >= 60);
    for (const Json& difference : differences) {
        CAPTURE(difference.dump());
        CHECK(used.contains(difference["reason"]));
    }
}

TEST_CASE("only the migrations that Cloudflare has not applied are sent") {
    const ConfigDocument pyproject = pyproject_of(OrderedJson::array({
        "[[tool.pymode.migrations]]",
        "tag = \"v1\"",
        "new-sqlite-classes = [\"A\"]",
        "[[tool.pymode.migrations]]",
        "tag = \"v2\"",
        "renamed-classes = [{ from = \"A\", to = \"B\" }]",
    }));
    const auto project = read_config({pyproject});
    REQUIRE(project);
    const std::string first = R"({"new_sqlite_classes":["A"]})";
    const std::string second = R"({"renamed_classes":[{"from":"A","to":"B"}]})";
    struct Row {
        std::string applied;
        std::string expected;
    };
    const Row rows[] = {
        {"", R"({"new_tag":"v2","steps":[)" + first + "," + second + "]}"},
        {"v1", R"({"old_tag":"v1","new_tag":"v2","steps":[)" + second + "]}"},
        {"v2", "nothing"},
        {"other", R"({"old_tag":"other","new_tag":"v2","steps":[)" + first + "," + second + "]}"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.applied);
        const auto pending = pending_migrations(project->worker, row.applied);
        CHECK((pending ? pending->dump() : "nothing") == row.expected);
    }
    CHECK_FALSE(pending_migrations(WorkerConfig{}, "v1"));
}

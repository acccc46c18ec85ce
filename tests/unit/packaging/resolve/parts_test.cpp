// SPDX-License-Identifier: MIT
// Smaller parts: times, URLs, and the index that is made of a scenario.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/packaging/resolve/direct_file.hpp"
#include "core/packaging/resolve/timestamp.hpp"
#include "tests/unit/packaging/resolve/scenario.hpp"

using namespace pymode;
using namespace pymode::resolving;
using namespace pymode::test;

TEST_CASE("times are compared as instants") {
    const auto at = [](std::string_view text) {
        const auto parsed = parse_timestamp(text);
        INFO(text);
        REQUIRE(parsed);
        return *parsed;
    };
    CHECK(at("2024-05-01T12:00:00Z") == at("2024-05-01T14:00:00+02:00"));
    CHECK(at("2024-05-01T12:00:00Z") == at("2024-05-01t06:30:00-05:30"));
    CHECK(at("2024-05-01T12:00:00.25Z") > at("2024-05-01T12:00:00Z"));
    CHECK(at("2024-05-01T12:00:00.123456789123Z") == at("2024-05-01T12:00:00.123456789Z"));
    CHECK(at("2024-05-01") > at("2024-05-01T23:59:59Z"));
    CHECK(at("2024-05-01") < at("2024-05-02T00:00:00Z"));
    CHECK(at("2024-02-29T00:00:00Z") < at("2024-03-01T00:00:00Z"));
    for (const std::string_view wrong :
         {"", "yesterday", "2024", "2024-13-01", "2023-02-29", "2024-05-01T", "2024-05-01T12:00:00",
          "2024-05-01T25:00:00Z", "2024-05-01T12:00:00.Z", "2024-05-01T12:00:00Zx", "1969-12-31",
          "9999-12-31T00:00:00Z", "2024-05-01T12:00:00+2:00"}) {
        INFO(wrong);
        CHECK_FALSE(parse_timestamp(wrong));
    }
}

TEST_CASE("a URL names a wheel, without its credentials") {
    const auto file = direct_file(
        "my-package",
        "https://user:secret@files.example/a%2Bb/my_package-1.0%2Blocal-py3-none-any.whl"
        "?x=/y#sha256=ABCD&md5=00");
    REQUIRE(file);
    CHECK(file->filename == "my_package-1.0+local-py3-none-any.whl");
    CHECK(file->url == "https://files.example/a%2Bb/my_package-1.0%2Blocal-py3-none-any.whl?x=/y");
    CHECK(file->hashes == pep::Hashes{{"sha256", "abcd"}});
    CHECK(file->origin == Origin::direct);
    for (const std::string_view wrong :
         {"git+https://files.example/a", "git@files.example:a", "./a-1-py3-none-any.whl",
          "ftp://files.example/a-1-py3-none-any.whl", "https://files.example/a-1.zip",
          "https://files.example/", "https://files.example/a-1-none-any.whl",
          "file:///x/b-1-py3-none-any.whl"}) {
        INFO(wrong);
        const auto refused = direct_file("a", wrong);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::config);
    }
}

TEST_CASE("a scenario becomes an index of wheels") {
    const auto scenario = parse_scenario("x.toml", R"(
name = "x"
[root]
requires = ["a"]
[packages.a.versions."1.0"]
requires = ["b>1 ; python_version > '3'"]
[packages.a.versions."1.0".extras]
more = ["c"]
[packages.b.versions."2.0"]
yanked = true
sdist = false
wheel_tags = ["py3-none-any", "cp313-cp313-win_amd64"]
)");
    REQUIRE(scenario);
    const auto folder = TempDir::create();
    REQUIRE(folder);
    REQUIRE(write_index(*scenario, folder->path()));
    const auto page = nlohmann::json::parse(
        read_text_file(folder->path() / "simple/b/index.json", 1 << 20).value());
    REQUIRE(page.at("files").size() == 2);
    CHECK(page["files"][0]["yanked"] == true);
    const fs::path wheel = folder->path() / "files" / "a-1.0-py3-none-any.whl";
    const auto page_a = nlohmann::json::parse(
        read_text_file(folder->path() / "simple/a/index.json", 1 << 20).value());
    CHECK(page_a["files"][1]["hashes"]["sha256"] == sha256_file(wheel).value());
    const auto archive = ArchiveReader::open(wheel);
    REQUIRE(archive);
    const auto* member = archive->find("a-1.0.dist-info/METADATA");
    REQUIRE(member != nullptr);
    const auto metadata = pep::parse_core_metadata(to_text(archive->read(*member).value()));
    REQUIRE(metadata);
    CHECK(metadata->requires_dist.size() == 2);
    CHECK(metadata->provides_extra == std::vector<std::string>{"more"});
    CHECK(archive->find("a-1.0.dist-info/RECORD") != nullptr);
    CHECK(read_text_file(folder->path() / "simple/b/index.html", 1 << 20)
              .value()
              .find("data-yanked") != std::string::npos);
}

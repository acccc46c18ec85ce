// SPDX-License-Identifier: MIT
// wheel_install_cases.json: each wheel is built from the case's data and installed.
#include <fstream>
#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/packaging/install/install.hpp"
#include "core/pep/pylock.hpp"
#include "tests/unit/packaging/install/wheel_builder.hpp"
#include "tests/unit/pep/vectors.hpp"

using namespace pymode;
using namespace pymode::test;
using Json = pep::test::Json;

namespace {

constexpr std::string_view old_content = "what was there before";

// Cases about what comes before an installation: tests/e2e/download-cases.test.ts runs each against
// the loopback index, and fails when it does not run all of this list.
std::set<std::string> download_cases() {
    std::ifstream file(std::string(PYMODE_TEST_DATA) + "/download_cases.json");
    REQUIRE(file);
    return Json::parse(file).get<std::set<std::string>>();
}

// Tests of their own below and in other files.
const std::map<std::string, std::string, std::less<>> own_tests = {
    {"crash-atomic", "kill_test.cpp"},
    {"output-importlib-metadata", "install_test.cpp, tests/runtime/site-packages.test.mjs"},
    {"two-processes", "kill_test.cpp"},
    {"output-deterministic", "install_test.cpp"},
    {"output-order", "install_test.cpp"},
    {"output-records", "install_test.cpp"},
    {"filename-hash-mismatch-cached", "install_test.cpp"},
};

struct Outcome {
    Expected<InstallReport> report = std::unexpected(Error{});
    Bytes archive;
    bool untouched = false; // the old file is there and nothing else
};

Outcome install(const std::vector<InstallItem>& items, const fs::path& folder) {
    const fs::path target = folder / "project" / "site-packages.zip";
    REQUIRE(make_directories(target.parent_path()));
    REQUIRE(write_file_atomic(target, old_content));
    Outcome outcome;
    outcome.report = install_wheels(items, {}, target, {});
    outcome.archive = *read_file(target, std::uint64_t{1} << 31);
    const auto left = *list_tree(target.parent_path());
    outcome.untouched = as_text(outcome.archive) == old_content && left.size() == 1;
    return outcome;
}

InstallItem build_item(const Json& test, const Json& build, const fs::path& folder) {
    WheelDraftCase wheel(build.value("wheel", std::string("demo-1.0-py3-none-any.whl")));
    wheel.apply(build);
    const std::string id = test["id"];
    const std::string raw = build.value("raw", std::string());
    std::string change = id;
    if (!raw.empty() && !apply_raw(id, wheel)) {
        change = raw;
        INFO("no change is known for " << id);
        REQUIRE(apply_raw(raw, wheel));
    }
    return write_wheel(wheel, finish_raw(change, wheel.zip.build()), folder);
}

// Cases of the group "download" that the installer checks again.
std::optional<InstallItem> tampered_item(const std::string& id, const fs::path& folder) {
    WheelDraftCase wheel;
    wheel.fill_record();
    InstallItem item = write_wheel(wheel, wheel.zip.build(), folder);
    if (id == "filename-hash-mismatch" || id == "lock-hash-mismatch") {
        item.wheel.hashes["sha256"] = std::string(64, 'a');
    } else if (id == "lock-size-mismatch") {
        item.wheel.size = 1;
    } else if (id == "no-hash-in-index") {
        item.wheel.hashes.clear();
    } else if (id == "url-encoded-traversal") {
        item.wheel.filename = "../../evil-1.0-py3-none-any.whl";
    } else {
        return std::nullopt;
    }
    return item;
}

std::string all_text(const Error& error) {
    return error.message + "\n" + join(error.notes, "\n");
}

std::string missing_word(const Json& test, const std::string& text) {
    for (const Json& word : test.value("says", Json::array())) {
        if (!text.contains(word.get<std::string>())) {
            return fmt::format("does not say \"{}\": {}", word.get<std::string>(), text);
        }
    }
    return "";
}

std::string wrong_result(const Json& result, const Bytes& bytes) {
    const auto archive = ArchiveReader::from_memory(bytes);
    if (!archive) {
        return "no archive: " + all_text(archive.error());
    }
    for (const Json& path : result.value("has", Json::array())) {
        if (archive->find(path.get<std::string>()) == nullptr) {
            return "lacks " + path.get<std::string>();
        }
    }
    for (const Json& path : result.value("absent", Json::array())) {
        if (archive->find(path.get<std::string>()) != nullptr) {
            return "has " + path.get<std::string>();
        }
    }
    const Json counts = result.value("count", Json::object());
    for (const auto& [path, count] : counts.items()) {
        if (archive->find(path) == nullptr || count != 1) { // the reader refuses a second one
            return "not once: " + path;
        }
    }
    const Json modes = result.value("mode", Json::object());
    for (const auto& [path, mode] : modes.items()) {
        const ArchiveMember* member = archive->find(path);
        if (member == nullptr || member->mode != 0644) {
            return "mode of " + path;
        }
    }
    const Json texts = result.value("text", Json::object());
    for (const auto& [path, text] : texts.items()) {
        const ArchiveMember* member = archive->find(path);
        if (member == nullptr || as_text(*archive->read(*member)) != "pymode\n") {
            return "text of " + path;
        }
    }
    return "";
}

// What is wrong, or nothing.
std::string judge(const Json& test, const Outcome& outcome) {
    const std::string expect = test["expect"];
    if (expect == "reject") {
        if (outcome.report) {
            return "was accepted: " + join(outcome.report->warnings, "; ");
        }
        if (!outcome.untouched) {
            return "something was written";
        }
        return missing_word(test, all_text(outcome.report.error()));
    }
    if (!outcome.report) {
        return "was refused: " + all_text(outcome.report.error());
    }
    const std::string warnings = join(outcome.report->warnings, "\n");
    if ((expect == "warn") != !warnings.empty()) {
        return "warnings: " + warnings;
    }
    if (auto missing = missing_word(test, warnings); !missing.empty()) {
        return missing;
    }
    return wrong_result(test.value("result", Json::object()), outcome.archive);
}

std::string run_case(const Json& test) {
    const auto folder = TempDir::create();
    const Json& build = test["build"];
    const std::string id = test["id"];
    if (id == "bomb-toml-depth") {
        const std::string nested =
            "x = " + std::string(10'000, '[') + std::string(10'000, ']') + "\n";
        return pep::parse_lock("pylock.toml", nested) ? "was accepted" : "";
    }
    std::vector<InstallItem> items;
    if (test["group"] == "download") {
        auto item = tampered_item(id, folder->path());
        REQUIRE(item);
        items.push_back(std::move(*item));
    } else if (build.contains("wheels")) {
        for (const Json& part : build["wheels"]) {
            items.push_back(build_item(test, part, folder->path()));
        }
    } else {
        items.push_back(build_item(test, build, folder->path()));
    }
    return judge(test, install(items, folder->path()));
}

} // namespace

TEST_CASE("vectors: wheels that are installed, refused, warned of") {
    pep::test::Vectors vectors("wheel_install_cases");
    if (!vectors.available()) {
        return;
    }
    const std::set<std::string> downloads = download_cases();
    std::size_t here = 0;
    std::set<std::string> known; // those of the other two lists that the file has
    for (const Json& test : vectors.cases()) {
        const std::string id = test["id"];
        if (downloads.contains(id) || own_tests.contains(id)) {
            CHECK_FALSE((downloads.contains(id) && own_tests.contains(id)));
            known.insert(id);
            continue;
        }
        ++here;
        const std::string wrong = run_case(test); // a case of an unknown kind fails here
        vectors.expect(wrong.empty(), fmt::format("{}: {}", id, wrong));
    }
    CHECK(known.size() == downloads.size() + own_tests.size());
    CHECK(here + own_tests.size() + downloads.size() == vectors.cases().size());
    vectors.remark(fmt::format("of {} by table; {} have tests of their own, {} are run against the "
                               "loopback index: {} of {} ids are accounted for",
                               vectors.cases().size(), own_tests.size(), downloads.size(),
                               here + known.size(), vectors.cases().size()));
}

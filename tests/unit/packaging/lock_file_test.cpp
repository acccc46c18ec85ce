// SPDX-License-Identifier: MIT
#include "core/packaging/lock_file.hpp"

#include <catch2/catch.hpp>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "tests/unit/packaging/resolutions.hpp"

using namespace pymode;
using test::inputs;
using test::package;

namespace {

const std::string kProject = R"([project]
name = "app"
requires-python = ">=3.13"
dependencies = ["web>=1", "tool; sys_platform == 'win32'"]

[project.optional-dependencies]
fast = ["speed"]

[dependency-groups]
dev = ["check", "web[http2]"]
)";

// web needs base; with the extra http2 also h2, which needs base too; check needs lint.
Resolution resolution() {
    Resolution result;
    result.packages = {package("base", "2.0"),
                       package("check", "1.0", {"lint"}),
                       package("h2", "4.0", {"base"}),
                       package("lint", "1.0"),
                       package("speed", "1.0", {"base"}),
                       package("web", "1.5", {"base", "h2 (through http2)"}, {"http2"})};
    result.packages[0].requires_python = ">=3.8";
    return result;
}

pep::Lock lock_of(const std::string& project, const Resolution& made = resolution(),
                  const LockSettings& settings = {}) {
    const auto lock = make_lock(inputs(project).value(), test::target(), settings, made);
    REQUIRE(lock);
    const auto again = pep::parse_lock("pylock.toml", pep::write_lock(*lock));
    REQUIRE(again);
    CHECK(pep::write_lock(*again) == pep::write_lock(*lock));
    return *again;
}

std::string marker_in(const pep::Lock& lock, std::string_view name) {
    const auto found = std::ranges::find(lock.packages, name, &pep::LockPackage::name);
    REQUIRE(found != lock.packages.end());
    return found->marker ? found->marker->to_string() : "";
}

std::string mismatch(const pep::Lock& lock, const std::string& project,
                     const LockSettings& settings = {}) {
    return lock_mismatch(lock, inputs(project).value(), test::target(), settings).value_or("");
}

std::vector<std::string> chosen(const pep::Lock& lock, const LockSelection& selection) {
    const auto items = items_of(lock, inputs(kProject).value(), test::target(), selection);
    REQUIRE(items);
    std::vector<std::string> names;
    for (const LockedItem& item : *items) {
        names.push_back(item.name);
    }
    return names;
}

} // namespace

TEST_CASE("a lock as it is written") {
    Resolution made;
    made.packages = {package("base", "2.0"), package("web", "1.5", {"base"})};
    made.packages[0].requires_python = ">=3.8";
    const auto lock =
        make_lock(inputs("dependencies = [\"web\"]\n").value(), test::target(), {}, made);
    REQUIRE(lock);
    const std::string base = made.packages[0].wheel.hashes["sha256"];
    const std::string web = made.packages[1].wheel.hashes["sha256"];
    const std::string digest =
        inputs_digest(inputs("dependencies = [\"web\"]\n").value(), test::target());
    CHECK(pep::write_lock(*lock) ==
          "lock-version = \"1.0\"\n"
          "environments = [\"sys_platform == \\\"wasi\\\" and platform_machine == \\\"wasm32\\\" "
          "and python_version == \\\"3.13\\\"\"]\n"
          "extras = []\n"
          "dependency-groups = []\n"
          "created-by = \"pymode\"\n"
          "\n"
          "[[packages]]\n"
          "name = \"base\"\n"
          "version = \"2.0\"\n"
          "requires-python = \">=3.8\"\n"
          "index = \"https://h.example/simple/\"\n"
          "wheels = [\n"
          "    { upload-time = 2026-01-02T03:04:05Z, url = "
          "\"https://h.example/files/base-2.0-py3-none-any.whl\", size = 1234, hashes = { sha256 = "
          "\"" +
              base +
              "\" } },\n"
              "]\n"
              "\n"
              "[[packages]]\n"
              "name = \"web\"\n"
              "version = \"1.5\"\n"
              "dependencies = [\n"
              "    { name = \"base\" },\n"
              "]\n"
              "index = \"https://h.example/simple/\"\n"
              "wheels = [\n"
              "    { upload-time = 2026-01-02T03:04:05Z, url = "
              "\"https://h.example/files/web-1.5-py3-none-any.whl\", size = 1234, hashes = { "
              "sha256 = \"" +
              web +
              "\" } },\n"
              "]\n"
              "\n"
              "[tool.pymode]\n"
              "inputs = \"" +
              digest + "\"\n");
}

TEST_CASE("markers say which part of the project needs a package") {
    const pep::Lock lock = lock_of(kProject);
    CHECK(lock.extras == std::vector<std::string>{"fast"});
    CHECK(lock.dependency_groups == std::vector<std::string>{"dev"});
    CHECK(marker_in(lock, "web").empty());
    CHECK(marker_in(lock, "base").empty());
    CHECK(marker_in(lock, "h2") == "\"dev\" in dependency_groups");
    CHECK(marker_in(lock, "lint") == "\"dev\" in dependency_groups");
    CHECK(marker_in(lock, "speed") == "\"fast\" in extras");

    CHECK(chosen(lock, {}) == std::vector<std::string>{"base", "web"});
    CHECK(chosen(lock, {{"fast"}, {}}) == std::vector<std::string>{"base", "speed", "web"});
    CHECK(chosen(lock, {{}, {"dev"}}) ==
          std::vector<std::string>{"base", "check", "h2", "lint", "web"});
    CHECK(chosen(lock, {{}, {"dev"}, true}) ==
          std::vector<std::string>{"base", "check", "h2", "lint", "web"});
}

TEST_CASE("a lock fits the project that it was made for, and others that it satisfies") {
    const pep::Lock lock = lock_of(kProject);
    const auto with = [](std::string_view from, std::string_view to) {
        const std::string changed = replace_all(kProject, from, to);
        REQUIRE(changed != kProject);
        return changed;
    };
    CHECK(mismatch(lock, kProject).empty());
    CHECK(mismatch(lock, with("web>=1", "web>=1.5,<2")).empty());
    CHECK(mismatch(lock, with("\"web>=1\"", "\"web\", \"base\"")).empty());
    CHECK(mismatch(lock, with("requires-python", "# only a comment\nrequires-python")).empty());
    CHECK(mismatch(lock, with("web>=1", "web>=2")) ==
          "the lock has web 1.5, which does not satisfy `web>=2`");
    CHECK(mismatch(lock, with("\"web>=1\"", "\"web\", \"more\"")) == "`more` is not in the lock");
    CHECK(mismatch(lock, with("\"web>=1\"", "\"base\"")) ==
          "`web` is needed by other parts of the project than before");
    CHECK(mismatch(lock, with("\"check\", ", "")) == "nothing needs `check` any more");
    CHECK(mismatch(lock, with("\"web>=1\"", "\"web[http2]\"")) ==
          "`h2` is needed by other parts of the project than before");
    CHECK(mismatch(lock, with("\"web>=1\"", "\"web[ws]\"")) ==
          "the lock was made without the extra `ws` of `web`");
    CHECK(mismatch(lock, with("fast = ", "slow = ")) == "the project's extras have changed");
    CHECK(mismatch(lock, with("dev = ", "test = ")) == "the project's groups have changed");
    CHECK(mismatch(lock, with(">=3.13", ">=3.12")) == "`requires-python` has changed");
    CHECK(mismatch(lock, kProject + "[tool.pymode]\nconstraints = [\"lint<1\"]\n") ==
          "the lock has lint 1.0, which does not satisfy `lint<1`");
    CHECK(mismatch(lock, kProject + "[tool.pymode]\nconstraints = [\"lint<2\"]\n").empty());
    CHECK(mismatch(lock, kProject + "[tool.pymode]\noverrides = [\"lint==1\"]\n") ==
          "the overrides have changed");
    CHECK(mismatch(lock, kProject + "[tool.pymode]\ndefault-groups = [\"dev\"]\n") ==
          "the default groups have changed");
    CHECK(mismatch(lock, kProject, {"lowest", "allow", ""}) ==
          "the rules for choosing versions have changed");
    CHECK(lock_mismatch(lock, inputs(kProject).value(),
                        runtime_target("3.13.9", pep::EmscriptenWheels::refused).value(),
                        {}) == std::nullopt);
}

TEST_CASE("settings that differ from the defaults are kept in the lock") {
    const LockSettings settings{"lowest-direct", "allow", "2026-01-01T00:00:00Z"};
    const pep::Lock lock = lock_of(kProject, resolution(), settings);
    CHECK(mismatch(lock, kProject, settings).empty());
    CHECK_FALSE(mismatch(lock, kProject).empty());
}

TEST_CASE("wheels of all origins come back as they went") {
    Resolution made;
    made.packages = {package("direct", "1.0"), package("inside", "1.0"), package("local", "1.0+x"),
                     package("remote", "1.0")};
    made.packages[0].wheel.origin = Origin::direct;
    made.packages[0].wheel.url = "file:///p/w/direct-1.0-py3-none-any.whl";
    made.packages[1].wheel.origin = Origin::wheelhouse;
    made.packages[1].wheel.url = "wheelhouse:inside-1.0-py3-none-any.whl";
    made.packages[2].wheel.origin = Origin::find_links;
    made.packages[2].wheel.url = "file:///other/a%20b/local-1.0+x-py3-none-any.whl";
    made.packages[3].wheel.url = "https://user:secret@h.example/files/x.whl?y";
    const std::string project =
        "dependencies = [\"direct @ file:///p/w/direct-1.0-py3-none-any.whl\", \"inside\", "
        "\"local\", \"remote\"]\n";
    const pep::Lock lock = lock_of(project, made);
    const std::string text = pep::write_lock(lock);
    CAPTURE(text);
    CHECK(text.find("secret") == std::string::npos);
    CHECK(text.find("/p/") == std::string::npos);
    CHECK(text.find("path = \"w/direct-1.0-py3-none-any.whl\"") != std::string::npos);
    CHECK(text.find("url = \"pymode-wheelhouse:///inside-1.0-py3-none-any.whl\"") !=
          std::string::npos);
    CHECK(text.find("path = \"../other/a b/local-1.0+x-py3-none-any.whl\"") != std::string::npos);
    CHECK(mismatch(lock, project).empty());
    CHECK(mismatch(lock, replace_all(project, "/p/w/", "/p/v/")) ==
          "the lock has another `direct` than `direct @ "
          "file:///p/v/direct-1.0-py3-none-any.whl`");
    const auto items = items_of(lock, inputs(project).value(), test::target(), {});
    REQUIRE(items);
    REQUIRE(items->size() == 4);
    for (std::size_t i = 0; i < 3; ++i) {
        const DistFile& before = made.packages[i].wheel;
        const DistFile& after = (*items)[i].wheel;
        CHECK(after.url == before.url);
        CHECK(after.origin == before.origin);
        CHECK(after.filename == before.filename);
        CHECK(after.hashes == before.hashes);
        CHECK(after.size == before.size);
    }
    CHECK((*items)[3].wheel.filename == "remote-1.0-py3-none-any.whl");
    CHECK((*items)[3].wheel.url == "https://h.example/files/x.whl?y");
}

TEST_CASE("preferences keep what is not unlocked") {
    const pep::Lock lock = lock_of(kProject);
    CHECK(preferences_of(lock, std::nullopt).empty());
    CHECK(preferences_of(lock, std::vector<std::string>{}).size() == 6);
    const auto some = preferences_of(lock, std::vector<std::string>{"web"});
    CHECK(some.size() == 5);
    CHECK_FALSE(some.contains("web"));
}

TEST_CASE("the ways from the project to a package") {
    const auto project = inputs(kProject).value();
    const pep::Lock lock = lock_of(kProject);
    const auto paths =
        paths_to("base", graph_of(lock), project.requirements, test::target().environment, 10);
    REQUIRE(paths.size() == 3);
    CHECK(paths[0].second == DependencyPath{"web", "base"});
    CHECK(paths[0].first.section == RootRequirement::Section::project);
    CHECK(paths[1].second == DependencyPath{"speed", "base"});
    CHECK(paths[2].second == DependencyPath{"web", "base"});
    const auto h2 =
        paths_to("h2", graph_of(lock), project.requirements, test::target().environment, 10);
    REQUIRE(h2.size() == 1);
    CHECK(h2[0].first.section_name == "dev");
    CHECK(paths_to("gone", graph_of(lock), project.requirements, test::target().environment, 10)
              .empty());
}

TEST_CASE("a lock that is not there, and one that cannot be used") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    auto lock = read_project_lock(folder->path());
    REQUIRE(lock);
    CHECK_FALSE(*lock);
    REQUIRE(write_file_atomic(folder->path() / "pylock.toml", "lock-version = \"2.0\"\n"));
    lock = read_project_lock(folder->path());
    REQUIRE_FALSE(lock);
    CHECK(lock.error().hint == "remove pylock.toml and lock again: pymode lock");
}

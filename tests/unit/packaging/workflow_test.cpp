// SPDX-License-Identifier: MIT
#include "core/packaging/workflow.hpp"

#include <catch2/catch.hpp>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/packaging/project_files.hpp"
#include "tests/unit/packaging/resolutions.hpp"
#include "tests/unit/packaging/world.hpp"

using namespace pymode;
using test::package;
using test::World;

namespace {

ProjectInputs project(const std::string& text) {
    return test::inputs(text).value();
}

const std::string kOne = "dependencies = [\"a\"]\n";

} // namespace

TEST_CASE("a lock is made, kept, and made anew when the project changes") {
    World world;
    world.answer.packages = {package("a", "1.0")};
    const auto first = lock_project(project(kOne), test::target(), std::nullopt, {}, world.tools);
    REQUIRE(first);
    CHECK(first->resolved);
    CHECK(first->changed);
    const auto second = lock_project(project(kOne), test::target(), first->text, {}, world.tools);
    REQUIRE(second);
    CHECK_FALSE(second->resolved);
    CHECK_FALSE(second->changed);
    CHECK(world.asked.size() == 1);

    world.answer.packages = {package("a", "1.0"), package("b", "1.0")};
    const auto third = lock_project(project("dependencies = [\"a\", \"b\"]\n"), test::target(),
                                    first->text, {}, world.tools);
    REQUIRE(third);
    CHECK(third->resolved);
    REQUIRE(world.asked.size() == 2);
    CHECK(world.asked[1].preferences.at("a").to_string() == "1.0");
}

TEST_CASE("--locked and --frozen") {
    World world;
    world.answer.packages = {package("a", "1.0")};
    const auto lock = lock_project(project(kOne), test::target(), std::nullopt, {}, world.tools);
    REQUIRE(lock);
    const std::string changed = "dependencies = [\"a>=2\"]\n";
    for (const LockMode mode : {LockMode::locked, LockMode::frozen}) {
        LockRequestOptions options;
        options.mode = mode;
        const auto same =
            lock_project(project(kOne), test::target(), lock->text, options, world.tools);
        REQUIRE(same);
        CHECK_FALSE(same->resolved);
        CHECK_FALSE(
            lock_project(project(kOne), test::target(), std::nullopt, options, world.tools));
        const auto other =
            lock_project(project(changed), test::target(), lock->text, options, world.tools);
        CHECK(other.has_value() == (mode == LockMode::frozen));
        if (!other) {
            CHECK(other.error().message ==
                  "pylock.toml does not fit pyproject.toml: the lock has a "
                  "1.0, which does not satisfy `a>=2`");
        }
    }
    CHECK(world.asked.size() == 1);
}

TEST_CASE("upgrades let go of what they name") {
    World world;
    world.answer.packages = {package("a", "1.0"), package("b", "1.0")};
    const std::string text = "dependencies = [\"a\", \"b\"]\n";
    const auto lock = lock_project(project(text), test::target(), std::nullopt, {}, world.tools);
    REQUIRE(lock);
    LockRequestOptions options;
    options.upgrades = {pep::Requirement::parse("B<3").value()};
    REQUIRE(lock_project(project(text), test::target(), lock->text, options, world.tools));
    CHECK(world.asked.back().preferences.size() == 1);
    CHECK(world.asked.back().preferences.contains("a"));
    REQUIRE(world.asked.back().constraints.size() == 1);
    CHECK(world.asked.back().constraints[0].to_string() == "B<3");
    options.upgrades.clear();
    options.upgrade_all = true;
    REQUIRE(lock_project(project(text), test::target(), lock->text, options, world.tools));
    CHECK(world.asked.back().preferences.empty());
}

TEST_CASE("wheels without a hash are fetched and get one, unless hashes are required") {
    World world;
    world.answer.packages = {package("a", "1.0")};
    world.answer.packages[0].wheel.hashes.clear();
    const auto lock = lock_project(project(kOne), test::target(), std::nullopt, {}, world.tools);
    REQUIRE(lock);
    CHECK(lock->lock.packages[0].wheels[0].hashes.at("sha256") ==
          sha256_hex(as_bytes("a-1.0-py3-none-any.whl")));
    LockRequestOptions options;
    options.require_hashes = true;
    CHECK_FALSE(lock_project(project(kOne), test::target(), std::nullopt, options, world.tools));
}

TEST_CASE("hashes that are demanded hide all other files") {
    World world;
    const DistFile good = test::wheel("a", "1.0");
    HashedSource source(world.source, {{"a", {"sha256:" + good.hashes.at("sha256")}}}, true);
    const auto page = source.page("a");
    REQUIRE(page);
    REQUIRE((*page)->files.size() == 1);
    CHECK((*page)->files[0].filename == good.filename);
    const auto other = source.page("b");
    REQUIRE(other);
    CHECK((*other)->files.empty());
    CHECK((*other)->notes ==
          std::vector<std::string>{"no hash of `b` is given, and hashes are required"});
    DistFile unknown = good;
    unknown.hashes.clear();
    CHECK(source.fetch(std::vector{unknown}, {})); // its content has that hash
    unknown = test::wheel("a", "2.0");
    unknown.hashes.clear();
    CHECK_FALSE(source.fetch(std::vector{unknown}, [](const FetchProgress&) {}));
}

TEST_CASE("what is added gets bounds by what is locked") {
    World world;
    world.answer.packages = {package("a", "1.5"), package("b", "2.0"), package("c", "3.0")};
    const auto lock = lock_project(project("dependencies = [\"a\", \"b\", \"c\"]\n"),
                                   test::target(), std::nullopt, {}, world.tools);
    REQUIRE(lock);
    AddRequest request;
    for (const char* text : {"a", "b>1", "c[x]"}) {
        request.requirements.push_back({pep::Requirement::parse(text).value(), ""});
    }
    const std::string before = "[project]\nname = \"app\"\ndependencies = [\"c\"]\n";
    const auto plain = add_to_project(before, request, nullptr);
    REQUIRE(plain);
    CHECK(plain->written == std::vector<std::string>{"a", "b>1", "c[x]"});
    const auto bounded = add_to_project(before, request, &lock->lock);
    REQUIRE(bounded);
    CHECK(bounded->written == std::vector<std::string>{"a>=1.5", "b>1", "c[x]"});
    CHECK(bounded->text == "[project]\nname = \"app\"\ndependencies = [\n    \"a>=1.5\",\n    "
                           "\"b>1\",\n    \"c[x]\",\n]\n");
}

TEST_CASE("an install is planned, done, and up to date afterwards") {
    World world;
    world.answer.packages = {package("a", "1.0", {"b"}), package("b", "1.0"), package("d", "1.0")};
    ProjectInputs inputs = project(kOne + "[dependency-groups]\ndev = [\"d\"]\n");
    inputs.root = world.folder.path();
    const auto lock = lock_project(inputs, test::target(), std::nullopt, {}, world.tools);
    REQUIRE(lock);
    InstallSettings settings;
    auto plan = plan_install(inputs, test::target(), *lock, settings, world.tools);
    REQUIRE(plan);
    using Kind = InstallChange::Kind;
    CHECK(plan->changes ==
          std::vector<InstallChange>{{Kind::added, {"a", "1.0"}}, {Kind::added, {"b", "1.0"}}});
    CHECK_FALSE(plan->up_to_date);
    const auto done = run_install(inputs, test::target(), *plan, settings,
                                  world.folder.path() / "out.zip", world.tools);
    REQUIRE(done);
    CHECK(done->fetched == 2);
    REQUIRE(world.items.size() == 2);
    CHECK(world.items[0].requested);
    CHECK_FALSE(world.items[1].requested);
    CHECK(selection_of(world.installed)->groups.empty());

    plan = plan_install(inputs, test::target(), *lock, settings, world.tools);
    REQUIRE(plan);
    CHECK(plan->up_to_date);
    CHECK(plan->changes.empty());

    settings.selection.groups = {"dev"};
    plan = plan_install(inputs, test::target(), *lock, settings, world.tools);
    REQUIRE(plan);
    CHECK_FALSE(plan->up_to_date);
    CHECK(plan->changes == std::vector<InstallChange>{{Kind::added, {"d", "1.0"}}});
    CHECK(selection_of({{}, plan->digest})->groups == std::vector<std::string>{"dev"});

    settings = {};
    settings.trim = false;
    plan = plan_install(inputs, test::target(), *lock, settings, world.tools);
    REQUIRE(plan);
    CHECK_FALSE(plan->up_to_date);
    CHECK(plan->changes.empty());

    world.installed.packages = {{"a", "0.9"}, {"z", "1.0"}};
    plan = plan_install(inputs, test::target(), *lock, {}, world.tools);
    REQUIRE(plan);
    CHECK(plan->changes == std::vector<InstallChange>{{Kind::removed, {"a", "0.9"}},
                                                      {Kind::added, {"a", "1.0"}},
                                                      {Kind::added, {"b", "1.0"}},
                                                      {Kind::removed, {"z", "1.0"}}});
}

TEST_CASE("what a killed command left of an archive goes away, and nothing else") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    const fs::path state = folder->path() / ".pymode";
    REQUIRE(make_directories(state));
    for (const char* name :
         {"site-packages.next.zip", ".site-packages.next.zip.aBc123", ".site-packages.zip.orig",
          "site-packages.zip", ".lock", "site-packages.next.zip.mine"}) {
        REQUIRE(write_file_atomic(state / name, "x"));
    }
    CHECK(staged_site_packages(folder->path()) == state / "site-packages.next.zip");
    REQUIRE(lock_project_folder(folder->path(), {}));
    std::vector<std::string> left;
    const auto tree = list_tree(state).value();
    for (const TreeEntry& entry : tree) {
        left.push_back(entry.path);
    }
    CHECK(left == std::vector<std::string>{".lock", ".site-packages.zip.orig",
                                           "site-packages.next.zip.mine", "site-packages.zip"});
}

TEST_CASE("changes of a project are put in place together or not at all") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    const fs::path root = folder->path();
    REQUIRE(write_file_atomic(root / "pyproject.toml", "old project"));
    REQUIRE(make_directories(root / ".pymode"));
    REQUIRE(write_file_atomic(root / ".pymode/site-packages.zip", "old zip"));
    const auto before = read_project_texts(root);
    REQUIRE(before);
    CHECK_FALSE(before->lock);
    const fs::path staged = staged_site_packages(root);
    const auto texts = [&] {
        const auto text = [&](const char* name) {
            return read_text_file(root / name, 1000).value_or("none");
        };
        return std::vector<std::string>{text("pyproject.toml"), text("pylock.toml"),
                                        text(".pymode/site-packages.zip")};
    };
    SECTION("all of it") {
        REQUIRE(write_file_atomic(staged, "new zip"));
        REQUIRE(commit_project_change(root, *before, {"new project", "new lock", staged}));
        CHECK(texts() == std::vector<std::string>{"new project", "new lock", "new zip"});
        CHECK_FALSE(fs::exists(staged));
    }
    SECTION("the archive is not there: everything is put back") {
        CHECK_FALSE(commit_project_change(root, *before, {"new project", "new lock", staged}));
        CHECK(texts() == std::vector<std::string>{"old project", "none", "old zip"});
    }
    SECTION("the lock cannot be written: everything is put back") {
        REQUIRE(make_directories(root / "pylock.toml/x"));
        REQUIRE(write_file_atomic(staged, "new zip"));
        CHECK_FALSE(commit_project_change(root, {"old project", "old lock"},
                                          {"new project", "new lock", staged}));
        CHECK(texts()[0] == "old project");
        CHECK(texts()[2] == "old zip");
    }
}

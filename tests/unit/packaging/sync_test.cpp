// SPDX-License-Identifier: MIT
#include "core/packaging/sync.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/packaging/world.hpp"

using namespace pymode;
using test::package;
using test::World;

namespace {

const std::string kBefore = "[project]\nname = \"app\"\n# a comment\ndependencies = []\n";

struct ProjectWorld : World {
    ProjectWorld() {
        write("pyproject.toml", kBefore);
        REQUIRE(make_directories(root / ".pymode"));
        answer.packages = {package("a", "1.5", {"b"}), package("b", "1.0")};
    }

    void write(const char* name, const std::string& text) const {
        REQUIRE(write_file_atomic(root / name, text));
    }
    [[nodiscard]] std::string text(const char* name) const {
        return read_text_file(root / name, 1 << 20).value_or("none");
    }
    [[nodiscard]] SyncRequest request() const {
        return SyncRequest{.root = root,
                           .before = read_project_texts(root).value(),
                           .pyproject = {},
                           .add = {},
                           .target = test::target(),
                           .lock = {},
                           .install = true,
                           .settings = {},
                           .dry_run = false};
    }
    // As `pymode add a` asks.
    [[nodiscard]] SyncRequest add_request() const {
        SyncRequest result = request();
        result.add = AddRequest{};
        result.add->requirements = {{pep::Requirement::parse("a").value(), ""}};
        result.pyproject = add_to_project(result.before.pyproject, *result.add, nullptr)->text;
        return result;
    }
    [[nodiscard]] bool has_leftovers() const {
        return fs::exists(root / ".pymode/site-packages.next.zip");
    }

    fs::path root = folder.path();
    CancelToken cancel;
};

} // namespace

TEST_CASE("add changes all three files, and what follows finds nothing to do") {
    ProjectWorld world;
    const auto outcome = sync_project(world.add_request(), world.tools, world.cancel);
    REQUIRE(outcome);
    CHECK(outcome->written == std::vector<std::string>{"a>=1.5"});
    CHECK(world.text("pyproject.toml") == "[project]\nname = \"app\"\n# a comment\ndependencies = "
                                          "[\n    \"a>=1.5\",\n]\n");
    CHECK(world.text("pylock.toml") == outcome->lock.text);
    CHECK(world.text(".pymode/site-packages.zip") == "zip");
    CHECK_FALSE(world.has_leftovers());

    const auto again = sync_project(world.request(), world.tools, world.cancel);
    REQUIRE(again);
    CHECK_FALSE(again->lock.resolved);
    CHECK_FALSE(again->lock.changed);
    CHECK_FALSE(again->done);
    CHECK(world.asked.size() == 1);
}

TEST_CASE("a failure anywhere leaves every byte as it was") {
    ProjectWorld world;
    const auto unchanged = [&] {
        CHECK(world.text("pyproject.toml") == kBefore);
        CHECK(world.text("pylock.toml") == "none");
        CHECK(world.text(".pymode/site-packages.zip") == "none");
        CHECK_FALSE(world.has_leftovers());
    };
    SECTION("no solution") {
        world.tools.resolve = [](const ResolveRequest&, PackageSource&) -> Expected<Resolution> {
            return fail(ErrorCode::config, "no set of versions fits");
        };
        CHECK_FALSE(sync_project(world.add_request(), world.tools, world.cancel));
        unchanged();
    }
    SECTION("no network when the wheels are fetched") {
        world.source.fail_fetch = "the connection broke";
        const auto outcome = sync_project(world.add_request(), world.tools, world.cancel);
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().message == "the connection broke");
        unchanged();
    }
    SECTION("a wheel that is refused, when half of the archive was written") {
        world.tools.install = [](std::span<const InstallItem>, const InstallOptions&,
                                 const fs::path& target) -> Expected<InstallReport> {
            REQUIRE(write_file_atomic(target, "half"));
            return fail(ErrorCode::archive, "hostile");
        };
        CHECK_FALSE(sync_project(world.add_request(), world.tools, world.cancel));
        unchanged();
    }
    SECTION("Ctrl-C while the archive is made") {
        const auto install = world.tools.install;
        world.tools.install = [&](std::span<const InstallItem> items, const InstallOptions& options,
                                  const fs::path& target) {
            world.cancel.cancel();
            return install(items, options, target);
        };
        const auto outcome = sync_project(world.add_request(), world.tools, world.cancel);
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().code == ErrorCode::cancelled);
        unchanged();
    }
    SECTION("a dry run") {
        SyncRequest request = world.add_request();
        request.dry_run = true;
        const auto outcome = sync_project(request, world.tools, world.cancel);
        REQUIRE(outcome);
        CHECK(outcome->written == std::vector<std::string>{"a>=1.5"});
        CHECK(outcome->plan.changes.size() == 2);
        unchanged();
    }
}

TEST_CASE("whatever a killed command left is finished by the next one") {
    ProjectWorld world;
    REQUIRE(sync_project(world.add_request(), world.tools, world.cancel));
    const std::string pyproject = world.text("pyproject.toml");
    const std::string lock = world.text("pylock.toml");
    SECTION("killed before the lock was put in place") {
        REQUIRE(remove_tree(world.root / "pylock.toml"));
        world.is_installed = false;
    }
    SECTION("killed before the archive was put in place") {
        world.is_installed = false;
        world.write(".pymode/site-packages.next.zip", "half");
    }
    SECTION("killed with the old lock still there") {
        world.write("pylock.toml", "lock-version = \"1.0\"\ncreated-by = \"pymode\"\n"
                                   "packages = []\n");
        world.is_installed = false;
    }
    const auto outcome = sync_project(world.request(), world.tools, world.cancel);
    REQUIRE(outcome);
    CHECK(outcome->done);
    CHECK(world.text("pyproject.toml") == pyproject);
    CHECK(world.text("pylock.toml") == lock);
    CHECK_FALSE(world.has_leftovers());
}

TEST_CASE("without install only pyproject.toml and the lock change") {
    ProjectWorld world;
    SyncRequest request = world.add_request();
    request.install = false;
    REQUIRE(sync_project(request, world.tools, world.cancel));
    CHECK(world.text("pylock.toml") != "none");
    CHECK(world.text(".pymode/site-packages.zip") == "none");
    CHECK(world.items.empty());
}

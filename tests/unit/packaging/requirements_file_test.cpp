// SPDX-License-Identifier: MIT
#include "core/packaging/requirements_file.hpp"

#include <map>

#include <catch2/catch.hpp>

using namespace pymode;
namespace fs = std::filesystem;

namespace {

using Files = std::map<std::string, std::string>;

Expected<RequirementsFile> read(const Files& files,
                                RequirementsRole role = RequirementsRole::requirements) {
    const Env env{{"TOKEN", "secret"}, {"lower", "x"}};
    return read_requirements_file(
        "/p/a.txt", role, env, [&](const fs::path& path) -> Expected<std::string> {
            const auto found = files.find(path.string());
            if (found == files.end()) {
                return fail(ErrorCode::not_found, "cannot read " + path.string());
            }
            return found->second;
        });
}

std::vector<std::string> texts(const std::vector<RequirementLine>& lines) {
    std::vector<std::string> result;
    for (const RequirementLine& line : lines) {
        result.push_back(line.requirement.to_string());
    }
    return result;
}

const std::string sha(64, 'a');

} // namespace

TEST_CASE("requirements files: lines, comments, continuations, variables") {
    const auto file = read({{"/p/a.txt", "\xEF\xBB\xBF# all\r\n"
                                         "a >= 1 # one\n\n"
                                         "b[x] \\\n   == 2 ; \\\n  os_name == 'posix'\n"
                                         "--extra-index-url https://u:${TOKEN}@h.example/simple/\n"
                                         "-i https://${lower}.example/\n"
                                         "--find-links wheels\n"
                                         "--pre\n--no-index\n"
                                         "c @ https://h.example/c-1-py3-none-any.whl#frag\n"}});
    REQUIRE(file);
    CHECK(texts(file->requirements) ==
          std::vector<std::string>{"a>=1", "b[x]==2; os_name == \"posix\"",
                                   "c @ https://h.example/c-1-py3-none-any.whl#frag"});
    CHECK(file->requirements[1].where.line == 4);
    CHECK(file->extra_index_urls == std::vector<std::string>{"https://u:secret@h.example/simple/"});
    CHECK(file->index_url == "https://${lower}.example/");
    CHECK(file->find_links == std::vector<std::string>{"/p/wheels"});
    CHECK(file->prereleases);
    CHECK(file->no_index);
    CHECK_FALSE(file->require_hashes);
}

TEST_CASE("requirements files name others, relative to themselves, in a circle too") {
    const auto file = read({{"/p/a.txt", "a\n-r sub/b.txt\n-c c.txt\n"},
                            {"/p/sub/b.txt", "b\n--requirement=../a.txt\n-cd.txt\n"},
                            {"/p/sub/d.txt", "d<2\n"},
                            {"/p/c.txt", "c<3\n-r e.txt\n"},
                            {"/p/e.txt", "e\n"}});
    REQUIRE(file);
    CHECK(texts(file->requirements) == std::vector<std::string>{"a", "b"});
    CHECK(texts(file->constraints) == std::vector<std::string>{"d<2", "c<3", "e"});
}

TEST_CASE("wheels by their path") {
    const auto file = read({{"/p/a.txt", "./w/my_pkg-1.0-py3-none-any.whl\n"
                                         "../x-2-py3-none-any.whl ; os_name == 'nt'\n"
                                         "https://h.example/y-3-py3-none-any.whl\n"}});
    REQUIRE(file);
    CHECK(texts(file->requirements) ==
          std::vector<std::string>{"my-pkg @ file:///p/w/my_pkg-1.0-py3-none-any.whl",
                                   "x @ file:///x-2-py3-none-any.whl ; os_name == \"nt\"",
                                   "y @ https://h.example/y-3-py3-none-any.whl"});
}

TEST_CASE("hashes are all or nothing") {
    const auto good = read({{"/p/a.txt", "a==1 \\\n --hash=sha256:" + sha + " \\\n --hash=sha256:" +
                                             std::string(64, 'B') + "\n"}});
    REQUIRE(good);
    CHECK(good->require_hashes);
    CHECK(good->requirements[0].hashes ==
          std::vector<std::string>{"sha256:" + sha, "sha256:" + std::string(64, 'b')});
    const auto mixed = read({{"/p/a.txt", "a==1 --hash=sha256:" + sha + "\nb==2\n"}});
    REQUIRE_FALSE(mixed);
    CHECK(mixed.error().message == "`b==2` needs a version (==) and a --hash, as others have one");
    CHECK(mixed.error().where->line == 2);
    CHECK_FALSE(read({{"/p/a.txt", "a --hash=sha256:" + sha + "\n"}}));
}

TEST_CASE("what a requirements file cannot have is an error with its line") {
    struct Case {
        std::string text;
        std::string message;
        int line = 1;
    };
    const std::vector<Case> cases{
        {"a\n\n-e .\n", "the editable `.` cannot be installed, only wheels can", 3},
        {"git+https://h.example/a.git\n",
         "the repository `git+https://h.example/a.git` cannot be installed, only wheels can"},
        {"a @ git+https://h.example/a.git\n",
         "the repository `git+https://h.example/a.git` cannot be installed, only wheels can"},
        {"./folder\n", "the folder or archive `./folder` cannot be installed, only wheels can"},
        {"a-1.tar.gz\n", "the archive `a-1.tar.gz` cannot be installed, only wheels can"},
        {"--no-binary :all:\n", "--no-binary asks for a build from source, which is not done: "
                                "only wheels are installed"},
        {"--wrong\n", "unknown option `--wrong`"},
        {"a --hash=md5:00\n", "hashes of md5 prove nothing"},
        {"a --hash=sha256:00\n", "`00` is no sha256 hash"},
        {"a --config-settings=x\n", "`--config-settings=x` cannot stand behind a requirement"},
        {"-r https://h.example/r.txt\n", "requirements files are not fetched from URLs"},
        {"-r\n", "the name of a file is missing"},
        {"b\n${NOT_THERE}\n", "NOT_THERE is not set", 2},
        {"-r gone.txt\n", "cannot read /p/gone.txt"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.text);
        const auto file = read({{"/p/a.txt", each.text}});
        REQUIRE_FALSE(file);
        CHECK(file.error().message == each.message);
        REQUIRE(file.error().where);
        CHECK(file.error().where->file == "/p/a.txt");
        CHECK(file.error().where->line == each.line);
    }
    const auto extras = read({{"/p/a.txt", "a[x]<2\n"}}, RequirementsRole::constraints);
    REQUIRE_FALSE(extras);
    CHECK(extras.error().message == "a constraint cannot have extras: `a[x]<2`");
    const auto bad = read({{"/p/a.txt", "a=>1\n"}});
    REQUIRE_FALSE(bad);
    CHECK(bad.error().where->line == 1);
}

TEST_CASE("the path of a wheel becomes a URL that names the same file, and a name that is one") {
    const auto parsed = parse_requirement_or_path("./a%20 b/x-1-py3-none-any.whl#sha256=00", "/p#");
    REQUIRE(parsed);
    CHECK(parsed->name == "x");
    CHECK(parsed->url == "file:///p%23/a%2520%20b/x-1-py3-none-any.whl#sha256=00");
    // Found by fuzzing: a wheel's file name may begin as no package's name does.
    CHECK_FALSE(parse_requirement_or_path("./.x-1-py3-none-any.whl", "/p"));
    CHECK_FALSE(parse_requirement_or_path("./x-1-py3-none-any.whl#a b", "/p"));
    CHECK_FALSE(parse_requirement_or_path("https://h.example/x y/x-1-py3-none-any.whl", "/p"));
}

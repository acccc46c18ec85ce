// SPDX-License-Identifier: MIT
#include "core/project/config.hpp"

#include <catch2/catch.hpp>

using namespace pymode;

namespace {

Expected<Project> read(const std::string& text) {
    auto document = parse_toml("pyproject.toml", text);
    if (!document) {
        return propagate(document);
    }
    return read_config(*document);
}

const std::string kHead = "[project]\nname = \"w\"\n";

} // namespace

TEST_CASE("a project with nothing but a name has the defaults") {
    const auto project = read(kHead);
    REQUIRE(project);
    CHECK(project->name == "w");
    CHECK(project->main == "src/main.py");
    CHECK(project->compatibility_date == kDefaultCompatibilityDate);
    CHECK(project->workers_dev);
    CHECK(project->vars.empty());
    CHECK(project->warnings.empty());
}

TEST_CASE("whether a project has dependencies") {
    CHECK_FALSE(read(kHead)->has_dependencies);
    CHECK_FALSE(read(kHead + "dependencies = []\n")->has_dependencies);
    CHECK(read(kHead + "dependencies = [\"jinja2\"]\n")->has_dependencies);
    CHECK_FALSE(read(kHead + "dependencies = \"jinja2\"\n"));
}

TEST_CASE("every key of [tool.pymode] arrives") {
    const auto project = read(kHead + R"(
[tool.pymode]
name = "other"
main = "app.py"
account-id = "00000000000000000000000000000abc"
compatibility-date = 2026-10-05
compatibility-flags = ["nodejs_compat"]
exclude = ["*.csv"]
stdlib-modules = ["_sqlite3"]
workers-dev = false
[tool.pymode.vars]
TEXT = "hello"
COUNT = 3
CONFIG = { a = [1, 2.5, true], b = "x" }
[[tool.pymode.kv-namespaces]]
binding = "ITEMS"
id = "0123456789abcdef0123456789abcdef"
[[tool.pymode.kv-namespaces]]
binding = "LOCAL"
)");
    REQUIRE(project);
    CHECK(project->name == "other");
    CHECK(project->main == "app.py");
    CHECK(project->account_id == "00000000000000000000000000000abc");
    CHECK(project->compatibility_date == "2026-10-05");
    CHECK(project->compatibility_flags == std::vector<std::string>{"nodejs_compat"});
    CHECK(project->exclude == std::vector<std::string>{"*.csv"});
    CHECK(project->stdlib_modules == std::vector<std::string>{"_sqlite3"});
    CHECK_FALSE(project->workers_dev);
    using Kind = Variable::Kind;
    CHECK(project->vars ==
          std::vector<Variable>{{"CONFIG", Kind::json, R"({"a":[1,2.5,true],"b":"x"})"},
                                {"COUNT", Kind::json, "3"},
                                {"TEXT", Kind::text, "hello"}});
    CHECK(project->kv_namespaces ==
          std::vector<KvNamespace>{{"ITEMS", "0123456789abcdef0123456789abcdef"}, {"LOCAL", ""}});
    CHECK(project->warnings.empty());
}

TEST_CASE("wrong configuration is an error at its place") {
    struct Row {
        std::string text;
        std::string message;
        int line;
        int column;
    };
    const auto row = GENERATE(values<Row>(
        {{"[project]\nversion = \"1\"\n", "pyproject.toml names no project", 0, 0},
         {"[project]\nname = 5\n", "[project] name must be a string, not an integer", 2, 8},
         {"[project]\nname = \"My App\"\n", "`My App` cannot be the name of a Worker", 2, 8},
         {kHead + "[tool]\npymode = 1\n", "[tool.pymode] must be a table, not an integer", 4, 10},
         {kHead + "[tool.pymode]\nmain = []\n", "main must be a string, not an array", 4, 8},
         {kHead + "[tool.pymode]\naccount-id = \"abc\"\n", "`abc` is no account id", 4, 14},
         {kHead + "[tool.pymode]\ncompatibility-date = \"soon\"\n",
          "compatibility-date `soon` is no date", 4, 22},
         {kHead + "[tool.pymode]\nexclude = [\"a\", 1]\n",
          "every item of exclude must be a string, not an integer", 4, 17},
         {kHead + "[tool.pymode]\nstdlib-modules = \"some\"\n",
          "stdlib-modules must be an array, not a string", 4, 18},
         {kHead + "[tool.pymode.vars]\n\"a-b\" = \"x\"\n", "`a-b` cannot be a name in env", 4, 1},
         {kHead + "[tool.pymode.vars]\nPYMODE_DEV = \"1\"\n", "the name PYMODE_DEV is reserved", 4,
          1},
         {kHead + "[tool.pymode.kv-namespaces]\nbinding = \"A\"\n",
          "kv-namespaces must be an array of tables", 3, 1},
         {kHead + "[[tool.pymode.kv-namespaces]]\nid = \"\"\n", "this kv namespace has no binding",
          3, 1},
         {kHead + "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\nid = \"x\"\n",
          "`x` is no id of a kv namespace", 5, 6},
         {kHead + "[tool.pymode.vars]\nA = 1\n[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\n",
          "`A` is defined twice in env", 6, 11}}));
    CAPTURE(row.text);
    const auto project = read(row.text);
    REQUIRE_FALSE(project);
    CHECK(project.error().code == ErrorCode::config);
    CHECK(project.error().message == row.message);
    CHECK(project.error().where.has_value() == (row.line > 0));
    if (project.error().where) {
        CHECK(project.error().where->line == row.line);
        CHECK(project.error().where->column == row.column);
    }
}

TEST_CASE("TOML that does not parse shows line, column and text") {
    const auto project = read("[project]\nname = \"\xC3\xA9\" nonsense\n");
    REQUIRE_FALSE(project);
    REQUIRE(project.error().where);
    CHECK(project.error().where->file == "pyproject.toml");
    CHECK(project.error().where->line == 2);
    // Columns count bytes: é has two.
    CHECK(project.error().where->column == 13);
    CHECK(project.error().where->line_text == "name = \"\xC3\xA9\" nonsense");
}

TEST_CASE("an unknown key warns and says what was meant") {
    const auto project =
        read(kHead + "[tool.pymode]\nmian = \"x.py\"\nzzzzzz = 1\n"
                     "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\nidd = \"\"\n");
    REQUIRE(project);
    CHECK(project->warnings ==
          std::vector<std::string>{
              "pyproject.toml:4: unknown key `mian` in [tool.pymode]; did you mean `main`?",
              "pyproject.toml:5: unknown key `zzzzzz` in [tool.pymode]",
              "pyproject.toml:8: unknown key `idd` in [[tool.pymode.kv-namespaces]]; did you mean "
              "`id`?"});
}

TEST_CASE("a variable over Cloudflare's limit is refused") {
    const auto project =
        read(kHead + "[tool.pymode.vars]\nBIG = \"" + std::string(5121, 'x') + "\"\n");
    REQUIRE_FALSE(project);
    CHECK(project.error().message.find("variable BIG has 5.0 KiB") == 0);
}

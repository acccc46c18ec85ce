// SPDX-License-Identifier: MIT
#include "core/project/config.hpp"

#include <catch2/catch.hpp>

#include "core/project/jsonc.hpp"
#include "core/project/toml.hpp"

using namespace pymode;

namespace {

Expected<Project> read(const std::string& text, const std::string& environment = {}) {
    auto document = parse_toml("pyproject.toml", text);
    if (!document) {
        return propagate(document);
    }
    return read_config({*document}, environment);
}

const std::string kHead = "[project]\nname = \"w\"\n";

} // namespace

TEST_CASE("a project with nothing but a name has the defaults") {
    const auto project = read(kHead);
    REQUIRE(project);
    CHECK(project->worker.name == "w");
    CHECK(project->worker.main == "src/main.py");
    CHECK(project->worker.compatibility_date == kDefaultCompatibilityDate);
    CHECK(project->worker.on_workers_dev());
    CHECK(project->worker.vars.empty());
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
    CHECK(project->worker.name == "other");
    CHECK(project->worker.main == "app.py");
    CHECK(project->worker.account_id == "00000000000000000000000000000abc");
    CHECK(project->worker.compatibility_date == "2026-10-05");
    CHECK(project->worker.compatibility_flags == std::vector<std::string>{"nodejs_compat"});
    CHECK(project->exclude == std::vector<std::string>{"*.csv"});
    CHECK(project->stdlib_modules == std::vector<std::string>{"_sqlite3"});
    CHECK_FALSE(project->worker.on_workers_dev());
    using Kind = Variable::Kind;
    CHECK(project->worker.vars ==
          std::vector<Variable>{{"TEXT", Kind::text, "hello"},
                                {"COUNT", Kind::json, "3"},
                                {"CONFIG", Kind::json, R"({"a":[1,2.5,true],"b":"x"})"}});
    REQUIRE(project->worker.bindings.size() == 2);
    CHECK(project->worker.bindings[0].kind->type == "kv_namespace");
    CHECK(project->worker.bindings[0].name == "ITEMS");
    CHECK(project->worker.bindings[0].text("id") == "0123456789abcdef0123456789abcdef");
    CHECK_FALSE(project->worker.bindings[0].lacks_resource());
    CHECK(project->worker.bindings[1].lacks_resource());
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
         {kHead + "[tool.pymode]\naccount-id = \"abc\"\n", "account-id `abc` is no account id", 4,
          14},
         {kHead + "[tool.pymode]\ncompatibility-date = \"soon\"\n",
          "compatibility-date `soon` is no date", 4, 22},
         {kHead + "[tool.pymode]\nexclude = [\"a\", 1]\n",
          "every item of exclude must be a string, not an integer", 4, 17},
         {kHead + "[tool.pymode]\nstdlib-modules = \"some\"\n", "stdlib-modules cannot be `some`",
          4, 18},
         {kHead + "[tool.pymode.vars]\n\"a-b\" = \"x\"\n", "`a-b` cannot be a name in env", 4, 1},
         {kHead + "[tool.pymode.vars]\nPYMODE_DEV = \"1\"\n", "the name PYMODE_DEV is reserved", 4,
          1},
         {kHead + "[tool.pymode.kv-namespaces]\nbinding = \"A\"\n",
          "kv-namespaces must be an array of tables, not a table", 3, 1},
         {kHead + "[[tool.pymode.kv-namespaces]]\n",
          "[[tool.pymode.kv-namespaces]] has no `binding`", 3, 1},
         {kHead + "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\nid = \"x\"\n",
          "id `x` is no hex id", 5, 6},
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

TEST_CASE("wrong settings of a Worker are errors at their place, in any of the files") {
    struct Row {
        std::string text; // of [tool.pymode]
        std::string message;
        int line;
        int column;
    };
    const Row rows[] = {
        {"limits = { cpu-ms = 0 }", "cpu-ms is 0; it must be 1 to 300000", 4, 21},
        {"limits.cpu_ms = 1.5", "cpu-ms must be an integer, not a number", 4, 17},
        {"triggers.crons = [\"* * * *\"]", "crons `* * * *` is no cron expression", 4, 19},
        {"routes = [\"/x\"]", "routes `/x` is no pattern of a route", 4, 11},
        {"routes = [{ pattern = \"a.b/*\", custom-domain = true }]",
         "`a.b/*` cannot be a custom domain", 4, 11},
        {"routes = [{ zone-name = \"a.b\" }]", "[tool.pymode.routes] has no `pattern`", 4, 11},
        {"assets = { binding = \"ASSETS\" }", "[tool.pymode.assets] has no `directory`", 4, 10},
        {"assets = { directory = \"x\", html-handling = \"nice\" }",
         "html-handling cannot be `nice`", 4, 45},
        {"assets = { directory = \"x\", run-worker-first = [\"api\"] }",
         "run-worker-first `api` is no rule for run_worker_first", 4, 49},
        {"placement = { mode = \"smart\", region = \"x\" }",
         "placement: region, host and hostname belong to mode \"targeted\"", 4, 13},
        {"observability = { enabled = true, head-sampling-rate = 2 }",
         "head-sampling-rate is 2; it must be 0 to 1", 4, 56},
        {"ratelimits = [{ name = \"A\", namespace-id = \"1\", simple = { limit = 1, period = 20 } "
         "}]",
         "the period of a rate limit is 10 or 60 seconds", 4, 15},
        {"queues.consumers = [{ queue = \"q\", max-batch-size = 101 }]",
         "max-batch-size is 101; it must be 1 to 100", 4, 53},
        {"queues.consumers = [{ queue = \"q\" }, { queue = \"q\" }]",
         "there are two consumers of the queue `q`", 4, 48},
        {"migrations = [{ tag = \"a\" }, { tag = \"a\" }]", "two migrations have the tag `a`", 4,
         38},
        {"d1-databases = [{ binding = \"A\", database-id = \"x\" }]", "database-id `x` is no UUID",
         4, 48},
        {"workers-dev = 1\nworkers_dev = 1", "workers-dev must be a boolean, not an integer", 4,
         15},
        {"workers-dev = true\nworkers_dev = true", "`workers-dev` stands twice in [tool.pymode]", 5,
         1},
        {"environments.staging.limits = 1", "limits must be a table, not an integer", 4, 31},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto project = read(kHead + "[tool.pymode]\n" + row.text + "\n");
        REQUIRE_FALSE(project);
        CHECK(project.error().message == row.message);
        REQUIRE(project.error().where);
        CHECK(project.error().where->line == row.line);
        CHECK(project.error().where->column == row.column);
    }
}

TEST_CASE("an environment has its own name, and must exist") {
    const std::string text = kHead + "[tool.pymode.environments.staging]\nvars = { A = \"s\" }\n"
                                     "[tool.pymode.environments.live]\nname = \"other\"\n";
    CHECK(read(text)->worker.name == "w");
    CHECK(read(text, "staging")->worker.name == "w-staging");
    CHECK(read(text, "staging")->worker.environment == "staging");
    CHECK(read(text, "staging")->worker.vars.size() == 1);
    CHECK(read(text, "live")->worker.name == "other");
    const auto unknown = read(text, "stagin");
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().message ==
          "pyproject.toml has no environment `stagin`; did you mean `staging`?");
}

TEST_CASE("what an environment does not inherit is said") {
    const std::string text = kHead + "[tool.pymode]\nvars = { A = \"top\" }\n"
                                     "[tool.pymode.environments.staging]\nlogpush = true\n";
    const auto project = read(text, "staging");
    REQUIRE(project);
    CHECK(project->worker.vars.empty());
    CHECK(project->warnings ==
          std::vector<std::string>{"pyproject.toml:5: the environment staging has no `vars`: what "
                                   "an environment can use it must say itself"});
    CHECK(read(text)->warnings.empty());
}

TEST_CASE("[tool.pymode] describes the Worker, or else wrangler's file") {
    const auto wrangler =
        parse_jsonc("wrangler.jsonc", "{\n  // as it was\n  \"name\": \"theirs\",\n"
                                      "  \"minify\": true,\n"
                                      "  \"build\": {\"command\": \"x\"},\n"
                                      "  \"vars\": {\"A\": \"b\",},\n}\n");
    REQUIRE(wrangler);
    const auto read_both = [&](const std::string& text) {
        const auto pyproject = parse_toml("pyproject.toml", kHead + text);
        REQUIRE(pyproject);
        return read_config({*pyproject, &*wrangler});
    };
    const auto theirs = read_both("[tool.pymode]\nexclude = [\"x\"]\n");
    REQUIRE(theirs);
    CHECK(theirs->worker.name == "theirs");
    CHECK(theirs->worker.file == "wrangler.jsonc");
    CHECK(theirs->exclude == std::vector<std::string>{"x"});
    CHECK(theirs->warnings ==
          std::vector<std::string>{
              "wrangler.jsonc:5: `build` has no effect: pymode runs no build command"});
    const auto own = read_both("[tool.pymode]\nworkers-dev = true\n");
    REQUIRE(own);
    CHECK(own->worker.name == "w");
    CHECK(own->worker.vars.empty());
    CHECK(own->warnings ==
          std::vector<std::string>{"pyproject.toml:4: wrangler.jsonc is left aside: [tool.pymode] "
                                   "describes the Worker (`workers-dev`)"});
}

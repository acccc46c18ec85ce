// SPDX-License-Identifier: MIT
#include <fstream>

#include <catch2/catch.hpp>

#include "core/base/file.hpp"
#include "core/cloudflare/d1_migrations.hpp"
#include "tests/unit/cloudflare/api_fixture.hpp"

using namespace pymode;
using test::ApiFixture;
using test::Calls;

namespace {

const D1Place kPlace{"acc", "db"};
const std::string kBase = "/accounts/acc/d1/database";

// The answer to the question which migrations were applied.
std::string applied(const std::string& rows) {
    return R"([{"results":{"columns":[],"rows":[]}},{"results":{"columns":["name"],"rows":)" +
           rows + "}}]";
}

} // namespace

TEST_CASE("whether a semicolon is missing at the end") {
    struct Row {
        std::string sql;
        bool open;
    };
    const Row rows[] = {
        {"", false},
        {" \n-- nothing; here", false},
        {"SELECT 1", true},
        {"SELECT 1;", false},
        {"SELECT 1; -- done", false},
        {"SELECT 1 -- done;", true},
        {"SELECT 1 /* ; */", true},
        {"SELECT ';'", true},
        {"SELECT 'it''s;'", true},
        {"SELECT \"a;\"", true},
        {"SELECT 1; /* never closed", false},
        {"INSERT INTO t VALUES ('-- ;');", false},
        {"SELECT [a;] FROM t;\n\n", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.sql);
        CHECK(ends_open(row.sql) == row.open);
    }
}

TEST_CASE("migrations are sorted by their numbers") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    for (const char* name : {"10_c.sql", "2_b.sql", "0001_a.sql", "notes.sql", "README.md"}) {
        std::ofstream(folder->path() / name) << "SELECT 1;";
    }
    std::filesystem::create_directory(folder->path() / "3_folder.sql");
    CHECK(*list_migration_files(folder->path()) ==
          std::vector<std::string>{"0001_a.sql", "2_b.sql", "10_c.sql", "notes.sql"});
    CHECK(list_migration_files(folder->path() / "none").error().code == ErrorCode::not_found);
}

TEST_CASE_METHOD(ApiFixture, "results keep the order of their columns") {
    http.will_succeed(R"([{"results":{"columns":["z","a","a"],"rows":[[1,"x",null],[2]]},
        "meta":{"changes":0}},7,{"results":[],"meta":3}])");
    const auto results = execute_sql(api, kPlace, "SELECT 1");
    REQUIRE(results);
    REQUIRE(results->size() == 3);
    CHECK(results->front().columns == std::vector<std::string>{"z", "a", "a"});
    CHECK(results->front().rows[1] == std::vector<nlohmann::json>{2, nullptr, nullptr});
    CHECK(results->at(2).meta.is_object());
    CHECK(http.calls() == Calls{"POST " + kBase + "/db/raw"});

    http.will_refuse(400, 7500, "no such table: t");
    const auto wrong = execute_sql(api, kPlace, "SELECT 1");
    CHECK(wrong.error().message == "the SQL is wrong");
    CHECK(wrong.error().notes.front() == "no such table: t [code: 7500]");
    http.will_break(); // not sent again: it may be an INSERT
    CHECK(execute_sql(api, kPlace, "x").error().notes.front() ==
          "whether the SQL has taken effect is not known");
}

TEST_CASE_METHOD(ApiFixture, "databases are found by name and by id") {
    http.will_succeed(R"([{"uuid":"1","name":"shop-old"},{"uuid":"2","name":"shop"}])");
    CHECK(find_d1_database(api, "acc", "shop")->id == "2");
    http.will_succeed("[]");
    CHECK(find_d1_database(api, "acc", "a b").error().code == ErrorCode::not_found);
    const std::string id = "11111111-2222-3333-4444-555555555555";
    http.will_succeed(R"({"uuid":")" + id + R"(","name":"shop"})");
    CHECK(find_d1_database(api, "acc", id)->name == "shop");
    CHECK(http.calls() == Calls{"GET " + kBase + "?name=shop", "GET " + kBase + "?name=a%20b",
                                "GET " + kBase + "/" + id});
    http.will_break();
    http.will_succeed(R"([{"uuid":"9","name":"new"}])");
    CHECK(create_d1_database(api, "acc", "new", "weur")->id == "9");
    http.will_refuse(400, 7502, "exists");
    CHECK_FALSE(create_d1_database(api, "acc", "new", ""));
}

TEST_CASE_METHOD(ApiFixture, "each migration is one call, and the first error ends it") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    std::ofstream(folder->path() / "1_a.sql") << "CREATE TABLE a(x) -- open";
    std::ofstream(folder->path() / "2_it's.sql") << "CREATE TABLE b(x);";
    std::ofstream(folder->path() / "3_c.sql") << "never";
    std::vector<std::string> done;
    const MigrationRun run{folder->path(),
                           {"1_a.sql", "2_it's.sql", "3_c.sql"},
                           "d1_migrations",
                           [&](const std::string& name) { done.push_back(name); }};
    http.will_succeed("[]");
    http.will_refuse(400, 7500, "table b already exists");
    http.will_succeed(applied(R"([["1_a.sql"]])"));
    const auto failed = apply_migrations(api, kPlace, run);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().notes.front() == "in 2_it's.sql");
    CHECK(done == std::vector<std::string>{"1_a.sql"});
    CHECK(sent(0)["sql"] == "CREATE TABLE a(x) -- open\n;INSERT INTO \"d1_migrations\" (name) "
                            "VALUES ('1_a.sql');");
    CHECK(sent(1)["sql"] == "CREATE TABLE b(x);\nINSERT INTO \"d1_migrations\" (name) VALUES "
                            "('2_it''s.sql');");
    CHECK(http.done());
}

TEST_CASE_METHOD(ApiFixture, "a migration whose answer is lost is looked up") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    std::ofstream(folder->path() / "1_a.sql") << "CREATE TABLE a(x);";
    const MigrationRun run{folder->path(), {"1_a.sql"}, "t", [](const std::string&) {}};
    http.will_break();
    http.will_succeed(applied(R"([["1_a.sql"]])"));
    CHECK(apply_migrations(api, kPlace, run));
    http.will_break();
    http.will_succeed(applied("[]"));
    CHECK_FALSE(apply_migrations(api, kPlace, run));
}

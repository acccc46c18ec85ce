// SPDX-License-Identifier: MIT
#include "core/cloudflare/provision.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/cloudflare/workers_fixture.hpp"

using namespace pymode;
using test::kAccount;
using test::worker_from;
using test::WorkersFixture;
using Lines = std::vector<std::string>;

namespace {

const std::string kId = "0123456789abcdef0123456789abcdef";
const std::string kUuid = "11111111-2222-3333-4444-555555555555";

const std::string kKv = "[[tool.pymode.kv-namespaces]]\nbinding = \"MY_CACHE\"\n";
const std::string kD1 = "[[tool.pymode.d1-databases]]\nbinding = \"DB\"\n";
const std::string kNamedD1 = kD1 + "database-name = \"shop\"\n";
const std::string kR2 = "[[tool.pymode.r2-buckets]]\nbinding = \"FILES\"\n";
const std::string kNamedR2 = kR2 + "bucket-name = \"pictures\"\n";
const std::string kQueue = "[[tool.pymode.queues.producers]]\nbinding = \"JOBS\"\n";
const std::string kNamedQueue = kQueue + "queue = \"orders\"\n";

const std::string kListKv = "GET {A}/storage/kv/namespaces?per_page=100&order=title&direction=asc";

struct Fixture : WorkersFixture {
    void no_worker() { http.will_refuse(404, 10007, "This Worker does not exist."); }

    void bound_to(const std::string& bindings) {
        http.will_succeed(R"({"bindings":)" + bindings + "}");
    }

    Expected<Provisioned> run(const std::string& text, MayCreate may_create = MayCreate::no) {
        return provision(api, kAccount, worker_from(text), may_create);
    }

    // "found KV namespace w-my-cache: 0123…"
    static Lines told(const std::vector<Resource>& resources) {
        Lines lines;
        for (const Resource& resource : resources) {
            lines.push_back(std::string(resource_state_name(resource.state)) + " " +
                            describe(resource) + ": " + resource.id);
        }
        return lines;
    }
};

} // namespace

TEST_CASE_METHOD(Fixture, "what has all its ids asks nothing") {
    const auto done = run("[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\nid = \"" + kId + "\"\n");
    REQUIRE(done);
    CHECK(done->resources.empty());
    CHECK(http.requests.empty());
}

TEST_CASE_METHOD(Fixture, "the deployed Worker's bindings say which resources are meant") {
    struct Row {
        std::string text;
        std::string live;
        std::string told;
        std::string key; // of the binding's table, with the id
    };
    const Row rows[] = {
        {kKv, R"({"type":"kv_namespace","name":"MY_CACHE","namespace_id":")" + kId + "\"}",
         "bound KV namespace " + kId + ": " + kId, "id"},
        {kD1, R"({"type":"d1","name":"DB","id":")" + kUuid + "\"}",
         "bound D1 database " + kUuid + ": " + kUuid, "database_id"},
        {kR2, R"({"type":"r2_bucket","name":"FILES","bucket_name":"old"})",
         "bound R2 bucket old: old", "bucket_name"},
        {kNamedR2, R"({"type":"r2_bucket","name":"FILES","bucket_name":"pictures"})",
         "bound R2 bucket pictures: pictures", "bucket_name"},
        {kQueue, R"({"type":"queue","name":"JOBS","queue_name":"old"})", "bound queue old: old",
         "queue"},
        {"[[tool.pymode.dispatch-namespaces]]\nbinding = \"D\"\n",
         R"({"type":"dispatch_namespace","name":"D","namespace":"people"})",
         "bound Dispatch namespace people: people", "namespace"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        Fixture each;
        each.bound_to("[" + row.live + "]");
        const auto done = each.run(row.text);
        REQUIRE(done);
        CHECK(told(done->resources) == Lines{row.told});
        CHECK(each.calls() == Lines{"GET {S}/settings"});
        CHECK(done->worker.bindings[0].text(row.key) == done->resources[0].id);
        CHECK_FALSE(done->worker.bindings[0].lacks_resource());
    }
}

TEST_CASE_METHOD(Fixture, "else they are found by their name") {
    struct Row {
        std::string text;
        std::string call;
        std::string result;
        std::string told;
    };
    const Row rows[] = {
        {kKv, kListKv,
         R"([{"id":"00000000000000000000000000000001","title":"w-my-cache-2"},
             {"id":")" +
             kId + R"(","title":"w-my-cache"}])",
         "found KV namespace w-my-cache: " + kId},
        {kD1, "GET {A}/d1/database/w-db", R"({"uuid":")" + kUuid + R"(","name":"w-db"})",
         "found D1 database w-db: " + kUuid},
        {kNamedD1, "GET {A}/d1/database/shop", R"({"uuid":")" + kUuid + R"(","name":"shop"})",
         "found D1 database shop: " + kUuid},
        {kR2, "GET {A}/r2/buckets/w-files", R"({"name":"w-files"})",
         "found R2 bucket w-files: w-files"},
        {kNamedR2, "GET {A}/r2/buckets/pictures", R"({"name":"pictures"})",
         "found R2 bucket pictures: pictures"},
        {kNamedQueue, "GET {A}/queues?page=1&name=orders",
         R"([{"queue_id":"q1","queue_name":"orders"}])", "found queue orders: orders"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        Fixture each;
        each.no_worker();
        each.http.will_succeed(row.result);
        const auto done = each.run(row.text);
        REQUIRE(done);
        CHECK(told(done->resources) == Lines{row.told});
        CHECK(each.calls() == Lines{"GET {S}/settings", row.call});
    }
}

TEST_CASE_METHOD(Fixture, "other bindings of the deployed Worker do not count") {
    struct Row {
        std::string text;
        std::string live;
    };
    const Row rows[] = {
        {kNamedR2, R"({"type":"r2_bucket","name":"FILES","bucket_name":"other"})"},
        {kNamedR2,
         R"({"type":"r2_bucket","name":"FILES","bucket_name":"pictures","jurisdiction":"eu"})"},
        {kNamedR2, R"({"type":"r2_bucket","name":"OTHER","bucket_name":"pictures"})"},
        {kNamedR2, R"({"type":"queue","name":"FILES","queue_name":"pictures"})"},
        {kNamedR2, R"("odd")"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.live);
        Fixture each;
        each.bound_to("[" + row.live + "]");
        each.http.will_succeed(R"({"name":"pictures"})");
        REQUIRE(each.run(row.text));
        CHECK(each.calls().back() == "GET {A}/r2/buckets/pictures");
    }
    // A database that is named may be another one than the bound one.
    bound_to(R"([{"type":"d1","name":"DB","id":"99999999-2222-3333-4444-555555555555"}])");
    http.will_succeed(R"({"uuid":")" + kUuid + R"(","name":"shop"})");
    CHECK(told(run(kNamedD1)->resources) == Lines{"found D1 database shop: " + kUuid});
}

TEST_CASE_METHOD(Fixture, "what is missing is an error at its table") {
    struct Row {
        std::string text;
        std::string message;
        int line;
    };
    const Row rows[] = {
        {kKv, "the binding MY_CACHE has no id, and the account has no KV namespace w-my-cache", 3},
        {kD1, "the binding DB has no database-id, and the account has no D1 database w-db", 3},
        {kNamedR2, "the account has no R2 bucket pictures, which the binding FILES needs", 3},
        {kNamedQueue, "the account has no queue orders, which the binding JOBS needs", 3},
        {"[[tool.pymode.queues.consumers]]\nqueue = \"orders\"\n",
         "the account has no queue orders", 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        Fixture each;
        if (row.line > 0) {
            each.no_worker();
        }
        if (row.text == kD1) {
            each.http.will_refuse(404, 7404, "not found");
        } else if (row.text == kNamedR2) {
            each.http.will_refuse(404, 10006, "no such bucket");
        } else {
            each.http.will_succeed("[]");
        }
        const auto done = each.run(row.text);
        REQUIRE_FALSE(done);
        CHECK(done.error().message == row.message);
        CHECK(done.error().code == ErrorCode::config);
        CHECK(done.error().hint == "`pymode deploy --provision` makes what is missing");
        CHECK((done.error().where ? done.error().where->line : 0) == row.line);
        CHECK(each.http.done());
    }
}

TEST_CASE_METHOD(Fixture, "all that is missing is named at once") {
    no_worker();
    http.will_succeed("[]");
    http.will_refuse(404, 10006, "no such bucket");
    CHECK(run(kKv + kNamedR2).error().notes ==
          Lines{"also the account has no R2 bucket pictures, which the binding FILES needs"});
}

TEST_CASE_METHOD(Fixture, "with permission it is made") {
    struct Row {
        std::string text;
        std::string call;
        std::string body;
        std::string result;
        std::string told;
    };
    const Row rows[] = {
        {kKv, "POST {A}/storage/kv/namespaces", R"({"title":"w-my-cache"})",
         R"({"id":")" + kId + "\"}", "created KV namespace w-my-cache: " + kId},
        {kNamedD1 + "jurisdiction = \"eu\"\n", "POST {A}/d1/database",
         R"({"name":"shop","jurisdiction":"eu"})", R"({"uuid":")" + kUuid + "\"}",
         "created D1 database shop: " + kUuid},
        {kNamedR2 + "jurisdiction = \"eu\"\n", "POST {A}/r2/buckets", R"({"name":"pictures"})",
         R"({"name":"pictures"})", "created R2 bucket pictures: pictures"},
        {kQueue, "POST {A}/queues", R"({"queue_name":"w-jobs"})",
         R"({"queue_id":"q1","queue_name":"w-jobs"})", "created queue w-jobs: w-jobs"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        Fixture each;
        each.no_worker();
        if (row.call.ends_with("database")) {
            each.http.will_refuse(404, 7404, "not found");
        } else if (row.call.ends_with("buckets")) {
            each.http.will_refuse(404, 10006, "no such bucket");
        } else {
            each.http.will_succeed("[]");
        }
        each.http.will_succeed(row.result);
        const auto done = each.run(row.text, MayCreate::yes);
        REQUIRE(done);
        CHECK(told(done->resources) == Lines{row.told});
        CHECK(each.calls().back() == row.call);
        CHECK(each.body(2) == nlohmann::json::parse(row.body));
        const bool in_eu = row.call.ends_with("buckets");
        CHECK((each.http.requests[2].headers[1].name == "cf-r2-jurisdiction") == in_eu);
        CHECK_FALSE(done->worker.bindings[0].lacks_resource());
    }
}

TEST_CASE_METHOD(Fixture, "queues that are consumed or take dead letters are made too") {
    const std::string consumer =
        "[[tool.pymode.queues.consumers]]\nqueue = \"orders\"\ndead-letter-queue = \"dead\"\n";
    no_worker();
    http.will_succeed("[]");
    http.will_succeed("[]");
    http.will_succeed(R"({"queue_name":"orders"})");
    http.will_succeed(R"({"queue_name":"dead"})");
    const auto done = run(kNamedQueue + consumer, MayCreate::yes);
    REQUIRE(done);
    CHECK(told(done->resources) ==
          Lines{"created queue orders: orders", "created queue dead: dead"});
    CHECK(calls() == Lines{"GET {S}/settings", "GET {A}/queues?page=1&name=orders",
                           "GET {A}/queues?page=1&name=dead", "POST {A}/queues",
                           "POST {A}/queues"});
    CHECK_FALSE(done->resources[1].is_new_to_configuration);
}

TEST_CASE_METHOD(Fixture, "what two bindings mean is made once") {
    no_worker();
    http.will_succeed("[]");
    http.will_succeed("[]");
    http.will_succeed(R"({"queue_name":"orders"})");
    const std::string second =
        "[[tool.pymode.queues.producers]]\nbinding = \"MORE\"\nqueue = \"orders\"\n";
    CHECK(told(run(kNamedQueue + second, MayCreate::yes)->resources) ==
          Lines{"created queue orders: orders", "found queue orders: orders"});
    CHECK(http.done());
}

TEST_CASE_METHOD(Fixture, "a lost answer never makes a second one") {
    no_worker();
    http.will_succeed("[]");
    SECTION("it was made: the name tells") {
        http.will_answer(502, "<html>");
        http.will_succeed(R"([{"id":")" + kId + R"(","title":"w-my-cache"}])");
        CHECK(told(run(kKv, MayCreate::yes)->resources) ==
              Lines{"created KV namespace w-my-cache: " + kId});
    }
    SECTION("it was not: it is sent again") {
        http.will_fail(ErrorCode::network, "the connection broke");
        http.will_succeed("[]");
        http.will_succeed(R"({"id":")" + kId + "\"}");
        CHECK(run(kKv, MayCreate::yes));
        CHECK(calls().back() == "POST {A}/storage/kv/namespaces");
    }
    SECTION("somebody else made it in between") {
        http.will_refuse(400, 10014, "exists");
        http.will_succeed(R"([{"id":")" + kId + R"(","title":"w-my-cache"}])");
        CHECK(run(kKv, MayCreate::yes));
    }
    SECTION("and nobody can tell: so it is said") {
        http.will_fail(ErrorCode::network, "the connection broke");
        http.will_fail(ErrorCode::network, "still no connection");
        const auto done = run(kKv, MayCreate::yes);
        REQUIRE_FALSE(done);
        CHECK(done.error().code == ErrorCode::network);
        CHECK(done.error().notes ==
              Lines{"this was to make the KV namespace w-my-cache",
                    "whether it has taken effect is not known: still no connection"});
    }
    SECTION("a refusal is final") {
        http.will_refuse(403, 10000, "Authentication error");
        CHECK_FALSE(run(kKv, MayCreate::yes));
    }
    SECTION("an interruption too") {
        http.will_fail(ErrorCode::cancelled, "interrupted");
        CHECK(run(kKv, MayCreate::yes).error().code == ErrorCode::cancelled);
    }
    SECTION("an id that is none") {
        http.will_succeed(R"({"id":"a\"\n[x]"})");
        CHECK(run(kKv, MayCreate::yes).error().message ==
              "Cloudflare's answer has no id of the KV namespace w-my-cache");
    }
    CHECK(http.done());
}

TEST_CASE_METHOD(Fixture, "what was made before a failure is told") {
    no_worker();
    http.will_succeed("[]");
    http.will_refuse(404, 10006, "no such bucket");
    http.will_succeed(R"({"id":")" + kId + "\"}");
    http.will_refuse(400, 10005, "bad name");
    Lines told;
    const auto done =
        provision(api, kAccount, worker_from(kKv + kNamedR2), MayCreate::yes,
                  {.on_step = {},
                   .on_making = [&] { told.emplace_back("making"); },
                   .on_made = [&](const Resource& made) { told.push_back(describe(made)); }});
    REQUIRE_FALSE(done);
    CHECK(done.error().message == "Cloudflare refused to make the R2 bucket pictures (status 400)");
    CHECK(told == Lines{"making", "KV namespace w-my-cache", "making"});
}

TEST_CASE_METHOD(Fixture, "a token that may not look leaves named resources to the upload") {
    no_worker();
    http.will_refuse(403, 10000, "Authentication error");
    SECTION("named") {
        CHECK(told(run(kNamedR2)->resources) == Lines{"assumed R2 bucket pictures: pictures"});
    }
    SECTION("an id is needed") {
        CHECK(run(kNamedD1).error().message == "the token may not look for the D1 database shop");
    }
}

TEST_CASE_METHOD(Fixture, "other kinds are not found out") {
    no_worker();
    const auto done = run("[[tool.pymode.dispatch-namespaces]]\nbinding = \"D\"\n");
    REQUIRE_FALSE(done);
    CHECK(done.error().message == "the Dispatch namespace D has no namespace");
    CHECK(done.error().where->line == 3);
}

TEST_CASE_METHOD(Fixture, "find_resources only reads, and says what would be made") {
    no_worker();
    http.will_succeed("[]");
    const auto found = find_resources(api, kAccount, worker_from(kKv));
    REQUIRE(found);
    CHECK(told(*found) == Lines{"missing KV namespace w-my-cache: "});
    CHECK(http.done());
}

// SPDX-License-Identifier: MIT
#include "core/cloudflare/kv.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/cloudflare/api_fixture.hpp"

using namespace pymode;
using test::ApiFixture;
using test::Calls;

namespace {

const KvPlace kPlace{"acc", "ns"};
const std::string kBase = "/accounts/acc/storage/kv/namespaces";

} // namespace

TEST_CASE("what a key may be") {
    for (const std::string& good : {std::string("a"), std::string("a/../b"), std::string(512, 'x'),
                                    std::string("ключ"), std::string("...")}) {
        CHECK(check_kv_key(good));
    }
    for (const std::string& bad : {std::string(), std::string("."), std::string(".."),
                                   std::string(513, 'x'), std::string("\xFF")}) {
        CHECK_FALSE(check_kv_key(bad));
    }
}

TEST_CASE_METHOD(ApiFixture, "values are bytes, and keys are percent-encoded") {
    http.will_answer(200, std::string("\0\xFF\n", 3));
    const auto value = get_kv_value(api, kPlace, "a/b ?");
    REQUIRE(value);
    CHECK(as_text(*value) == std::string_view("\0\xFF\n", 3));
    CHECK(http.requests[0].max_response_bytes == kMaxKvValueBytes);
    CHECK_FALSE(http.requests[0].accept_compressed);
    http.will_refuse(404, 10009, "get: 'key not found'");
    CHECK(get_kv_value(api, kPlace, "a").error().code == ErrorCode::not_found);
    http.will_refuse(404, 10013, "namespace not found");
    CHECK(get_kv_value(api, kPlace, "a").error().message == "the account has no KV namespace ns");

    http.will_succeed("null");
    REQUIRE(
        put_kv_value(api, kPlace, "k", to_bytes("v"), {.expiration = {}, .expiration_ttl = 60}));
    CHECK(as_text(*http.requests.back().body) == "v");
    http.will_succeed("null");
    REQUIRE(put_kv_value(api, kPlace, "k", to_bytes("v"), {.metadata = nlohmann::json{{"a", 1}}}));
    REQUIRE(http.requests.back().multipart.size() == 2);
    CHECK(as_text(http.requests.back().multipart[1].content) == R"({"a":1})");
    http.will_succeed("null");
    REQUIRE(delete_kv_value(api, kPlace, "k"));
    CHECK(http.calls() ==
          Calls{"GET " + kBase + "/ns/values/a%2Fb%20%3F", "GET " + kBase + "/ns/values/a",
                "GET " + kBase + "/ns/values/a", "PUT " + kBase + "/ns/values/k?expiration_ttl=60",
                "PUT " + kBase + "/ns/values/k", "DELETE " + kBase + "/ns/values/k"});
}

TEST_CASE_METHOD(ApiFixture, "keys come from all pages, no more than asked for") {
    http.will_answer(200,
                     R"({"success":true,"result":[{"name":"a","expiration":9,"metadata":1},{"x":1}],
        "result_info":{"cursor":"c/1"}})");
    http.will_answer(200,
                     R"({"success":true,"result":[{"name":"b"}],"result_info":{"cursor":""}})");
    const auto keys = list_kv_keys(api, kPlace, "p&", 5000);
    REQUIRE(keys);
    REQUIRE(keys->size() == 2);
    CHECK(keys->at(0).expiration == 9);
    CHECK(http.calls() == Calls{"GET " + kBase + "/ns/keys?limit=1000&prefix=p%26",
                                "GET " + kBase + "/ns/keys?limit=1000&prefix=p%26&cursor=c%2F1"});
    http.will_answer(200, R"({"success":true,"result":[{"name":"a"},{"name":"b"}],
        "result_info":{"cursor":"more"}})");
    CHECK(list_kv_keys(api, kPlace, "", 1)->size() == 1);
    CHECK(http.done());
}

TEST_CASE_METHOD(ApiFixture, "a namespace is made once, also when its answer is lost") {
    SECTION("it is there") {
        http.will_break();
        http.will_succeed(R"([{"id":"1","title":"other"},{"id":"2","title":"T"}])");
        CHECK(create_kv_namespace(api, "acc", "T")->id == "2");
    }
    SECTION("the second attempt says that the first has worked") {
        http.will_break();
        http.will_succeed("[]");
        http.will_refuse(400, 10014, "exists");
        http.will_succeed(R"([{"id":"2","title":"T"}])");
        CHECK(create_kv_namespace(api, "acc", "T")->id == "2");
    }
    SECTION("it was there before") {
        http.will_refuse(400, 10014, "exists");
        CHECK(create_kv_namespace(api, "acc", "T").error().message ==
              "there is a KV namespace T already");
    }
    CHECK(http.done());
}

TEST_CASE_METHOD(ApiFixture, "many values go in parts") {
    std::vector<nlohmann::json> keys(kKvBulkCount + 1, "k");
    std::vector<std::size_t> done;
    const auto count = [&](std::size_t n) { done.push_back(n); };
    http.will_succeed("{}");
    http.will_succeed(R"({"unsuccessful_keys":[]})");
    REQUIRE(delete_kv_bulk(api, kPlace, keys, count));
    CHECK(done == std::vector<std::size_t>{kKvBulkCount, kKvBulkCount + 1});
    CHECK(sent(1) == nlohmann::json{"k"});

    http.will_succeed("{}");
    http.will_refuse(500, 1, "no");
    const auto failed = put_kv_bulk(api, kPlace, keys, count);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().notes.front() == "1000 of 1001 were done before that");
    http.will_succeed(R"({"unsuccessful_keys":["a"]})");
    CHECK(put_kv_bulk(api, kPlace, {"x"}, count).error().notes == std::vector<std::string>{"a"});
}

TEST_CASE("files of many values") {
    struct Row {
        std::string text;
        std::string message; // empty: right
    };
    const Row rows[] = {
        {R"([{"key":"a","value":"b","base64":true,"metadata":[1],"expiration_ttl":60}])", ""},
        {"[]", ""},
        {"{}", "f: this is no JSON array"},
        {"[1]", "f: entry 1: it is no object"},
        {R"([{"key":"a"}])", "f: entry 1: its \"value\" is missing"},
        {R"([{"key":"a","value":1}])", "f: entry 1: its \"value\" is of the wrong type"},
        {R"([{"key":"a","value":"b","ttl":1}])", "f: entry 1: there is no field \"ttl\""},
        {R"([{"key":"..","value":"b"}])", "f: entry 1: KV has no keys called \"..\""},
    };
    for (const Row& row : rows) {
        const auto pairs = parse_kv_pairs("f", row.text);
        CHECK((pairs ? "" : pairs.error().message) == row.message);
    }
    CHECK(*parse_kv_keys("f", R"(["a",{"name":"b"},{"key":"c"}])") ==
          std::vector<nlohmann::json>{"a", "b", "c"});
    CHECK_FALSE(parse_kv_keys("f", R"([{"id":"a"}])"));
    CHECK_FALSE(parse_kv_keys("f", R"([""])"));
}

// SPDX-License-Identifier: MIT
#include "core/cloudflare/api.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/cloudflare/fake_http.hpp"
#include "tests/unit/support/fake_clock.hpp"

using namespace pymode;

namespace {

HttpResponse response(int status, std::string_view body, std::vector<HttpHeader> headers = {}) {
    HttpResponse result;
    result.status = status;
    result.body = to_bytes(body);
    result.headers = std::move(headers);
    result.url = "http://api/x";
    return result;
}

struct Fixture {
    Fixture()
        : api(http, clock, cancel, "http://api",
              *Credentials::from_environment(Env(std::map<std::string, std::string, std::less<>>{
                  {"CLOUDFLARE_API_TOKEN", "sesame"}}))) {}

    test::FakeHttp http;
    test::FakeClock clock;
    CancelToken cancel;
    CloudflareApi api;
};

} // namespace

TEST_CASE("the envelope is judged by success, whatever the status") {
    const auto good = parse_api_answer(
        response(200, R"({"success":true,"errors":null,"messages":null,"result":{"a":1}})"));
    REQUIRE(good);
    CHECK(good->success);
    CHECK(good->result.at("a") == 1);

    const auto empty = parse_api_answer(response(204, ""));
    REQUIRE(empty);
    CHECK(empty->success);

    const auto refused = parse_api_answer(
        response(200, R"({"success":false,"errors":[{"code":6003,"message":"Invalid",
                "error_chain":[{"code":6111,"message":"Format"}]}]})"));
    REQUIRE(refused);
    CHECK_FALSE(refused->success);
    CHECK(refused->has_problem(6003));
    CHECK(refused->has_problem(6111));

    const auto other = parse_api_answer(response(500, R"({"code":1,"error":"strange"})"));
    REQUIRE(other);
    CHECK(other->problems.front().message == "strange");
}

TEST_CASE("an answer of something else than the API is an error that shows its begin") {
    const auto html = parse_api_answer(
        response(502, "<html>\x1b[31mbad gateway</html>", {{"CF-Ray", "abc-FRA"}}));
    REQUIRE_FALSE(html);
    const std::string text = format_error(html.error(), Colour::no);
    CHECK(text.find("bad gateway") != std::string::npos);
    CHECK(text.find("abc-FRA") != std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);

    const auto wall = parse_api_answer(response(403, "{}", {{"cf-mitigated", "challenge"}}));
    REQUIRE_FALSE(wall);
    CHECK(wall.error().message.find("firewall") != std::string::npos);

    const std::string body = GENERATE(as<std::string>{}, "", "[]", "null", "5", "{", "\"x\"");
    CHECK_FALSE(parse_api_answer(response(500, body)));
}

TEST_CASE("hostile shapes of an envelope do no harm") {
    const std::string body =
        GENERATE(as<std::string>{}, R"({"success":"yes"})", R"({"success":false,"errors":5})",
                 R"({"success":false,"errors":["x",null,{"code":"1","message":2}]})",
                 R"({"success":false,"errors":{"code":1}})", R"({"success":false,"error":{}})");
    const auto answer = parse_api_answer(response(400, body));
    REQUIRE(answer);
    CHECK_FALSE(answer->success);
    CHECK_FALSE(answer->problems.empty());
}

TEST_CASE_METHOD(Fixture, "a refusal tells code and remedy, and never the token") {
    struct Row {
        int status;
        int code;
        std::string hint; // a part of it
    };
    const auto row = GENERATE(values<Row>({{401, 10000, "CLOUDFLARE_API_TOKEN"},
                                           {403, 10000, "CLOUDFLARE_ACCOUNT_ID"},
                                           {404, 7003, "account id"},
                                           {400, 10021, "pymode dev"},
                                           {429, 971, "wait"},
                                           {429, 1, "wait"},
                                           {400, 10027, "exclude"}}));
    CAPTURE(row.status, row.code);
    http.will_refuse(row.status, row.code, "because");
    const auto result = api.call({.path = "/x"}, "do it");
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::api);
    const std::string text = format_error(result.error(), Colour::no);
    CHECK(text.find("because [code: " + std::to_string(row.code) + "]") != std::string::npos);
    CHECK(result.error().hint.find(row.hint) != std::string::npos);
    CHECK(text.find("sesame") == std::string::npos);
}

TEST_CASE_METHOD(Fixture, "requests carry the token and JSON") {
    http.will_succeed("{}");
    REQUIRE(api.call({.method = "POST", .path = "/x", .json = nlohmann::json{{"a", 1}}}, "do it"));
    const HttpRequest& sent = http.requests.at(0);
    CHECK(sent.url == "http://api/x");
    CHECK(sent.headers.at(0).value == "Bearer sesame");
    CHECK(sent.headers.at(1).value == "application/json");
    CHECK(as_text(*sent.body) == "{\"a\":1}");
    CHECK(sent.retry.max_attempts == 3);
    CHECK(sent.max_redirects == 0);
}

TEST_CASE_METHOD(Fixture, "a POST is repeated when it says so") {
    http.will_succeed("{}");
    http.will_succeed("{}");
    REQUIRE(api.send({.method = "POST", .path = "/x", .repeatable = true, .max_attempts = 5}));
    REQUIRE(api.send({.method = "POST", .path = "/x"}));
    CHECK(http.requests[0].may_be_repeated());
    CHECK(http.requests[0].retry.max_attempts == 5);
    CHECK_FALSE(http.requests[1].may_be_repeated());
}

TEST_CASE_METHOD(Fixture, "an unreadable answer is asked for once more where that is safe") {
    struct Row {
        std::string method;
        std::optional<bool> repeatable;
        int status;
        std::size_t requests;
    };
    const auto row = GENERATE(values<Row>({{"GET", std::nullopt, 200, 2},
                                           {"PUT", std::nullopt, 200, 2},
                                           {"PUT", false, 200, 1},
                                           {"POST", true, 200, 2},
                                           {"POST", std::nullopt, 200, 1},
                                           {"GET", std::nullopt, 502, 1}}));
    http.will_answer(row.status, R"({"success":tr)");
    http.will_succeed("{}");
    const ApiRequest request{.method = row.method, .path = "/x", .repeatable = row.repeatable};
    CHECK(api.send_all({&request, 1}).front().has_value() == (row.requests == 2));
    CHECK(http.requests.size() == row.requests);
}

TEST_CASE_METHOD(Fixture, "what the firewall stops is not sent again") {
    http.will_answer(403, "<html></html>", {{"cf-mitigated", "challenge"}});
    CHECK_FALSE(api.send({.method = "PUT", .path = "/x"}));
    CHECK(http.requests.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a list comes from all its pages") {
    const auto page = [&](const std::string& items, const std::string& info) {
        http.will_answer(200, R"({"success":true,"result":)" + items + R"(,"result_info":)" + info +
                                  "}");
    };
    page("[1,2]", R"({"page":1,"total_count":3})");
    page("[3]", R"({"page":2,"total_count":3})");
    CHECK(api.list("/a?x=1", "list")->size() == 3);
    page("[1]", R"({"cursor":"a/b"})");
    page("[2]", R"({"cursor":""})");
    CHECK(api.list("/b", "list")->size() == 2);
    page(R"({"items":[7]})", "null");
    CHECK(api.list("/c", "list", "items") == std::vector<nlohmann::json>{7});
    page("[]", R"({"total_count":9})"); // a server that counts wrongly is not asked for ever
    CHECK(api.list("/d", "list")->empty());
    http.will_refuse(404, 10007, "none");
    CHECK_FALSE(api.list("/e", "list"));
    CHECK(http.calls() ==
          std::vector<std::string>{"GET http://api/a?x=1", "GET http://api/a?x=1&page=2",
                                   "GET http://api/b", "GET http://api/b?cursor=a%2Fb",
                                   "GET http://api/c", "GET http://api/d", "GET http://api/e"});
}

TEST_CASE_METHOD(Fixture, "a body, its type, and another token") {
    http.will_succeed("{}");
    REQUIRE(api.send({.method = "PUT",
                      .path = "/x",
                      .body = to_bytes("raw"),
                      .content_type = "text/plain",
                      .bearer = "other"}));
    const HttpRequest& sent = http.requests.front();
    CHECK(as_text(*sent.body) == "raw");
    REQUIRE(sent.headers.size() == 2);
    CHECK(sent.headers[0].value == "Bearer other");
    CHECK(sent.headers[1].value == "text/plain");
}

TEST_CASE_METHOD(Fixture, "an answer that is cut off is asked for once more, where that is safe") {
    for (const int status : {200, 404}) {
        http.will_answer(status, R"({"success":false,"err)");
        http.will_refuse(404, 10007, "none");
        const auto answer = api.send({.path = "/x"});
        REQUIRE(answer);
        CHECK(answer->has_problem(10007));
    }
    http.will_answer(404, R"({"success":false,"err)");
    CHECK_FALSE(api.send({.method = "POST", .path = "/x"}));
    CHECK(http.done());
}

// SPDX-License-Identifier: MIT
#include "core/cloudflare/user.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/cloudflare/fake_http.hpp"
#include "tests/unit/support/fake_clock.hpp"

using namespace pymode;

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

const std::string kAccount = "00000000000000000000000000000abc";
const std::string kAccounts = R"([{"id":"00000000000000000000000000000abc","name":"Mine"}])";

// One answer of the fake: a result, or a refusal by its code.
struct Answer {
    std::string result;
    int refusal = 0;
};

struct Fixture {
    Fixture()
        : api(http, clock, cancel, "http://api",
              *Credentials::from_environment(Env(Variables{{"CLOUDFLARE_API_TOKEN", "t"}}))) {}

    void will(const std::vector<Answer>& answers) {
        for (const Answer& answer : answers) {
            if (answer.refusal != 0) {
                http.will_refuse(403, answer.refusal, "no");
            } else {
                http.will_succeed(answer.result);
            }
        }
    }

    test::FakeHttp http;
    test::FakeClock clock;
    CancelToken cancel;
    CloudflareApi api;
};

} // namespace

TEST_CASE_METHOD(Fixture, "who the credentials belong to") {
    struct Row {
        const char* what;
        std::vector<Answer> answers; // /accounts, /memberships, /user, the checks of the token
        Owner owner;
        std::string email;
        std::string status;
        std::size_t roles;
        CredentialKind kind = CredentialKind::token;
    };
    const std::string active = R"({"id":"x","status":"active"})";
    const std::string user = R"({"email":"a@example.com"})";
    const auto row = GENERATE_COPY(values<Row>({
        {"a user's token",
         {{kAccounts},
          {R"([{"account":{"id":"00000000000000000000000000000abc"},"roles":["Administrator",{"name":"Billing"},7]}])"},
          {user},
          {active}},
         Owner::user,
         "a@example.com",
         "active",
         2},
        {"a token without the right to read about its user",
         {{kAccounts}, {"", 10000}, {"", 9109}, {active}},
         Owner::user,
         "",
         "active",
         0},
        {"a token of an account",
         {{kAccounts}, {"", 9106}, {"", 9109}, {"", 1000}, {active}},
         Owner::account,
         "",
         "active",
         0},
        {"a token that nobody knows anything of",
         {{kAccounts}, {"", 10000}, {"", 10000}, {"", 1000}, {"", 1000}},
         Owner::unknown,
         "",
         "",
         0},
        {"answers of another shape than promised",
         {{R"([7,{"id":3},{"id":"00000000000000000000000000000abc","name":5}])"},
          {R"([1,{"account":2,"roles":{}}])"},
          {"[]"},
          {R"({"status":8})"}},
         Owner::user,
         "",
         "",
         0},
        {"the global key is not looked up as a token",
         {{kAccounts}, {"[]"}, {user}},
         Owner::user,
         "a@example.com",
         "",
         0,
         CredentialKind::key},
    }));
    INFO(row.what);
    will(row.answers);
    const auto identity = identify(api, row.kind);
    REQUIRE(identity);
    CHECK(http.done());
    CHECK(identity->owner == row.owner);
    CHECK(identity->email == row.email);
    CHECK(identity->token_status == row.status);
    REQUIRE(identity->accounts.size() == 1);
    CHECK(identity->accounts[0].id == kAccount);
    CHECK(identity->accounts[0].roles.size() == row.roles);
}

TEST_CASE_METHOD(Fixture, "credentials that may not list accounts are an error") {
    http.will_refuse(401, 10000, "Authentication error");
    const auto identity = identify(api, CredentialKind::token);
    REQUIRE_FALSE(identity);
    CHECK(identity.error().code == ErrorCode::api);
    CHECK(identity.error().hint.find("CLOUDFLARE_API_TOKEN") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "another refusal than that of a missing right is an error") {
    will({{kAccounts}, {"", 10013}});
    CHECK_FALSE(identify(api, CredentialKind::token));
}

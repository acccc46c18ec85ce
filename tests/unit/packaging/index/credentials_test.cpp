// SPDX-License-Identifier: MIT
#include "core/packaging/index/credentials.hpp"

#include <catch2/catch.hpp>

#include "core/base/file.hpp"

using namespace pymode;

TEST_CASE("netrc files") {
    const auto logins =
        parse_netrc("# mine\n"
                    "machine a.example login me password p#1\n"
                    "machine A.example login late password no\n"
                    "machine b.example\n\tlogin you # a comment\n\tpassword \"a b\\\"c\"\n"
                    "macdef init\n  machine no.example login x password y\n\n"
                    "machine c.example login only\n"
                    "machine d.example account x password z nonsense\n"
                    "default login anon password mail\n");
    CHECK(logins.at("a.example") == Login{"me", "p#1"});
    CHECK(logins.at("b.example") == Login{"you", "a b\"c"});
    CHECK(logins.at("c.example") == Login{"only", ""});
    CHECK(logins.at("d.example") == Login{"", "z"});
    CHECK(logins.at("") == Login{"anon", "mail"});
    CHECK(logins.count("no.example") == 0);
    CHECK(parse_netrc("").empty());
    CHECK(parse_netrc("login x password y machine").size() == 1);
}

TEST_CASE("which credentials go where") {
    const TempDir folder = TempDir::create().value();
    const fs::path netrc = folder.path() / "netrc";
    REQUIRE(write_file_atomic(netrc, "machine n.example login nu password np\n"
                                     "machine c.example login cu password cp\n"));
    const Env env{{"NETRC", netrc.string()},
                  {"PYMODE_INDEX_TWO_1_USERNAME", "eu"},
                  {"PYMODE_INDEX_TWO_1_PASSWORD", "ep"},
                  {"PYMODE_INDEX_ONE_PASSWORD", "unused"}};
    const std::vector<IndexLocation> indexes{{"one", "https://u:p@one.example/simple", false},
                                             {"two.1", "https://two.example:8443/simple", false},
                                             {"", "https://cu@c.example/simple", false}};
    const std::vector<std::string> links{"https://l:m@links.example/page"};
    const IndexCredentials credentials(indexes, links, env);
    CHECK(credentials.authorization("https://one.example/files/a") == "Basic dTpw");
    CHECK(credentials.authorization("https://ONE.example:443/") == "Basic dTpw");
    CHECK_FALSE(credentials.authorization("http://one.example/")); // another scheme
    CHECK_FALSE(credentials.authorization("https://one.example:444/"));
    CHECK_FALSE(credentials.authorization("https://sub.one.example/"));
    CHECK(credentials.authorization("https://two.example:8443/x") == "Basic ZXU6ZXA=");
    CHECK(credentials.authorization("https://links.example/x") == "Basic bDpt");
    CHECK(credentials.authorization("https://n.example/x") == "Basic bnU6bnA=");
    CHECK(credentials.authorization("https://c.example/x") == "Basic Y3U6Y3A="); // from netrc
    CHECK_FALSE(credentials.authorization("https://other.example/"));
    CHECK(credentials.netrc_problem().empty());
    CHECK(index_variable_prefix("my-Company.2") == "PYMODE_INDEX_MY_COMPANY_2");
}

TEST_CASE("a netrc file that cannot be read is told, one that is not there is not") {
    const TempDir folder = TempDir::create().value();
    CHECK(IndexCredentials({}, {}, Env{{"HOME", folder.path().string()}}).netrc_problem().empty());
    CHECK_FALSE(
        IndexCredentials({}, {}, Env{{"NETRC", folder.path().string()}}).netrc_problem().empty());
}

// SPDX-License-Identifier: MIT
#include "core/base/proxy.hpp"

#include <catch2/catch.hpp>

using namespace pymode;

TEST_CASE("the proxy of a URL is chosen as curl does") {
    struct Row {
        Env env;
        std::string url;
        std::string proxy;
    };
    const auto row = GENERATE(values<Row>({
        {{}, "https://a", ""},
        {{{"https_proxy", "http://p"}}, "https://a", "http://p"},
        {{{"https_proxy", "http://p"}}, "wss://a", "http://p"},
        {{{"https_proxy", "http://p"}}, "ws://a", ""},
        {{{"http_proxy", "http://p"}}, "ws://a", "http://p"},
        {{{"HTTP_PROXY", "http://p"}}, "http://a", ""},
        {{{"HTTPS_PROXY", "http://p"}}, "HTTPS://a", "http://p"},
        {{{"https_proxy", ""}, {"ALL_PROXY", "http://all"}}, "wss://a", "http://all"},
    }));
    INFO(row.url);
    CHECK(proxy_for(row.url, row.env) == row.proxy);
}

TEST_CASE("hosts that need no proxy") {
    struct Row {
        std::string host;
        std::string list;
        bool found;
    };
    const auto row = GENERATE(values<Row>({
        {"a.example.com", "", false},
        {"a.example.com", "*", true},
        {"a.example.com", "example.com", true},
        {"a.example.com", "b.org, .Example.com", true},
        {"a.example.com", "b.org a.example.com", true},
        {"notexample.com", "example.com", false},
        {"127.0.0.1", "127.0.0.1,localhost", true},
        {"example.com", ",", false},
    }));
    INFO(row.host << " in " << row.list);
    CHECK(in_no_proxy_list(row.host, row.list) == row.found);
}

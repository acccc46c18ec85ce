// SPDX-License-Identifier: MIT
#include "core/cloudflare/zones.hpp"

#include <catch2/catch.hpp>

using namespace pymode;

TEST_CASE("hosts and addresses of routes") {
    struct Row {
        std::string pattern;
        std::string host;
        std::string url;
    };
    const Row rows[] = {
        {"example.com/api/*", "example.com", "https://example.com/api/"},
        {"Example.com/x", "example.com", "https://Example.com/x"},
        {"http://example.com/*", "example.com", "http://example.com/"},
        {"https://*.example.com/a", "example.com", ""},
        {"*example.com/*", "example.com", ""},
        {"*/path", "", ""},
        {"example.com", "example.com", "https://example.com"},
        {"example.com:8443/x", "example.com", "https://example.com:8443/x"},
        {"", "", ""},
        {"*", "", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.pattern);
        CHECK(host_of_route(row.pattern) == row.host);
        CHECK(url_of_route(row.pattern) == row.url);
    }
}

// SPDX-License-Identifier: MIT
// A CloudflareApi whose answers a test gives.
#pragma once

#include <string>
#include <vector>

#include "core/cloudflare/worker_id.hpp"
#include "tests/unit/cloudflare/fake_http.hpp"
#include "tests/unit/support/fake_clock.hpp"

namespace pymode::test {

struct ApiFixture {
    ApiFixture()
        : api(http, clock, cancel, "",
              *Credentials::from_environment(Env(std::map<std::string, std::string, std::less<>>{
                  {"CLOUDFLARE_API_TOKEN", "t"}}))) {}

    // The JSON that request `index` sent.
    nlohmann::json sent(std::size_t index) const {
        return nlohmann::json::parse(as_text(*http.requests.at(index).body));
    }

    FakeHttp http;
    FakeClock clock;
    CancelToken cancel;
    CloudflareApi api;
    WorkerId worker{"acc", "w"};
};

using Calls = std::vector<std::string>;

} // namespace pymode::test

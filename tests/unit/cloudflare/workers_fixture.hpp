// SPDX-License-Identifier: MIT
// A CloudflareApi over a FakeHttp, and Workers made from configuration text.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/cloudflare/api.hpp"
#include "core/project/config.hpp"
#include "core/project/jsonc.hpp"
#include "core/project/toml.hpp"
#include "tests/unit/cloudflare/fake_http.hpp"
#include "tests/unit/support/fake_clock.hpp"

namespace pymode::test {

inline const std::string kAccount = "00000000000000000000000000000abc";

struct WorkersFixture {
    WorkersFixture()
        : api(http, clock, cancel, "http://api",
              *Credentials::from_environment(Env(std::map<std::string, std::string, std::less<>>{
                  {"CLOUDFLARE_API_TOKEN", "t"}}))) {}

    // The calls without the account and the script "w": "PUT {S}/schedules", "GET {A}/queues".
    [[nodiscard]] std::vector<std::string> calls() const {
        std::vector<std::string> lines;
        for (std::string line : http.calls()) {
            const auto shorten = [&line](const std::string& long_form, const std::string& name) {
                if (const std::size_t at = line.find(long_form); at != std::string::npos) {
                    line.replace(at, long_form.size(), name);
                }
            };
            shorten("http://api/accounts/" + kAccount + "/workers/scripts/w", "{S}");
            shorten("http://api/accounts/" + kAccount, "{A}");
            shorten("http://api", "");
            shorten(kAccount, "ID");
            lines.push_back(std::move(line));
        }
        return lines;
    }

    // The JSON body of the n-th call.
    [[nodiscard]] nlohmann::json body(std::size_t call) const {
        return nlohmann::json::parse(as_text(*http.requests.at(call).body));
    }

    FakeHttp http;
    FakeClock clock;
    CancelToken cancel;
    CloudflareApi api;
};

// The Worker "w" of a pyproject.toml whose [tool.pymode] part is `text`.
inline WorkerConfig worker_from(const std::string& text) {
    const auto document = parse_toml("pyproject.toml", "[project]\nname = \"w\"\n" + text);
    return read_config({document.value()}).value().worker;
}

// The Worker of a wrangler file (TOML or JSONC by its name) beside an empty pyproject.toml.
inline WorkerConfig worker_from_wrangler(const std::string& file, const std::string& text,
                                         const std::string& environment = "") {
    const auto project = parse_toml("pyproject.toml", "[project]\nname = \"w\"\n");
    const auto document =
        file.ends_with(".toml") ? parse_toml(file, text) : parse_jsonc(file, text);
    return read_config({project.value(), &document.value()}, environment).value().worker;
}

} // namespace pymode::test

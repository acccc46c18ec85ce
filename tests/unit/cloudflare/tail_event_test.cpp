// SPDX-License-Identifier: MIT
#include "core/cloudflare/tail_event.hpp"

#include <catch2/catch.hpp>

using namespace pymode;

namespace {

std::string without_colour(Style, std::string_view text) {
    return std::string(text);
}

std::string marked(Style style, std::string_view text) {
    return style == Style::red ? "<" + std::string(text) + ">" : std::string(text);
}

} // namespace

TEST_CASE("events as people read them") {
    struct Row {
        const char* what;
        std::string event;
        std::string text;
    };
    const auto row = GENERATE(values<Row>({
        {"a request",
         R"({"outcome":"ok","eventTimestamp":1790000000123,"logs":[
             {"message":["at","/a",{"deep":[1]}],"level":"log","timestamp":1},
             {"message":["two\nlines"],"level":"warn"}],
             "event":{"request":{"method":"GET","url":"https://w/a"},"response":{"status":200}}})",
         "14:13:20Z GET https://w/a 200 ok\n  at /a {\"deep\":[1]}\n  warn: two\n  lines"},
        {"an exception",
         R"({"outcome":"exception","event":{"request":{"method":"POST","url":"u"}},"exceptions":[
             {"name":"TypeError","message":"ouch","stack":"TypeError: ouch\n    at a.js:1:1"}]})",
         "POST u exception\n  TypeError: ouch\n      at a.js:1:1"},
        {"cron", R"({"outcome":"ok","event":{"cron":"0 3 * * 1","scheduledTime":1}})",
         "cron \"0 3 * * 1\" ok"},
        {"a queue", R"({"outcome":"ok","event":{"queue":"q","batchSize":3}})",
         "queue q (3 messages) ok"},
        {"an alarm", R"({"outcome":"ok","entrypoint":"Counter","event":{"scheduledTime":"x"}})",
         "alarm at Counter ok"},
        {"rpc", R"({"outcome":"canceled","event":{"rpcMethod":"add"}})", "rpc add() canceled"},
        {"email", R"({"outcome":"ok","event":{"mailFrom":"a@b","rcptTo":"c@d"}})",
         "email from a@b to c@d ok"},
        {"null", R"({"outcome":"exceededCpu","event":null})", "event exceededCpu"},
        {"hostile text", R"({"outcome":"ok","event":{"cron":"\u001b[2J"}})",
         "cron \"\\x1b[2J\" ok"},
        {"wrong types",
         R"({"outcome":1,"eventTimestamp":"x","event":{"request":{"method":[],"url":7}},"logs":{},
             "exceptions":[3,{"name":{}}]})",
         "  ?"},
        {"empty", "{}", "event ?"},
    }));
    INFO(row.what);
    CHECK(format_tail_event(nlohmann::json::parse(row.event), without_colour) == row.text);
}

TEST_CASE("a colour never goes over the end of a line") {
    const auto event = nlohmann::json::parse(
        R"({"outcome":"exception","event":null,"logs":[{"level":"error","message":["a\nb"]}]})");
    CHECK(format_tail_event(event, marked) == "event <exception>\n  <error: a>\n  <b>");
}

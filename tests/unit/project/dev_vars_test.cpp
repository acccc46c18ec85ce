// SPDX-License-Identifier: MIT
#include "core/project/dev_vars.hpp"

#include <catch2/catch.hpp>

using namespace pymode;

namespace {

std::vector<DevVar> parsed(std::string_view text) {
    const auto vars = parse_dev_vars(".dev.vars", text);
    REQUIRE(vars);
    return *vars;
}

} // namespace

TEST_CASE(".dev.vars values are read as dotenv reads them") {
    struct Row {
        std::string text;
        std::string value;
    };
    const auto row = GENERATE(values<Row>({{"A=b", "b"},
                                           {"A=", ""},
                                           {"A =  b c  ", "b c"},
                                           {"  export A=b", "b"},
                                           {"\xEF\xBB\xBF"
                                            "A=b",
                                            "b"},
                                           {"A=b # comment", "b"},
                                           {"A=b#c", "b"},
                                           {"A='b # c'", "b # c"},
                                           {"A=\"b\\nc\"", "b\nc"},
                                           {"A='b\\nc'", "b\\nc"},
                                           {"A=`b\"'c`", "b\"'c"},
                                           {"A=\"one\ntwo\"", "one\ntwo"},
                                           {"A='x' # said", "x"},
                                           {"A=b\r\nB=c", "b"},
                                           {"A=a=b=c", "a=b=c"},
                                           {"# A=z\n\nA=b\n", "b"},
                                           {"A=1\nA=2", "2"}}));
    CAPTURE(row.text);
    const auto vars = parsed(row.text);
    REQUIRE_FALSE(vars.empty());
    CHECK(vars.front() == DevVar{"A", row.value});
}

TEST_CASE("several .dev.vars keep their order") {
    CHECK(parsed("B=1\nA='x\ny'\nC=3\n") ==
          std::vector<DevVar>{{"B", "1"}, {"A", "x\ny"}, {"C", "3"}});
    CHECK(parsed("").empty());
}

TEST_CASE("a wrong line of .dev.vars is named without its value") {
    struct Row {
        std::string text;
        int line;
    };
    const auto row = GENERATE(values<Row>({{"A=1\nsecretword\n", 2},
                                           {"A-B=secret", 1},
                                           {"A='secret", 1},
                                           {"A=\"x\ny\"\n\nB=\"secret\" tail", 4},
                                           {"=secret", 1}}));
    CAPTURE(row.text);
    const auto vars = parse_dev_vars(".dev.vars", row.text);
    REQUIRE_FALSE(vars);
    CHECK(vars.error().code == ErrorCode::config);
    REQUIRE(vars.error().where);
    CHECK(vars.error().where->line == row.line);
    CHECK(vars.error().where->line_text.find("secret\"") == std::string::npos);
    CHECK(vars.error().where->line_text.find("=secret") == std::string::npos);
}

// SPDX-License-Identifier: MIT
// The conversation with the compiler, held with whatever python3 the machine has: only the number
// in front of the bytecode depends on the version. tests/cli builds with the real one.
#include "core/native/compile.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace pymode;

namespace {

Expected<std::vector<CompiledModule>> compile(const std::vector<SourceModule>& modules) {
    const std::string python[] = {"python3"};
    return compile_modules_with(python, Env::capture(), modules);
}

std::vector<std::string> names_of(const std::string& text) {
    return compile({{"/app/x.py", text}}).value().at(0).names;
}

SourceLocation place_of(const std::string& text) {
    const auto compiled = compile({{"/app/src/x.py", text}});
    REQUIRE_FALSE(compiled);
    CHECK(compiled.error().code == ErrorCode::config);
    return compiled.error().where.value();
}

} // namespace

TEST_CASE("where bytecode lies, and what names its compiler") {
    CHECK(bytecode_path("main.py") == "__pycache__/main.cpython-313.pyc");
    CHECK(bytecode_path("a/b.c/__init__.py") == "a/b.c/__pycache__/__init__.cpython-313.pyc");
    const std::string name = compiler_name("3.13.5");
    CHECK(name.starts_with("cpython-3.13.5-"));
    CHECK(name == compiler_name("3.13.5"));
    CHECK(name != compiler_name("3.13.6"));
}

TEST_CASE("modules become unchecked-hash bytecode, in their order") {
    const std::vector<SourceModule> sources{{"/app/b.py", "x = {'é', 'b'}\n"},
                                            {"/app/empty.py", ""},
                                            {"/app/a.py", "def on_fetch(r, env):\n    return 1\n"}};
    const auto compiled = compile(sources).value();
    REQUIRE(compiled.size() == 3);
    CHECK(compiled[0].guest_path == "/app/b.py");
    CHECK(compiled[2].guest_path == "/app/a.py");
    CHECK(compiled[2].names == std::vector<std::string>{"on_fetch"});
    for (const CompiledModule& module : compiled) {
        REQUIRE(module.pyc.size() > 16);
        const std::string_view head = as_text(module.pyc).substr(2, 6);
        CHECK(head == std::string_view("\r\n\1\0\0\0", 6)); // magic's end, "hash, unchecked"
    }
    CHECK(as_text(compiled[2].pyc).find("/app/a.py") != std::string_view::npos);
    const auto again = compile(sources).value();
    for (std::size_t i = 0; i < again.size(); ++i) {
        CHECK(again[i].pyc == compiled[i].pyc);
    }
    CHECK(compile({})->empty());
}

TEST_CASE("the names that a module binds") {
    CHECK(names_of("import os.path\nfrom a import b as c\nclass Default: pass\n") ==
          std::vector<std::string>{"Default", "c", "os"});
    CHECK(names_of("try:\n    on_fetch = 1\nexcept ValueError as e:\n    pass\n") ==
          std::vector<std::string>{"e", "on_fetch"});
    CHECK(names_of("def f():\n    on_fetch = 1\nprint(g)\n") == std::vector<std::string>{"f"});
    for (const char* star : {"from handlers import *\n", "from .a.b import*  # all\n",
                             "if 1:\n\tfrom\tx\timport\t*\n"}) {
        INFO(star);
        CHECK(names_of(star) == std::vector<std::string>{"*"});
    }
    CHECK(names_of("from a import b  # import *\nc = 2 * 3\n") ==
          std::vector<std::string>{"b", "c"});
    CHECK(names_of("pass\n").empty());
}

TEST_CASE("a syntax error has its place") {
    const SourceLocation bracket = place_of("a = 1\nb = (\n");
    CHECK(bracket.file == "/app/src/x.py");
    CHECK(bracket.line == 2);
    CHECK(bracket.column == 5);
    CHECK(bracket.line_text == "b = (");
    // Not after an é, where Python 3.11 is wrong.
    CHECK(place_of("ab = = 1\n").column == 6);
    CHECK(place_of("if x:\npass\n").line == 2);
    CHECK(
        compile({{"/app/x.py", "if x:\npass\n"}}).error().message.starts_with("IndentationError"));
}

TEST_CASE("sources need not be UTF-8 when they say so") {
    CHECK(names_of("# -*- coding: latin-1 -*-\n\xE9 = 1\n") == std::vector<std::string>{"é"});
    CHECK_FALSE(compile({{"/app/x.py", "a = '\xE9'\n"}}));
    CHECK_FALSE(compile({{"/app/x.py", std::string("a\0b", 3)}}));
    CHECK(compile({{"/app/\xFF.py", ""}}).error().code == ErrorCode::config);
}

TEST_CASE("source that exhausts the compiler is an error, not a crash") {
    std::string deep = "x = ";
    deep.append(5000, '(').append(5000, ')');
    CHECK(compile({{"/app/x.py", deep}}).error().code == ErrorCode::config);
}

TEST_CASE("an interpreter that does not work is reported with its words") {
    const std::vector<SourceModule> sources{{"/app/x.py", "x = 1"}};
    const std::string missing[] = {"no-such-python"};
    CHECK(compile_modules_with(missing, Env::capture(), sources).error().code ==
          ErrorCode::not_found);
    const std::string broken[] = {"sh", "-c", "echo boom >&2; exit 3"};
    const auto failed = compile_modules_with(broken, Env::capture(), sources);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ErrorCode::tool);
    CHECK(failed.error().notes.at(0) == "boom");
    const std::string silly[] = {"sh", "-c", "echo hello"};
    CHECK(compile_modules_with(silly, Env::capture(), sources).error().code == ErrorCode::internal);
    for (const char* answer : {
             R"(2\nok)",                              // no module at all
             R"(2\nok99\nx)",                         // cut off
             R"(2\nok1\nx1\ny0\n1\n!)",               // a field too many
             R"(2\nokx\n0\n0\n)",                     // no length
             R"(2\nno1\nx1\ny0\n)",                   // no such answer
             R"(5\nerror1\nx)",                       // a report too short
             R"(2\nok18446744073709551615\nx0\n0\n)", // a length that overflows
         }) {
        INFO(answer);
        const std::string liar[] = {"sh", "-c", fmt::format("printf '{}'", answer)};
        CHECK(compile_modules_with(liar, Env::capture(), sources).error().code ==
              ErrorCode::internal);
    }
}

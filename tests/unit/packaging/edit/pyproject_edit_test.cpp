// SPDX-License-Identifier: MIT
#include "core/packaging/edit/pyproject_edit.hpp"

#include <catch2/catch.hpp>

#include "core/base/text.hpp"
#include "core/packaging/edit/requirement_text.hpp"
#include "core/pep/name.hpp"
#include "core/pep/value.hpp"
#include "tests/unit/pep/vectors.hpp"

using namespace pymode;
using namespace pymode::edit;
using Kind = DependencyList::Kind;

namespace {

// A command line of the vectors, as far as it concerns the file.
struct Command {
    bool removes = false;
    DependencyList list;
    std::vector<std::string> packages;
    std::vector<std::string> extras;
    bool raw = false;
};

Command read_command(const pep::test::Json& words) {
    Command command;
    command.removes = words.at(0) == "remove";
    for (std::size_t i = 1; i < words.size(); ++i) {
        std::string word = words[i];
        std::string value;
        if (const std::size_t equals = word.find('=');
            word.starts_with("--") && equals != std::string::npos) {
            value = word.substr(equals + 1);
            word.resize(equals);
        } else if (word == "--group" || word == "--optional" || word == "--bounds") {
            value = words.at(++i);
        }
        if (word == "--dev") {
            command.list = {Kind::dev, "dev"};
        } else if (word == "--group") {
            command.list = {Kind::group, value};
        } else if (word == "--optional") {
            command.list = {Kind::extra, value};
        } else if (word == "--extra") {
            command.extras.push_back(value);
        } else if (word == "--raw") {
            command.raw = true;
        } else if (!word.starts_with("--")) {
            command.packages.push_back(word);
        }
    }
    return command;
}

// The specifiers that a resolver chose, read from the expected text: "name" alone becomes
// "name>=X" there.
pep::SpecifierSet chosen_specifiers(const std::string& after, const pep::Requirement& wanted) {
    for (const std::string_view line : split_lines(after)) {
        const std::size_t begin = line.find('"');
        const std::size_t end = line.rfind('"');
        if (begin == std::string_view::npos || end <= begin) {
            continue;
        }
        const auto found = pep::Requirement::parse(line.substr(begin + 1, end - begin - 1));
        if (found && found->normalized_name() == wanted.normalized_name() &&
            !found->specifiers.empty() &&
            spell_marker(found->marker) == spell_marker(wanted.marker)) {
            return found->specifiers;
        }
    }
    return {};
}

Expected<std::string> run_add(const std::string& before, const std::string& after,
                              const Command& command) {
    std::string text = before;
    for (const std::string& package : command.packages) {
        NewRequirement added;
        added.requirement = pep::Requirement::parse(package).value();
        std::ranges::copy(command.extras, std::back_inserter(added.requirement.extras));
        added.raw = command.raw ? package : "";
        auto done = add_requirement(text, command.list, added);
        if (done && done->is_new && !command.raw && added.requirement.specifiers.empty()) {
            added.requirement.specifiers = chosen_specifiers(after, added.requirement);
            done = add_requirement(text, command.list, added);
        }
        if (!done) {
            return propagate(done);
        }
        text = done->text;
    }
    return text;
}

Expected<std::string> run_remove(const std::string& before, const Command& command) {
    std::string text = before;
    for (const std::string& package : command.packages) {
        const auto done =
            remove_requirement(text, command.list, pep::Requirement::parse(package).value().name);
        if (!done) {
            return propagate(done);
        }
        text = done->text;
    }
    return text;
}

std::string added(std::string_view document, const DependencyList& list, std::string_view text) {
    const auto done = add_requirement(document, list, {pep::Requirement::parse(text).value(), ""});
    return done ? done->text : "error: " + done.error().message;
}

std::string removed(std::string_view document, const DependencyList& list, std::string_view name) {
    const auto done = remove_requirement(document, list, name);
    return done ? done->text : "error: " + done.error().message + " (" + done.error().hint + ")";
}

} // namespace

TEST_CASE("edits of pyproject.toml, byte for byte") {
    pep::test::Vectors vectors("pyproject_edit");
    if (!vectors.available()) {
        return;
    }
    for (const auto& row : vectors.cases()) {
        // The vectors' recorder wrote [X] for a patch version; it did so in one of the two texts.
        const std::string before =
            replace_all(row.at("before").get<std::string>(), ">=3.12.0\"", ">=3.12.[X]\"");
        const std::string after = row.at("after");
        const Command command = read_command(row.at("command"));
        const auto got =
            command.removes ? run_remove(before, command) : run_add(before, after, command);
        const std::string shown = got ? *got : "error: " + got.error().message;
        vectors.expect(got && *got == after, row.at("test").get<std::string>() + " " +
                                                 row.at("command").dump() + "\n--- before\n" +
                                                 before + "--- wanted\n" + after + "--- got\n" +
                                                 shown);
    }
}

TEST_CASE("what the vectors do not have") {
    const DependencyList project;
    const DependencyList dev{Kind::dev, "dev"};
    SECTION("line ends, a missing one at the end, and a byte order mark stay") {
        CHECK(added("[project]\r\nname = \"a\"\r\ndependencies = []\r\n", project, "b") ==
              "[project]\r\nname = \"a\"\r\ndependencies = [\r\n    \"b\",\r\n]\r\n");
        CHECK(added("[project]\nname = \"a\"", project, "b") ==
              "[project]\nname = \"a\"\ndependencies = [\n    \"b\",\n]");
        CHECK(
            added("\xEF\xBB\xBF[project]\nname = \"a\"\n", dev, "b") ==
            "\xEF\xBB\xBF[project]\nname = \"a\"\n\n[dependency-groups]\ndev = [\n    \"b\",\n]\n");
        CHECK(added("[project]\nname = \"a\"", dev, "b") ==
              "[project]\nname = \"a\"\n\n[dependency-groups]\ndev = [\n    \"b\",\n]");
    }
    SECTION("blank lines and a closing bracket that is indented stay") {
        CHECK(
            added("[project]\n  dependencies = [\n    \"a\",\n\n    \"c\",\n  ]\n", project, "b") ==
            "[project]\n  dependencies = [\n    \"a\",\n    \"b\",\n\n    \"c\",\n  ]\n");
    }
    SECTION("inline tables and dotted keys") {
        CHECK(added("project = { name = \"a\" }\n", project, "b") ==
              "project = { name = \"a\", dependencies = [\n    \"b\",\n] }\n");
        CHECK(added("project.name = \"a\"\nproject.dependencies = []\n", project, "b") ==
              "project.name = \"a\"\nproject.dependencies = [\n    \"b\",\n]\n");
        CHECK(added("project.name = \"a\"\n", project, "b") ==
              "project.name = \"a\"\nproject.dependencies = [\n    \"b\",\n]\n");
        CHECK(added("[project]\nname = \"a\"\noptional-dependencies.x = []\n", {Kind::extra, "y"},
                    "b") == "[project]\nname = \"a\"\noptional-dependencies.x = []\n"
                            "optional-dependencies.y = [\n    \"b\",\n]\n");
        CHECK(added("dependency-groups = {}\n", dev, "b") ==
              "dependency-groups = { dev = [\n    \"b\",\n] }\n");
    }
    SECTION("extras come behind [project] and before the next table") {
        CHECK(
            added("[project]\nname = \"a\"\n\n[tool.x]\ny = 1\n", {Kind::extra, "io"}, "b") ==
            "[project]\nname = \"a\"\n\n[project.optional-dependencies]\nio = [\n    \"b\",\n]\n\n"
            "[tool.x]\ny = 1\n");
        CHECK(
            added("[project]\nname = \"a\"\n[tool.x]\ny = 1\n", {Kind::extra, "io"}, "b") ==
            "[project]\nname = \"a\"\n\n[project.optional-dependencies]\nio = [\n    \"b\",\n]\n\n"
            "[tool.x]\ny = 1\n");
    }
    SECTION("groups that are included stay at the end") {
        CHECK(added("[dependency-groups]\ndev = [\"a\", {include-group = \"x\"}]\nx = []\n", dev,
                    "b") == "[dependency-groups]\ndev = [\n    \"a\",\n    \"b\",\n"
                            "    {include-group = \"x\"},\n]\nx = []\n");
    }
    SECTION("strings of all kinds, and what looks like syntax inside of them") {
        CHECK(added("[project]\ndependencies = ['''a''', \"\"\"c # no \\\"comment\"\"\", 'd[x]']\n",
                    project, "e") ==
              "[project]\ndependencies = [\n    '''a''',\n    \"\"\"c # no \\\"comment\"\"\",\n"
              "    'd[x]',\n    \"e\",\n]\n");
    }
    SECTION("an entry is found whatever its spelling, and keeps it") {
        CHECK(added("[project]\ndependencies = [\"Foo_Bar[x]==1\"]\n", project, "foo-bar[y]") ==
              "[project]\ndependencies = [\n    \"Foo_Bar[x,y]==1\",\n]\n");
    }
    SECTION("several entries that match are an error") {
        CHECK(added("[project]\ndependencies = [\"a>1\", \"A[x]\"]\n", project, "a") ==
              "error: `a` stands 2 times in `project.dependencies`, so it is not clear which is "
              "meant");
    }
    SECTION("errors") {
        CHECK(added("[project]\ndependencies = \"a\"\n", project, "b") ==
              "error: `project.dependencies` in pyproject.toml is a string, it must be an array");
        CHECK(added("[tool.x]\n", project, "b") == "error: pyproject.toml has no [project] table");
        CHECK(removed("[project]\ndependencies = []\n[dependency-groups]\ndev = [\"b\"]\n", project,
                      "b") == "error: `b` is not in `[project] dependencies` (it is in the group "
                              "`dev`: try `pymode remove b --dev`)");
        CHECK(removed("[project]\n", project, "b") ==
              "error: `b` is not in `[project] dependencies` ()");
    }
    SECTION("what [tool.pymode.sources] says goes with the last mention") {
        const std::string sources = "[tool.pymode.sources]\nb = \"x\"\nc = \"x\"\n";
        CHECK(removed("[project]\ndependencies = [\"b\", \"c\"]\n" + sources, project, "b") ==
              "[project]\ndependencies = [\n    \"c\",\n]\n[tool.pymode.sources]\nc = \"x\"\n");
        CHECK(removed("[project]\ndependencies = [\"b\"]\n\n[tool.pymode.sources]\nB = \"x\"\n\n"
                      "[tool.y]\n",
                      project, "b") == "[project]\ndependencies = []\n\n[tool.y]\n");
    }
    SECTION("the path of a wheel goes into [tool.pymode.sources]") {
        const auto set = [](const std::string& text) {
            return set_source_path(text, "b", "w/b.whl").value_or("error");
        };
        CHECK(set("[project]\nname = \"a\"\n") ==
              "[project]\nname = \"a\"\n\n[tool.pymode.sources]\nb = { path = \"w/b.whl\" }\n");
        CHECK(set("[tool.pymode.sources]\na = \"x\" # why\nB = \"x\" # that\n") ==
              "[tool.pymode.sources]\na = \"x\" # why\nB = { path = \"w/b.whl\" } # that\n");
        CHECK(set("[tool.pymode]\nsources = { a = \"x\" }\n") ==
              "[tool.pymode]\nsources = { a = \"x\", b = { path = \"w/b.whl\" } }\n");
        CHECK(set("[tool.pymode]\ntrim = false\n\n[tool.x]\n") ==
              "[tool.pymode]\ntrim = false\n\n[tool.x]\n\n[tool.pymode.sources]\nb = { path = "
              "\"w/b.whl\" }\n");
    }
}

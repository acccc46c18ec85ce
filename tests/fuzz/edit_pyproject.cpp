// SPDX-License-Identifier: MIT
// Edits of pyproject.toml: an edit is refused, or the document says what it said before and the
// requirement besides; an edit again changes nothing; a removal brings the old list back.
#include <nlohmann/json.hpp>

#include "core/packaging/edit/pyproject_edit.hpp"
#include "core/pep/value.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;
using namespace pymode::edit;
using Kind = DependencyList::Kind;

namespace {

// Without the lists that an edit may change. An empty table around a new list is the list's.
nlohmann::json without_lists(std::string_view text) {
    const auto parsed = pep::parse_toml_value("", text);
    fuzz::demand(parsed.has_value(), "an edited document can be parsed");
    nlohmann::json value = *parsed;
    if (value.contains("project") && value["project"].is_object()) {
        value["project"].erase("dependencies");
        value["project"].erase("optional-dependencies");
    }
    value.erase("dependency-groups");
    if (value.contains("tool") && value["tool"].is_object()) {
        for (auto& tool : value["tool"]) {
            if (tool.is_object()) {
                tool.erase("sources");
                tool.erase("dev-dependencies");
            }
        }
        for (const char* name : {"uv", "pymode"}) {
            if (value["tool"].contains(name) && value["tool"][name].empty()) {
                value["tool"].erase(name);
            }
        }
        if (value["tool"].empty()) {
            value.erase("tool");
        }
    }
    return value;
}

void try_list(std::string_view text, const DependencyList& list) {
    static const NewRequirement added{
        pep::Requirement::parse("m-n[y,x]>=1.5; python_version > '3.7'").value(), ""};
    const auto once = add_requirement(text, list, added);
    if (!once) {
        return;
    }
    fuzz::demand(without_lists(once->text) == without_lists(text), "nothing else changes");
    const auto twice = add_requirement(once->text, list, added);
    fuzz::demand(twice.has_value() && twice->text == once->text && !twice->is_new,
                 "adding again changes nothing");
    const auto lists = lists_with(once->text, "M.N");
    fuzz::demand(lists.has_value() && !lists->empty(), "what was added is found");
    const auto removed = remove_requirement(once->text, list, "M_n");
    fuzz::demand(removed.has_value(), "what was added can be removed");
    fuzz::demand(without_lists(removed->text) == without_lists(text), "nothing else is removed");
    fuzz::demand(!remove_requirement(removed->text, list, "m-n"), "what is removed is gone");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    if (!pep::parse_toml_value("", text)) {
        return 0;
    }
    try_list(text, {Kind::project, ""});
    try_list(text, {Kind::extra, "io"});
    try_list(text, {Kind::group, "Test"});
    try_list(text, {Kind::dev, "dev"});
    return 0;
}

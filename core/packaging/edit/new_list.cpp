// SPDX-License-Identifier: MIT
#include "core/packaging/edit/new_list.hpp"

#include <algorithm>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace pymode::edit {

namespace {

// Where new text goes, and what it looks like around the array.
struct Insertion {
    std::size_t at = 0;
    std::string before;
    std::string after;
};

std::string key_text(const std::string& key) {
    return pep::to_toml_key(key) + " = ";
}

// Text that begins at `at` begins a line there.
std::string line_break_at(const Document& document, std::size_t at) {
    return at == 0 || document.text[at - 1] == '\n' ? "" : document.newline;
}

// A statement at the begin of a line; a last line without an end stays without one.
Insertion statement_at(const Document& document, std::size_t at, const std::string& statement) {
    const std::string first = line_break_at(document, at);
    return {at, first + statement, first.empty() ? document.newline : ""};
}

// Among sorted keys in its place, else behind the others.
std::size_t place_among(std::span<const SourceMember> members, const std::string& key,
                        KeyOrder order) {
    const auto first_key = [](const SourceMember& member) { return member.key[0]; };
    if (order == KeyOrder::at_end || !std::ranges::is_sorted(members, {}, first_key)) {
        return members.size();
    }
    const auto found = std::ranges::upper_bound(members, key, {}, first_key);
    return static_cast<std::size_t>(found - members.begin());
}

Insertion in_table(const Document& document, const SourceTable& table, const std::string& key,
                   KeyOrder order) {
    const std::size_t place = place_among(table.members, key, order);
    const std::size_t at = place == 0 ? table.header.end : table.members[place - 1].lines.end;
    return statement_at(document, at, key_text(key));
}

Insertion in_inline_table(const SourceValue& table, const std::string& key, KeyOrder order) {
    const std::size_t place = place_among(table.members, key, order);
    if (table.members.empty()) {
        return {table.span.begin + 1, " " + key_text(key), " "};
    }
    if (place == 0) {
        return {table.members[0].lines.begin, key_text(key), ", "};
    }
    return {table.members[place - 1].lines.end, ", " + key_text(key), ""};
}

// `optional-dependencies.io = […]` beside others written that way.
std::optional<Insertion> beside_dotted_keys(const Document& document, const Path& container,
                                            const std::string& key) {
    std::optional<Insertion> found;
    for (const SourceTable& table : document.tables) {
        for (const SourceMember& member : table.members) {
            const Path path = joined(table.path, member.key);
            if (!table.is_array_item && path.size() > container.size() &&
                table.path.size() < container.size() && starts_with(path, container)) {
                std::string prefix;
                for (std::size_t i = table.path.size(); i < container.size(); ++i) {
                    prefix += pep::to_toml_key(container[i]) + ".";
                }
                found = statement_at(document, member.lines.end, prefix + key_text(key));
            }
        }
    }
    return found;
}

// A table of its own: extras behind [project] and what belongs to it, groups at the end.
Insertion new_table(const Document& document, const Path& container, const std::string& key) {
    std::size_t at = document.text.size();
    if (container.size() > 1) {
        for (const SourceTable& table : document.tables) {
            if (starts_with(table.path, std::span(container).first(1))) {
                at = table.end();
            }
        }
    }
    std::string header;
    for (const std::string& part : container) {
        header += (header.empty() ? "" : ".") + pep::to_toml_key(part);
    }
    const std::string& newline = document.newline;
    const std::string before = document.text.substr(0, at);
    const bool spaced = before.empty() || before.ends_with("\n\n") || before.ends_with("\n\r\n") ||
                        before == "\xEF\xBB\xBF";
    Insertion result = statement_at(
        document, at,
        fmt::format("{}[{}]{}{}", spaced ? "" : newline, header, newline, key_text(key)));
    const bool followed =
        at < document.text.size() && document.text[at] != '\n' && document.text[at] != '\r';
    result.after += followed ? newline : "";
    return result;
}

// Whether something that is no table stands where one is needed.
bool is_blocked(const Document& document, const Path& container) {
    const pep::Value* at = &document.value;
    for (const std::string& key : container) {
        if (!at->is_object()) {
            return true;
        }
        const auto found = at->find(key);
        if (found == at->end()) {
            return false;
        }
        at = &*found;
    }
    return !at->is_object();
}

Expected<Insertion> place_for_key(Document& document, const Path& path, KeyOrder order) {
    const Path container(path.begin(), path.end() - 1);
    const std::string& key = path.back();
    for (const SourceTable& table : document.tables) {
        if (table.path == container && !table.is_array_item && table.header.end > 0) {
            return in_table(document, table, key, order);
        }
    }
    const SourceValue* value = find_value(document, container);
    if (value && value->kind == SourceKind::inline_table) {
        return in_inline_table(*value, key, order);
    }
    if (auto found = beside_dotted_keys(document, container, key)) {
        return *found;
    }
    // A table that has no place of its own but exists, or cannot exist: no header can be added.
    if (!is_blocked(document, container) && !value &&
        find_json(document.value, container) == nullptr &&
        (container[0] != "project" || document.value.contains("project"))) {
        return new_table(document, container, key);
    }
    return fail(
        ErrorCode::config,
        container[0] == "project" && !document.value.contains("project")
            ? fmt::format("{} has no [project] table", kProjectFileName)
            : fmt::format("there is no place for `{}` in {}", join(path, "."), kProjectFileName),
        fmt::format("add `{}[]` to [{}] by hand", key_text(key), join(container, ".")));
}

} // namespace

Expected<std::string> with_new_value(Document& document, const Path& path,
                                     const std::string& source, const pep::Value& value,
                                     KeyOrder order) {
    Expected<Insertion> place = place_for_key(document, path, order);
    if (!place) {
        return propagate(place);
    }
    std::string text = document.text;
    text.insert(place->at, place->before + source + place->after);
    pep::Value expected = document.value;
    pep::Value* at = &expected;
    for (const std::string& key : path) {
        at = &(*at)[key];
    }
    *at = value;
    if (Expected<> good = verify(text, expected, path, pep::to_inline_toml(value)); !good) {
        return propagate(good);
    }
    return text;
}

Expected<std::string> with_new_list(Document& document, const Path& path,
                                    const std::string& requirement, KeyOrder order) {
    RequirementList list(document.newline);
    list.insert(requirement);
    return with_new_value(document, path, list.print(), pep::Value::array({requirement}), order);
}

} // namespace pymode::edit

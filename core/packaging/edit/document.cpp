// SPDX-License-Identifier: MIT
#include "core/packaging/edit/document.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/pep/name.hpp"

namespace pymode::edit {

namespace {

const SourceValue* find_value(const Path& base, std::span<const SourceMember> members,
                              const Path& wanted) {
    for (const SourceMember& member : members) {
        const Path path = joined(base, member.key);
        if (path == wanted) {
            return &member.value;
        }
        if (member.value.kind == SourceKind::inline_table && starts_with(wanted, path)) {
            if (const SourceValue* found = find_value(path, member.value.members, wanted)) {
                return found;
            }
        }
    }
    return nullptr;
}

pep::Value as_json(const RequirementList& list, const pep::Value& before) {
    // Tables keep their place at the end or wherever they are; their content does not change.
    std::vector<pep::Value> tables;
    for (const pep::Value& item : before) {
        if (!item.is_string() || item.get_ref<const std::string&>().empty()) {
            tables.push_back(item);
        }
    }
    pep::Value result = pep::Value::array();
    std::size_t next = 0;
    for (const ListItem& item : list.items()) {
        if (item.requirement.empty() && next < tables.size()) {
            result.push_back(tables[next++]);
        } else {
            result.push_back(item.requirement);
        }
    }
    return result;
}

} // namespace

Expected<Document> read_document(std::string_view text) {
    Expected<pep::Value> value = pep::parse_toml_value(kProjectFileName, text);
    if (!value) {
        return propagate(value);
    }
    Expected<std::vector<SourceTable>> tables = scan_toml(text);
    if (!tables) {
        return propagate(tables);
    }
    const std::size_t line = text.find('\n');
    const bool crlf = line != std::string_view::npos && line > 0 && text[line - 1] == '\r';
    return Document{std::string(text), *std::move(value), *std::move(tables), crlf ? "\r\n" : "\n"};
}

bool starts_with(std::span<const std::string> path, std::span<const std::string> prefix) {
    return path.size() >= prefix.size() && std::ranges::equal(path.first(prefix.size()), prefix);
}

Path joined(std::span<const std::string> a, std::span<const std::string> b) {
    Path path(a.begin(), a.end());
    path.insert(path.end(), b.begin(), b.end());
    return path;
}

const SourceValue* find_value(const Document& document, const Path& wanted) {
    for (const SourceTable& table : document.tables) {
        if (!table.is_array_item && starts_with(wanted, table.path)) {
            if (const SourceValue* found = find_value(table.path, table.members, wanted)) {
                return found;
            }
        }
    }
    return nullptr;
}

pep::Value* find_json(pep::Value& value, const Path& path) {
    pep::Value* at = &value;
    for (const std::string& key : path) {
        if (!at->is_object() || !at->contains(key)) {
            return nullptr;
        }
        at = &(*at)[key];
    }
    return at;
}

Expected<std::optional<FoundList>> find_list(Document& document, const Path& path) {
    const pep::Value* value = find_json(document.value, path);
    if (!value) {
        return std::nullopt;
    }
    if (!value->is_array()) {
        return fail(ErrorCode::config,
                    fmt::format("`{}` in {} is {}, it must be an array", join(path, "."),
                                kProjectFileName, pep::describe(*value)));
    }
    const SourceValue* source = find_value(document, path);
    if (!source || source->kind != SourceKind::array || source->items.size() != value->size()) {
        return fail(ErrorCode::config, fmt::format("`{}` in {} cannot be edited where it stands",
                                                   join(path, "."), kProjectFileName));
    }
    return FoundList{path, source->span,
                     RequirementList(document.text, *source, *value, document.newline)};
}

std::vector<Entry> entries_of(const RequirementList& list, std::string_view name) {
    const std::string wanted = pep::normalize_name(name);
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < list.items().size(); ++i) {
        auto parsed = pep::parse_requirement(list.items()[i].requirement);
        if (parsed && parsed->normalized_name() == wanted) {
            entries.push_back({i, std::move(*parsed)});
        }
    }
    return entries;
}

bool same_content(const pep::Value& a, const pep::Value& b) {
    return nlohmann::json(a) == nlohmann::json(b);
}

Expected<> verify(const std::string& text, const pep::Value& expected, const Path& path,
                  const std::string& requirement) {
    const Expected<pep::Value> parsed = pep::parse_toml_value(kProjectFileName, text);
    if (parsed && same_content(*parsed, expected)) {
        return {};
    }
    return fail(ErrorCode::config, fmt::format("{} cannot be edited safely", kProjectFileName),
                fmt::format("edit `{}` by hand ({}), then run `pymode install`", join(path, "."),
                            printable(requirement)));
}

Expected<std::string> spliced(Document& document, const FoundList& found,
                              const std::string& requirement) {
    std::string text = document.text;
    text.replace(found.span.begin, found.span.end - found.span.begin, found.list.print());
    pep::Value expected = document.value;
    pep::Value& place = *find_json(expected, found.path);
    place = as_json(found.list, place);
    if (Expected<> good = verify(text, expected, found.path, requirement); !good) {
        return propagate(good);
    }
    return text;
}

} // namespace pymode::edit

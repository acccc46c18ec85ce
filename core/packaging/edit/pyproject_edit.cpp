// SPDX-License-Identifier: MIT
#include "core/packaging/edit/pyproject_edit.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/packaging/edit/document.hpp"
#include "core/packaging/edit/new_list.hpp"
#include "core/packaging/edit/requirement_text.hpp"
#include "core/pep/name.hpp"

namespace pymode::edit {

namespace {

using Kind = DependencyList::Kind;

const Path kLegacyDev{"tool", "uv", "dev-dependencies"};

Path container_of(Kind kind) {
    switch (kind) {
    case Kind::extra:
        return {"project", "optional-dependencies"};
    case Kind::group:
    case Kind::dev:
        return {"dependency-groups"};
    case Kind::project:
        break;
    }
    return {"project"};
}

// Where the list is, or where it will be: the file's own spelling of an extra or a group counts.
Path path_of(Document& document, const DependencyList& list) {
    Path path = container_of(list.kind);
    if (list.kind == Kind::project) {
        path.emplace_back("dependencies");
        return path;
    }
    const std::string wanted = list.kind == Kind::dev ? "dev" : pep::normalize_name(list.name);
    if (const pep::Value* table = find_json(document.value, path); table && table->is_object()) {
        for (const auto& [key, value] : table->items()) {
            if (pep::normalize_name(key) == wanted) {
                path.push_back(key);
                return path;
            }
        }
    }
    path.push_back(list.kind == Kind::dev ? "dev" : list.name);
    return path;
}

bool is_dev(const DependencyList& list) {
    return list.kind == Kind::dev ||
           (list.kind == Kind::group && pep::normalize_name(list.name) == "dev");
}

// --- adding

// The path to edit: requirements of `dev` may stand in uv's older list, and stay there.
Expected<Path> path_for_adding(Document& document, const DependencyList& list,
                               std::string_view name) {
    Path path = path_of(document, list);
    if (!is_dev(list) || find_json(document.value, kLegacyDev) == nullptr) {
        return path;
    }
    for (const Path& candidate : {path, kLegacyDev}) {
        Expected<std::optional<FoundList>> found = find_list(document, candidate);
        if (!found) {
            return propagate(found);
        }
        if (*found && !entries_of((*found)->list, name).empty()) {
            return candidate;
        }
    }
    const bool only_legacy = list.kind == Kind::dev && find_json(document.value, path) == nullptr;
    return only_legacy ? kLegacyDev : path;
}

Expected<Added> add_to(Document& document, FoundList& found, const NewRequirement& added) {
    const pep::Requirement& wanted = added.requirement;
    std::vector<Entry> matching = entries_of(found.list, wanted.name);
    std::erase_if(matching, [&](const Entry& entry) {
        return spell_marker(entry.requirement.marker) != spell_marker(wanted.marker);
    });
    if (matching.size() > 1) {
        return fail(ErrorCode::config,
                    fmt::format("`{}` stands {} times in `{}`, so it is not clear which is meant",
                                wanted.name, matching.size(), join(found.path, ".")),
                    "keep one of them, or give the new one a marker (`--marker`)");
    }
    Added result;
    result.is_new = matching.empty();
    if (matching.empty()) {
        result.requirement = added.raw.empty() ? spell_requirement(wanted) : added.raw;
        found.list.insert(result.requirement);
    } else {
        const pep::Requirement& old = matching[0].requirement;
        const std::string merged = spell_requirement(merge_requirement(old, wanted));
        result.requirement = !added.raw.empty() ? added.raw
                             : merged == spell_requirement(old)
                                 ? found.list.items()[matching[0].index].requirement
                                 : merged;
        found.list.replace(matching[0].index, result.requirement);
    }
    Expected<std::string> text = spliced(document, found, result.requirement);
    if (!text) {
        return propagate(text);
    }
    result.text = std::move(*text);
    return result;
}

// --- removing

// Statements about the package in [TOOL.sources]; the table goes when nothing is left in it.
std::string without_source(const std::string& text, std::string_view tool, std::string_view name) {
    Expected<Document> document = read_document(text);
    if (!document) {
        return text;
    }
    const Path path{"tool", std::string(tool), "sources"};
    for (const SourceTable& table : document->tables) {
        if (table.path != path || table.is_array_item) {
            continue;
        }
        for (const SourceMember& member : table.members) {
            if (pep::normalize_name(member.key[0]) != name) {
                continue;
            }
            Span cut = member.lines;
            const std::string between =
                text.substr(table.header.end, member.lines.begin - table.header.end);
            if (table.members.size() == 1 && trim(between).empty()) {
                cut.begin = table.header.begin;
                while (cut.begin > 1 && trim(text.substr(cut.begin - 2, 2)).empty()) {
                    --cut.begin; // and the blank line before it
                }
            }
            std::string shorter = text;
            shorter.erase(cut.begin, cut.end - cut.begin);
            pep::Value expected = document->value;
            pep::Value& sources = *find_json(expected, path);
            sources.erase(member.key[0]);
            const auto parsed = pep::parse_toml_value(kProjectFileName, shorter);
            pep::Value without_table = expected;
            without_table["tool"][std::string(tool)].erase("sources");
            if (without_table["tool"][std::string(tool)].empty()) {
                without_table["tool"].erase(std::string(tool));
            }
            if (without_table["tool"].empty()) {
                without_table.erase("tool");
            }
            const bool good = parsed && (same_content(*parsed, expected) ||
                                         (sources.empty() && same_content(*parsed, without_table)));
            return good ? shorter : text;
        }
    }
    return text;
}

std::string shown_lists(const std::vector<DependencyList>& lists) {
    std::vector<std::string> texts;
    for (const DependencyList& list : lists) {
        texts.push_back(list.describe());
    }
    return join(texts, " and ");
}

std::string removal_option(const DependencyList& list) {
    switch (list.kind) {
    case Kind::extra:
        return " --optional " + list.name;
    case Kind::group:
    case Kind::dev:
        return is_dev(list) ? " --dev" : " --group " + list.name;
    case Kind::project:
        break;
    }
    return "";
}

Error not_in_list(std::string_view document, const DependencyList& list, std::string_view name) {
    Error error{ErrorCode::not_found,
                fmt::format("`{}` is not in {}", printable(name), list.describe()),
                {},
                "",
                std::nullopt};
    const auto others = lists_with(document, name);
    if (others && !others->empty()) {
        error.hint = fmt::format("it is in {}: try `pymode remove {}{}`", shown_lists(*others),
                                 printable(name), removal_option(others->front()));
    }
    return error;
}

std::vector<Path> paths_for_removing(Document& document, const DependencyList& list) {
    std::vector<Path> paths{path_of(document, list)};
    if (is_dev(list)) {
        paths.push_back(kLegacyDev);
    }
    return paths;
}

} // namespace

std::string DependencyList::describe() const {
    switch (kind) {
    case Kind::extra:
        return fmt::format("the extra `{}`", name);
    case Kind::group:
    case Kind::dev:
        return fmt::format("the group `{}`", kind == Kind::dev ? "dev" : name);
    case Kind::project:
        break;
    }
    return "`[project] dependencies`";
}

Expected<Added> add_requirement(std::string_view text, const DependencyList& list,
                                const NewRequirement& added) {
    Expected<Document> document = read_document(text);
    if (!document) {
        return propagate(document);
    }
    Expected<Path> path = path_for_adding(*document, list, added.requirement.name);
    if (!path) {
        return propagate(path);
    }
    Expected<std::optional<FoundList>> found = find_list(*document, *path);
    if (!found) {
        return propagate(found);
    }
    if (*found) {
        return add_to(*document, **found, added);
    }
    Added result;
    result.is_new = true;
    result.requirement = added.raw.empty() ? spell_requirement(added.requirement) : added.raw;
    Expected<std::string> changed =
        with_new_list(*document, *path, result.requirement,
                      list.kind == Kind::project ? KeyOrder::at_end : KeyOrder::sorted);
    if (!changed) {
        return propagate(changed);
    }
    result.text = std::move(*changed);
    return result;
}

Expected<Removed> remove_requirement(std::string_view text, const DependencyList& list,
                                     std::string_view name) {
    Removed result{std::string(text), {}};
    Expected<Document> document = read_document(text);
    if (!document) {
        return propagate(document);
    }
    for (const Path& path : paths_for_removing(*document, list)) {
        document = read_document(result.text);
        if (!document) {
            return propagate(document);
        }
        Expected<std::optional<FoundList>> found = find_list(*document, path);
        if (!found) {
            return propagate(found);
        }
        const std::vector<Entry> entries =
            *found ? entries_of((*found)->list, name) : std::vector<Entry>{};
        if (entries.empty()) {
            continue;
        }
        for (std::size_t i = entries.size(); i-- > 0;) {
            result.requirements.push_back((*found)->list.items()[entries[i].index].requirement);
            (*found)->list.remove(entries[i].index);
        }
        Expected<std::string> changed = spliced(*document, **found, std::string(name));
        if (!changed) {
            return propagate(changed);
        }
        result.text = std::move(*changed);
    }
    if (result.requirements.empty()) {
        return std::unexpected(not_in_list(text, list, name));
    }
    const auto others = lists_with(result.text, name);
    for (const std::string_view tool : {"pymode", "uv"}) {
        if (others && others->empty()) {
            result.text = without_source(result.text, tool, pep::normalize_name(name));
        }
    }
    return result;
}

Expected<std::string> set_source_path(std::string_view text, std::string_view name,
                                      std::string_view path) {
    Expected<Document> document = read_document(text);
    if (!document) {
        return propagate(document);
    }
    const Path container{"tool", "pymode", "sources"};
    const pep::Value value = {{"path", std::string(path)}};
    const std::string source = pep::to_inline_toml(value);
    const pep::Value* sources = find_json(document->value, container);
    if (sources && sources->is_object()) {
        for (const auto& [key, old] : sources->items()) {
            if (pep::normalize_name(key) != pep::normalize_name(name)) {
                continue;
            }
            const Path place = joined(container, Path{key});
            const SourceValue* found = find_value(*document, place);
            if (!found) {
                return fail(ErrorCode::config, fmt::format("`{}` in {} cannot be edited",
                                                           join(place, "."), kProjectFileName));
            }
            std::string changed = document->text;
            changed.replace(found->span.begin, found->span.end - found->span.begin, source);
            pep::Value expected = document->value;
            *find_json(expected, place) = value;
            if (Expected<> good = verify(changed, expected, place, source); !good) {
                return propagate(good);
            }
            return changed;
        }
    }
    return with_new_value(*document, joined(container, Path{std::string(name)}), source, value,
                          KeyOrder::sorted);
}

Expected<std::vector<DependencyList>> lists_with(std::string_view text, std::string_view name) {
    Expected<Document> document = read_document(text);
    if (!document) {
        return propagate(document);
    }
    std::vector<DependencyList> candidates{{Kind::project, ""}};
    for (const Kind kind : {Kind::extra, Kind::group}) {
        if (const pep::Value* table = find_json(document->value, container_of(kind));
            table && table->is_object()) {
            for (const auto& [key, value] : table->items()) {
                candidates.push_back({kind, key});
            }
        }
    }
    if (!std::ranges::any_of(candidates, is_dev)) {
        candidates.push_back({Kind::group, "dev"});
    }
    std::vector<DependencyList> found;
    for (const DependencyList& list : candidates) {
        for (const Path& path : paths_for_removing(*document, list)) {
            const auto here = find_list(*document, path);
            if (here && *here && !entries_of((*here)->list, name).empty()) {
                found.push_back(list);
                break;
            }
        }
    }
    return found;
}

} // namespace pymode::edit

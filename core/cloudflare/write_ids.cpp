// SPDX-License-Identifier: MIT
#include "core/cloudflare/write_ids.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include <sys/stat.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/packaging/edit/toml_source.hpp"
#include "core/pep/value.hpp"
#include "core/project/jsonc.hpp"
#include "core/project/project.hpp"
#include "core/project/schema.hpp"
#include "core/project/toml.hpp"

namespace pymode {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 1 << 20;

// One member that a table of the file gets.
struct NewMember {
    const ConfigValue* table = nullptr;
    std::string key;
    std::string id;
};

struct Insertion {
    std::size_t at = 0;
    std::string text;
};

bool is_json(std::string_view file) {
    return file.ends_with(".json") || file.ends_with(".jsonc");
}

Expected<ConfigDocument> parse(std::string_view file, std::string_view text) {
    return is_json(file) ? parse_jsonc(std::string(file), std::string(text))
                         : parse_toml(std::string(file), std::string(text));
}

// The offset in bytes of a place in the text; the end of the text for one that is not in it.
std::size_t offset_of(const ConfigDocument& document, ConfigPosition position) {
    const SourceLocation place = document.locate(position);
    std::size_t line_start = 0;
    for (int line = 1; line < place.line; ++line) {
        const std::size_t end = document.text.find('\n', line_start);
        if (end == std::string::npos) {
            return document.text.size();
        }
        line_start = end + 1;
    }
    const auto column = static_cast<std::size_t>(std::max(place.column, 1) - 1);
    return std::min(line_start + column, document.text.size());
}

// The innermost table that begins there: those that a header implies begin with it. nullptr when
// there is none.
const ConfigValue* find_table(const ConfigDocument& document, const ConfigValue& value,
                              const SourceLocation& where) {
    for (const ConfigValue& item : value.items) {
        if (const ConfigValue* found = find_table(document, item, where)) {
            return found;
        }
    }
    for (const ConfigMember& member : value.members) {
        if (const ConfigValue* found = find_table(document, member.value, where)) {
            return found;
        }
    }
    const SourceLocation here = document.locate(value.position);
    const bool fits = value.kind == ConfigValue::Kind::table && here.line == where.line &&
                      here.column == where.column;
    return fits ? &value : nullptr;
}

// pyproject.toml may spell keys either way; what the table has already decides.
std::string spelled_key(std::string_view file, const ConfigValue& table, std::string_view key) {
    const bool underscores =
        file != kProjectFile || std::ranges::any_of(table.members, [](const ConfigMember& member) {
            return member.key.contains('_');
        });
    return underscores ? std::string(key) : dashed_key(key);
}

std::unexpected<Error> changed(std::string_view file) {
    return fail(ErrorCode::config,
                fmt::format("{} has changed since it was read, so no ids were written", file),
                "run the command again, which finds the same ids; or add them by hand");
}

Expected<std::vector<NewMember>> members_to_write(const ConfigDocument& document,
                                                  const std::vector<Resource>& resources) {
    std::vector<NewMember> members;
    for (const Resource& resource : resources) {
        if (!resource.is_new_to_configuration || resource.id.empty()) {
            continue;
        }
        const ConfigValue* table = find_table(document, document.root, resource.where);
        const std::string_view key = resource.kind->resource;
        const bool fits = table && !table->find(key) && !table->find(dashed_key(key)) &&
                          (table->text_of(resource.kind->name_key) == resource.binding ||
                           table->text_of(dashed_key(resource.kind->name_key)) == resource.binding);
        if (!fits) {
            return changed(document.file);
        }
        members.push_back({table, spelled_key(document.file, *table, key), resource.id});
    }
    return members;
}

std::string newline_of(std::string_view text) {
    return text.contains("\r\n") ? "\r\n" : "\n";
}

// The blanks at the begin of the line that `at` is in.
std::string_view indent_at(std::string_view text, std::size_t at) {
    const std::size_t before = text.substr(0, at).rfind('\n');
    const std::size_t line = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t end = std::min(text.find_first_not_of(" \t", line), at);
    return text.substr(line, end - line);
}

// nullptr when no inline table begins at `offset`.
const edit::SourceValue* inline_table_at(const edit::SourceValue& value, std::size_t offset) {
    if (value.kind == edit::SourceKind::inline_table && value.span.begin == offset) {
        return &value;
    }
    for (const edit::SourceValue& item : value.items) {
        if (const edit::SourceValue* found = inline_table_at(item, offset)) {
            return found;
        }
    }
    for (const edit::SourceMember& member : value.members) {
        if (const edit::SourceValue* found = inline_table_at(member.value, offset)) {
            return found;
        }
    }
    return nullptr;
}

// Behind the last member of the table, on a line of its own or, in an inline table, behind a comma.
std::optional<Insertion> toml_insertion(std::string_view text,
                                        const std::vector<edit::SourceTable>& tables,
                                        std::size_t offset, const NewMember& member) {
    const std::string statement =
        fmt::format("{} = {}", member.key, pep::to_inline_toml(pep::Value(member.id)));
    for (const edit::SourceTable& table : tables) {
        const bool is_header = table.header.begin <= offset && offset < table.header.end;
        if (is_header && !table.members.empty()) {
            const edit::Span last = table.members.back().lines;
            const std::string newline = newline_of(text);
            const bool ended = text[last.end - 1] == '\n';
            const std::string line = fmt::format("{}{}", indent_at(text, last.end - 1), statement);
            return Insertion{last.end, ended ? line + newline : newline + line};
        }
        for (const edit::SourceMember& statement_there : table.members) {
            const edit::SourceValue* found = inline_table_at(statement_there.value, offset);
            if (found && !found->members.empty()) {
                return Insertion{found->members.back().lines.end, ", " + statement};
            }
        }
    }
    return std::nullopt;
}

// The end of the JSON value that begins at `at`, in a text that has been parsed.
std::size_t json_value_end(std::string_view text, std::size_t at) {
    int depth = 0;
    while (at < text.size()) {
        const std::string_view rest = text.substr(at);
        if (rest.starts_with("//")) {
            at = std::min(text.find('\n', at), text.size());
            continue;
        }
        if (rest.starts_with("/*")) {
            at = std::min(text.find("*/", at + 2), text.size() - 2) + 2;
            continue;
        }
        const char c = text[at];
        if (c == '"') {
            for (++at; at < text.size() && text[at] != '"'; ++at) {
                at += text[at] == '\\' ? 1 : 0;
            }
            at = std::min(at + 1, text.size());
        } else if (c == '{' || c == '[') {
            ++depth;
            ++at;
        } else if (c == '}' || c == ']') {
            --depth;
            ++at;
        } else if (depth == 0) {
            // A number or a word.
            at = std::min(text.find_first_of(",]} \t\r\n/", at), text.size());
        } else {
            ++at;
            continue;
        }
        if (depth == 0) {
            return at;
        }
    }
    return at;
}

// Whether nothing but a comma and a comment stands behind a value on its line.
bool ends_its_line(std::string_view rest) {
    rest = trim(rest);
    if (rest.starts_with(',')) {
        rest = trim(rest.substr(1));
    }
    return rest.empty() || rest.starts_with("//") ||
           (rest.starts_with("/*") && rest.find("*/") == rest.size() - 2);
}

// Behind the last member of the object: on a line of its own where that one has one.
std::vector<Insertion> json_insertions(const ConfigDocument& document, const NewMember& member) {
    const std::string_view text = document.text;
    const ConfigMember& last = member.table->members.back();
    const std::size_t key = offset_of(document, last.key_position);
    const std::size_t end = json_value_end(text, offset_of(document, last.value.position));
    const std::string added =
        fmt::format("{}: {}", nlohmann::json(member.key).dump(), nlohmann::json(member.id).dump());
    const std::string_view indent = indent_at(text, key);
    const bool own_line = last.key_position.line != member.table->position.line &&
                          (key == indent.size() || text[key - indent.size() - 1] == '\n');
    std::size_t line_end = std::min(text.find('\n', end), text.size());
    if (line_end > end && text[line_end - 1] == '\r') {
        --line_end;
    }
    const std::string_view rest = text.substr(end, line_end - end);
    if (!own_line || !ends_its_line(rest)) {
        return {{end, ", " + added}};
    }
    const std::string line = fmt::format("{}{}{}", newline_of(text), indent, added);
    if (trim(rest).starts_with(',')) {
        return {{line_end, line + ","}};
    }
    return {{end, ","}, {line_end, line}};
}

Expected<std::vector<Insertion>> insertions_for(const ConfigDocument& document,
                                                const std::vector<NewMember>& members) {
    std::vector<Insertion> insertions;
    if (is_json(document.file)) {
        for (const NewMember& member : members) {
            std::ranges::copy(json_insertions(document, member), std::back_inserter(insertions));
        }
        return insertions;
    }
    Expected<std::vector<edit::SourceTable>> tables = edit::scan_toml(document.text);
    if (!tables) {
        return propagate(tables);
    }
    for (const NewMember& member : members) {
        std::optional<Insertion> insertion = toml_insertion(
            document.text, *tables, offset_of(document, member.table->position), member);
        if (!insertion) {
            return std::unexpected(document.error_at(
                member.table->position,
                fmt::format("there is no place for `{}` in this table", member.key),
                fmt::format("add `{} = \"{}\"` by hand", member.key, member.id)));
        }
        insertions.push_back(std::move(*insertion));
    }
    return insertions;
}

// Whether `after` says what `before` says, and beside that only the new members.
bool says_the_same(const ConfigValue& before, const ConfigValue& after,
                   const std::vector<NewMember>& added) {
    if (before.kind != after.kind || before.text != after.text || before.integer != after.integer ||
        before.boolean != after.boolean || before.items.size() != after.items.size() ||
        // NaN is unequal to itself, and both stand at the same place.
        (before.number != after.number && before.number == before.number)) {
        return false;
    }
    for (std::size_t i = 0; i < before.items.size(); ++i) {
        if (!says_the_same(before.items[i], after.items[i], added)) {
            return false;
        }
    }
    for (const ConfigMember& member : before.members) {
        const ConfigValue* now = after.find(member.key);
        if (!now || !says_the_same(member.value, *now, added)) {
            return false;
        }
    }
    const auto here = std::ranges::find(added, &before, &NewMember::table);
    const bool grows = here != added.end();
    return after.members.size() == before.members.size() + (grows ? 1 : 0) &&
           (!grows || after.text_of(here->key) == here->id);
}

// The ids one by one, for an error: the file does not have them.
std::vector<std::string> ids_of(const std::vector<Resource>& resources) {
    std::vector<std::string> lines;
    for (const Resource& resource : resources) {
        if (resource.is_new_to_configuration && !resource.id.empty()) {
            lines.push_back(fmt::format("the binding {}: {} = \"{}\"", resource.binding,
                                        resource.kind->resource, resource.id));
        }
    }
    return lines;
}

Expected<> replace_file(const fs::path& path, std::string_view file, const std::string& old_text,
                        const std::string& new_text) {
    // The link stays, and what it points at is written.
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    struct stat status {};
    if (error || stat(real.c_str(), &status) != 0) {
        return fail(ErrorCode::io, fmt::format("cannot find {} again", path.string()));
    }
    Expected<std::string> now = read_text_file(real, kMaxConfigBytes);
    if (!now) {
        return propagate(now);
    }
    if (*now != old_text) {
        return changed(file);
    }
    return write_file_atomic(real, new_text, status.st_mode & 07777);
}

Expected<std::size_t> write_into(const fs::path& path, const std::string& file,
                                 const std::vector<Resource>& resources) {
    Expected<std::string> text = read_text_file(path, kMaxConfigBytes);
    if (!text) {
        return propagate(text);
    }
    Expected<std::string> with_ids = with_ids_written(file, *text, resources);
    if (!with_ids) {
        return propagate(with_ids);
    }
    if (*with_ids == *text) {
        return std::size_t{0};
    }
    if (Expected<> written = replace_file(path, file, *text, *with_ids); !written) {
        return propagate(written);
    }
    return ids_of(resources).size();
}

} // namespace

Expected<std::string> with_ids_written(std::string_view file, std::string_view text,
                                       const std::vector<Resource>& resources) {
    Expected<ConfigDocument> document = parse(file, text);
    if (!document) {
        return propagate(document);
    }
    Expected<std::vector<NewMember>> members = members_to_write(*document, resources);
    if (!members) {
        return propagate(members);
    }
    Expected<std::vector<Insertion>> insertions = insertions_for(*document, *members);
    if (!insertions) {
        return propagate(insertions);
    }
    std::ranges::stable_sort(*insertions, {}, &Insertion::at);
    std::string result;
    std::size_t done = 0;
    for (const Insertion& insertion : *insertions) {
        result += text.substr(done, insertion.at - done);
        result += insertion.text;
        done = insertion.at;
    }
    result += text.substr(done);
    const Expected<ConfigDocument> after = parse(file, result);
    if (!after || !says_the_same(document->root, after->root, *members)) {
        return fail(ErrorCode::config,
                    fmt::format("the ids cannot be written into {} without changing what else it "
                                "says",
                                file),
                    "add them by hand");
    }
    return result;
}

Expected<std::size_t> write_ids(const fs::path& root, const std::string& file,
                                const std::vector<Resource>& resources) {
    Expected<std::size_t> written = write_into(root / file, file, resources);
    if (!written) {
        Error error = std::move(written.error());
        std::ranges::move(ids_of(resources), std::back_inserter(error.notes));
        return std::unexpected(std::move(error));
    }
    return written;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// pyproject.toml as an editor needs it: what it says, and where it says it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/edit/requirement_list.hpp"
#include "core/packaging/edit/toml_source.hpp"
#include "core/pep/requirement.hpp"
#include "core/pep/value.hpp"

namespace pymode::edit {

inline constexpr std::string_view kProjectFileName = "pyproject.toml";

using Path = std::vector<std::string>;

struct Document {
    std::string text;
    pep::Value value;
    std::vector<SourceTable> tables;
    std::string newline;
};

Expected<Document> read_document(std::string_view text);

bool starts_with(std::span<const std::string> path, std::span<const std::string> prefix);
Path joined(std::span<const std::string> a, std::span<const std::string> b);

// The value written at that path, however the path is cut into headers, dotted keys and inline
// tables; nullptr when it is not written in one place.
const SourceValue* find_value(const Document& document, const Path& wanted);
// The same among the parsed values.
pep::Value* find_json(pep::Value& value, const Path& path);

// A list in the file: its place and its items.
struct FoundList {
    Path path;
    Span span;
    RequirementList list;
};

// Nothing when there is none; an error when something else stands there.
Expected<std::optional<FoundList>> find_list(Document& document, const Path& path);

struct Entry {
    std::size_t index = 0;
    pep::Requirement requirement;
};

// The items that require the package. What cannot be read as a requirement is left alone.
std::vector<Entry> entries_of(const RequirementList& list, std::string_view name);

// Key order does not count in TOML, so it does not count here.
bool same_content(const pep::Value& a, const pep::Value& b);

// The last check of every edit: `text` says what `expected` says, nothing less and nothing more.
Expected<> verify(const std::string& text, const pep::Value& expected, const Path& path,
                  const std::string& requirement);

// The document with the list as it is now, verified.
Expected<std::string> spliced(Document& document, const FoundList& found,
                              const std::string& requirement);

} // namespace pymode::edit

// SPDX-License-Identifier: MIT
// METADATA as headers and a body.
#include <algorithm>
#include <utility>

#include "core/base/text.hpp"
#include "core/pep/metadata.hpp"

namespace pymode::pep {

namespace {

constexpr std::string_view single_fields[] = {
    "author",
    "author-email",
    "description",
    "description-content-type",
    "download-url",
    "home-page",
    "keywords",
    "license",
    "license-expression",
    "maintainer",
    "maintainer-email",
    "metadata-version",
    "name",
    "requires-python",
    "summary",
    "version",
};

constexpr std::string_view multiple_fields[] = {
    "classifier",     "dynamic",        "import-name",   "import-namespace",  "license-file",
    "obsoletes",      "obsoletes-dist", "platform",      "provides",          "provides-dist",
    "provides-extra", "requires",       "requires-dist", "requires-external", "supported-platform",
};

bool contains(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

// The end of the line that begins at `begin`: behind its "\n".
std::size_t line_end(std::string_view text, std::size_t begin) {
    const std::size_t end = text.find('\n', begin);
    return end == std::string_view::npos ? text.size() : end + 1;
}

std::string_view without_line_end(std::string_view line) {
    if (line.ends_with('\n')) {
        line.remove_suffix(1);
    }
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

// The length of a header's name at the start of a line, 0 when the line is no header.
std::size_t header_name_length(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
        return 0;
    }
    const bool valid =
        std::ranges::all_of(line.substr(0, colon), [](char c) { return c > ' ' && c < '\x7f'; });
    return valid ? colon : 0;
}

using Headers = std::map<std::string, std::vector<std::string>>;

struct Document {
    Headers headers;
    std::string body;
};

// The body begins behind the first empty line, or with the first line that can be no header.
Expected<Document> split_document(std::string_view text) {
    Document document;
    std::string* last = nullptr;
    std::size_t count = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t next = line_end(text, at);
        const std::string_view line = without_line_end(text.substr(at, next - at));
        if (line.empty()) {
            at = next;
            break;
        }
        const bool continues = line.front() == ' ' || line.front() == '\t';
        const std::size_t name = header_name_length(line);
        if (continues && last != nullptr) {
            *last += '\n';
            *last += line;
        } else if (name != 0) {
            if (++count > max_metadata_headers) {
                return fail(ErrorCode::config, "the metadata has too many headers");
            }
            std::string_view value = line.substr(name + 1);
            value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
            auto& values = document.headers[to_lower_ascii(line.substr(0, name))];
            last = &values.emplace_back(value);
        } else {
            break;
        }
        at = next;
    }
    document.body = text.substr(at);
    return document;
}

// A mail with parts would have a body that is no description.
bool has_parts(const Headers& headers) {
    const auto found = headers.find("content-type");
    if (found == headers.end()) {
        return false;
    }
    const std::string type = to_lower_ascii(found->second.front());
    return type.starts_with("multipart/") || type.starts_with("message/");
}

std::string trimmed(std::string_view text) {
    return std::string(trim(text));
}

void add_project_urls(RawMetadata& metadata, std::vector<std::string> values) {
    std::vector<std::pair<std::string, std::string>> urls;
    for (const std::string& value : values) {
        const std::size_t comma = std::min(value.find(','), value.size());
        std::string label = trimmed(std::string_view(value).substr(0, comma));
        const bool seen =
            std::ranges::any_of(urls, [&](const auto& url) { return url.first == label; });
        if (seen) { // two addresses for one label: nobody can tell which is meant
            metadata.leftovers["project-url"] = std::move(values);
            return;
        }
        std::string_view address = std::string_view(value).substr(comma);
        address.remove_prefix(address.empty() ? 0 : 1);
        urls.emplace_back(std::move(label), trimmed(address));
    }
    metadata.project_urls = std::move(urls);
}

void add_field(RawMetadata& metadata, const std::string& name, std::vector<std::string> values) {
    const bool readable =
        std::ranges::all_of(values, [](const auto& v) { return is_valid_utf8(v); });
    if (!readable) {
        metadata.leftovers[name] = std::move(values);
    } else if (name == "project-url") {
        add_project_urls(metadata, std::move(values));
    } else if (contains(multiple_fields, name)) {
        metadata.fields[name] = std::move(values);
    } else if (!contains(single_fields, name) || values.size() != 1) {
        metadata.leftovers[name] = std::move(values);
    } else if (name == "keywords") {
        auto& keywords = metadata.fields[name];
        for (const std::string_view keyword : split(values.front(), ',')) {
            keywords.push_back(trimmed(keyword));
        }
    } else {
        metadata.fields[name] = std::move(values);
    }
}

} // namespace

std::optional<std::string_view> RawMetadata::first(std::string_view field) const {
    const auto& values = all(field);
    return values.empty() ? std::nullopt : std::optional<std::string_view>(values.front());
}

const std::vector<std::string>& RawMetadata::all(std::string_view field) const {
    static const std::vector<std::string> none;
    const auto found = fields.find(std::string(field));
    return found == fields.end() ? none : found->second;
}

Expected<RawMetadata> parse_raw_metadata(std::string_view text) {
    if (text.size() > max_metadata_size) {
        return fail(ErrorCode::config, "the metadata is too long");
    }
    auto document = split_document(text);
    if (!document) {
        return propagate(document);
    }
    RawMetadata metadata;
    const bool parts = has_parts(document->headers);
    if (!document->body.empty()) {
        if (parts) {
            metadata.leftovers["description"].push_back(std::move(document->body));
        } else {
            document->headers["description"].push_back(std::move(document->body));
        }
    }
    for (auto& [name, values] : document->headers) {
        add_field(metadata, name, std::move(values));
    }
    return metadata;
}

} // namespace pymode::pep

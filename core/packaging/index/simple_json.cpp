// SPDX-License-Identifier: MIT
// PEP 691: the JSON form of a page, read as a stream of events. A page of a big project has some
// ten megabytes: no tree is made of it, and what is not needed is not kept.
#include <fmt/format.h>

#include "core/base/http.hpp"
#include "core/base/text.hpp"
#include "core/packaging/index/json_scanner.hpp"
#include "core/packaging/index/page_builder.hpp"
#include "core/packaging/index/simple_page.hpp"

namespace pymode {

namespace {

using detail::JsonScanner;
using detail::RawEntry;

// Where in the document the reader is. Everything that is not named is `other` and skipped.
enum class Place {
    document,
    root,
    meta,
    status,
    files,
    file,
    hashes,
    metadata,     // "core-metadata"
    old_metadata, // "dist-info-metadata"
    other,
};

enum class Key {
    none,
    meta,
    api_version,
    status,
    reason,
    files,
    filename,
    url,
    hashes,
    requires_python,
    metadata,
    old_metadata,
    yanked,
    size,
    upload_time,
};

Key key_of(std::string_view name) {
    struct Row {
        std::string_view name;
        Key key;
    };
    static constexpr Row rows[] = {{"filename", Key::filename},
                                   {"url", Key::url},
                                   {"hashes", Key::hashes},
                                   {"requires-python", Key::requires_python},
                                   {"size", Key::size},
                                   {"upload-time", Key::upload_time},
                                   {"yanked", Key::yanked},
                                   {"core-metadata", Key::metadata},
                                   {"dist-info-metadata", Key::old_metadata},
                                   {"data-dist-info-metadata", Key::old_metadata},
                                   {"meta", Key::meta},
                                   {"api-version", Key::api_version},
                                   {"project-status", Key::status},
                                   {"status", Key::status},
                                   {"project-status-reason", Key::reason},
                                   {"reason", Key::reason},
                                   {"files", Key::files}};
    for (const Row& row : rows) {
        if (row.name == name) {
            return row.key;
        }
    }
    return Key::none;
}

// Every event that is false ends the reading: `error` says why.
class PageReader {
  public:
    explicit PageReader(const PageContext& context) : m_context(context), m_builder(context) {}

    [[nodiscard]] Expected<SimplePage> read(std::string_view body);

  private:
    [[nodiscard]] Place place() const { return m_places.back(); }
    [[nodiscard]] bool take(JsonScanner::Token token, const JsonScanner& scanner);
    bool boolean(bool on);
    bool number(std::optional<std::uint64_t> number);
    bool string(std::string_view text);
    bool start_object();
    bool end_object();
    bool start_array();
    bool end_array();
    bool key(std::string_view name);
    bool enter(Place next);
    // A value that says nothing to us, except where it must be something else.
    bool value();
    void string_in_file(std::string_view text);
    void start_entry();
    bool refuse(std::string what);

    const PageContext& m_context;
    detail::PageBuilder m_builder;
    std::vector<Place> m_places{Place::document};
    Key m_key = Key::none;
    std::string m_algorithm; // the key inside of hashes
    RawEntry m_entry;
    bool m_entry_is_bad = false;
    bool m_knows_metadata = false; // the new key was there: the old one does not count
    bool m_has_files = false;
    std::string m_status;
    std::string m_reason;
    std::optional<Error> m_error;
};

bool PageReader::refuse(std::string what) {
    m_error =
        Error{ErrorCode::http,
              fmt::format("{} is no page of a package index", url_for_messages(m_context.url)),
              {std::move(what)},
              "",
              std::nullopt};
    return false;
}

bool PageReader::enter(Place next) {
    m_places.push_back(next);
    m_key = Key::none;
    return true;
}

bool PageReader::value() {
    if (place() == Place::document) {
        return refuse("the JSON is not an object");
    }
    if (place() == Place::root && m_key == Key::files) {
        return refuse("`files` is not a list");
    }
    if (place() == Place::file && (m_key == Key::filename || m_key == Key::url)) {
        m_entry_is_bad = true;
    }
    return true;
}

bool PageReader::boolean(bool on) {
    if (place() == Place::file) {
        if (m_key == Key::yanked && on) {
            m_entry.yanked = "";
        } else if (m_key == Key::metadata) {
            m_knows_metadata = true;
            m_entry.has_metadata_file = on;
            m_entry.metadata_hashes.clear();
        } else if (m_key == Key::old_metadata && !m_knows_metadata) {
            m_entry.has_metadata_file = on;
        }
    }
    return value();
}

bool PageReader::number(std::optional<std::uint64_t> number) {
    if (place() == Place::file && m_key == Key::size) {
        m_entry.size = number;
    }
    return value();
}

void PageReader::string_in_file(std::string_view text) {
    switch (m_key) {
    case Key::filename:
        m_entry.filename = text;
        break;
    case Key::url:
        m_entry.url = text;
        break;
    case Key::requires_python:
        m_entry.requires_python = text;
        break;
    case Key::upload_time:
        m_entry.upload_time = text;
        break;
    case Key::yanked:
        // PEP 691: a text is the reason; an empty one is false.
        m_entry.yanked = text.empty() ? std::nullopt : std::optional<std::string>(text);
        break;
    default:
        break;
    }
}

bool PageReader::string(std::string_view text) {
    switch (place()) {
    case Place::file:
        string_in_file(text);
        return true;
    case Place::hashes:
        if (detail::is_usable_hash(m_algorithm, text)) {
            m_entry.hashes.emplace(m_algorithm, to_lower_ascii(text));
        }
        return true;
    case Place::metadata:
    case Place::old_metadata:
        if ((place() == Place::metadata || !m_knows_metadata) &&
            detail::is_usable_hash(m_algorithm, text)) {
            m_entry.metadata_hashes.insert_or_assign(m_algorithm, to_lower_ascii(text));
        }
        return true;
    case Place::meta:
        if (m_key == Key::api_version) {
            if (auto checked = m_builder.check_api_version(text); !checked) {
                m_error = std::move(checked.error());
                return false;
            }
        }
        [[fallthrough]];
    case Place::status:
        if (m_key == Key::status) {
            m_status = text;
        } else if (m_key == Key::reason) {
            m_reason = text;
        }
        return true;
    default:
        return value();
    }
}

void PageReader::start_entry() {
    m_entry = RawEntry();
    m_entry_is_bad = false;
    m_knows_metadata = false;
}

bool PageReader::start_object() {
    switch (place()) {
    case Place::document:
        return enter(Place::root);
    case Place::root:
        if (m_key == Key::files) {
            return refuse("`files` is not a list");
        }
        return enter(m_key == Key::meta     ? Place::meta
                     : m_key == Key::status ? Place::status
                                            : Place::other);
    case Place::files:
        start_entry();
        return enter(Place::file);
    case Place::file:
        if (m_key == Key::hashes) {
            return enter(Place::hashes);
        }
        if (m_key == Key::metadata) {
            m_knows_metadata = true;
            m_entry.has_metadata_file = true;
            m_entry.metadata_hashes.clear();
            return enter(Place::metadata);
        }
        if (m_key == Key::old_metadata) {
            m_entry.has_metadata_file = m_entry.has_metadata_file || !m_knows_metadata;
            return enter(Place::old_metadata);
        }
        value();
        return enter(Place::other);
    default:
        return enter(Place::other);
    }
}

bool PageReader::end_object() {
    const Place left = place();
    m_places.pop_back();
    m_key = Key::none;
    if (left != Place::file) {
        return true;
    }
    if (m_entry_is_bad || m_entry.filename.empty() || m_entry.url.empty()) {
        m_entry.url = m_entry_is_bad || m_entry.url.empty() ? "(an entry)" : m_entry.url;
        m_entry.filename = "/"; // never a file's name: the builder notes and leaves it out
    }
    if (!m_builder.add(std::move(m_entry))) {
        m_error = std::move(m_builder.too_many().error());
        return false;
    }
    return true;
}

bool PageReader::start_array() {
    if (place() == Place::document) {
        return refuse("the JSON is not an object");
    }
    if (place() == Place::root && m_key == Key::files) {
        m_has_files = true;
        return enter(Place::files);
    }
    value();
    return enter(Place::other);
}

bool PageReader::end_array() {
    m_places.pop_back();
    m_key = Key::none;
    return true;
}

bool PageReader::key(std::string_view name) {
    const Place here = place();
    if (here == Place::hashes || here == Place::metadata || here == Place::old_metadata) {
        m_algorithm = name;
    } else if (here != Place::other) {
        m_key = key_of(name);
    }
    return true;
}

bool PageReader::take(JsonScanner::Token token, const JsonScanner& scanner) {
    using Token = JsonScanner::Token;
    switch (token) {
    case Token::object_begin:
        return start_object();
    case Token::object_end:
        return end_object();
    case Token::array_begin:
        return start_array();
    case Token::array_end:
        return end_array();
    case Token::name:
        return key(scanner.text());
    case Token::string:
        return string(scanner.text());
    case Token::number:
        return number(scanner.number());
    case Token::boolean:
        return boolean(scanner.boolean());
    case Token::null:
        return value();
    case Token::end:
    case Token::error:
        break;
    }
    return false;
}

Expected<SimplePage> PageReader::read(std::string_view body) {
    JsonScanner scanner(body);
    auto token = scanner.next();
    while (token != JsonScanner::Token::end && token != JsonScanner::Token::error) {
        if (!take(token, scanner)) {
            return std::unexpected(std::move(*m_error));
        }
        token = scanner.next();
    }
    if (token == JsonScanner::Token::error) {
        return fail(ErrorCode::http,
                    fmt::format("{} is not JSON that can be read (byte {})",
                                url_for_messages(m_context.url), scanner.position()));
    }
    if (!m_has_files) {
        refuse("it has no list `files`");
        return std::unexpected(std::move(*m_error));
    }
    m_builder.set_status(m_status, std::move(m_reason));
    return std::move(m_builder).finish();
}

} // namespace

Expected<SimplePage> parse_simple_json(std::string_view body, const PageContext& context) {
    if (body.size() > max_page_bytes) {
        return fail(ErrorCode::http,
                    fmt::format("{} is larger than {}", url_for_messages(context.url),
                                human_size(max_page_bytes)));
    }
    if (!is_valid_utf8(body)) {
        return fail(ErrorCode::http, fmt::format("{} is not UTF-8", url_for_messages(context.url)));
    }
    return PageReader(context).read(body);
}

} // namespace pymode

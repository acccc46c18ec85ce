// SPDX-License-Identifier: MIT
#include "core/packaging/index/page_builder.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/http.hpp"
#include "core/base/text.hpp"
#include "core/packaging/index/url.hpp"
#include "core/pep/name.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode::detail {

namespace {

constexpr std::size_t max_notes = 200;
constexpr std::uint64_t known_minor_version = 4;

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The name a file is named after equals `project`, without building the normalised text.
bool begins_with_project(std::string_view file, std::string_view project) {
    const auto is_separator = [](char c) { return c == '-' || c == '_' || c == '.'; };
    std::size_t at = 0;
    for (const char wanted : project) {
        if (at >= file.size()) {
            return false;
        }
        if (wanted == '-') {
            if (!is_separator(file[at])) {
                return false;
            }
            while (at < file.size() && is_separator(file[at])) {
                ++at;
            }
        } else {
            const char c =
                file[at] >= 'A' && file[at] <= 'Z' ? static_cast<char>(file[at] + 32) : file[at];
            if (c != wanted) {
                return false;
            }
            ++at;
        }
    }
    return at < file.size() && file[at] == '-';
}

std::string_view sdist_stem(std::string_view file) {
    for (const std::string_view ending : {".tar.gz", ".zip"}) {
        if (file.ends_with(ending)) {
            return file.substr(0, file.size() - ending.size());
        }
    }
    return {};
}

bool is_sdist_of(std::string_view file, std::string_view project) {
    const std::string_view stem = sdist_stem(file);
    // Old sdists may have dashes in the name: the version begins after the last one that leaves
    // the project's name in front of it.
    return !stem.empty() && begins_with_project(stem, project);
}

} // namespace

bool is_usable_hash(std::string_view algorithm, std::string_view digits) {
    const auto known = hash_algorithm(algorithm);
    return known && digits.size() == hash_digits(*known) &&
           std::ranges::all_of(digits, is_hex_digit);
}

void add_hash(pep::Hashes& hashes, std::string_view assignment) {
    const auto equals = assignment.find('=');
    if (equals == std::string_view::npos) {
        return;
    }
    const std::string algorithm = to_lower_ascii(assignment.substr(0, equals));
    const std::string_view digits = assignment.substr(equals + 1);
    if (is_usable_hash(algorithm, digits)) {
        hashes.emplace(algorithm, to_lower_ascii(digits));
    }
}

void PageBuilder::set_base(std::string_view reference) {
    if (m_has_base) {
        return;
    }
    m_has_base = true;
    if (auto resolved = resolve_url(m_base, reference)) {
        m_base = std::move(*resolved);
    } else {
        skip("<base>", "its address cannot be understood");
    }
}

Expected<> PageBuilder::check_api_version(std::string_view version) {
    const auto parts = split(trim(version), '.');
    const auto major = parse_unsigned(parts[0]);
    const auto minor = parts.size() == 2 ? parse_unsigned(parts[1]) : std::nullopt;
    if (!major || !minor) {
        return fail(ErrorCode::http,
                    fmt::format("{} says that it has the API version \"{}\"",
                                url_for_messages(m_context.url), printable(version.substr(0, 40))));
    }
    if (*major != 1) {
        return fail(ErrorCode::http,
                    fmt::format("{} speaks version {} of the index API, this pymode only version 1",
                                url_for_messages(m_context.url), printable(version)),
                    "a newer pymode may know it");
    }
    if (*minor > known_minor_version) {
        skip("the API version", "it is newer than what is known, so something may be ignored");
    }
    return {};
}

void PageBuilder::set_status(std::string_view status, std::string reason) {
    using Kind = ProjectStatus::Kind;
    static constexpr std::array<std::pair<std::string_view, Kind>, 3> kinds{
        {{"archived", Kind::archived},
         {"deprecated", Kind::deprecated},
         {"quarantined", Kind::quarantined}}};
    for (const auto& [name, kind] : kinds) {
        if (status == name) {
            m_page.status = {kind, std::move(reason)};
            return;
        }
    }
}

void PageBuilder::skip(std::string_view what, std::string_view why) {
    if (m_page.skipped.size() < max_notes) {
        m_page.skipped.push_back(fmt::format("{} on {}: {}", printable(what.substr(0, 200)),
                                             url_for_messages(m_context.url), why));
    }
}

std::optional<std::string> PageBuilder::absolute(std::string_view reference) const {
    const auto scheme = reference.find("://");
    if (scheme < 6) {
        return std::string(reference); // most of them
    }
    return resolve_url(m_base, reference);
}

std::string_view PageBuilder::objection(const std::string& filename) const {
    const std::string& project = m_context.project;
    if (filename.ends_with(".whl")) {
        const auto dashes = std::ranges::count(filename, '-');
        if (dashes != 4 && dashes != 5) {
            return "not a wheel's name";
        }
        return project.empty() || begins_with_project(filename, project)
                   ? ""
                   : "a file of another project";
    }
    if (sdist_stem(filename).empty()) {
        return "neither a wheel nor a source distribution";
    }
    if (project.empty()) {
        return pep::SdistName::parse(filename) ? "" : "not a source distribution's name";
    }
    return is_sdist_of(filename, project) ? "" : "a file of another project";
}

bool PageBuilder::add(RawEntry entry) {
    if (++m_entries > max_page_files) {
        return false;
    }
    auto url = absolute(entry.url);
    if (!url) {
        skip(entry.url, "its address cannot be understood");
        return true;
    }
    if (entry.filename.empty()) {
        entry.filename = url_file_name(*url).value_or("");
    } else if (url_file_name("/" + entry.filename) != percent_decode(entry.filename)) {
        entry.filename.clear();
    }
    if (entry.filename.empty() || entry.filename.size() > pep::max_file_name_length) {
        skip(entry.url, "no file name");
        return true;
    }
    if (const std::string_view why = objection(entry.filename); !why.empty()) {
        skip(entry.filename, why);
        return true;
    }
    if (const auto hash = url->find('#'); hash != std::string::npos) {
        for (const std::string_view part : split(std::string_view(*url).substr(hash + 1), '&')) {
            add_hash(entry.hashes, part);
        }
    }
    const bool page_is_file = is_file_url(m_context.url);
    const bool downgrade = m_context.url.starts_with("https:") && url->starts_with("http:");
    if (!(is_web_url(*url) || (page_is_file && is_file_url(*url)))) {
        skip(entry.filename, "an address that a page may not point to");
        return true;
    }
    if (downgrade && entry.hashes.empty()) {
        skip(entry.filename, "an unprotected address (http) without a hash");
        return true;
    }
    DistFile& file = m_page.files.emplace_back();
    file.filename = std::move(entry.filename);
    file.url = bare_url(*url);
    file.hashes = std::move(entry.hashes);
    file.requires_python = std::move(entry.requires_python);
    file.has_metadata_file = entry.has_metadata_file;
    file.metadata_hashes = std::move(entry.metadata_hashes);
    file.yanked = std::move(entry.yanked);
    file.size = entry.size;
    file.upload_time = std::move(entry.upload_time);
    file.origin = m_context.origin;
    file.index = m_context.index;
    return true;
}

Expected<> PageBuilder::too_many() const {
    return fail(ErrorCode::http, fmt::format("{} lists more than {} files",
                                             url_for_messages(m_context.url), max_page_files));
}

SimplePage PageBuilder::finish() && {
    if (m_page.status.kind == ProjectStatus::Kind::quarantined) {
        m_page.files.clear();
    }
    return std::move(m_page);
}

} // namespace pymode::detail

namespace pymode {

Expected<SimplePage> parse_simple_page(std::string_view content_type, std::string_view body,
                                       const PageContext& context) {
    const std::string type = to_lower_ascii(trim(content_type.substr(0, content_type.find(';'))));
    if (type == "application/vnd.pypi.simple.v1+json" || type == "application/json") {
        return parse_simple_json(body, context);
    }
    if (type == "application/vnd.pypi.simple.v1+html" || type == "text/html" ||
        type == "application/xhtml+xml") {
        return parse_simple_html(body, context);
    }
    return fail(ErrorCode::http,
                fmt::format("{} is no page of a package index: its type is \"{}\"",
                            url_for_messages(context.url), printable(type.substr(0, 80))),
                "an index has pages of the simple API (PEP 503, PEP 691)");
}

} // namespace pymode

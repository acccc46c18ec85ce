// SPDX-License-Identifier: MIT
#include "core/packaging/install/dist_info.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/packaging/resolved_with.hpp"
#include "core/pep/metadata.hpp"
#include "core/pep/name.hpp"

namespace pymode {

namespace {

constexpr std::string_view dist_info_suffix = ".dist-info";

std::unexpected<Error> refused(std::string message) {
    return fail(ErrorCode::archive, std::move(message));
}

// Lines of "Key: value"; WHEEL has the syntax of METADATA without its body.
std::vector<std::string> header_values(std::string_view text, std::string_view key) {
    std::vector<std::string> values;
    for (const std::string_view line : split_lines(text)) {
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos &&
            equals_ignoring_case(trim(line.substr(0, colon)), key)) {
            values.emplace_back(trim(line.substr(colon + 1)));
        }
    }
    return values;
}

Expected<> check_wheel_version(std::string_view text, std::vector<std::string>& warnings) {
    const auto versions = header_values(text, "Wheel-Version");
    const std::string_view version = versions.empty() ? "" : std::string_view(versions.front());
    const std::size_t dot = version.find('.');
    const auto major = parse_unsigned(version.substr(0, dot));
    const auto minor =
        dot == std::string_view::npos ? std::nullopt : parse_unsigned(version.substr(dot + 1));
    if (!major || !minor) {
        return refused(fmt::format("WHEEL has no usable Wheel-Version (\"{}\")",
                                   printable(version.substr(0, 40))));
    }
    if (*major != 1) {
        return refused(fmt::format("its wheel format is {}; this pymode knows 1.0", version));
    }
    if (*minor != 0) {
        warnings.push_back(
            fmt::format("its wheel format is {}, newer than what is known (1.0)", version));
    }
    return {};
}

void compare_tags(std::string_view text, const pep::WheelName& wheel,
                  std::vector<std::string>& warnings) {
    std::set<pep::Tag> inside;
    for (const std::string& value : header_values(text, "Tag")) {
        const auto tags = pep::parse_tags(value);
        if (!tags) {
            warnings.push_back(
                fmt::format("WHEEL has a Tag that is none: \"{}\"", printable(value)));
            return;
        }
        inside.insert(tags->begin(), tags->end());
    }
    if (!std::ranges::equal(inside, std::set(wheel.tags.begin(), wheel.tags.end()))) {
        warnings.emplace_back("the Tag lines of WHEEL differ from the file name");
    }
}

Expected<> compare_metadata(const pep::CoreMetadata& inside, const WheelRequest& request,
                            std::vector<std::string>& warnings) {
    std::string difference = resolved_difference(inside, request.resolved_metadata);
    if (difference.empty()) {
        return {};
    }
    std::string message = not_as_resolved(request.name, difference);
    if (request.metadata == Check::warn) {
        warnings.push_back(std::move(message));
        return {};
    }
    return fail(ErrorCode::archive, std::move(message), std::string(kMetadataHint));
}

} // namespace

std::string resolved_difference(const pep::CoreMetadata& inside, std::string_view resolved) {
    if (resolved.empty()) {
        return "";
    }
    const auto known = pep::parse_core_metadata(resolved);
    return known ? metadata_difference(inside, *known) : known.error().message;
}

std::string not_as_resolved(std::string_view name, std::string_view difference) {
    return fmt::format("its metadata is not the metadata that {} was resolved with: {}", name,
                       difference);
}

bool folder_belongs(std::string_view folder, std::string_view suffix, const pep::WheelName& wheel) {
    if (!folder.ends_with(suffix)) {
        return false;
    }
    folder.remove_suffix(suffix.size());
    const std::size_t dash = folder.rfind('-');
    if (dash == std::string_view::npos) {
        return false;
    }
    const auto version = pep::Version::parse(replace_all(folder.substr(dash + 1), "_", "-"));
    return version && *version == wheel.version &&
           pep::normalize_name(folder.substr(0, dash)) == wheel.name;
}

Expected<std::string> find_dist_info(std::span<const ZipMember> members,
                                     const pep::WheelName& wheel) {
    std::set<std::string_view> found;
    for (const ZipMember& member : members) {
        const std::string_view top =
            std::string_view(member.name)
                .substr(0, std::min(member.name.find('/'), member.name.size()));
        if (top.ends_with(dist_info_suffix) && top.size() < member.name.size()) {
            found.insert(top);
        }
    }
    if (found.empty()) {
        return refused("it has no .dist-info folder");
    }
    if (found.size() > 1) {
        return refused(
            fmt::format("it has multiple .dist-info folders: {}", fmt::join(found, ", ")));
    }
    if (!folder_belongs(*found.begin(), dist_info_suffix, wheel)) {
        return refused(fmt::format("its folder {} is not that of {} {}", printable(*found.begin()),
                                   wheel.name, wheel.version.to_string()));
    }
    return std::string(*found.begin());
}

Expected<> check_wheel_file(std::string_view text, const pep::WheelName& wheel,
                            std::vector<std::string>& warnings) {
    if (!is_valid_utf8(text)) {
        return refused("WHEEL is not UTF-8");
    }
    if (auto version = check_wheel_version(text, warnings); !version) {
        return version;
    }
    compare_tags(text, wheel, warnings);
    return {};
}

Expected<> check_metadata(std::string_view text, const WheelRequest& request,
                          std::vector<std::string>& warnings) {
    if (!is_valid_utf8(text)) {
        return refused("METADATA is not UTF-8");
    }
    auto metadata = pep::parse_core_metadata(text);
    if (!metadata) {
        return std::unexpected(Error{ErrorCode::archive,
                                     "METADATA cannot be used: " + metadata.error().message,
                                     metadata.error().notes,
                                     "",
                                     {}});
    }
    if (pep::normalize_name(metadata->name) != request.name) {
        return refused(
            fmt::format("METADATA is that of {}, not of {}", metadata->name, request.name));
    }
    if (metadata->version != *request.version) {
        return refused(fmt::format("METADATA is that of version {}, not of {}",
                                   metadata->version.to_string(), request.version->to_string()));
    }
    for (const std::string& warning : metadata->warnings) {
        warnings.push_back("METADATA: " + warning);
    }
    return compare_metadata(*metadata, request, warnings);
}

} // namespace pymode

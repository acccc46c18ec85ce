// SPDX-License-Identifier: MIT
#include "core/pep/wheel_name.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/pep/ascii.hpp"
#include "core/pep/name.hpp"

namespace pymode::pep {

namespace {

// The standard wants letters and digits, and old files have names with letters of other scripts:
// they are read, and match no requirement.
bool is_file_project_name(std::string_view name) {
    const auto permitted = [](char c) {
        return is_alphanumeric(c) || c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
    };
    return !name.empty() && name.find("__") == std::string_view::npos &&
           std::ranges::all_of(name, permitted) && is_valid_utf8(name);
}

std::optional<BuildTag> parse_build(std::string_view text) {
    const std::size_t digits =
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
    if (digits == 0) {
        return std::nullopt;
    }
    return BuildTag{Number::from_digits(text.substr(0, digits)), std::string(text.substr(digits))};
}

std::unexpected<Error> invalid(std::string_view kind, std::string_view file, std::string_view why) {
    return fail(ErrorCode::config, fmt::format("\"{}\" is not the name of {}: {}",
                                               file.substr(0, max_file_name_length), kind, why));
}

} // namespace

Expected<WheelName> WheelName::parse(std::string_view file_name) {
    constexpr std::string_view extension = ".whl";
    if (file_name.size() > max_file_name_length || !file_name.ends_with(extension)) {
        return invalid("a wheel", file_name, "it does not end in .whl or is too long");
    }
    const auto parts = split(file_name.substr(0, file_name.size() - extension.size()), '-');
    if (parts.size() != 5 && parts.size() != 6) {
        return invalid("a wheel", file_name, "it has not five or six parts with dashes between");
    }
    if (!is_file_project_name(parts[0])) {
        return invalid("a wheel", file_name, "the project's name is not valid");
    }
    auto version = Version::parse(parts[1]);
    if (!version) {
        return invalid("a wheel", file_name, "the version is not valid");
    }
    std::optional<BuildTag> build;
    if (parts.size() == 6) {
        build = parse_build(parts[2]);
        if (!build) {
            return invalid("a wheel", file_name, "the build does not begin with a digit");
        }
    }
    const auto first_tag = parts.end() - 3;
    auto tags = parse_tags(fmt::format("{}-{}-{}", first_tag[0], first_tag[1], first_tag[2]));
    if (!tags) {
        return invalid("a wheel", file_name, "the compatibility tags are not valid");
    }
    return WheelName{normalize_name(parts[0]), std::move(*version), std::move(build),
                     std::move(*tags)};
}

Expected<SdistName> SdistName::parse(std::string_view file_name) {
    std::string_view stem = file_name;
    for (const std::string_view extension : {".tar.gz", ".zip"}) {
        if (file_name.ends_with(extension)) {
            stem.remove_suffix(extension.size());
            break;
        }
    }
    const std::size_t dash = stem.rfind('-');
    if (stem.size() == file_name.size() || file_name.size() > max_file_name_length ||
        dash == std::string_view::npos || dash == 0) {
        return invalid("a source distribution", file_name,
                       "it is not NAME-VERSION.tar.gz or NAME-VERSION.zip");
    }
    auto version = Version::parse(stem.substr(dash + 1));
    if (!version) {
        return invalid("a source distribution", file_name, "the version is not valid");
    }
    return SdistName{normalize_name(stem.substr(0, dash)), std::move(*version)};
}

bool is_better_wheel(const TagTable& table, const WheelName& a, std::string_view a_file,
                     const WheelName& b, std::string_view b_file) {
    const auto a_rank = table.rank(a.tags);
    const auto b_rank = table.rank(b.tags);
    if (a_rank != b_rank) {
        return a_rank && (!b_rank || *a_rank < *b_rank);
    }
    if (a.build != b.build) {
        return a.build > b.build;
    }
    return a_file < b_file;
}

} // namespace pymode::pep

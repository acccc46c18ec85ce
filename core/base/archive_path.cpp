// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "core/base/archive.hpp"
#include "core/base/text.hpp"

namespace pymode {

namespace {

constexpr std::size_t max_path_bytes = 1024;

bool has_drive_letter(std::string_view path) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return path.size() >= 2 && path[1] == ':' && is_letter(path[0]);
}

// What is wrong with the path, or nullptr.
const char* path_fault(std::string_view path) {
    if (path.empty()) {
        return "it is empty";
    }
    if (path.size() > max_path_bytes) {
        return "it is too long";
    }
    if (!is_valid_utf8(path)) {
        return "it is not UTF-8";
    }
    if (path.front() == '/' || has_drive_letter(path)) {
        return "it is absolute";
    }
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (std::ranges::any_of(path, is_control)) {
        return "it holds a control character";
    }
    if (path.find('\\') != std::string_view::npos) {
        return "it holds a backslash";
    }
    if (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    for (const std::string_view part : split(path, '/')) {
        if (part.empty() || part == "." || part == "..") {
            return "it has an empty part, \".\" or \"..\"";
        }
    }
    return nullptr;
}

} // namespace

Expected<> check_archive_path(std::string_view path) {
    if (const char* fault = path_fault(path)) {
        return fail(ErrorCode::archive, fmt::format("unsafe path \"{}\" in an archive: {}",
                                                    printable(path.substr(0, 200)), fault));
    }
    return {};
}

} // namespace pymode

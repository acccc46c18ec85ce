// SPDX-License-Identifier: MIT
#include "core/pep/direct_url.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/pep/ascii.hpp"

namespace pymode::pep {

namespace {

bool is_environment_variable(std::string_view text) {
    if (text.size() < 4 || !text.starts_with("${") || !text.ends_with('}')) {
        return false;
    }
    return std::ranges::all_of(text.substr(2, text.size() - 3),
                               [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; });
}

bool is_harmless(std::string_view user_info, std::span<const std::string> harmless) {
    if (std::ranges::find(harmless, user_info) != harmless.end()) {
        return true;
    }
    const auto parts = split(user_info, ':');
    return parts.size() <= 2 && std::ranges::all_of(parts, is_environment_variable);
}

} // namespace

std::string strip_credentials(std::string_view url, std::span<const std::string> harmless) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) {
        return std::string(url);
    }
    const std::size_t begin = scheme + 3;
    const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
    // The last "@" of the authority: a password may hold others.
    const std::size_t at = url.substr(0, end).rfind('@');
    if (at == std::string_view::npos || at < begin ||
        is_harmless(url.substr(begin, at - begin), harmless)) {
        return std::string(url);
    }
    return std::string(url.substr(0, begin)) + std::string(url.substr(at + 1));
}

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/direct_file.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/pep/ascii.hpp"
#include "core/pep/direct_url.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode::resolving {

namespace {

int hex_value(char c) {
    if (pep::is_digit(c)) {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decode(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high >= 0 && low >= 0) {
                decoded += static_cast<char>(high * 16 + low);
                i += 2;
                continue;
            }
        }
        decoded += text[i];
    }
    return decoded;
}

std::string_view scheme_of(std::string_view url) {
    const std::size_t colon = url.find(':');
    return colon == std::string_view::npos ? std::string_view{} : url.substr(0, colon);
}

std::string_view without_fragment(std::string_view url) {
    return url.substr(0, url.find('#'));
}

std::string file_name_of(std::string_view url) {
    std::string_view path = without_fragment(url);
    path = path.substr(0, path.find('?'));
    const std::size_t slash = path.rfind('/');
    return percent_decode(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

// "#sha256=…&subdirectory=…"
pep::Hashes hashes_of(std::string_view url) {
    pep::Hashes hashes;
    const std::size_t mark = url.find('#');
    if (mark == std::string_view::npos) {
        return hashes;
    }
    for (const std::string_view part : split(url.substr(mark + 1), '&')) {
        const std::size_t equals = part.find('=');
        const std::string_view name = part.substr(0, equals);
        if (equals != std::string_view::npos &&
            (name == "sha256" || name == "sha384" || name == "sha512")) {
            hashes[std::string(name)] = to_lower_ascii(part.substr(equals + 1));
        }
    }
    return hashes;
}

} // namespace

std::string canonical_url(std::string_view url) {
    return pep::strip_credentials(without_fragment(url), {});
}

Expected<DistFile> direct_file(std::string_view name, std::string_view url) {
    const std::string shown = canonical_url(url);
    const auto refuse = [&](std::string_view why, std::string hint) {
        return fail(ErrorCode::config, fmt::format("`{} @ {}` {}", name, shown, why),
                    std::move(hint));
    };
    const std::string scheme = to_lower_ascii(scheme_of(url));
    if (scheme.find('+') != std::string::npos || scheme == "git" || scheme == "ssh") {
        return refuse("is a repository, and only wheels can be installed",
                      "build a wheel of it and name that file instead");
    }
    if (scheme != "http" && scheme != "https" && scheme != "file") {
        return refuse("is no http, https or file URL", "");
    }
    DistFile file;
    file.filename = file_name_of(url);
    if (!file.filename.ends_with(".whl")) {
        return refuse("is no wheel, and only wheels can be installed",
                      "a folder or a source distribution has to be built into a wheel first");
    }
    const auto wheel = pep::WheelName::parse(file.filename);
    if (!wheel) {
        return propagate(wheel, fmt::format("it is what `{}` is required from", name));
    }
    if (wheel->name != name) {
        return refuse(fmt::format("is a wheel of `{}`", wheel->name), "");
    }
    file.url = shown;
    file.hashes = hashes_of(url);
    file.origin = Origin::direct;
    return file;
}

} // namespace pymode::resolving

// SPDX-License-Identifier: MIT
#include "core/packaging/index/default_index.hpp"

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/http.hpp"
#include "core/base/text.hpp"
#include "core/packaging/index/url.hpp"

namespace pymode {

namespace {

constexpr std::uint64_t max_config_bytes = 1 << 20;

// pip's own spelling rules: "--index_url", "index_url" and "index-url" are one option.
std::string option_name(std::string_view key) {
    std::string name = replace_all(to_lower_ascii(trim(key)), "_", "-");
    return name.starts_with("--") ? name.substr(2) : name;
}

// The files that pip reads, those that count first in front.
std::vector<fs::path> pip_config_files(const Env& env) {
    std::vector<fs::path> files;
    const auto named = env.get_nonempty("PIP_CONFIG_FILE");
    if (named == "/dev/null") {
        return files; // the way to say that no file counts
    }
    std::error_code error;
    const bool named_exists = named && fs::exists(*named, error);
    if (named) {
        files.emplace_back(*named);
    }
    if (const auto venv = env.get_nonempty("VIRTUAL_ENV")) {
        files.push_back(fs::path(*venv) / "pip.conf");
    }
    const auto home = env.home();
    if (!named_exists) {
        const auto xdg = env.get_nonempty("XDG_CONFIG_HOME");
        if (xdg || home) {
            files.push_back((xdg ? fs::path(*xdg) : *home / ".config") / "pip" / "pip.conf");
        }
        if (home) {
            files.push_back(*home / ".pip" / "pip.conf");
        }
    }
    files.emplace_back("/etc/pip.conf");
    const std::string folders = env.get_nonempty("XDG_CONFIG_DIRS").value_or("/etc/xdg");
    auto parts = split(folders, ':');
    while (!parts.empty()) { // pip lets the last one win
        if (!parts.back().empty()) {
            files.push_back(fs::path(parts.back()) / "pip" / "pip.conf");
        }
        parts.pop_back();
    }
    return files;
}

struct ConfigValue {
    std::string value;
    fs::path file;
};

std::optional<ConfigValue> find_in_config_files(const Env& env, std::string_view option) {
    for (const fs::path& path : pip_config_files(env)) {
        const auto text = read_text_file(path, max_config_bytes);
        // pip, too, goes on without a file that it cannot read.
        if (auto value = text ? pip_config_option(*text, option) : std::nullopt) {
            return ConfigValue{std::move(*value), path};
        }
    }
    return std::nullopt;
}

Expected<DefaultIndex> checked(std::string url, std::string source) {
    if (!is_web_url(url) && !is_file_url(url)) {
        return fail(
            ErrorCode::config,
            fmt::format("the index that {} names is not a URL (https://HOST/PATH)", source));
    }
    return DefaultIndex{std::move(url), std::move(source)};
}

} // namespace

std::string_view built_in_index() {
    return PYMODE_DEFAULT_INDEX_URL;
}

std::optional<std::string> pip_config_option(std::string_view text, std::string_view option) {
    std::string section;
    std::optional<std::string> global;
    std::optional<std::string> install;
    for (const std::string_view raw : split_lines(text)) {
        const std::string_view line = trim(raw);
        if (line.empty() || line.starts_with('#') || line.starts_with(';')) {
            continue;
        }
        if (line.starts_with('[') && line.ends_with(']')) {
            section = line.substr(1, line.size() - 2);
            continue;
        }
        // A line that is indented goes on with a value of several lines: none is looked for here.
        const auto equals = line.find_first_of("=:");
        if (equals == std::string_view::npos || raw.front() == ' ' || raw.front() == '\t' ||
            option_name(line.substr(0, equals)) != option) {
            continue;
        }
        const std::string value(trim(line.substr(equals + 1)));
        if (!value.empty() && section == "global") {
            global = value;
        } else if (!value.empty() && section == "install") {
            install = value;
        }
    }
    return install ? install : global;
}

std::optional<std::string> pip_certificates(const Env& env) {
    if (auto path = env.get_nonempty("PIP_CERT")) {
        return path;
    }
    auto found = find_in_config_files(env, "cert");
    return found ? std::optional(std::move(found->value)) : std::nullopt;
}

Expected<DefaultIndex> default_index(const Env& env) {
    for (const char* variable : {"PYMODE_INDEX_URL", "PIP_INDEX_URL"}) {
        if (auto url = env.get_nonempty(variable)) {
            return checked(std::string(trim(*url)), variable);
        }
    }
    if (auto found = find_in_config_files(env, "index-url")) {
        return checked(std::move(found->value), found->file.string());
    }
    return checked(std::string(built_in_index()), "the build of this pymode");
}

std::string insecure_index_warning(std::string_view url) {
    const auto parts = split_url(url);
    if (!parts || !equals_ignoring_case(parts->scheme, "http") || is_loopback(url)) {
        return "";
    }
    return fmt::format("the index {} is not protected (http): who can reach the network between "
                       "you and it can change what you install",
                       url_for_messages(url));
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/base/environment.hpp"

#include <unistd.h>

#include <sys/stat.h>

#include "core/base/text.hpp"

extern char** environ;

namespace pymode {

namespace {

bool is_program(const std::filesystem::path& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           access(path.c_str(), X_OK) == 0;
}

} // namespace

Env Env::capture() {
    Env env;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos && equals > 0) {
            env.set(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
        }
    }
    return env;
}

std::optional<std::string> Env::get(std::string_view name) const {
    const auto found = m_variables.find(name);
    return found == m_variables.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> Env::get_nonempty(std::string_view name) const {
    auto value = get(name);
    return value && !value->empty() ? value : std::nullopt;
}

void Env::set(std::string name, std::string value) {
    m_variables.insert_or_assign(std::move(name), std::move(value));
}

void Env::unset(std::string_view name) {
    const auto found = m_variables.find(name);
    if (found != m_variables.end()) {
        m_variables.erase(found);
    }
}

std::vector<std::string> Env::entries() const {
    std::vector<std::string> entries;
    entries.reserve(m_variables.size());
    for (const auto& [name, value] : m_variables) {
        entries.push_back(name + "=" + value);
    }
    return entries;
}

std::optional<std::filesystem::path> Env::find_program(std::string_view name) const {
    if (name.empty()) {
        return std::nullopt;
    }
    if (name.find('/') != std::string_view::npos) {
        const std::filesystem::path path(name);
        return is_program(path) ? std::optional(path) : std::nullopt;
    }
    const std::string search = get("PATH").value_or("");
    for (const std::string_view folder : split(search, ':')) {
        auto path = std::filesystem::path(folder) / name;
        if (!folder.empty() && is_program(path)) {
            return path;
        }
    }
    return std::nullopt;
}

std::optional<std::filesystem::path> Env::home() const {
    const auto value = get_nonempty("HOME");
    return value ? std::optional<std::filesystem::path>(*value) : std::nullopt;
}

} // namespace pymode

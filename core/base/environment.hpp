// SPDX-License-Identifier: MIT
// The environment as a value: captured once in main and passed down, so that every function can be
// called by a test with the variables it likes.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pymode {

class Env {
  public:
    Env() = default;
    // Env{{"HOME", "/root"}, {"PATH", "/bin"}}
    Env(std::initializer_list<std::pair<const std::string, std::string>> variables)
        : m_variables(variables) {}
    explicit Env(std::map<std::string, std::string, std::less<>> variables)
        : m_variables(std::move(variables)) {}

    // The environment of this process, now.
    [[nodiscard]] static Env capture();

    [[nodiscard]] std::optional<std::string> get(std::string_view name) const;

    // As `get`, but an empty value counts as not set: the rule of most conventions (NO_COLOR, …).
    [[nodiscard]] std::optional<std::string> get_nonempty(std::string_view name) const;

    void set(std::string name, std::string value);
    void unset(std::string_view name);

    // "NAME=value", sorted by name: what a child process is given.
    [[nodiscard]] std::vector<std::string> entries() const;

    // The first executable regular file of that name along PATH; a name with a slash is taken as a
    // path. Empty parts of PATH (the current directory) are skipped on purpose.
    [[nodiscard]] std::optional<std::filesystem::path> find_program(std::string_view name) const;

    // HOME, or nothing.
    [[nodiscard]] std::optional<std::filesystem::path> home() const;

  private:
    std::map<std::string, std::string, std::less<>> m_variables;
};

} // namespace pymode

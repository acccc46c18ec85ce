// SPDX-License-Identifier: MIT
// Checks a part of a configuration by its table of fields.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/project/document.hpp"
#include "core/project/schema.hpp"

namespace pymode {

// How a file writes keys, and how messages call its tables.
enum class Dialect {
    pyproject,     // [tool.pymode.kv-namespaces]; underscores are as good as dashes
    wrangler_toml, // [kv_namespaces]
    wrangler_json, // `kv_namespaces`
};

// "kv-namespaces" in pyproject.toml, "kv_namespaces" in wrangler's files.
std::string shown_key(Dialect dialect, std::string_view key);

// "[tool.pymode.limits]", "[[kv_namespaces]]", "`limits`"; the whole file for an empty path. The
// keys of `path` stand in it as they are shown.
std::string shown_table(Dialect dialect, std::string_view path, bool list = false);

class Normalizer {
  public:
    Normalizer(const ConfigDocument& document, Dialect dialect, std::vector<std::string>& warnings)
        : m_document(document), m_dialect(dialect), m_warnings(warnings) {}

    // The table with its keys as wrangler spells them, all of them checked: type, rule, range,
    // number. Keys that nobody knows become warnings and go, those of `left_out` go without one. A
    // wrong value is an error at its place.
    Expected<ConfigValue> table(const ConfigValue& value, std::span<const Field> fields,
                                const std::string& path,
                                std::span<const std::string_view> left_out = {});

    [[nodiscard]] bool is_key(std::string_view written, std::string_view key) const;
    void warn(ConfigPosition position, std::string_view message);

  private:
    Expected<ConfigValue> table_like(const ConfigValue& value, const Type& type,
                                     const std::string& path, bool in_list,
                                     std::span<const std::string_view> also_known = {});
    Expected<ConfigValue> value(const ConfigValue& value, const Type& type,
                                const std::string& path);
    Expected<ConfigValue> list(const ConfigValue& value, const Type& type, const std::string& path);
    Expected<ConfigValue> map(const ConfigValue& value, const Type& type, const std::string& path);
    Expected<> text(const ConfigValue& value, const Type& type, const std::string& path) const;
    Expected<> number(const ConfigValue& value, const Type& type, const std::string& path) const;
    Expected<> any(const ConfigValue& value, const std::string& path) const;
    Expected<> required(const ConfigValue& table, std::span<const Field> fields,
                        const std::string& where) const;
    void unknown_key(const ConfigMember& member, std::span<const Field> fields,
                     std::span<const std::string_view> also_known, const std::string& where);
    [[nodiscard]] std::unexpected<Error> error(ConfigPosition position, std::string message,
                                               std::string_view hint = "") const;
    [[nodiscard]] std::unexpected<Error> wrong_type(const ConfigValue& value, const Type& type,
                                                    const std::string& path) const;
    [[nodiscard]] static std::string name_of(const std::string& path);

    const ConfigDocument& m_document;
    Dialect m_dialect;
    std::vector<std::string>& m_warnings;
};

} // namespace pymode

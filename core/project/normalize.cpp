// SPDX-License-Identifier: MIT
#include "core/project/normalize.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace pymode {
namespace {

using Kind = ConfigValue::Kind;

// Whether the value has the shape that the type asks for, not yet whether what is in it is right.
bool fits(const ConfigValue& value, const Type& type) {
    switch (type.kind) {
    case Type::Kind::text:
        return value.kind == Kind::string;
    case Type::Kind::date:
        return value.kind == Kind::string || value.kind == Kind::datetime;
    case Type::Kind::integer:
        return value.kind == Kind::integer;
    case Type::Kind::number:
        return value.kind == Kind::integer || value.kind == Kind::number;
    case Type::Kind::boolean:
        return value.kind == Kind::boolean;
    case Type::Kind::null:
        return value.kind == Kind::null;
    case Type::Kind::texts:
    case Type::Kind::list:
    case Type::Kind::tables:
        return value.kind == Kind::array;
    case Type::Kind::table:
    case Type::Kind::map:
        return value.kind == Kind::table;
    case Type::Kind::any:
        return true;
    }
    return false;
}

// "limits" and "cpu_ms" → "limits.cpu_ms".
std::string below(const std::string& path, std::string_view key) {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

std::string words_hint(std::span<const std::string_view> words) {
    std::string hint = "use ";
    for (std::size_t i = 0; i < words.size(); ++i) {
        hint += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
        hint += fmt::format("\"{}\"", words[i]);
    }
    return hint;
}

} // namespace

std::string shown_key(Dialect dialect, std::string_view key) {
    return dialect == Dialect::pyproject ? dashed_key(key) : std::string(key);
}

std::string shown_table(Dialect dialect, std::string_view path, bool list) {
    std::string name(path);
    if (dialect == Dialect::pyproject) {
        name = path.empty() ? "tool.pymode" : fmt::format("tool.pymode.{}", path);
    } else if (path.empty()) {
        return "the file";
    }
    if (dialect == Dialect::wrangler_json) {
        return fmt::format("`{}`", name);
    }
    return list ? fmt::format("[[{}]]", name) : fmt::format("[{}]", name);
}

bool Normalizer::is_key(std::string_view written, std::string_view key) const {
    return written == key ||
           (m_dialect == Dialect::pyproject && dashed_key(written) == dashed_key(key));
}

void Normalizer::warn(ConfigPosition position, std::string_view message) {
    m_warnings.push_back(fmt::format("{}:{}: {}", m_document.file, position.line, message));
}

std::unexpected<Error> Normalizer::error(ConfigPosition position, std::string message,
                                         std::string_view hint) const {
    return std::unexpected(m_document.error_at(position, std::move(message), std::string(hint)));
}

std::unexpected<Error> Normalizer::wrong_type(const ConfigValue& value, const Type& type,
                                              const std::string& path) const {
    const bool brackets = type.kind == Type::Kind::tables && value.kind == Kind::table &&
                          m_dialect != Dialect::wrangler_json;
    return error(
        value.position,
        fmt::format("{} must be {}, not {}", name_of(path), describe(type), describe(value.kind)),
        brackets ? fmt::format("write {} with two brackets", shown_table(m_dialect, path, true))
                 : "");
}

// The keys within a table are known from the line that is shown: the last one is enough.
std::string Normalizer::name_of(const std::string& path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string::npos ? path : path.substr(dot + 1);
}

void Normalizer::unknown_key(const ConfigMember& member, std::span<const Field> fields,
                             std::span<const std::string_view> also_known,
                             const std::string& where) {
    std::vector<std::string> known;
    for (const std::string_view key : also_known) {
        known.push_back(shown_key(m_dialect, key));
    }
    std::string meant;
    for (const Field& field : fields) {
        known.push_back(shown_key(m_dialect, field.key));
        // Something that belongs one level down: `crons` of `triggers`.
        for (const Field& inner :
             field.type.kind == Type::Kind::table ? field.type.fields : std::span<const Field>()) {
            if (is_key(member.key, inner.key) && inner.need == Need::optional && meant.empty()) {
                meant = known.back() + "." + shown_key(m_dialect, inner.key);
            }
        }
    }
    const auto near = closest_match(member.key, known);
    meant = near.value_or(meant);
    warn(member.key_position,
         fmt::format("unknown key `{}` in {}{}", printable(member.key), where,
                     meant.empty() ? "" : fmt::format("; did you mean `{}`?", meant)));
}

Expected<> Normalizer::required(const ConfigValue& table, std::span<const Field> fields,
                                const std::string& where) const {
    for (const Field& field : fields) {
        if (field.need == Need::required && !table.find(field.key)) {
            return error(table.position,
                         fmt::format("{} has no `{}`", where, shown_key(m_dialect, field.key)),
                         fmt::format("{}: {}", shown_key(m_dialect, field.key), field.about));
        }
    }
    return {};
}

Expected<ConfigValue> Normalizer::table(const ConfigValue& value, std::span<const Field> fields,
                                        const std::string& path,
                                        std::span<const std::string_view> left_out) {
    const Type type{.kind = Type::Kind::table, .fields = fields};
    ConfigValue known = value;
    std::erase_if(known.members, [&](const ConfigMember& member) {
        return std::ranges::any_of(left_out,
                                   [&](std::string_view key) { return is_key(member.key, key); });
    });
    return table_like(known, type, path, false, left_out);
}

Expected<ConfigValue> Normalizer::table_like(const ConfigValue& value, const Type& type,
                                             const std::string& path, bool in_list,
                                             std::span<const std::string_view> also_known) {
    const std::string where = shown_table(m_dialect, path, in_list);
    ConfigValue result;
    result.position = value.position;
    for (const ConfigMember& member : value.members) {
        const auto field = std::ranges::find_if(
            type.fields, [&](const Field& each) { return is_key(member.key, each.key); });
        if (field == type.fields.end() && type.open) {
            result.members.push_back(member);
            continue;
        }
        if (field == type.fields.end()) {
            unknown_key(member, type.fields, also_known, where);
            continue;
        }
        const std::string key(field->key);
        if (result.find(key)) {
            return error(member.key_position,
                         fmt::format("`{}` stands twice in {}", shown_key(m_dialect, key), where),
                         "a key with dashes and the same one with underscores are one key");
        }
        const bool null_allowed = field->type.kind == Type::Kind::any ||
                                  (field->type.other && fits(member.value, *field->type.other));
        if (member.value.kind == Kind::null && !null_allowed) {
            continue; // as if it were not there, which is what wrangler does
        }
        Expected<ConfigValue> checked =
            this->value(member.value, field->type, below(path, shown_key(m_dialect, key)));
        if (!checked) {
            return checked;
        }
        result.members.push_back({key, member.key_position, std::move(*checked)});
    }
    if (Expected<> complete = required(result, type.fields, where); !complete) {
        return propagate(complete);
    }
    return result;
}

Expected<ConfigValue> Normalizer::value(const ConfigValue& value, const Type& type,
                                        const std::string& path) {
    const Type* fitting = &type;
    while (fitting && !fits(value, *fitting)) {
        fitting = fitting->other;
    }
    if (!fitting) {
        return wrong_type(value, type, path);
    }
    Expected<> checked;
    switch (fitting->kind) {
    case Type::Kind::text:
    case Type::Kind::date:
        checked = text(value, *fitting, path);
        break;
    case Type::Kind::integer:
    case Type::Kind::number:
        checked = number(value, *fitting, path);
        break;
    case Type::Kind::boolean:
    case Type::Kind::null:
        break;
    case Type::Kind::any:
        checked = any(value, path);
        break;
    case Type::Kind::texts:
    case Type::Kind::list:
    case Type::Kind::tables:
        return list(value, *fitting, path);
    case Type::Kind::table:
        return table_like(value, *fitting, path, false);
    case Type::Kind::map:
        return map(value, *fitting, path);
    }
    if (!checked) {
        return propagate(checked);
    }
    return value;
}

Expected<> Normalizer::text(const ConfigValue& value, const Type& type,
                            const std::string& path) const {
    if (!type.words.empty() && std::ranges::find(type.words, value.text) == type.words.end()) {
        return error(value.position,
                     fmt::format("{} cannot be `{}`", name_of(path), printable(value.text)),
                     words_hint(type.words));
    }
    if (type.rule && !type.rule->accepts(value.text)) {
        return error(
            value.position,
            fmt::format("{} `{}` is no {}", name_of(path), printable(value.text), type.rule->what),
            type.rule->hint);
    }
    return {};
}

Expected<> Normalizer::number(const ConfigValue& value, const Type& type,
                              const std::string& path) const {
    const double number =
        value.kind == Kind::integer ? static_cast<double>(value.integer) : value.number;
    if (std::isfinite(number) && number >= type.least && number <= type.most) {
        return {};
    }
    return error(value.position, fmt::format("{} is {}; it must be {} to {}", name_of(path), number,
                                             type.least, type.most));
}

// What goes into JSON as it is: TOML's infinities and NaN cannot.
Expected<> Normalizer::any(const ConfigValue& value, const std::string& path) const {
    if (value.kind == Kind::number && !std::isfinite(value.number)) {
        return error(value.position,
                     fmt::format("{} holds a number that JSON cannot write", name_of(path)));
    }
    for (const ConfigValue& item : value.items) {
        if (Expected<> checked = any(item, path); !checked) {
            return checked;
        }
    }
    for (const ConfigMember& member : value.members) {
        if (Expected<> checked = any(member.value, below(path, member.key)); !checked) {
            return checked;
        }
    }
    return {};
}

Expected<ConfigValue> Normalizer::list(const ConfigValue& value, const Type& type,
                                       const std::string& path) {
    if (value.items.size() > type.most_items) {
        return error(value.items[type.most_items].position,
                     fmt::format("{} has more than {} items", name_of(path), type.most_items));
    }
    ConfigValue result;
    result.kind = Kind::array;
    result.position = value.position;
    for (const ConfigValue& item : value.items) {
        if (type.kind == Type::Kind::tables && item.kind == Kind::table) {
            Expected<ConfigValue> checked = table_like(item, type, path, true);
            if (!checked) {
                return checked;
            }
            result.items.push_back(std::move(*checked));
            continue;
        }
        const Type text{.kind = Type::Kind::text, .rule = type.rule, .words = type.words};
        const Type table{.kind = Type::Kind::table};
        const Type& wanted = type.kind == Type::Kind::list    ? *type.item
                             : type.kind == Type::Kind::texts ? text
                                                              : table;
        const Type* fitting = &wanted;
        while (fitting && !fits(item, *fitting)) {
            fitting = fitting->other;
        }
        if (!fitting) {
            return error(item.position,
                         fmt::format("every item of {} must be {}, not {}", name_of(path),
                                     describe(wanted), describe(item.kind)));
        }
        Expected<ConfigValue> checked = this->value(item, *fitting, path);
        if (!checked) {
            return checked;
        }
        result.items.push_back(std::move(*checked));
    }
    return result;
}

Expected<ConfigValue> Normalizer::map(const ConfigValue& value, const Type& type,
                                      const std::string& path) {
    if (type.fields.empty()) {
        if (Expected<> checked = any(value, path); !checked) {
            return propagate(checked);
        }
        return value;
    }
    ConfigValue result;
    result.position = value.position;
    const Type each{.kind = Type::Kind::table, .fields = type.fields};
    for (const ConfigMember& member : value.members) {
        Expected<ConfigValue> checked = this->value(member.value, each, below(path, member.key));
        if (!checked) {
            return checked;
        }
        result.members.push_back({member.key, member.key_position, std::move(*checked)});
    }
    return result;
}

} // namespace pymode

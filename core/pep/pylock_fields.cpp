// SPDX-License-Identifier: MIT
#include "core/pep/pylock_fields.hpp"

#include <fmt/format.h>

namespace pymode::pep {

FieldReader::FieldReader(const Value& table, std::string place, std::optional<Error>& error)
    : m_table(&table), m_place(std::move(place)), m_error(error) {
    static const Value empty = Value::object();
    if (!table.is_object()) {
        wrong_kind(m_place, table, "a table");
        m_table = &empty;
    }
}

void FieldReader::fail_at(const std::string& place, std::string message) {
    take_error(Error{ErrorCode::config, std::move(message), {}, "", std::nullopt}, place);
}

void FieldReader::take_error(Error error, const std::string& place) {
    if (!m_error) {
        error.message = place.empty() ? error.message : place + ": " + error.message;
        m_error = std::move(error);
    }
}

void FieldReader::wrong_kind(const std::string& place, const Value& found,
                             std::string_view wanted) {
    fail_at(place, fmt::format("is {}, it must be {}", describe(found), wanted));
}

std::string FieldReader::place_of(const std::string& key) const {
    return m_place.empty() ? key : m_place + "." + key;
}

const Value* FieldReader::find(const std::string& key) const {
    const auto found = m_table->find(key);
    return found == m_table->end() ? nullptr : &*found;
}

std::optional<std::string> FieldReader::text(const std::string& key) {
    const Value* found = find(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (!found->is_string()) {
        wrong_kind(place_of(key), *found, "a string");
        return std::nullopt;
    }
    return found->get<std::string>();
}

std::string FieldReader::required_text(const std::string& key) {
    if (find(key) == nullptr) {
        fail_at(place_of(key), "is missing");
    }
    return text(key).value_or("");
}

std::optional<bool> FieldReader::boolean(const std::string& key) {
    const Value* found = find(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (!found->is_boolean()) {
        wrong_kind(place_of(key), *found, "a boolean");
        return std::nullopt;
    }
    return found->get<bool>();
}

std::optional<std::uint64_t> FieldReader::size(const std::string& key) {
    const Value* found = find(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (!found->is_number_integer()) {
        wrong_kind(place_of(key), *found, "an integer");
        return std::nullopt;
    }
    if (!found->is_number_unsigned() && found->get<std::int64_t>() < 0) {
        fail_at(place_of(key), "is negative");
        return std::nullopt;
    }
    return found->get<std::uint64_t>();
}

std::optional<std::string> FieldReader::moment(const std::string& key) {
    const Value* found = find(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    std::string text = datetime_text(*found);
    if (text.empty()) {
        wrong_kind(place_of(key), *found, "a date-time");
        return std::nullopt;
    }
    return text;
}

std::vector<std::string> FieldReader::texts(const std::string& key) {
    std::vector<std::string> result;
    const Value* found = find(key);
    if (found == nullptr) {
        return result;
    }
    if (!found->is_array()) {
        wrong_kind(place_of(key), *found, "an array");
        return result;
    }
    for (std::size_t i = 0; i < found->size(); ++i) {
        const Value& item = (*found)[i];
        if (!item.is_string()) {
            wrong_kind(fmt::format("{}[{}]", place_of(key), i), item, "a string");
            return result;
        }
        result.push_back(item);
    }
    return result;
}

std::optional<FieldReader> FieldReader::table(const std::string& key) {
    const Value* found = find(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    return FieldReader(*found, place_of(key), m_error);
}

std::vector<FieldReader> FieldReader::tables(const std::string& key) {
    std::vector<FieldReader> result;
    const Value* found = find(key);
    if (found == nullptr) {
        return result;
    }
    if (!found->is_array()) {
        wrong_kind(place_of(key), *found, "an array of tables");
        return result;
    }
    for (std::size_t i = 0; i < found->size(); ++i) {
        result.emplace_back((*found)[i], fmt::format("{}[{}]", place_of(key), i), m_error);
    }
    return result;
}

} // namespace pymode::pep

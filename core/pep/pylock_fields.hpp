// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/value.hpp"

namespace pymode::pep {

// Reads the fields of a table and remembers the first thing that is wrong, with its place. Readers
// go on with empty values after that, and whoever began looks at `error` once, at the end.
class FieldReader {
  public:
    FieldReader(const Value& table, std::string place, std::optional<Error>& error);

    void fail_at(const std::string& place, std::string message);
    void fail_here(std::string message) { fail_at(m_place, std::move(message)); }
    [[nodiscard]] bool failed() const { return m_error.has_value(); }

    // The place of a field: "packages[0].name".
    [[nodiscard]] std::string place_of(const std::string& key) const;

    [[nodiscard]] const Value* find(const std::string& key) const;
    std::optional<std::string> text(const std::string& key);
    std::string required_text(const std::string& key);
    std::optional<bool> boolean(const std::string& key);
    std::optional<std::uint64_t> size(const std::string& key);
    std::optional<std::string> moment(const std::string& key);
    std::vector<std::string> texts(const std::string& key);

    // A table inside this one.
    std::optional<FieldReader> table(const std::string& key);
    // The tables of an array.
    std::vector<FieldReader> tables(const std::string& key);
    [[nodiscard]] const Value& value() const { return *m_table; }

    // Parses the text of a field by T::parse.
    template <class T, class... More>
    std::optional<T> parsed(const std::string& key, More... more) {
        const auto found = text(key);
        return found ? parsed_text<T>(*found, place_of(key), more...) : std::nullopt;
    }
    template <class T, class... More>
    std::optional<T> parsed_text(const std::string& text, const std::string& place, More... more) {
        auto result = T::parse(text, more...);
        if (!result) {
            take_error(std::move(result.error()), place);
            return std::nullopt;
        }
        return std::move(*result);
    }

  private:
    void wrong_kind(const std::string& place, const Value& found, std::string_view wanted);
    void take_error(Error error, const std::string& place);

    const Value* m_table;
    std::string m_place;
    std::optional<Error>& m_error;
};

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
// Test vectors from outside the repository: JSON files with a list of cases each. How many of each
// file passed is printed as a table when the run ends.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace pymode::pep::test {

// ordered_json: in some files the order of a table's keys is part of the case.
using Json = nlohmann::ordered_json;

class Vectors {
  public:
    // `name` without ".json". Where the folder of vectors is missing the table says so.
    explicit Vectors(std::string name);

    [[nodiscard]] bool available() const { return m_document.has_value(); }
    [[nodiscard]] const Json& cases() const { return m_document->at("cases"); }
    [[nodiscard]] const Json& document() const { return *m_document; }

    // Counts a case; a failed one fails the test and shows `what`.
    void expect(bool passed, const std::string& what);
    // A remark in the table: what is compared and what cannot be.
    void remark(const std::string& text);

  private:
    std::string m_name;
    std::optional<Json> m_document;
};

// A row for a file that is not used here, with the reason.
void not_used_here(const std::string& name, const std::string& reason);

} // namespace pymode::pep::test

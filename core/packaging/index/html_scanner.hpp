// SPDX-License-Identifier: MIT
// Start tags of an HTML text, one after the other: all that pages of an index need.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pymode::detail {

struct HtmlTag {
    std::string name; // lower case
    // Names in lower case, values decoded; the first of two with one name counts.
    std::vector<std::pair<std::string, std::string>> attributes;

    [[nodiscard]] const std::string* attribute(std::string_view name) const;
};

// Comments, declarations, end tags and what stands inside of script, style, textarea and title are
// passed over. Whatever the text is, every call makes progress or ends.
class HtmlScanner {
  public:
    explicit HtmlScanner(std::string_view text) : m_text(text) {}

    // Nothing at the end of the text.
    [[nodiscard]] std::optional<HtmlTag> next();

  private:
    void skip_declaration();
    void skip_spaces();
    void skip_raw_text(std::string_view element);
    void read_attributes(HtmlTag& tag);
    [[nodiscard]] std::string read_value();

    std::string_view m_text;
    std::size_t m_at = 0;
};

// "&amp;", "&#62;", "&#x3E;"; of the named ones those that XML has. Others stay as they are.
[[nodiscard]] std::string decode_entities(std::string_view text);

} // namespace pymode::detail

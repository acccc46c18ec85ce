// SPDX-License-Identifier: MIT
#include "core/packaging/edit/requirement_list.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "core/base/text.hpp"
#include "core/packaging/edit/requirement_text.hpp"

namespace pymode::edit {

namespace {

constexpr std::string_view kDefaultIndent = "    ";

ListItem new_item(const std::string& requirement) {
    ListItem item;
    item.source = pep::to_inline_toml(requirement);
    item.requirement = requirement;
    return item;
}

bool is_blanks(std::string_view text) {
    return text.find_first_not_of(" \t") == std::string_view::npos;
}

std::string_view without_carriage_return(std::string_view line) {
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

// Without the comma that separates two items.
std::string before_comment(std::string_view text) {
    std::string result(text);
    std::erase(result, ',');
    return result;
}

std::optional<SortOrder> order_of(std::span<const std::string> requirements) {
    for (const SortOrder order : {SortOrder::ignoring_case, SortOrder::plain_ignoring_case,
                                  SortOrder::case_sensitive, SortOrder::plain_case_sensitive}) {
        const auto falls = [order](const std::string& a, const std::string& b) {
            return sorts_before(order, b, a);
        };
        if (std::ranges::adjacent_find(requirements, falls) == requirements.end()) {
            return order;
        }
    }
    return std::nullopt;
}

} // namespace

RequirementList::RequirementList(std::string_view text, const SourceValue& array,
                                 const pep::Value& value, std::string newline)
    : m_newline(std::move(newline)) {
    std::size_t at = array.span.begin + 1;
    std::vector<std::string> above;
    for (std::size_t i = 0; i < array.items.size(); ++i) {
        const Span span = array.items[i].span;
        read_gap(text.substr(at, span.begin - at), m_items.empty() ? nullptr : &m_items.back(),
                 above);
        ListItem item;
        item.above = std::exchange(above, {});
        item.source = text.substr(span.begin, span.end - span.begin);
        if (i < value.size() && value[i].is_string()) {
            item.requirement = value[i].get<std::string>();
        }
        m_items.push_back(std::move(item));
        at = span.end;
    }
    const std::string_view last = text.substr(at, array.span.end - 1 - at);
    read_gap(last, m_items.empty() ? nullptr : &m_items.back(), m_below);
    if (const std::size_t line = last.rfind('\n'); line != std::string_view::npos) {
        // A bracket that stands as deep as the items or deeper was not put there by intention.
        const std::string_view blanks = last.substr(line + 1);
        if (is_blanks(blanks) && blanks.size() < m_indent.size()) {
            m_close_indent = blanks;
        }
    }
}

// `gap` stands between two items, or between an item and a bracket.
void RequirementList::read_gap(std::string_view gap, ListItem* before,
                               std::vector<std::string>& above) {
    const auto lines = split(gap, '\n');
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string_view line = without_carriage_return(lines[i]);
        const std::size_t hash = line.find('#');
        const bool is_comment = hash != std::string_view::npos;
        if (i == 0 && is_comment) {
            std::string& place = before ? before->comment : m_open_comment;
            place = before_comment(line.substr(0, hash)) + std::string(line.substr(hash));
        } else if (i > 0 && is_comment) {
            note_indent(before_comment(line.substr(0, hash)));
            above.emplace_back(line.substr(hash));
        } else if (i > 0 && i + 1 < lines.size() && is_blanks(before_comment(line)) &&
                   line.find(',') == std::string_view::npos) {
            above.emplace_back();
        } else if (i > 0 && i + 1 == lines.size() && &above != &m_below) {
            note_indent(before_comment(line)); // an item follows
        }
    }
}

// The first item or comment on a line of its own decides.
void RequirementList::note_indent(std::string_view blanks) {
    if (m_indent.empty() && is_blanks(blanks)) {
        m_indent = blanks.empty() ? kDefaultIndent : blanks;
    }
}

void RequirementList::replace(std::size_t index, const std::string& requirement) {
    ListItem& item = m_items.at(index);
    if (item.requirement != requirement) {
        item.source = pep::to_inline_toml(requirement);
        item.requirement = requirement;
    }
}

std::size_t RequirementList::place_for(const std::string& requirement) const {
    std::vector<std::string> requirements;
    std::size_t behind_last = 0;
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        if (!m_items[i].requirement.empty()) {
            requirements.push_back(m_items[i].requirement);
            behind_last = i + 1;
        }
    }
    if (const auto order = order_of(requirements)) {
        for (std::size_t i = 0; i < m_items.size(); ++i) {
            if (!m_items[i].requirement.empty() &&
                sorts_before(*order, requirement, m_items[i].requirement)) {
                return i;
            }
        }
    }
    return behind_last;
}

void RequirementList::insert(const std::string& requirement) {
    const std::size_t place = place_for(requirement);
    ListItem item = new_item(requirement);
    if (place == m_items.size()) {
        item.above =
            std::exchange(m_below, {}); // comments behind the last item stay where they are
    }
    m_items.insert(m_items.begin() + static_cast<std::ptrdiff_t>(place), std::move(item));
}

void RequirementList::remove(std::size_t index) {
    const auto at = m_items.begin() + static_cast<std::ptrdiff_t>(index);
    std::vector<std::string> kept = std::move(at->above);
    std::erase(kept, "");
    if (!at->comment.empty()) {
        kept.emplace_back(trim(at->comment));
    }
    const auto next = m_items.erase(at);
    std::vector<std::string>& place = next == m_items.end() ? m_below : next->above;
    place.insert(place.begin(), std::make_move_iterator(kept.begin()),
                 std::make_move_iterator(kept.end()));
}

std::string RequirementList::print() const {
    if (m_items.empty() && m_below.empty() && m_open_comment.empty()) {
        return "[]";
    }
    const std::string indent(m_indent.empty() ? kDefaultIndent : std::string_view(m_indent));
    std::string text = '[' + m_open_comment + m_newline;
    const auto add_lines = [&](const std::vector<std::string>& lines) {
        for (const std::string& line : lines) {
            text += (line.empty() ? "" : indent + line) + m_newline;
        }
    };
    for (const ListItem& item : m_items) {
        add_lines(item.above);
        text += indent + item.source + ',' + item.comment + m_newline;
    }
    add_lines(m_below);
    return text + m_close_indent + ']';
}

} // namespace pymode::edit

// SPDX-License-Identifier: MIT
#include "core/packaging/edit/requirement_text.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace pymode::edit {

namespace {

using pep::MarkerComparison;
using pep::MarkerKind;
using pep::MarkerNode;
using pep::MarkerOperator;
using pep::MarkerVariable;

bool is_version_variable(MarkerVariable variable) {
    return variable == MarkerVariable::python_full_version ||
           variable == MarkerVariable::python_version ||
           variable == MarkerVariable::implementation_version;
}

// The operator with its sides swapped; nothing where that has no meaning.
std::optional<MarkerOperator> mirrored(MarkerOperator op) {
    switch (op) {
    case MarkerOperator::less:
        return MarkerOperator::greater;
    case MarkerOperator::less_equal:
        return MarkerOperator::greater_equal;
    case MarkerOperator::greater:
        return MarkerOperator::less;
    case MarkerOperator::greater_equal:
        return MarkerOperator::less_equal;
    case MarkerOperator::equal:
    case MarkerOperator::not_equal:
        return op;
    default:
        return std::nullopt;
    }
}

// `'3.11' > python_version` as `python_version < '3.11'`.
MarkerComparison with_variable_first(const MarkerComparison& comparison) {
    if (const auto op = mirrored(comparison.op);
        op && std::holds_alternative<std::string>(comparison.left) &&
        std::holds_alternative<MarkerVariable>(comparison.right)) {
        return {comparison.right, *op, comparison.left};
    }
    return comparison;
}

// `python_version` is the first two numbers of `python_full_version`, so a comparison with a
// version of two numbers can be said of the full version.
MarkerComparison about_full_version(const MarkerComparison& comparison) {
    const auto* variable = std::get_if<MarkerVariable>(&comparison.left);
    const auto* text = std::get_if<std::string>(&comparison.right);
    if (!variable || *variable != MarkerVariable::python_version || !text) {
        return comparison;
    }
    const auto parts = split(*text, '.');
    const auto major = parse_unsigned(parts[0]);
    const auto minor = parts.size() == 2 ? parse_unsigned(parts[1]) : std::nullopt;
    if (!major || !minor || *minor > 1000) {
        return comparison;
    }
    MarkerComparison result{MarkerVariable::python_full_version, comparison.op, *text};
    switch (comparison.op) {
    case MarkerOperator::less:
    case MarkerOperator::greater_equal:
        return result;
    case MarkerOperator::greater:
        result.op = MarkerOperator::greater_equal;
        result.right = fmt::format("{}.{}", *major, *minor + 1);
        return result;
    case MarkerOperator::less_equal:
        result.op = MarkerOperator::less;
        result.right = fmt::format("{}.{}", *major, *minor + 1);
        return result;
    case MarkerOperator::equal:
    case MarkerOperator::not_equal:
        result.right = *text + ".*";
        return result;
    default:
        return comparison;
    }
}

std::string quoted(std::string_view text) {
    const char quote = text.find('\'') == std::string_view::npos ? '\'' : '"';
    return fmt::format("{}{}{}", quote, text, quote);
}

std::string operand_text(const pep::MarkerOperand& operand) {
    if (const auto* variable = std::get_if<MarkerVariable>(&operand)) {
        return std::string(variable_name(*variable));
    }
    return quoted(std::get<std::string>(operand));
}

MarkerComparison normalized(const MarkerComparison& comparison) {
    return about_full_version(with_variable_first(comparison));
}

// Versions first, then by text.
std::pair<int, std::string> rank_of(const MarkerNode& node, std::string text) {
    const auto* variable = std::get_if<MarkerVariable>(&node.comparison.left);
    const bool version = node.kind == MarkerKind::comparison && variable != nullptr &&
                         is_version_variable(*variable);
    return {version ? 0 : 1, std::move(text)};
}

std::string node_text(const MarkerNode& node) {
    if (node.kind == MarkerKind::comparison) {
        const MarkerComparison comparison = normalized(node.comparison);
        return fmt::format("{} {} {}", operand_text(comparison.left), operator_text(comparison.op),
                           operand_text(comparison.right));
    }
    const bool all = node.kind == MarkerKind::all_of;
    std::vector<std::pair<int, std::string>> parts;
    for (const MarkerNode& child : node.children) {
        std::string text = node_text(child);
        MarkerNode plain = child;
        plain.comparison = normalized(child.comparison);
        parts.push_back(rank_of(plain, all && child.kind == MarkerKind::any_of ? '(' + text + ')'
                                                                               : std::move(text)));
    }
    std::ranges::stable_sort(parts);
    std::string text;
    for (const auto& [rank, part] : parts) {
        text += (text.empty() ? "" : all ? " and " : " or ") + part;
    }
    return text;
}

// The name with its extras, and what stands behind it.
std::pair<std::string_view, std::string_view> split_requirement(std::string_view text) {
    const std::size_t at = std::min(text.find_first_of("><=~!@;"), text.size());
    return {trim(text.substr(0, at)), trim(text.substr(at))};
}

} // namespace

std::string spell_marker(const std::optional<pep::Marker>& marker) {
    return marker ? node_text(marker->root()) : "";
}

std::string spell_requirement(const pep::Requirement& requirement) {
    std::string text = requirement.name;
    if (const auto extras = requirement.normalized_extras(); !extras.empty()) {
        text += '[' + join(extras, ",") + ']';
    }
    text += requirement.url ? " @ " + *requirement.url : requirement.specifiers.to_string();
    if (requirement.marker) {
        text += " ; " + spell_marker(requirement.marker);
    }
    return text;
}

pep::Requirement merge_requirement(const pep::Requirement& existing,
                                   const pep::Requirement& added) {
    pep::Requirement merged = existing;
    merged.extras.insert(merged.extras.end(), added.extras.begin(), added.extras.end());
    if (added.url || !added.specifiers.empty()) {
        merged.url = added.url;
        merged.specifiers = added.specifiers;
    }
    return merged;
}

std::string bounds_for(const pep::Version& version, Bounds bounds) {
    const pep::Version found = version.public_version();
    if (bounds == Bounds::exact) {
        return "==" + found.to_string();
    }
    std::string text = ">=" + found.to_string();
    if (bounds == Bounds::lower) {
        return text;
    }
    pep::Version limit = found.base_version();
    std::size_t raised = bounds == Bounds::major ? 0 : 1;
    // Below 1.0 the second number says what the first says later.
    raised += bounds == Bounds::major && limit.release[0].is_zero() ? 1 : 0;
    while (limit.release.size() <= raised) {
        limit.release.emplace_back(0);
    }
    limit.release[raised] = limit.release[raised].next();
    std::fill(limit.release.begin() + static_cast<std::ptrdiff_t>(raised) + 1, limit.release.end(),
              pep::Number(0));
    return text + ",<" + limit.to_string();
}

bool sorts_before(SortOrder order, std::string_view a, std::string_view b) {
    const bool fold = order == SortOrder::ignoring_case || order == SortOrder::plain_ignoring_case;
    const std::string left = fold ? to_lower_ascii(a) : std::string(a);
    const std::string right = fold ? to_lower_ascii(b) : std::string(b);
    if (order == SortOrder::plain_ignoring_case || order == SortOrder::plain_case_sensitive) {
        return left < right;
    }
    return split_requirement(left) < split_requirement(right);
}

} // namespace pymode::edit

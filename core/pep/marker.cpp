// SPDX-License-Identifier: MIT
// What markers mean, and how they are written.
#include "core/pep/marker.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/text.hpp"
#include "core/pep/name.hpp"
#include "core/pep/specifier.hpp"

namespace pymode::pep {

namespace {

bool compares_versions(MarkerVariable variable) {
    switch (variable) {
    case MarkerVariable::python_version:
    case MarkerVariable::python_full_version:
    case MarkerVariable::implementation_version:
    case MarkerVariable::platform_release:
        return true;
    default:
        // The specification lists platform_version too, as "version or text". Others read it as a
        // text ("#1 SMP …" it is nearly everywhere), and agreeing with them matters more.
        return false;
    }
}

std::string environment_value(const Environment& environment, MarkerVariable variable) {
    switch (variable) {
    case MarkerVariable::os_name:
        return environment.os_name;
    case MarkerVariable::sys_platform:
        return environment.sys_platform;
    case MarkerVariable::platform_machine:
        return environment.platform_machine;
    case MarkerVariable::platform_release:
        return environment.platform_release;
    case MarkerVariable::platform_system:
        return environment.platform_system;
    case MarkerVariable::platform_version:
        return environment.platform_version;
    case MarkerVariable::platform_python_implementation:
        return environment.platform_python_implementation;
    case MarkerVariable::implementation_name:
        return environment.implementation_name;
    case MarkerVariable::implementation_version:
        return environment.implementation_version;
    case MarkerVariable::python_version:
        return environment.python_version;
    case MarkerVariable::python_full_version: {
        // A build from a checkout calls itself "3.13.5+", which is no version without more text.
        const std::string& full = environment.python_full_version;
        return full.ends_with('+') ? full + "local" : full;
    }
    case MarkerVariable::extra:
    case MarkerVariable::extras:
    case MarkerVariable::dependency_groups:
        break;
    }
    return "";
}

bool compare_texts(std::string_view left, MarkerOperator op, std::string_view right) {
    switch (op) {
    case MarkerOperator::in:
        return right.find(left) != std::string_view::npos;
    case MarkerOperator::not_in:
        return right.find(left) == std::string_view::npos;
    case MarkerOperator::not_equal:
        return left != right;
    case MarkerOperator::greater:
    case MarkerOperator::less:
        return false; // texts have no order
    default:
        return left == right;
    }
}

// Versions are compared like a specifier compares: the operator and the right side are one, the
// left side is the candidate. Nothing where the right side is no version.
std::optional<bool> compare_versions(std::string_view left, MarkerOperator op,
                                     std::string_view right) {
    if (op == MarkerOperator::in || op == MarkerOperator::not_in) {
        return std::nullopt; // "3.12, 3.13" is a text
    }
    const auto specifiers =
        SpecifierSet::parse(std::string(operator_text(op)) + std::string(right));
    if (!specifiers || specifiers->specifiers().size() != 1) {
        return std::nullopt;
    }
    return specifiers->admits(left);
}

bool contains_name(std::span<const std::string> names, std::string_view name) {
    return std::ranges::find(names, normalize_name(name)) != names.end();
}

const MarkerVariable* variable_of(const MarkerOperand& operand) {
    return std::get_if<MarkerVariable>(&operand);
}

bool is_variable(const MarkerOperand& operand, MarkerVariable variable) {
    const auto* found = variable_of(operand);
    return found != nullptr && *found == variable;
}

bool is_about_extra(const MarkerComparison& comparison) {
    return is_variable(comparison.left, MarkerVariable::extra) ||
           is_variable(comparison.right, MarkerVariable::extra);
}

// Evaluates comparisons for one environment and one request.
class Evaluator {
  public:
    Evaluator(const Environment& environment, std::span<const std::string> extras,
              const LockChoice* choice)
        : m_environment(environment), m_extras(extras), m_choice(choice) {}

    [[nodiscard]] bool holds(const MarkerNode& node) const {
        const auto child_holds = [this](const MarkerNode& child) { return holds(child); };
        switch (node.kind) {
        case MarkerKind::all_of:
            return std::ranges::all_of(node.children, child_holds);
        case MarkerKind::any_of:
            return std::ranges::any_of(node.children, child_holds);
        case MarkerKind::comparison:
            break;
        }
        return holds(node.comparison);
    }

    [[nodiscard]] bool holds(const MarkerComparison& comparison) const {
        if (is_about_extra(comparison)) {
            return extra_holds(comparison);
        }
        if (is_variable(comparison.right, MarkerVariable::extras)) {
            return member_holds(comparison,
                                m_choice ? m_choice->extras : std::vector<std::string>{});
        }
        if (is_variable(comparison.right, MarkerVariable::dependency_groups)) {
            return member_holds(comparison, m_choice ? m_choice->dependency_groups
                                                     : std::vector<std::string>{});
        }
        const std::string left = value(comparison.left);
        const std::string right = value(comparison.right);
        // The variable decides how to compare, wherever it stands.
        const auto* variable = variable_of(comparison.left);
        variable = variable != nullptr ? variable : variable_of(comparison.right);
        if (variable != nullptr && compares_versions(*variable)) {
            if (const auto result = compare_versions(left, comparison.op, right)) {
                return *result;
            }
        }
        return compare_texts(left, comparison.op, right);
    }

  private:
    [[nodiscard]] std::string value(const MarkerOperand& operand) const {
        const auto* variable = variable_of(operand);
        return variable != nullptr ? environment_value(m_environment, *variable)
                                   : std::get<std::string>(operand);
    }

    static bool member_holds(const MarkerComparison& comparison,
                             std::span<const std::string> names) {
        const bool member = contains_name(names, std::get<std::string>(comparison.left));
        return member == (comparison.op == MarkerOperator::in);
    }

    // `extra` stands for each requested extra in turn, and for "" when none is requested: a
    // positive comparison holds if it does for one of them, a negative one if its opposite does for
    // none.
    [[nodiscard]] bool extra_holds(const MarkerComparison& comparison) const {
        const auto positive = [&](std::string_view extra) {
            const auto text = [&](const MarkerOperand& operand) {
                return variable_of(operand) != nullptr ? std::string(extra)
                                                       : std::get<std::string>(operand);
            };
            MarkerOperator op = comparison.op;
            op = op == MarkerOperator::not_equal ? MarkerOperator::equal : op;
            op = op == MarkerOperator::not_in ? MarkerOperator::in : op;
            return compare_texts(text(comparison.left), op, text(comparison.right));
        };
        const bool negated =
            comparison.op == MarkerOperator::not_equal || comparison.op == MarkerOperator::not_in;
        const bool found =
            m_extras.empty() ? positive("") : std::ranges::any_of(m_extras, positive);
        return found != negated;
    }

    const Environment& m_environment;
    std::span<const std::string> m_extras;
    const LockChoice* m_choice;
};

std::variant<bool, MarkerNode> simplify(const MarkerNode& node, const Evaluator& evaluator) {
    if (node.kind == MarkerKind::comparison) {
        if (is_about_extra(node.comparison)) {
            return node;
        }
        return evaluator.holds(node.comparison);
    }
    // A child with this value decides the whole; one with the other value can be left out.
    const bool decisive = node.kind == MarkerKind::any_of;
    MarkerNode rest;
    rest.kind = node.kind;
    for (const MarkerNode& child : node.children) {
        auto simple = simplify(child, evaluator);
        if (const bool* value = std::get_if<bool>(&simple)) {
            if (*value == decisive) {
                return decisive;
            }
            continue;
        }
        auto& simple_node = std::get<MarkerNode>(simple);
        if (simple_node.kind == node.kind) {
            std::ranges::move(simple_node.children, std::back_inserter(rest.children));
        } else if (std::ranges::find(rest.children, simple_node) == rest.children.end()) {
            rest.children.push_back(std::move(simple_node));
        }
    }
    if (rest.children.empty()) {
        return !decisive;
    }
    if (rest.children.size() == 1) {
        MarkerNode only = std::move(rest.children.front());
        return only;
    }
    return rest;
}

void collect_extras(const MarkerNode& node, std::vector<std::string>& names) {
    for (const MarkerNode& child : node.children) {
        collect_extras(child, names);
    }
    if (node.kind != MarkerKind::comparison || !is_about_extra(node.comparison)) {
        return;
    }
    for (const MarkerOperand* side : {&node.comparison.left, &node.comparison.right}) {
        if (const auto* text = std::get_if<std::string>(side)) {
            names.push_back(normalize_name(*text));
        }
    }
}

std::string operand_text(const MarkerOperand& operand) {
    if (const auto* variable = variable_of(operand)) {
        return std::string(variable_name(*variable));
    }
    const std::string& text = std::get<std::string>(operand);
    const char quote = text.find('"') == std::string::npos ? '"' : '\'';
    return quote + text + quote;
}

std::string node_text(const MarkerNode& node) {
    if (node.kind == MarkerKind::comparison) {
        return operand_text(node.comparison.left) + ' ' +
               std::string(operator_text(node.comparison.op)) + ' ' +
               operand_text(node.comparison.right);
    }
    std::string text;
    for (const MarkerNode& child : node.children) {
        if (!text.empty()) {
            text += node.kind == MarkerKind::all_of ? " and " : " or ";
        }
        // "and" binds tighter, but few readers are sure of that.
        const bool nested = child.kind != MarkerKind::comparison;
        text += nested ? '(' + node_text(child) + ')' : node_text(child);
    }
    return text;
}

} // namespace

bool Marker::holds(const Environment& environment, std::span<const std::string> extras) const {
    return Evaluator(environment, extras, nullptr).holds(m_root);
}

bool Marker::holds(const Environment& environment, const LockChoice& choice) const {
    return Evaluator(environment, {}, &choice).holds(m_root);
}

std::variant<bool, Marker> Marker::simplified_for(const Environment& environment) const {
    auto result = simplify(m_root, Evaluator(environment, {}, nullptr));
    if (const bool* value = std::get_if<bool>(&result)) {
        return *value;
    }
    return Marker(std::move(std::get<MarkerNode>(result)));
}

std::vector<std::string> Marker::extras() const {
    std::vector<std::string> names;
    collect_extras(m_root, names);
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

std::string Marker::to_string() const {
    return node_text(m_root);
}

} // namespace pymode::pep

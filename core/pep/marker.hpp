// SPDX-License-Identifier: MIT
// Environment markers: the conditions behind the ";" of a requirement (PEP 508, and PEP 751 for
// those in a lock file).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/environment.hpp"
#include "core/pep/syntax_error.hpp"

namespace pymode::pep {

// Deeper nesting of parentheses is refused, so that hostile metadata cannot exhaust the stack.
inline constexpr int max_marker_depth = 100;

enum class MarkerVariable {
    os_name,
    sys_platform,
    platform_machine,
    platform_release,
    platform_system,
    platform_version,
    platform_python_implementation,
    implementation_name,
    implementation_version,
    python_version,
    python_full_version,
    extra,
    extras,            // a set; in lock files only
    dependency_groups, // likewise
};

enum class MarkerOperator {
    arbitrary_equal,
    equal,
    greater_equal,
    less_equal,
    not_equal,
    compatible,
    greater,
    less,
    in,
    not_in,
};

// A variable or a quoted text.
using MarkerOperand = std::variant<MarkerVariable, std::string>;

struct MarkerComparison {
    MarkerOperand left;
    MarkerOperator op = MarkerOperator::equal;
    MarkerOperand right;

    friend bool operator==(const MarkerComparison&, const MarkerComparison&) = default;
};

enum class MarkerKind { comparison, all_of, any_of };

// A node of a marker's tree. all_of and any_of have at least two children.
struct MarkerNode {
    MarkerKind kind = MarkerKind::comparison;
    MarkerComparison comparison;
    std::vector<MarkerNode> children;

    friend bool operator==(const MarkerNode&, const MarkerNode&) = default;
};

// Where a marker stands decides which variables it may use.
enum class MarkerContext { requirement, lock_file };

// What a lock file's installer was asked for; normalised names.
struct LockChoice {
    std::vector<std::string> extras;
    std::vector<std::string> dependency_groups;
};

class Marker {
  public:
    explicit Marker(MarkerNode root) : m_root(std::move(root)) {}
    static Expected<Marker> parse(std::string_view text,
                                  MarkerContext context = MarkerContext::requirement);

    // Whether the requirement counts. `extras` are those requested of the package that declares
    // it, normalised; with none of them the variable `extra` is empty.
    [[nodiscard]] bool holds(const Environment& environment,
                             std::span<const std::string> extras = {}) const;
    // The same for a marker of a lock file.
    [[nodiscard]] bool holds(const Environment& environment, const LockChoice& choice) const;

    // What is left once the environment is known: true, false, or a marker about extras alone.
    [[nodiscard]] std::variant<bool, Marker> simplified_for(const Environment& environment) const;

    // Names of all extras that it compares with, normalised, sorted.
    [[nodiscard]] std::vector<std::string> extras() const;

    // Double quotes, one space between tokens, only the parentheses that are needed.
    [[nodiscard]] std::string to_string() const;
    [[nodiscard]] const MarkerNode& root() const { return m_root; }

    friend bool operator==(const Marker&, const Marker&) = default;

  private:
    MarkerNode m_root;
};

std::string_view variable_name(MarkerVariable variable);
std::string_view operator_text(MarkerOperator op);

// Reads a marker from `position` on and moves `position` behind it and the blanks that follow.
Parsed<Marker> scan_marker(std::string_view text, std::size_t& position, MarkerContext context);

} // namespace pymode::pep

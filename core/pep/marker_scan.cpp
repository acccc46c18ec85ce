// SPDX-License-Identifier: MIT
// The grammar of markers, by recursive descent.
#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/text.hpp"
#include "core/pep/marker.hpp"
#include "core/pep/name.hpp"
#include "core/pep/text_cursor.hpp"

namespace pymode::pep {

namespace {

struct VariableRow {
    std::string_view name;
    MarkerVariable variable;
};

// The last rows are old spellings that published metadata still uses.
constexpr VariableRow variables[] = {
    {"os_name", MarkerVariable::os_name},
    {"sys_platform", MarkerVariable::sys_platform},
    {"platform_machine", MarkerVariable::platform_machine},
    {"platform_release", MarkerVariable::platform_release},
    {"platform_system", MarkerVariable::platform_system},
    {"platform_version", MarkerVariable::platform_version},
    {"platform_python_implementation", MarkerVariable::platform_python_implementation},
    {"implementation_name", MarkerVariable::implementation_name},
    {"implementation_version", MarkerVariable::implementation_version},
    {"python_version", MarkerVariable::python_version},
    {"python_full_version", MarkerVariable::python_full_version},
    {"extra", MarkerVariable::extra},
    {"extras", MarkerVariable::extras},
    {"dependency_groups", MarkerVariable::dependency_groups},
    {"os.name", MarkerVariable::os_name},
    {"sys.platform", MarkerVariable::sys_platform},
    {"platform.version", MarkerVariable::platform_version},
    {"platform.machine", MarkerVariable::platform_machine},
    {"platform.python_implementation", MarkerVariable::platform_python_implementation},
    {"python_implementation", MarkerVariable::platform_python_implementation},
};

struct OperatorRow {
    std::string_view text;
    MarkerOperator op;
};

// Longer ones first; the words are not in here.
constexpr OperatorRow symbols[] = {
    {"===", MarkerOperator::arbitrary_equal}, {"==", MarkerOperator::equal},
    {">=", MarkerOperator::greater_equal},    {"<=", MarkerOperator::less_equal},
    {"!=", MarkerOperator::not_equal},        {"~=", MarkerOperator::compatible},
    {">", MarkerOperator::greater},           {"<", MarkerOperator::less},
};

bool is_set(const MarkerOperand& operand) {
    const auto* variable = std::get_if<MarkerVariable>(&operand);
    return variable != nullptr &&
           (*variable == MarkerVariable::extras || *variable == MarkerVariable::dependency_groups);
}

class MarkerParser {
  public:
    MarkerParser(TextCursor& cursor, MarkerContext context)
        : m_cursor(cursor), m_context(context) {}

    Parsed<MarkerNode> parse_any() { return parse_list(MarkerKind::any_of); }

  private:
    [[nodiscard]] std::unexpected<SyntaxError> error(std::string message) const {
        return error(std::move(message), m_cursor.position());
    }

    [[nodiscard]] std::unexpected<SyntaxError> error(std::string message, std::size_t begin) const {
        return std::unexpected(SyntaxError{std::move(message), begin, m_cursor.position()});
    }

    // "a or b or …" of "c and d and …" of atoms. Lists of one are their element; a list directly
    // inside a list of its kind (from needless parentheses) is merged into it.
    Parsed<MarkerNode> parse_list(MarkerKind kind) {
        const std::string_view joiner = kind == MarkerKind::any_of ? "or" : "and";
        MarkerNode list;
        list.kind = kind;
        do {
            auto element =
                kind == MarkerKind::any_of ? parse_list(MarkerKind::all_of) : parse_atom();
            if (!element) {
                return element;
            }
            if (element->kind == kind) {
                std::ranges::move(element->children, std::back_inserter(list.children));
            } else {
                list.children.push_back(std::move(*element));
            }
            m_cursor.skip_blanks();
        } while (m_cursor.take_word(joiner));
        if (list.children.size() == 1) {
            MarkerNode only = std::move(list.children.front());
            return only;
        }
        return list;
    }

    Parsed<MarkerNode> parse_atom() {
        m_cursor.skip_blanks();
        const std::size_t begin = m_cursor.position();
        if (!m_cursor.take('(')) {
            return parse_comparison();
        }
        if (++m_depth > max_marker_depth) {
            return error("too many nested parentheses");
        }
        auto inner = parse_any();
        --m_depth;
        if (inner && !m_cursor.take(')')) {
            return error("expected the closing parenthesis of the marker", begin);
        }
        return inner;
    }

    Parsed<MarkerNode> parse_comparison() {
        const std::size_t begin = m_cursor.position();
        auto left = parse_operand();
        if (!left) {
            return std::unexpected(left.error());
        }
        m_cursor.skip_blanks();
        auto op = parse_operator();
        if (!op) {
            return std::unexpected(op.error());
        }
        m_cursor.skip_blanks();
        auto right = parse_operand();
        if (!right) {
            return std::unexpected(right.error());
        }
        MarkerNode node;
        node.comparison = {std::move(*left), *op, std::move(*right)};
        normalize_extra(node.comparison);
        if (auto checked = check_sets(node.comparison, begin); !checked) {
            return std::unexpected(checked.error());
        }
        return node;
    }

    // The name of an extra is kept as it is compared; a list of names behind `in` is no name.
    static void normalize_extra(MarkerComparison& comparison) {
        const MarkerOperand extra = MarkerVariable::extra;
        const bool is_list =
            comparison.op == MarkerOperator::in || comparison.op == MarkerOperator::not_in;
        if (is_list || (comparison.left != extra && comparison.right != extra)) {
            return;
        }
        for (MarkerOperand* side : {&comparison.left, &comparison.right}) {
            if (auto* name = std::get_if<std::string>(side)) {
                *name = normalize_name(*name);
            }
        }
    }

    // The two set variables can only be asked for members.
    [[nodiscard]] Parsed<void> check_sets(const MarkerComparison& comparison,
                                          std::size_t begin) const {
        if (!is_set(comparison.left) && !is_set(comparison.right)) {
            return {};
        }
        if (m_context == MarkerContext::requirement) {
            return error("extras and dependency_groups can only be used in a lock file", begin);
        }
        const bool asks_member =
            std::holds_alternative<std::string>(comparison.left) &&
            (comparison.op == MarkerOperator::in || comparison.op == MarkerOperator::not_in);
        if (!asks_member) {
            return error("extras and dependency_groups can only be used as \"name\" in extras",
                         begin);
        }
        return {};
    }

    Parsed<MarkerOperand> parse_operand() {
        for (const VariableRow& row : variables) {
            if (m_cursor.take_word(row.name)) {
                return row.variable;
            }
        }
        if (!m_cursor.at('"') && !m_cursor.at('\'')) {
            return error("expected a marker variable or a quoted string");
        }
        return parse_quoted();
    }

    Parsed<MarkerOperand> parse_quoted() {
        const std::size_t begin = m_cursor.position();
        const std::size_t end = m_cursor.text().find(m_cursor.peek(), begin + 1);
        if (end == std::string_view::npos) {
            return error("expected a marker variable or a quoted string");
        }
        const std::string_view value = m_cursor.text().substr(begin + 1, end - begin - 1);
        m_cursor.move_to(end + 1);
        // The grammar has no escapes; readers that know some would see another text.
        if (value.find_first_of("\\\r\n") != std::string_view::npos) {
            return error("a quoted string cannot hold a backslash or a line end", begin);
        }
        return std::string(value);
    }

    Parsed<MarkerOperator> parse_operator() {
        if (m_cursor.take_word("in")) {
            return MarkerOperator::in;
        }
        if (m_cursor.take_word("not")) {
            m_cursor.skip_blanks();
            if (!m_cursor.take_word("in")) {
                return error("expected \"in\" after \"not\"");
            }
            return MarkerOperator::not_in;
        }
        for (const OperatorRow& row : symbols) {
            if (m_cursor.take(row.text)) {
                return row.op;
            }
        }
        return error("expected one of <=, <, !=, ==, >=, >, ~=, ===, in, not in");
    }

    TextCursor& m_cursor;
    MarkerContext m_context;
    int m_depth = 0;
};

} // namespace

std::string_view variable_name(MarkerVariable variable) {
    for (const VariableRow& row : variables) {
        if (row.variable == variable) {
            return row.name;
        }
    }
    return "";
}

std::string_view operator_text(MarkerOperator op) {
    switch (op) {
    case MarkerOperator::in:
        return "in";
    case MarkerOperator::not_in:
        return "not in";
    default:
        break;
    }
    for (const OperatorRow& row : symbols) {
        if (row.op == op) {
            return row.text;
        }
    }
    return "";
}

Parsed<Marker> scan_marker(std::string_view text, std::size_t& position, MarkerContext context) {
    TextCursor cursor(text, position);
    auto root = MarkerParser(cursor, context).parse_any();
    if (!root) {
        return std::unexpected(std::move(root.error()));
    }
    cursor.skip_blanks();
    position = cursor.position();
    return Marker(std::move(*root));
}

Expected<Marker> Marker::parse(std::string_view text, MarkerContext context) {
    std::size_t position = 0;
    auto marker = scan_marker(text, position, context);
    if (marker && position != text.size()) {
        marker = std::unexpected(
            SyntaxError{"expected \"and\", \"or\" or the end of the marker", position, position});
    }
    if (!marker) {
        return std::unexpected(to_error(marker.error(), "marker", text));
    }
    return std::move(*marker);
}

} // namespace pymode::pep

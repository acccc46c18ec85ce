// SPDX-License-Identifier: MIT
// The grammar of specifiers.
#include <utility>

#include "core/pep/ascii.hpp"
#include "core/pep/specifier.hpp"
#include "core/pep/version_scan.hpp"

namespace pymode::pep {

namespace {

// Longer operators before those that they begin with.
constexpr Operator operators[] = {
    Operator::arbitrary,     Operator::compatible, Operator::equal, Operator::not_equal,
    Operator::greater_equal, Operator::less_equal, Operator::less,  Operator::greater,
};

std::optional<Operator> operator_at(std::string_view text) {
    for (const Operator op : operators) {
        if (text.starts_with(operator_text(op))) {
            return op;
        }
    }
    return std::nullopt;
}

std::size_t skip_blanks(std::string_view text, std::size_t position) {
    while (position < text.size() && is_blank(text[position])) {
        ++position;
    }
    return position;
}

bool takes_prefix(Operator op) {
    return op == Operator::equal || op == Operator::not_equal;
}

bool ends_arbitrary(char c) {
    return is_blank(c) || c == '\r' || c == '\n' || c == '\v' || c == '\f' || c == ',' ||
           c == ';' || c == ')';
}

// "===" takes whatever stands there up to a white space or a delimiter.
std::optional<Specifier> scan_arbitrary(std::string_view text, std::size_t begin,
                                        std::size_t& position) {
    std::size_t end = begin;
    while (end < text.size() && !ends_arbitrary(text[end])) {
        ++end;
    }
    if (end == begin || end - begin > max_version_length) {
        return std::nullopt;
    }
    position = end;
    return Specifier{Operator::arbitrary, std::string(text.substr(begin, end - begin)), {}, false};
}

} // namespace

Parsed<std::optional<Specifier>> scan_specifier(std::string_view text, std::size_t& position) {
    const auto op = operator_at(text.substr(position));
    if (!op) {
        return std::nullopt;
    }
    const std::size_t begin = skip_blanks(text, position + operator_text(*op).size());
    if (*op == Operator::arbitrary) {
        return scan_arbitrary(text, begin, position);
    }
    auto scanned = scan_version(text.substr(begin));
    if (!scanned) {
        return std::nullopt;
    }
    Version& version = scanned->version;
    if (*op == Operator::compatible && version.release.size() < 2) {
        return std::unexpected(SyntaxError{"~= needs a version of at least two parts, like ~=1.0",
                                           position, begin + scanned->length});
    }
    if (!version.local.empty() && !takes_prefix(*op)) {
        return std::unexpected(SyntaxError{"a local version (+…) can only be used with == or !=",
                                           position, begin + scanned->public_length});
    }
    std::size_t end = begin + scanned->length;
    const bool is_prefix = text.substr(end).starts_with(".*");
    if (is_prefix && !takes_prefix(*op)) {
        return std::unexpected(
            SyntaxError{"the ending .* can only be used with == or !=", position, end + 1});
    }
    if (is_prefix && (version.is_prerelease() || version.post || !version.local.empty())) {
        return std::unexpected(SyntaxError{"the ending .* can only follow a release, not a "
                                           "pre-, post-, development or local version",
                                           position, end + 1});
    }
    end += is_prefix ? 2 : 0;
    position = end;
    return Specifier{*op, std::string(text.substr(begin, end - begin)), std::move(version),
                     is_prefix};
}

Parsed<std::vector<Specifier>> scan_specifiers(std::string_view text, std::size_t& position) {
    std::vector<Specifier> specifiers;
    while (true) {
        auto specifier = scan_specifier(text, position);
        if (!specifier) {
            return std::unexpected(std::move(specifier.error()));
        }
        if (!*specifier) {
            return specifiers;
        }
        specifiers.push_back(std::move(**specifier));
        const std::size_t comma = skip_blanks(text, position);
        position = comma;
        if (comma == text.size() || text[comma] != ',') {
            return specifiers;
        }
        position = skip_blanks(text, comma + 1);
    }
}

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
#include "core/pep/number.hpp"

#include <algorithm>
#include <limits>

#include "core/base/text.hpp"

namespace pymode::pep {

Number Number::from_digits(std::string_view digits) {
    const std::size_t first = digits.find_first_not_of('0');
    if (first == std::string_view::npos) {
        return Number{};
    }
    digits.remove_prefix(first);
    Number number;
    if (const auto small = parse_unsigned(digits)) {
        number.m_value = *small;
    } else {
        number.m_digits = std::make_shared<const std::string>(digits);
    }
    return number;
}

Number Number::next() const {
    if (m_digits == nullptr && m_value != std::numeric_limits<std::uint64_t>::max()) {
        return Number(m_value + 1);
    }
    std::string digits = to_string();
    // Nines at the end become zeros, the digit before them is raised.
    auto digit = std::find_if(digits.rbegin(), digits.rend(), [](char c) { return c != '9'; });
    std::fill(digits.rbegin(), digit, '0');
    if (digit == digits.rend()) {
        digits.insert(digits.begin(), '1');
    } else {
        ++*digit;
    }
    return from_digits(digits);
}

Number Number::previous() const {
    if (m_digits == nullptr) {
        return Number(m_value == 0 ? 0 : m_value - 1);
    }
    std::string digits = *m_digits;
    auto digit = std::find_if(digits.rbegin(), digits.rend(), [](char c) { return c != '0'; });
    std::fill(digits.rbegin(), digit, '9');
    --*digit; // it exists: a number kept as digits is not zero
    return from_digits(digits);
}

std::string Number::to_string() const {
    return m_digits ? *m_digits : std::to_string(m_value);
}

std::optional<std::uint64_t> Number::value() const {
    return m_digits ? std::nullopt : std::optional(m_value);
}

std::strong_ordering operator<=>(const Number& a, const Number& b) {
    if (!a.m_digits && !b.m_digits) {
        return a.m_value <=> b.m_value;
    }
    if (!a.m_digits || !b.m_digits) {
        return a.m_digits ? std::strong_ordering::greater : std::strong_ordering::less;
    }
    if (a.m_digits->size() != b.m_digits->size()) {
        return a.m_digits->size() <=> b.m_digits->size();
    }
    return *a.m_digits <=> *b.m_digits;
}

} // namespace pymode::pep

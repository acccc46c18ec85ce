// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pymode::pep {

// A whole number of any size, zero or more. The version standard sets no bound, and published
// versions hold dates with seconds and git counters, so nothing may wrap. What fits into 64 bits,
// nearly everything, costs no allocation.
class Number {
  public:
    Number() = default;
    explicit Number(std::uint64_t value) : m_value(value) {}

    // `digits` is one or more ASCII digits; leading zeros do not count.
    static Number from_digits(std::string_view digits);

    [[nodiscard]] Number next() const;
    // The number before; zero stays zero.
    [[nodiscard]] Number previous() const;
    [[nodiscard]] std::string to_string() const;
    [[nodiscard]] bool is_zero() const { return m_digits == nullptr && m_value == 0; }
    // Nothing when it does not fit.
    [[nodiscard]] std::optional<std::uint64_t> value() const;

    friend std::strong_ordering operator<=>(const Number& a, const Number& b);
    friend bool operator==(const Number& a, const Number& b) { return (a <=> b) == 0; }

  private:
    std::uint64_t m_value = 0;
    // Decimal digits without leading zeros; only for what exceeds m_value's range.
    std::shared_ptr<const std::string> m_digits;
};

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
// The compiled part of {fmt}, once, for everything: header-only it costs every file two to three
// seconds, and Debian has it compiled as a shared library alone, which the executable would need
// wherever it goes. These are the explicit instantiations that format.h declares extern.
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {
template FMT_API auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template FMT_API auto decimal_point_impl(locale_ref) -> char;
template FMT_API void buffer<char>::append(const char*, const char*);
} // namespace detail
FMT_END_NAMESPACE

// SPDX-License-Identifier: MIT
// Standard input as commands read it: a person at a terminal, or the bytes of a pipe or a file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/cancel.hpp"
#include "core/base/error.hpp"

namespace pymode {

[[nodiscard]] bool input_is_terminal();

// The next line, without its end; empty at the end of input. ErrorCode::cancelled when `cancel`
// comes first.
[[nodiscard]] Expected<std::string> read_line(const CancelToken& cancel);

// The same from a terminal that does not show what is typed. `ask` prints the question: what is
// typed as soon as it appears is hidden already.
[[nodiscard]] Expected<std::string> read_hidden_line(const std::function<void()>& ask,
                                                     const CancelToken& cancel);

// Everything up to the end of input; an error when that is more than `max_bytes`.
[[nodiscard]] Expected<std::string> read_input(std::uint64_t max_bytes, const CancelToken& cancel);

// The same in pieces; an Error of `take` ends it.
[[nodiscard]] Expected<> read_input_in_pieces(const CancelToken& cancel,
                                              const std::function<Expected<>(ByteView)>& take);

// What commands that take a file call standard input.
inline constexpr std::string_view kStandardInput = "-";

// The file, or standard input for `kStandardInput`: at most `max_bytes`.
[[nodiscard]] Expected<std::string>
read_file_or_input(const std::string& path, std::uint64_t max_bytes, const CancelToken& cancel);

} // namespace pymode

// SPDX-License-Identifier: MIT
// What a fuzz target consists of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/bytes.hpp"

// libFuzzer's name. Returns 0; anything wrong is an abort or a finding of the sanitizers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace pymode::test {

// Good inputs to begin with.
[[nodiscard]] std::vector<Bytes> fuzz_seeds();

} // namespace pymode::test

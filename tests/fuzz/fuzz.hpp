// SPDX-License-Identifier: MIT
// What a fuzz target consists of.
#pragma once

#include <cstddef>
#include <cstdint>

// libFuzzer's name. Returns 0; anything wrong is an abort or a finding of the sanitizers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

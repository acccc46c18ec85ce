// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/bundle/assets.hpp"
#include "core/bundle/bundle.hpp"

namespace pymode {

struct PartSize {
    std::string name;
    std::uint64_t raw = 0;
    std::uint64_t gzip = 0;
};

struct SizeReport {
    std::vector<PartSize> parts; // in the bundle's order
    PartSize total;
};

// Bytes after gzip at level 6, the usual measure of a Worker.
std::uint64_t gzip_size(ByteView bytes);

// Modules that are assets are known already.
SizeReport measure(const Bundle& bundle, std::span<const Asset> assets);

// A table: name, raw, gzip; side modules are summed up in one line.
std::string format_sizes(const SizeReport& report);

} // namespace pymode

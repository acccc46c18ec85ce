// SPDX-License-Identifier: MIT
// Unit tests run without the runtime: nothing is embedded.
#include "core/bundle/assets.hpp"

namespace pymode {

std::span<const Asset> runtime_assets() {
    return {};
}

} // namespace pymode

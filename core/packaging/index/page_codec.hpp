// SPDX-License-Identifier: MIT
// The compact form of a page in the cache: read in a fraction of the time that JSON takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/packaging/index/cache_store.hpp"

namespace pymode {

[[nodiscard]] std::string encode_page(const CachedPage& page);

// Nothing when the bytes are no such page. Files get `origin` and `index`.
[[nodiscard]] std::optional<CachedPage> decode_page(std::string_view bytes, Origin origin,
                                                    std::string_view index);

[[nodiscard]] std::string encode_text(const CachedText& text);
[[nodiscard]] std::optional<CachedText> decode_text(std::string_view bytes);

} // namespace pymode

// SPDX-License-Identifier: MIT
// Reading answers that may be anything.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

namespace pymode {

// The member of an object; null when there is none, or when this is no object.
inline const nlohmann::json& member_of(const nlohmann::json& object, std::string_view key) {
    static const nlohmann::json none;
    if (!object.is_object()) {
        return none;
    }
    const auto found = object.find(key);
    return found != object.end() ? *found : none;
}

// The items of a list; none when this is no list.
inline const nlohmann::json::array_t& items_of(const nlohmann::json& list) {
    static const nlohmann::json::array_t none;
    return list.is_array() ? list.get_ref<const nlohmann::json::array_t&>() : none;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/project/config_json.hpp"

namespace pymode {

nlohmann::ordered_json to_json(const ConfigValue& value) {
    using Json = nlohmann::ordered_json;
    switch (value.kind) {
    case ConfigValue::Kind::integer:
        return value.integer;
    case ConfigValue::Kind::number:
        return value.number;
    case ConfigValue::Kind::boolean:
        return value.boolean;
    case ConfigValue::Kind::null:
        return nullptr;
    case ConfigValue::Kind::array: {
        Json array = Json::array();
        for (const ConfigValue& item : value.items) {
            array.push_back(to_json(item));
        }
        return array;
    }
    case ConfigValue::Kind::table: {
        Json object = Json::object();
        for (const ConfigMember& member : value.members) {
            object[member.key] = to_json(member.value);
        }
        return object;
    }
    case ConfigValue::Kind::string:
    case ConfigValue::Kind::datetime:
        break;
    }
    return value.text;
}

} // namespace pymode

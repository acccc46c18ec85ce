// SPDX-License-Identifier: MIT
#include "core/project/json_schema.hpp"

#include <cmath>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "core/project/packaging_config.hpp"
#include "core/project/schema.hpp"
#include "core/project/worker_keys.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

Json schema_of(const Type& type);

Json properties_of(std::span<const Field> fields) {
    Json properties = Json::object();
    for (const Field& field : fields) {
        Json property = {{"description", field.about}};
        property.update(schema_of(field.type));
        properties[dashed_key(field.key)] = std::move(property);
    }
    return properties;
}

Json table_schema(std::span<const Field> fields, bool open) {
    Json table = {{"type", "object"}, {"properties", properties_of(fields)}};
    for (const Field& field : fields) {
        if (field.need == Need::required) {
            table["required"].push_back(dashed_key(field.key));
        }
    }
    if (!open) {
        table["additionalProperties"] = false;
    }
    return table;
}

Json text_schema(const Type& type) {
    Json text = {{"type", "string"}};
    if (!type.words.empty()) {
        text["enum"] = type.words;
    }
    if (type.rule && !type.rule->pattern.empty()) {
        text["pattern"] = type.rule->pattern;
    }
    return text;
}

Json number_schema(const Type& type) {
    const auto bound = [](double value) {
        return value == std::floor(value) ? Json(static_cast<std::int64_t>(value)) : Json(value);
    };
    Json number = {{"type", type.kind == Type::Kind::integer ? "integer" : "number"}};
    if (std::isfinite(type.least)) {
        number["minimum"] = bound(type.least);
    }
    if (std::isfinite(type.most)) {
        number["maximum"] = bound(type.most);
    }
    return number;
}

Json list_schema(const Type& type) {
    Json items;
    if (type.kind == Type::Kind::tables) {
        items = table_schema(type.fields, type.open);
    } else {
        items = type.kind == Type::Kind::list ? schema_of(*type.item) : text_schema(type);
    }
    Json list = {{"type", "array"}, {"items", std::move(items)}};
    if (type.most_items < std::size_t{1} << 20) {
        list["maxItems"] = type.most_items;
    }
    return list;
}

Json single_schema(const Type& type) {
    switch (type.kind) {
    case Type::Kind::text:
    case Type::Kind::date:
        return text_schema(type);
    case Type::Kind::integer:
    case Type::Kind::number:
        return number_schema(type);
    case Type::Kind::boolean:
        return {{"type", "boolean"}};
    case Type::Kind::null:
        return {{"type", "null"}};
    case Type::Kind::texts:
    case Type::Kind::list:
    case Type::Kind::tables:
        return list_schema(type);
    case Type::Kind::table:
        return table_schema(type.fields, type.open);
    case Type::Kind::map: {
        Json map = {{"type", "object"}};
        if (!type.fields.empty()) {
            map["additionalProperties"] = table_schema(type.fields, type.open);
        }
        return map;
    }
    case Type::Kind::any:
        break;
    }
    return Json::object();
}

Json schema_of(const Type& type) {
    if (!type.other) {
        return single_schema(type);
    }
    Json choices = Json::array();
    for (const Type* each = &type; each; each = each->other) {
        choices.push_back(single_schema(*each));
    }
    return {{"anyOf", std::move(choices)}};
}

} // namespace

std::string json_schema() {
    Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "[tool.pymode] of pyproject.toml"}};
    schema.update(table_schema(worker_fields(Inherit::top_level_only), false));
    schema["properties"].update(properties_of(project_fields()));
    for (const std::string& key : packaging_keys()) {
        schema["properties"][key] = {{"description", "Of packages: see docs/packages.md"}};
    }
    schema["properties"]["environments"] = {
        {"description", "Workers of the same code with other settings"},
        {"type", "object"},
        {"additionalProperties", table_schema(worker_fields(Inherit::no), false)}};
    return schema.dump(2) + "\n";
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/project/schema.hpp"

namespace pymode {
namespace {

std::string_view describe(Type::Kind kind) {
    switch (kind) {
    case Type::Kind::text:
        return "a string";
    case Type::Kind::date:
        return "a date";
    case Type::Kind::integer:
        return "an integer";
    case Type::Kind::number:
        return "a number";
    case Type::Kind::boolean:
        return "a boolean";
    case Type::Kind::any:
        return "any value";
    case Type::Kind::null:
        return "null";
    case Type::Kind::texts:
        return "an array of strings";
    case Type::Kind::list:
        return "an array";
    case Type::Kind::table:
    case Type::Kind::map:
        return "a table";
    case Type::Kind::tables:
        return "an array of tables";
    }
    return "a value";
}

} // namespace

std::string dashed_key(std::string_view key) {
    std::string dashed;
    for (const char c : key) {
        if (c == '_') {
            dashed += '-';
        } else if (c >= 'A' && c <= 'Z') {
            dashed += '-';
            dashed += static_cast<char>(c - 'A' + 'a');
        } else {
            dashed += c;
        }
    }
    return dashed;
}

std::string describe(const Type& type) {
    std::string text(describe(type.kind));
    for (const Type* other = type.other; other; other = other->other) {
        text += other->other ? ", " : " or ";
        text += describe(other->kind);
    }
    return text;
}

} // namespace pymode

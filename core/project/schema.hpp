// SPDX-License-Identifier: MIT
// What a configuration may hold, as data. The tables made of these types (binding_kinds.cpp,
// worker_keys.cpp) drive the reader, the warnings about unknown keys, the upload's metadata, the
// JSON schema for editors and the tables of docs/configuration.md.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace pymode {

// What a text may be, in one sentence and as a function.
struct TextRule {
    bool (*accepts)(std::string_view);
    std::string_view what;    // "`x` is no …"
    std::string_view hint;    // what it is instead
    std::string_view pattern; // the same for the JSON schema (ECMA-262); empty: not expressible
};

struct Field;

struct Type {
    enum class Kind {
        text,
        date, // a text, or a TOML date
        integer,
        number,
        boolean,
        any,
        null,
        texts,  // a list of texts
        list,   // a list of `item`
        table,  // with `fields`
        tables, // a list of tables with `fields`
        map,    // a table with free keys; each value is a table with `fields`, or anything
    };

    Kind kind = Kind::text;
    const TextRule* rule = nullptr;               // of a text, of every text of a list
    std::span<const std::string_view> words = {}; // the only texts there are
    double least = -std::numeric_limits<double>::infinity();
    double most = std::numeric_limits<double>::infinity();
    std::size_t most_items = std::numeric_limits<std::size_t>::max();
    std::span<const Field> fields = {};
    bool open = false; // a table may hold other keys than `fields`; they stay as they are
    const Type* item = nullptr;
    const Type* other = nullptr; // what may stand here instead
};

enum class Need { optional, required };

struct Field {
    std::string_view key; // as wrangler spells it
    Type type;
    std::string_view about;
    std::string_view wire = {}; // its key in the upload's metadata; empty: it is not sent as it is
    Need need = Need::optional;
};

// "bucket_name" → "bucket-name", "localConnectionString" → "local-connection-string": how
// pyproject.toml spells a key.
std::string dashed_key(std::string_view key);

// "a string", "an array of tables", "true, false or an array of strings".
std::string describe(const Type& type);

} // namespace pymode

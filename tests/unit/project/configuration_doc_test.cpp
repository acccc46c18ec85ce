// SPDX-License-Identifier: MIT
// The tables of docs/configuration.md are those that the reader uses.
#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/project/binding_kinds.hpp"
#include "core/project/worker_keys.hpp"

using namespace pymode;

namespace {

std::string settings_table() {
    std::string table =
        "| key | value | what it is | an environment inherits it |\n|---|---|---|---|\n";
    for (const WorkerKey& key : worker_keys()) {
        const bool is_binding = std::ranges::any_of(binding_kinds(), [&](const BindingKind& kind) {
            return kind.section == key.field.key && kind.list.empty();
        });
        if (!is_binding) {
            table += fmt::format("| `{}` | {} | {} | {} |\n", dashed_key(key.field.key),
                                 describe(key.field.type), key.field.about,
                                 key.inherit == Inherit::no    ? "no"
                                 : key.inherit == Inherit::yes ? "yes"
                                                               : "yes, and cannot change it");
        }
    }
    return table;
}

std::string bindings_table() {
    std::string table =
        "| key | kind | keys of an entry (**required**) | in `dev` |\n|---|---|---|---|\n";
    for (const BindingKind& kind : binding_kinds()) {
        std::string keys;
        for (const Field& field : kind.fields) {
            const std::string_view mark = field.need == Need::required ? "**" : "";
            keys += fmt::format("{}{}`{}`{}", keys.empty() ? "" : ", ", mark, dashed_key(field.key),
                                mark);
        }
        const std::string key =
            dashed_key(kind.section) + (kind.list.empty() ? "" : "." + dashed_key(kind.list));
        table += fmt::format("| `{}` | {}: {} | {} | {} |\n", key, kind.title, kind.about, keys,
                             kind.local == Local::simulated ? "yes" : "no");
    }
    return table;
}

} // namespace

TEST_CASE("the tables of docs/configuration.md are the reader's") {
    const auto text =
        read_text_file(fs::path(PYMODE_SOURCE_DIR) / "docs/configuration.md", 1 << 20);
    REQUIRE(text);
    for (const std::string& table : {settings_table(), bindings_table()}) {
        CHECK(text->find("\n\n" + table + "\n") != std::string::npos);
    }
    if (text->find(settings_table()) == std::string::npos ||
        text->find(bindings_table()) == std::string::npos) {
        // For whoever changed the tables.
        const fs::path wanted = fs::temp_directory_path() / "configuration-tables.md";
        REQUIRE(write_file_atomic(wanted, settings_table() + "\n" + bindings_table()));
        WARN("the tables as they have to be are in " << wanted);
    }
}

TEST_CASE("`pymode dev` gives Miniflare the kinds that the table calls simulated") {
    const auto script =
        read_text_file(fs::path(PYMODE_SOURCE_DIR) / "runtime/dev/runner.mjs", 1 << 20);
    REQUIRE(script);
    for (const BindingKind& kind : binding_kinds()) {
        CAPTURE(kind.type);
        CHECK((script->find(fmt::format("\n  {}: [\"", kind.type)) != std::string::npos) ==
              (kind.local == Local::simulated));
    }
}

// SPDX-License-Identifier: MIT
#include "core/project/json_schema.hpp"

#include <catch2/catch.hpp>

#include "core/base/file.hpp"

using namespace pymode;

TEST_CASE("the published schema is that of the reader's tables") {
    const fs::path published = fs::path(PYMODE_SOURCE_DIR) / "docs/schema/tool-pymode.json";
    const auto text = read_text_file(published, 1 << 20);
    const std::string made = json_schema();
    // A hint for whoever changed the tables: the file as it has to be.
    if (!text || *text != made) {
        REQUIRE(write_file_atomic(fs::temp_directory_path() / "tool-pymode.json", made));
    }
    INFO("if the tables changed, copy tool-pymode.json of the temporary folder to docs/schema");
    REQUIRE(text);
    CHECK(*text == made);
}

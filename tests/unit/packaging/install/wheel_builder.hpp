// SPDX-License-Identifier: MIT
// The base wheel of wheel_install_cases.json and what a case changes on it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/native/compile.hpp"
#include "core/packaging/install/install.hpp"
#include "tests/unit/packaging/install/zip_builder.hpp"

namespace pymode::test {

struct WheelDraftCase {
    std::string filename = "demo-1.0-py3-none-any.whl";
    std::string name = "demo"; // as in the file name
    std::string version = "1.0";
    std::string dist_info = "demo-1.0.dist-info";
    ZipFile zip; // RECORD last, not yet filled
    std::string resolved_metadata;

    explicit WheelDraftCase(std::string file = "demo-1.0-py3-none-any.whl");

    void add(std::string path, std::string text);
    // RECORD of what is in the zip now, "path,hash,size" by path.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> record_rows() const;
    void set_record(const std::string& text);
    void fill_record();

    // The same for a case's "build".
    void apply(const nlohmann::ordered_json& build);
};

// Structural changes that a case names: by "raw" for short names, by id for the described ones.
// False when there is none of that name.
bool apply_raw(const std::string& name, WheelDraftCase& wheel);

// Changes of the finished bytes.
std::string finish_raw(const std::string& name, std::string bytes);

// An item for `install_wheels`; writes the bytes to `folder`.
InstallItem write_wheel(const WheelDraftCase& wheel, std::string_view bytes,
                        const std::filesystem::path& folder);

std::string decode_base64(std::string_view text);

// A compiler for tests: the "bytecode" names its source; a text that begins with "broken" does not
// compile.
Expected<std::vector<CompiledModule>> fake_compile(std::span<const SourceModule> modules);

} // namespace pymode::test

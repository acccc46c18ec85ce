// SPDX-License-Identifier: MIT
// A wheel, read and checked as a whole: names, structure, dist-info, RECORD, every content. Nothing
// is written here, and nothing of a package runs.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/packaging/install/install.hpp"
#include "core/packaging/install/zip_layout.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode {

struct WheelRequest {
    std::string_view filename; // "demo-1.0-py3-none-any.whl"
    ByteView bytes;            // must outlive the result
    std::string_view name;     // what is to be installed, normalised
    const pep::Version* version = nullptr;
    std::string_view resolved_metadata; // may be empty
    Check record = Check::reject;
    Check metadata = Check::reject;
};

// A file as it will be installed.
struct WheelFile {
    std::string path;       // below site-packages
    std::size_t member = 0; // of the layout
    std::string hash;       // as RECORD writes it
    // Of a .py file: the words of its import statements; empty for others.
    std::set<std::string, std::less<>> import_words = {};
};

struct CheckedWheel {
    ZipLayout layout;
    std::string dist_info;        // "demo-1.0.dist-info"
    std::vector<WheelFile> files; // sorted by path; without what an installer writes itself
    std::vector<std::string> warnings;
    std::vector<std::string> details; // for -v
    bool record_agrees = true;        // false: only because Check::warn was asked for
};

// Errors are ErrorCode::archive and name the wheel.
[[nodiscard]] Expected<CheckedWheel> check_wheel(const WheelRequest& request);

} // namespace pymode

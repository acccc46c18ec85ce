// SPDX-License-Identifier: MIT
#include "core/packaging/install/trim.hpp"

#include <algorithm>
#include <array>

namespace pymode {

namespace {

// For type checkers, for compilers, for other systems.
constexpr std::array<std::string_view, 17> unused_suffixes = {
    ".pyi", ".c",   ".cc",  ".cpp", ".cxx", ".h", ".hh",  ".hpp", ".hxx",
    ".pyx", ".pxd", ".pxi", ".f90", ".o",   ".a", ".exe", ".pdb"};

constexpr std::string_view tests = "tests";

// "pkg/tests/data/x" → "pkg/tests": the outermost folder named "tests", or nothing.
std::string_view tests_folder(std::string_view path) {
    for (std::size_t begin = 0, end = path.find('/'); end != std::string_view::npos;
         begin = end + 1, end = path.find('/', begin)) {
        if (path.substr(begin, end - begin) == tests) {
            return path.substr(0, end);
        }
    }
    return {};
}

bool looks_like_a_test(std::string_view name) {
    return name == "__init__.py" || name == "conftest.py" ||
           (name.ends_with(".py") && (name.starts_with("test_") || name.ends_with("_test.py")));
}

// Folders that hold tests as Python files, at their top.
std::set<std::string_view> folders_with_tests(std::span<const WheelFile> files) {
    std::set<std::string_view> folders;
    for (const WheelFile& file : files) {
        const std::string_view folder = tests_folder(file.path);
        const std::string_view path = file.path;
        if (!folder.empty() && path.rfind('/') == folder.size() &&
            looks_like_a_test(path.substr(folder.size() + 1))) {
            folders.insert(folder);
        }
    }
    return folders;
}

// True when the package imports one of its folders `tests` itself, or consists of nothing else.
bool needs_its_tests(std::span<const WheelFile> files) {
    bool other = false;
    for (const WheelFile& file : files) {
        if (tests_folder(file.path).empty()) {
            if (file.import_words.contains(tests)) {
                return true;
            }
            other = other || file.path.ends_with(".py") || file.path.ends_with(".so");
        }
    }
    return !other;
}

} // namespace

std::set<std::size_t> find_trimmed(std::span<const WheelFile> files, std::string_view dist_info) {
    const auto folders =
        needs_its_tests(files) ? std::set<std::string_view>() : folders_with_tests(files);
    std::set<std::size_t> trimmed;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const std::string_view path = files[i].path;
        if (path.substr(0, path.find('/')) == dist_info) {
            continue;
        }
        const bool unused = std::ranges::any_of(
            unused_suffixes, [&](std::string_view suffix) { return path.ends_with(suffix); });
        if (unused || folders.contains(tests_folder(path))) {
            trimmed.insert(i);
        }
    }
    return trimmed;
}

} // namespace pymode

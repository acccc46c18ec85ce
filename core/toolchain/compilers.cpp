// SPDX-License-Identifier: MIT
#include "core/toolchain/compilers.hpp"

#include <optional>
#include <vector>

#include <fmt/format.h>

#include "core/base/subprocess.hpp"
#include "core/base/text.hpp"

namespace pymode {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kVersionTimeout{20};

bool is_program(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error);
}

std::vector<fs::path> environments(const CompilerSearch& search) {
    std::vector<fs::path> found;
    if (const auto active = search.env.get_nonempty("VIRTUAL_ENV")) {
        found.emplace_back(*active);
    }
    if (!search.project.empty()) {
        found.push_back(search.project / ".venv");
    }
    return found;
}

// The package ziglang puts no program into bin: the compiler lies in lib/python3.X/site-packages.
std::optional<fs::path> zig_of_environment(const fs::path& environment) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(environment / "lib", error)) {
        fs::path zig = entry.path() / "site-packages" / "ziglang" / "zig";
        if (is_program(zig)) {
            return zig;
        }
    }
    return std::nullopt;
}

std::optional<fs::path> locate_zig(const CompilerSearch& search) {
    if (const auto chosen = search.env.get_nonempty("PYMODE_ZIG")) {
        return fs::path(*chosen);
    }
    for (const fs::path& environment : environments(search)) {
        if (auto zig = zig_of_environment(environment)) {
            return zig;
        }
    }
    return search.env.find_program("zig");
}

} // namespace

Expected<fs::path> find_zig(const CompilerSearch& search) {
    const auto zig = locate_zig(search);
    if (!zig) {
        return fail(ErrorCode::tool,
                    "building C needs the compiler zig, and there is none (looked for PYMODE_ZIG, "
                    "the package ziglang in the virtual environment, zig on PATH)",
                    std::string(kInstallZig));
    }
    ProcessOptions options;
    options.args = {zig->string(), "version"};
    options.env = search.env;
    options.timeout = kVersionTimeout;
    const Expected<ProcessResult> result = run_process(options);
    if (!result) {
        return propagate(result);
    }
    const std::string_view version = trim(result->out);
    if (!result->ok() || !version.starts_with(kZigSeries)) {
        return fail(ErrorCode::tool,
                    fmt::format("{} is zig {}; recipes are built with {}x", zig->string(),
                                result->ok() ? printable(version) : "of no version", kZigSeries),
                    std::string(kInstallZig));
    }
    return *zig;
}

Expected<fs::path> find_cython(const CompilerSearch& search) {
    if (const auto chosen = search.env.get_nonempty("PYMODE_CYTHON")) {
        return fs::path(*chosen);
    }
    for (const fs::path& environment : environments(search)) {
        if (is_program(environment / "bin" / "cython")) {
            return environment / "bin" / "cython";
        }
    }
    if (auto cython = search.env.find_program("cython")) {
        return *std::move(cython);
    }
    return fail(ErrorCode::tool, "these sources are written in Cython, and there is no `cython`",
                std::string(kInstallZig));
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// Compiles the modules of installed packages, as far as no earlier build of any project has.
//
// The unit that is kept is a package, the unit of work a batch of modules: a child process of about
// a second. A build that is killed has kept the packages that were complete.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/cancel.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/native/compile.hpp"
#include "core/packaging/install/bytecode_cache.hpp"
#include "core/packaging/install/zip_layout.hpp"

namespace pymode {

struct CompileProgress {
    std::size_t done = 0; // modules
    std::size_t total = 0;
    bool ended = false; // the last call, whatever came of it
};

struct BytecodeOptions {
    std::string compiler;        // `compiler_name` of what compiles
    std::filesystem::path cache; // empty: nothing is kept
    // Called only when there is something to compile, never by two threads at once. May be empty.
    std::function<void(const CompileProgress&)> on_progress = {};
    // For -v: "demo: not compiled: demo/py2.py: SyntaxError: …". May be empty.
    std::function<void(const std::string&)> on_detail = {};
    CancelToken cancel = {};
    Log log = {};
};

// An installed archive; all of it outlives the call.
struct ArchiveView {
    ByteView bytes;
    const ZipLayout& layout;
};

// By package, of which each has at least one module. A module that does not compile is no error: it
// has no bytecode then. `compile` is called from several threads at once, with
// `SourceModule::of_package` set.
[[nodiscard]] Expected<std::vector<PackageBytecode>>
compile_packages(const ArchiveView& archive, std::span<const std::vector<PackageModule>> packages,
                 const CompileFunction& compile, const BytecodeOptions& options);

} // namespace pymode

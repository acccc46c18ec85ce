// SPDX-License-Identifier: MIT
// A Worker as it is uploaded, run in workerd, or written to a folder.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/bundle/app_archive.hpp"
#include "core/bundle/assets.hpp"
#include "core/packaging/install/bytecode.hpp"
#include "core/project/project.hpp"

namespace pymode {

enum class ModuleKind { javascript, wasm, data };

// "application/javascript+module", "application/wasm", "application/octet-stream".
std::string_view content_type(ModuleKind kind);

struct BundleModule {
    std::string name; // "worker.js", "dynload/_sqlite3.wasm": what the importing code writes
    ModuleKind kind = ModuleKind::data;
    ByteView bytes; // of an asset, or of `Bundle::m_owned`
};

class Bundle {
  public:
    Bundle() = default;
    Bundle(Bundle&&) noexcept = default;
    Bundle& operator=(Bundle&&) noexcept = default;
    Bundle(const Bundle&) = delete; // a copy's views would point into the original
    Bundle& operator=(const Bundle&) = delete;

    // The bytes of an asset live as long as the program.
    void add(std::string name, ModuleKind kind, ByteView bytes);
    void add_owned(std::string name, ModuleKind kind, Bytes bytes);

    // The main module comes first.
    [[nodiscard]] std::span<const BundleModule> modules() const { return m_modules; }
    [[nodiscard]] std::uint64_t total_bytes() const;

    std::string metadata;           // the upload's JSON
    std::size_t python_modules = 0; // of the project

  private:
    std::vector<BundleModule> m_modules;
    // Moving a vector of vectors moves no bytes, so the views above stay valid.
    std::vector<Bytes> m_owned;
};

struct BundleInputs {
    const Project& project;
    std::span<const Asset> assets; // runtime_assets()
    CompileFunction compile;
    std::filesystem::path output; // left out of the project's files if it lies inside
    // The installed packages; empty: where the project has them.
    std::filesystem::path site_packages = {};
    BytecodeOptions bytecode = {}; // of their modules
};

// Collects, compiles and packs. The same input gives the same bytes. A project that has
// dependencies and no installed packages is ErrorCode::config.
Expected<Bundle> make_bundle(const BundleInputs& inputs);

} // namespace pymode

// SPDX-License-Identifier: MIT
// The wheels inside the executable: packages with C in them, built from recipes/*.toml.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/bundle/assets.hpp"
#include "core/packaging/index/package_index.hpp"

namespace pymode {

struct WheelhouseModule {
    std::string name; // "markupsafe._speedups"
    std::uint64_t bytes = 0;
};

struct WheelhouseEntry {
    std::string name; // normalised
    std::string version;
    std::string license; // SPDX expression
    std::string filename;
    std::string sha256;
    std::vector<WheelhouseModule> modules;
    std::string test; // Python: what the recipe checks in a Worker
    ByteView bytes;   // of the asset
};

class Wheelhouse {
  public:
    // The assets `wheelhouse/index.json` and `wheelhouse/*.whl`; empty in a build without them.
    [[nodiscard]] static Expected<Wheelhouse> read(std::span<const Asset> assets);
    Wheelhouse(Wheelhouse&&) noexcept = default;
    Wheelhouse& operator=(Wheelhouse&&) noexcept = default;
    Wheelhouse(const Wheelhouse&) = delete; // a copy's views would point into the original
    Wheelhouse& operator=(const Wheelhouse&) = delete;

    // Sorted by name.
    [[nodiscard]] std::span<const WheelhouseEntry> entries() const { return m_entries; }

    // The same for PackageIndexOptions::wheelhouse; valid as long as this object.
    [[nodiscard]] std::span<const EmbeddedWheel> wheels() const { return m_wheels; }

    // Nullptr when there is none; `name` is normalised.
    [[nodiscard]] const WheelhouseEntry* find(std::string_view name) const;

  private:
    Wheelhouse() = default;

    std::vector<WheelhouseEntry> m_entries; // moving a vector moves no entry
    std::vector<EmbeddedWheel> m_wheels;    // views into the entries
};

} // namespace pymode

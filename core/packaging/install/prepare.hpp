// SPDX-License-Identifier: MIT
// A wheel made ready: what of it is installed, compiled and packed, as an archive of its own. An
// install copies its members. It depends on the wheel and a few options alone, so a cache keeps it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/packaging/install/install.hpp"
#include "core/packaging/install/state.hpp"
#include "core/packaging/install/wheel.hpp"
#include "core/packaging/install/zip_layout.hpp"

namespace pymode {

// Part of the keys of the cache: a change of anything that decides about a prepared wheel's bytes
// changes this number.
inline constexpr int prepared_format = 1;

// Of our own archives: what was let in as a wheel, and its bytecode.
inline constexpr ZipLimits prepared_limits{
    .max_members = 110'000, .max_total_bytes = std::uint64_t{2} << 30, .max_ratio = 2000};

struct PreparedWheel {
    Bytes archive;
    ZipLayout layout; // of `archive`; its last member is the state
    PreparedState state;
};

// A wheel on its way from checked to prepared.
struct WheelDraft {
    Bytes bytes; // of the wheel
    CheckedWheel checked;
    std::vector<std::size_t> kept; // indexes of `checked.files`
};

// Reads a wheel and checks it. ErrorCode::archive when it is refused.
[[nodiscard]] Expected<WheelDraft> draft_wheel(const InstallItem& item,
                                               const InstallOptions& options);

// The modules of all drafts, compiled; by draft and then in the order of its kept .py files. Calls
// `compile` from several threads.
[[nodiscard]] Expected<std::vector<std::vector<CompiledModule>>>
compile_drafts(std::span<const WheelDraft> drafts, const CompileModules& compile);

[[nodiscard]] Expected<PreparedWheel> finish_draft(WheelDraft draft,
                                                   std::vector<CompiledModule> modules);

// Reads what `finish_draft` made; anything else is an error.
[[nodiscard]] Expected<PreparedWheel> open_prepared(Bytes archive);

} // namespace pymode

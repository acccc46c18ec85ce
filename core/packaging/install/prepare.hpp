// SPDX-License-Identifier: MIT
// A wheel made ready for an installation: its bytes, and what of them is installed.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/packaging/install/install.hpp"
#include "core/packaging/install/prepared_cache.hpp"
#include "core/packaging/install/state.hpp"
#include "core/packaging/install/zip_layout.hpp"
#include "core/pep/metadata.hpp"

namespace pymode {

struct PreparedWheel {
    Bytes wheel;
    ZipLayout layout; // of `wheel`
    PreparedState state;
};

// What its METADATA says.
[[nodiscard]] Expected<pep::CoreMetadata> metadata_of(const PreparedWheel& wheel);

// Reads a wheel and checks it, which another installation of the same bytes may have done before.
// ErrorCode::archive when it is refused.
[[nodiscard]] Expected<PreparedWheel>
prepare_wheel(const InstallItem& item, const InstallOptions& options, const PreparedCache& cache);

} // namespace pymode

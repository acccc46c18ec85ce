// SPDX-License-Identifier: MIT
// The resolver: PubGrub over what a PackageSource knows.
#pragma once

#include "core/base/cancel.hpp"
#include "core/base/error.hpp"
#include "core/packaging/package_source.hpp"
#include "core/packaging/resolution.hpp"

namespace pymode {

// The same request and the same source give the same answer. No solution is ErrorCode::config: the
// message is the headline, the notes are the proof in whole sentences, one a note, and the hint
// says what would help.
[[nodiscard]] Expected<Resolution> resolve(const ResolveRequest& request, PackageSource& source,
                                           const CancelToken& cancel);

} // namespace pymode

// SPDX-License-Identifier: MIT
// What a choice of versions rests on: the METADATA that it read from an index, or what the lock
// kept of it. The wheel that is installed has to say the same, else an index could show the
// resolver one package and install another.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/pep/environment.hpp"
#include "core/pep/metadata.hpp"

namespace pymode {

// The fields that decide about a resolution as METADATA (core metadata, "Metadata-Version: 2.1"):
// name, version, Requires-Python, Requires-Dist, Provides-Extra.
[[nodiscard]] std::string resolution_fields(const pep::CoreMetadata& metadata);

// The first of these fields in which `inside` differs from `known`, as a sentence; empty: none.
// Requirements are compared by their meaning, in any order.
[[nodiscard]] std::string metadata_difference(const pep::CoreMetadata& inside,
                                              const pep::CoreMetadata& known);

// What a lock of this program keeps of a package's METADATA; names are normalised.
struct LockedNeeds {
    std::set<std::string> dependencies; // on the target, with `extras`
    std::vector<std::string> extras;    // of the package, that somebody asked for
    std::set<std::string> overridden;   // names that METADATA does not decide about
    std::string requires_python;        // canonical; empty: none
};

// As `metadata_difference`.
[[nodiscard]] std::string needs_difference(const pep::CoreMetadata& inside,
                                           const LockedNeeds& locked,
                                           const pep::Environment& environment);

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/project/worker_config.hpp"

#include <algorithm>

namespace pymode {

std::size_t WorkerConfig::env_size() const {
    return vars.size() + bindings.size() + unsafe_bindings.size() +
           (assets && !assets->binding.empty() ? 1 : 0);
}

const Binding* WorkerConfig::find_binding(std::string_view binding) const {
    const auto found = std::ranges::find(bindings, binding, &Binding::name);
    return found == bindings.end() ? nullptr : &*found;
}

} // namespace pymode

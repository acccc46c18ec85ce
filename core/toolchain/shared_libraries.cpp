// SPDX-License-Identifier: MIT
#include "core/toolchain/shared_libraries.hpp"

#include <algorithm>
#include <string_view>

#include <link.h>

namespace pymode {
namespace {

int remember(dl_phdr_info* info, std::size_t, void* list) {
    const std::string_view name = info->dlpi_name ? info->dlpi_name : "";
    // The executable itself has no name, and the kernel's own page is not a file.
    if (name.contains('/')) {
        static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    }
    return 0;
}

} // namespace

std::vector<std::string> loaded_libraries() {
    std::vector<std::string> libraries;
    dl_iterate_phdr(remember, &libraries);
    std::ranges::sort(libraries);
    return libraries;
}

} // namespace pymode

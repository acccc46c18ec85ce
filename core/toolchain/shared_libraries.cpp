// SPDX-License-Identifier: MIT
#include "core/toolchain/shared_libraries.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include <link.h>

namespace pymode {
namespace {

// The names in an object's dynamic section. The loader has made its addresses absolute.
std::vector<std::string> needed_names(const dl_phdr_info& info) {
    const ElfW(Dyn)* section = nullptr;
    for (const ElfW(Phdr) & header : std::span(info.dlpi_phdr, info.dlpi_phnum)) {
        if (header.p_type == PT_DYNAMIC) {
            section = reinterpret_cast<const ElfW(Dyn)*>(info.dlpi_addr + header.p_vaddr); // NOLINT
        }
    }
    const char* strings = nullptr;
    for (const ElfW(Dyn)* entry = section; entry && entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_STRTAB) {
            strings = reinterpret_cast<const char*>(entry->d_un.d_ptr); // NOLINT
        }
    }
    std::vector<std::string> names;
    for (const ElfW(Dyn)* entry = section; strings && entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_NEEDED) {
            names.emplace_back(strings + entry->d_un.d_val);
        }
    }
    std::ranges::sort(names);
    return names;
}

int visit(dl_phdr_info* info, std::size_t, void* result) {
    auto& libraries = *static_cast<SharedLibraries*>(result);
    const std::string_view name = info->dlpi_name ? info->dlpi_name : "";
    // The executable itself has no name, and the kernel's own page is no file.
    if (name.empty() && libraries.needed.empty()) {
        libraries.needed = needed_names(*info);
    } else if (name.contains('/')) {
        ++libraries.loaded;
    }
    return 0;
}

} // namespace

SharedLibraries shared_libraries() {
    SharedLibraries result;
    dl_iterate_phdr(visit, &result);
    return result;
}

} // namespace pymode

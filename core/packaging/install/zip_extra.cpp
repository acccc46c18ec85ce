// SPDX-License-Identifier: MIT
#include "core/packaging/install/zip_extra.hpp"

#include <vector>

#include "core/packaging/install/zip_bytes.hpp"

namespace pymode::zip {

namespace {

constexpr std::uint64_t full = 0xFFFFFFFF;
constexpr std::uint16_t zip64_field = 0x0001;
constexpr std::uint16_t unicode_path_field = 0x7075;
constexpr std::uint64_t unicode_path_head = 5; // a version and the CRC of the other name

std::vector<std::uint64_t*> fields_of(Sizes& sizes) {
    std::vector<std::uint64_t*> fields = {&sizes.size, &sizes.packed};
    if (sizes.offset) {
        fields.push_back(&*sizes.offset);
    }
    return fields;
}

// The field has the full values in their order (APPNOTE 4.5.3). Writers that always add it give all
// of them; then those that are not full must be the same.
const char* apply_zip64(ByteView field, Sizes& sizes) {
    const auto fields = fields_of(sizes);
    std::uint64_t wanted = 0;
    for (const std::uint64_t* value : fields) {
        wanted += *value == full ? 8 : 0;
    }
    const bool exact = wanted > 0 && (field.size() == wanted || field.size() == wanted + 4);
    std::uint64_t at = 0;
    for (std::uint64_t* value : fields) {
        if (exact && *value != full) {
            continue;
        }
        if (field.size() - at < 8) {
            return *value == full ? "its zip64 field is too short" : nullptr;
        }
        const std::uint64_t wide = u64(field, at);
        if (*value != full && *value != wide) {
            return "its zip64 field contradicts its header";
        }
        *value = wide;
        at += 8;
    }
    return field.size() - at == 0 || field.size() - at == 4 || field.size() - at == 8 ||
                   field.size() - at == 12
               ? nullptr
               : "its zip64 field has an impossible length";
}

} // namespace

const char* apply_extra(ByteView extra, std::string_view name, Sizes& sizes) {
    bool zip64_seen = false;
    bool path_seen = false;
    while (extra.size() >= 4) { // fewer bytes are padding
        const std::uint16_t id = u16(extra, 0);
        const std::uint64_t size = u16(extra, 2);
        if (size > extra.size() - 4) {
            return "an extra field is longer than the header";
        }
        const ByteView field = extra.subspan(4, size);
        if (id == zip64_field) {
            if (zip64_seen) {
                return "it has two zip64 fields";
            }
            zip64_seen = true;
            if (const char* fault = apply_zip64(field, sizes)) {
                return fault;
            }
        } else if (id == unicode_path_field) {
            if (path_seen || size < unicode_path_head ||
                as_text(field.subspan(unicode_path_head)) != name) {
                return "an extra field gives it a second name";
            }
            path_seen = true;
        }
        extra = extra.subspan(4 + size);
    }
    const bool missing =
        sizes.size == full || sizes.packed == full || (sizes.offset && *sizes.offset == full);
    return missing && !zip64_seen ? "its zip64 field is missing" : nullptr;
}

} // namespace pymode::zip

// SPDX-License-Identifier: MIT
#include "core/toolchain/wasm_module.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include <fmt/format.h>

namespace pymode {
namespace {

constexpr std::string_view kMagic("\0asm\1\0\0\0", 8);
constexpr std::uint8_t kCustomSection = 0;
constexpr std::uint8_t kImportSection = 2;
constexpr std::uint8_t kExportSection = 7;
constexpr std::uint8_t kDylinkNeeded = 2;
constexpr std::array<std::string_view, 5> kGiven = {
    "memory", "__indirect_function_table", "__stack_pointer", "__memory_base", "__table_base"};

// Reads forwards; after the first fault everything is zero and `failed` says so, so that a
// damaged module is noticed once, at the end.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : m_bytes(bytes) {}

    [[nodiscard]] bool at_end() const { return m_failed || m_bytes.empty(); }
    [[nodiscard]] bool failed() const { return m_failed; }

    std::uint8_t byte() {
        if (m_bytes.empty()) {
            m_failed = true;
            return 0;
        }
        const auto value = static_cast<std::uint8_t>(m_bytes.front());
        m_bytes.remove_prefix(1);
        return value;
    }

    // LEB128, up to 64 bits.
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t part = byte();
            value |= static_cast<std::uint64_t>(part & 0x7FU) << shift;
            if (part < 0x80) {
                return value;
            }
        }
        m_failed = true;
        return 0;
    }

    std::string_view bytes(std::uint64_t count) {
        if (count > m_bytes.size()) {
            m_failed = true;
            return {};
        }
        const std::string_view taken = m_bytes.substr(0, count);
        m_bytes.remove_prefix(count);
        return taken;
    }

    std::string_view text() { return bytes(number()); }

    void limits() {
        const std::uint64_t flags = number();
        number();
        if ((flags & 1U) != 0) {
            number();
        }
    }

  private:
    std::string_view m_bytes;
    bool m_failed = false;
};

void skip_import_type(Reader& reader) {
    switch (reader.byte()) {
    case 0: // function
        reader.number();
        break;
    case 1: // table
        reader.byte();
        reader.limits();
        break;
    case 2: // memory
        reader.limits();
        break;
    case 3: // global
        reader.byte();
        reader.byte();
        break;
    default: // tag
        reader.byte();
        reader.number();
    }
}

void read_imports(Reader& reader, WasmLinkage& linkage) {
    for (std::uint64_t left = reader.number(); left > 0 && !reader.at_end(); --left) {
        reader.text(); // env, GOT.func or GOT.mem
        const std::string_view name = reader.text();
        skip_import_type(reader);
        if (std::ranges::find(kGiven, name) == kGiven.end()) {
            linkage.imports.emplace_back(name);
        }
    }
}

void read_exports(Reader& reader, WasmLinkage& linkage) {
    for (std::uint64_t left = reader.number(); left > 0 && !reader.at_end(); --left) {
        linkage.exports.emplace_back(reader.text());
        reader.byte();
        reader.number();
    }
}

void read_dylink(Reader& reader, WasmLinkage& linkage) {
    linkage.is_side_module = true;
    while (!reader.at_end()) {
        const std::uint8_t kind = reader.byte();
        Reader part(reader.bytes(reader.number()));
        if (kind != kDylinkNeeded) {
            continue;
        }
        for (std::uint64_t left = part.number(); left > 0 && !part.at_end(); --left) {
            linkage.needed.emplace_back(part.text());
        }
    }
}

void sort_unique(std::vector<std::string>& names) {
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
}

} // namespace

Expected<WasmLinkage> read_wasm_linkage(ByteView module) {
    const std::string_view text = as_text(module);
    WasmLinkage linkage;
    Reader reader(text.substr(std::min(text.size(), kMagic.size())));
    bool whole = text.starts_with(kMagic);
    while (whole && !reader.at_end()) {
        const std::uint8_t kind = reader.byte();
        Reader section(reader.bytes(reader.number()));
        if (kind == kCustomSection && section.text() == "dylink.0") {
            read_dylink(section, linkage);
        } else if (kind == kImportSection) {
            read_imports(section, linkage);
        } else if (kind == kExportSection) {
            read_exports(section, linkage);
        }
        whole = !section.failed();
    }
    if (!whole || reader.failed()) {
        return fail(ErrorCode::archive, "the compiled module is no complete WebAssembly module");
    }
    sort_unique(linkage.imports);
    sort_unique(linkage.exports);
    return linkage;
}

std::vector<std::string> missing_symbols(const WasmLinkage& module,
                                         const std::vector<std::string>& offered) {
    std::vector<std::string> rest;
    std::ranges::set_difference(module.imports, offered, std::back_inserter(rest));
    std::vector<std::string> missing;
    std::ranges::set_difference(rest, module.exports, std::back_inserter(missing));
    return missing;
}

} // namespace pymode

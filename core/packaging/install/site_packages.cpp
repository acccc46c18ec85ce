// SPDX-License-Identifier: MIT
#include "core/packaging/install/site_packages.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/packaging/install/prepare.hpp"
#include "core/packaging/install/state.hpp"
#include "core/packaging/install/zip_assembly.hpp"

namespace pymode {

namespace {

constexpr std::uint64_t max_archive_bytes = std::uint64_t{1} << 31;

struct OpenArchive {
    Bytes bytes;
    ZipLayout layout;
    SiteState state;
};

Error not_ours(const fs::path& path, Error cause) {
    cause.message = fmt::format("{} cannot be used: {}", path.string(), cause.message);
    cause.hint = "run `pymode install` to make it anew";
    return cause;
}

Expected<OpenArchive> parse(Bytes bytes) {
    auto layout = read_zip_layout(bytes, prepared_limits);
    if (!layout) {
        return propagate(layout);
    }
    const auto member = std::ranges::find(layout->members, state_member, &ZipMember::name);
    if (member == layout->members.end()) {
        return fail(ErrorCode::archive, "it was not written by pymode");
    }
    const auto text = unpack_member(bytes, *member);
    if (!text) {
        return propagate(text);
    }
    auto state = parse_site_state(as_text(*text));
    if (!state) {
        return propagate(state);
    }
    return OpenArchive{std::move(bytes), std::move(*layout), std::move(*state)};
}

Expected<std::optional<OpenArchive>> open(const fs::path& path) {
    auto bytes = read_file(path, max_archive_bytes);
    if (!bytes) {
        if (bytes.error().code == ErrorCode::not_found) {
            return std::nullopt;
        }
        return propagate(bytes);
    }
    auto archive = parse(std::move(*bytes));
    if (!archive) {
        return std::unexpected(not_ours(path, std::move(archive).error()));
    }
    return std::optional(std::move(*archive));
}

bool is_library(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    return name.ends_with(".so") || name.contains(".so.");
}

} // namespace

Expected<std::optional<InstalledState>> read_installed(const fs::path& archive) {
    auto opened = open(archive);
    if (!opened) {
        return propagate(opened);
    }
    return *opened ? std::optional(std::move((*opened)->state.installed)) : std::nullopt;
}

Expected<std::optional<SitePackages>> load_site_packages(const fs::path& archive) {
    auto opened = open(archive);
    if (!opened) {
        return propagate(opened);
    }
    if (!*opened) {
        return std::nullopt;
    }
    const OpenArchive& source = **opened;
    SitePackages result;
    std::vector<ZipPiece> pieces;
    for (const ZipMember& member : source.layout.members) {
        if (member.name == state_member) {
            continue;
        }
        if (!is_library(member.name)) {
            pieces.push_back(piece_of(source.bytes, member));
            continue;
        }
        auto wasm = unpack_member(source.bytes, member);
        if (!wasm) {
            return std::unexpected(not_ours(archive, std::move(wasm).error()));
        }
        result.native.push_back({member.name, std::move(*wasm)});
    }
    std::ranges::sort(pieces, {}, &ZipPiece::path);
    std::ranges::sort(result.native, {}, &NativeModule::path);
    auto zip = assemble_zip(pieces);
    if (!zip) {
        return propagate(zip);
    }
    result.zip = std::move(*zip);
    result.words = source.state.words;
    result.state = source.state.installed;
    return std::optional(std::move(result));
}

} // namespace pymode

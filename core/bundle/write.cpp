// SPDX-License-Identifier: MIT
#include "core/bundle/write.hpp"

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/bundle/worker_script.hpp"

namespace pymode {
namespace {

constexpr std::string_view kMetadataFile = "metadata.json";

Expected<> write_module(const fs::path& folder, std::string_view name, ByteView bytes) {
    const fs::path path = folder / name;
    if (Expected<> made = make_directories(path.parent_path()); !made) {
        return made;
    }
    return write_file_atomic(path, bytes);
}

} // namespace

Expected<> check_bundle_folder(const fs::path& folder) {
    std::error_code error;
    if (!fs::exists(fs::symlink_status(folder, error))) {
        return {};
    }
    if (!fs::is_directory(folder, error)) {
        return fail(ErrorCode::usage, fmt::format("{} is not a folder", folder.string()));
    }
    const bool bundle =
        fs::exists(folder / kMetadataFile, error) && fs::exists(folder / kMainModule, error);
    if (bundle || fs::is_empty(folder, error)) {
        return {};
    }
    return fail(ErrorCode::usage,
                fmt::format("{} holds other files and is left alone", folder.string()),
                "choose an empty or new folder with --out");
}

Expected<> write_bundle(const Bundle& bundle, const fs::path& folder) {
    if (Expected<> replaceable = check_bundle_folder(folder); !replaceable) {
        return replaceable;
    }
    std::error_code error;
    const fs::path target = fs::absolute(folder, error).lexically_normal();
    // "out/" names the same folder as "out".
    const fs::path plain = target.has_filename() ? target : target.parent_path();
    if (Expected<> made = make_directories(plain.parent_path()); !made) {
        return made;
    }
    Expected<TempDir> staged = TempDir::create(plain.parent_path(), ".pymode-bundle-");
    if (!staged) {
        return propagate(staged);
    }
    for (const BundleModule& module : bundle.modules()) {
        if (Expected<> written = write_module(staged->path(), module.name, module.bytes);
            !written) {
            return written;
        }
    }
    if (Expected<> written = write_module(staged->path(), kMetadataFile, as_bytes(bundle.metadata));
        !written) {
        return written;
    }
    // A temporary folder is private; a bundle is as readable as any other output.
    fs::permissions(staged->path(), fs::perms(0755), error);
    if (Expected<> replaced = replace_directory(staged->path(), plain); !replaced) {
        return replaced;
    }
    staged->release();
    return {};
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/toolchain/recipe_build.hpp"

#include <fmt/format.h>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"

namespace pymode {
namespace {

Expected<> unpack_into(const ArchiveReader& archive, const fs::path& folder) {
    for (const ArchiveMember& member : archive.members()) {
        if (member.is_directory) {
            continue;
        }
        const Expected<Bytes> content = archive.read(member);
        if (!content) {
            return propagate(content);
        }
        const fs::path target = folder / member.path;
        if (Expected<> made = make_directories(target.parent_path()); !made) {
            return made;
        }
        if (Expected<> written = write_file_atomic(target, *content); !written) {
            return written;
        }
    }
    return {};
}

} // namespace

Expected<BuiltWheel> build_recipe(const Recipe& recipe, const fs::path& source,
                                  const VendoredSources& vendored, const Compilers& compilers,
                                  const CancelToken& cancel, const Report& report) {
    const Expected<TempDir> folder = TempDir::create({}, "pymode-recipe-");
    if (!folder) {
        return propagate(folder);
    }
    const fs::path stage = folder->path() / "stage";
    const fs::path work = folder->path() / "work";
    for (const fs::path& path : {stage, work}) {
        if (Expected<> made = make_directories(path); !made) {
            return propagate(made);
        }
    }
    if (Expected<> staged = stage_sources(recipe, source, vendored, stage); !staged) {
        return propagate(staged);
    }
    // Asked before anything is compiled: the mistakes of a minute cost a second.
    if (const Expected<std::string> metadata = staged_metadata(recipe, stage); !metadata) {
        return propagate(metadata);
    }
    const Expected<std::vector<BuiltModule>> modules =
        compile_modules_of(recipe, compilers, stage, work, cancel, report);
    if (!modules) {
        return propagate(modules);
    }
    Expected<Wheel> wheel = pack_wheel(recipe, stage, *modules);
    if (!wheel) {
        return propagate(wheel);
    }
    BuiltWheel built{recipe.name, recipe.version, recipe.test, *std::move(wheel), {}};
    for (const BuiltModule& module : *modules) {
        built.parts.push_back({module.name, module.wasm.size()});
    }
    return built;
}

Expected<fs::path> unpack_once(ByteView archive, std::string_view name, const fs::path& cache) {
    const fs::path target = cache / fmt::format("{}-{}", name, sha256_hex(archive).substr(0, 16));
    std::error_code error;
    if (fs::is_directory(target, error)) {
        return target;
    }
    const Expected<ArchiveReader> reader = ArchiveReader::from_memory(archive);
    if (!reader) {
        return propagate(reader);
    }
    if (Expected<> made = make_directories(cache); !made) {
        return propagate(made);
    }
    // Beside the target and then in its place: two builds at a time do not disturb each other.
    Expected<TempDir> staged = TempDir::create(cache, ".unpack-");
    if (!staged) {
        return propagate(staged);
    }
    if (Expected<> unpacked = unpack_into(*reader, staged->path()); !unpacked) {
        return propagate(unpacked);
    }
    if (Expected<> replaced = replace_directory(staged->path(), target); !replaced) {
        return propagate(replaced);
    }
    staged->release();
    return target;
}

} // namespace pymode

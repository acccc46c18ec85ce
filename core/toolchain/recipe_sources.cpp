// SPDX-License-Identifier: MIT
#include "core/toolchain/recipe_sources.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/tar.hpp"
#include "core/base/text.hpp"
#include "core/pep/metadata.hpp"
#include "core/pep/name.hpp"
#include "core/pep/project_table.hpp"

namespace pymode {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{64} << 20;
constexpr std::string_view kVendored = "vendored/";

Expected<> write_below(const fs::path& root, std::string_view path, ByteView content) {
    const fs::path target = root / path;
    if (Expected<> made = make_directories(target.parent_path()); !made) {
        return made;
    }
    return write_file_atomic(target, content);
}

// A member's path without the archive's top folder; empty for a file beside it.
std::string_view without_top(std::string_view path) {
    const std::size_t slash = path.find('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
}

Expected<> unpack_sdist(const Recipe& recipe, const fs::path& archive, const fs::path& stage) {
    if (!recipe.sdist) {
        return fail(ErrorCode::config,
                    fmt::format("the recipe of {} names no [sdist], so {} cannot be checked",
                                recipe.name, archive.string()),
                    "add [sdist] with file, sha256 and size, or give a folder");
    }
    const Expected<Bytes> bytes = read_file(archive, recipe.sdist->size);
    if (!bytes) {
        return propagate(bytes);
    }
    const std::string sha256 = sha256_hex(*bytes);
    if (sha256 != recipe.sdist->sha256) {
        return fail(ErrorCode::archive,
                    fmt::format("{} has the sha256 {}, the recipe of {} wants {}", archive.string(),
                                sha256, recipe.name, recipe.sdist->sha256));
    }
    const Expected<std::vector<TarFile>> files = read_tar_gz(*bytes);
    if (!files) {
        return propagate(files, fmt::format("in {}", archive.string()));
    }
    for (const TarFile& file : *files) {
        const std::string_view path = without_top(file.path);
        if (path.empty()) {
            continue;
        }
        if (Expected<> written = write_below(stage, path, file.content); !written) {
            return written;
        }
    }
    return {};
}

// What is beside the sources in a developer's folder and no part of them.
bool is_source_entry(const TreeEntry& entry) {
    const std::string_view name = std::string_view(entry.path).substr(entry.path.rfind('/') + 1);
    if (entry.kind == FileKind::directory) {
        return !name.starts_with('.') && name != "node_modules" && name != "__pycache__" &&
               name != "build" && name != "dist" && !name.ends_with(".egg-info");
    }
    return entry.kind == FileKind::regular;
}

Expected<> copy_folder(const fs::path& from, const fs::path& to) {
    const auto entries = list_tree(from, {.max_entries = 50'000, .keep = is_source_entry});
    if (!entries) {
        return propagate(entries);
    }
    for (const TreeEntry& entry : *entries) {
        if (entry.kind != FileKind::regular) {
            continue;
        }
        const Expected<Bytes> content = read_file(from / entry.path, kMaxFileBytes);
        if (!content) {
            return propagate(content);
        }
        if (Expected<> written = write_below(to, entry.path, *content); !written) {
            return written;
        }
    }
    return {};
}

std::size_t count(std::string_view text, std::string_view wanted) {
    std::size_t found = 0;
    for (std::size_t at = text.find(wanted); at != std::string_view::npos;
         at = text.find(wanted, at + wanted.size())) {
        ++found;
    }
    return found;
}

Expected<> apply_edit(const Recipe& recipe, const RecipeEdit& edit, const fs::path& stage) {
    const fs::path file = stage / staged_path(edit.file);
    const Expected<std::string> text = read_text_file(file, kMaxFileBytes);
    if (!text) {
        return propagate(text, fmt::format("an [[edit]] of {} changes it", recipe.name));
    }
    if (const std::size_t found = count(*text, edit.find); found != 1) {
        return fail(ErrorCode::config,
                    fmt::format("an [[edit]] of {} looks for a text that stands {} times in {}",
                                recipe.name, found, edit.file),
                    "`find` has to stand in the file exactly once");
    }
    return write_file_atomic(file, std::string_view(replace_all(*text, edit.find, edit.replace)));
}

Expected<> check_metadata(const Recipe& recipe, std::string_view text) {
    const Expected<pep::CoreMetadata> metadata = pep::parse_core_metadata(text);
    if (!metadata) {
        return propagate(metadata, fmt::format("in the metadata of {}", recipe.name));
    }
    const Expected<pep::Version> version = pep::Version::parse(recipe.version);
    if (!version) {
        return propagate(version);
    }
    if (pep::normalize_name(metadata->name) != recipe.name || metadata->version != *version) {
        return fail(ErrorCode::config,
                    fmt::format("these are the sources of {} {}, the recipe is for {} {}",
                                printable(metadata->name), metadata->version.to_string(),
                                recipe.name, recipe.version));
    }
    return {};
}

std::string string_or_empty(const pep::Value& table, const char* key) {
    const auto found = table.find(key);
    return found != table.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string metadata_text(const Recipe& recipe, const pep::Value& project,
                          const pep::ProjectTable& table) {
    std::string text =
        fmt::format("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", table.name, recipe.version);
    if (const std::string summary = string_or_empty(project, "description"); !summary.empty()) {
        text += fmt::format("Summary: {}\n", replace_all(summary, "\n", " "));
    }
    if (const std::string python = string_or_empty(project, "requires-python"); !python.empty()) {
        text += fmt::format("Requires-Python: {}\n", python);
    }
    for (const pep::Requirement& requirement : table.dependencies) {
        text += fmt::format("Requires-Dist: {}\n", requirement.to_string());
    }
    return text;
}

Expected<std::string> metadata_from_pyproject(const Recipe& recipe, const fs::path& file) {
    const Expected<std::string> text = read_text_file(file, pep::max_metadata_size);
    if (!text) {
        return propagate(text, "the sources have neither PKG-INFO nor pyproject.toml");
    }
    const Expected<pep::Value> document = pep::parse_toml_value("pyproject.toml", *text);
    if (!document) {
        return propagate(document);
    }
    if (!document->contains("project")) {
        return fail(ErrorCode::config, "pyproject.toml has no [project] table",
                    "it names the package, its version and what it depends on");
    }
    const pep::Value& project = (*document)["project"];
    const Expected<pep::ProjectTable> table = pep::read_project_table(project);
    if (!table) {
        return propagate(table);
    }
    if (!table->optional_dependencies.empty()) {
        return fail(ErrorCode::config,
                    "optional dependencies in pyproject.toml are not taken into a wheel yet",
                    "build from a source distribution: its PKG-INFO has them");
    }
    return metadata_text(recipe, project, *table);
}

} // namespace

std::string staged_path(std::string_view path) {
    return path.starts_with('@') ? std::string(kVendored) + std::string(path.substr(1))
                                 : std::string(path);
}

Expected<> stage_sources(const Recipe& recipe, const fs::path& source,
                         const VendoredSources& vendored, const fs::path& stage) {
    std::error_code error;
    Expected<> staged = fs::is_directory(source, error) ? copy_folder(source, stage)
                                                        : unpack_sdist(recipe, source, stage);
    if (!staged) {
        return staged;
    }
    for (const std::string& name : recipe.vendored) {
        const auto found = vendored.find(name);
        if (found == vendored.end()) {
            return fail(ErrorCode::usage,
                        fmt::format("the recipe of {} needs the sources of {}", recipe.name, name),
                        fmt::format("give their folder with --vendored {}=FOLDER", name));
        }
        if (Expected<> copied = copy_folder(found->second, stage / kVendored / name); !copied) {
            return copied;
        }
    }
    for (const RecipeEdit& edit : recipe.edits) {
        if (Expected<> applied = apply_edit(recipe, edit, stage); !applied) {
            return applied;
        }
    }
    return {};
}

Expected<std::string> staged_metadata(const Recipe& recipe, const fs::path& stage) {
    Expected<std::string> text = read_text_file(stage / "PKG-INFO", pep::max_metadata_size);
    if (!text && text.error().code == ErrorCode::not_found) {
        text = metadata_from_pyproject(recipe, stage / "pyproject.toml");
    }
    if (!text) {
        return text;
    }
    if (Expected<> good = check_metadata(recipe, *text); !good) {
        return propagate(good);
    }
    return text;
}

} // namespace pymode

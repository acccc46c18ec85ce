// SPDX-License-Identifier: MIT
// Reading and checking a lock file.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/pep/name.hpp"
#include "core/pep/pylock.hpp"
#include "core/pep/pylock_fields.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode::pep {

namespace {

Hashes read_hashes(FieldReader& file) {
    Hashes hashes;
    auto table = file.table("hashes");
    if (!table) {
        file.fail_at(file.place_of("hashes"), "is missing");
        return hashes;
    }
    for (const auto& [algorithm, digest] : table->value().items()) {
        hashes[algorithm] = table->required_text(algorithm);
    }
    if (hashes.empty()) {
        table->fail_here("needs at least one hash");
    }
    return hashes;
}

LockFile read_file(FieldReader& reader) {
    LockFile file;
    file.name = reader.text("name");
    file.upload_time = reader.moment("upload-time");
    file.url = reader.text("url");
    file.path = reader.text("path");
    file.size = reader.size("size");
    file.subdirectory = reader.text("subdirectory");
    if (!file.url && !file.path) {
        reader.fail_here("needs a path or a url");
    }
    file.hashes = read_hashes(reader);
    return file;
}

LockDirectory read_directory(FieldReader& reader) {
    LockDirectory directory;
    directory.path = reader.required_text("path");
    directory.editable = reader.boolean("editable");
    directory.subdirectory = reader.text("subdirectory");
    return directory;
}

LockRepository read_repository(FieldReader& reader) {
    LockRepository repository;
    repository.type = reader.required_text("type");
    repository.url = reader.text("url");
    repository.path = reader.text("path");
    if (!repository.url && !repository.path) {
        reader.fail_here("needs a path or a url");
    }
    repository.requested_revision = reader.text("requested-revision");
    repository.commit_id = reader.required_text("commit-id");
    repository.subdirectory = reader.text("subdirectory");
    return repository;
}

// A file must be one of the package that lists it: otherwise the lock says one thing and installs
// another.
template <class FileName>
void check_file_name(FieldReader& reader, const LockFile& file, const LockPackage& package) {
    if (reader.failed()) {
        return;
    }
    const std::string file_name = file.file_name();
    const auto parsed = FileName::parse(file_name);
    if (!parsed) {
        reader.fail_here(parsed.error().message);
    } else if (parsed->name != package.name) {
        reader.fail_here(
            fmt::format("\"{}\" is not a file of the package \"{}\"", file_name, package.name));
    } else if (package.version && parsed->version != *package.version) {
        reader.fail_here(fmt::format("\"{}\" is not a file of version {}", file_name,
                                     package.version->to_string()));
    }
}

void check_sources(FieldReader& reader, const LockPackage& package) {
    const int direct =
        (package.vcs ? 1 : 0) + (package.directory ? 1 : 0) + (package.archive ? 1 : 0);
    const bool distributed = package.sdist || !package.wheels.empty();
    if (distributed && direct != 0) {
        reader.fail_here("has an sdist or wheels, so it cannot have vcs, directory or archive");
    } else if (!distributed && direct != 1) {
        reader.fail_here("needs an sdist, wheels, or exactly one of vcs, directory and archive");
    }
}

void read_sources(FieldReader& reader, LockPackage& package) {
    if (auto table = reader.table("vcs")) {
        package.vcs = read_repository(*table);
    }
    if (auto table = reader.table("directory")) {
        package.directory = read_directory(*table);
    }
    if (auto table = reader.table("archive")) {
        package.archive = read_file(*table);
    }
    if (auto table = reader.table("sdist")) {
        package.sdist = read_file(*table);
        check_file_name<SdistName>(*table, *package.sdist, package);
    }
    for (FieldReader& table : reader.tables("wheels")) {
        package.wheels.push_back(read_file(table));
        check_file_name<WheelName>(table, package.wheels.back(), package);
    }
    check_sources(reader, package);
}

LockPackage read_package(FieldReader& reader) {
    LockPackage package;
    package.name = reader.required_text("name");
    if (!is_normalized_name(package.name)) {
        reader.fail_at(reader.place_of("name"),
                       fmt::format("\"{}\" is not a normalised name", package.name));
    }
    package.version = reader.parsed<Version>("version");
    package.marker = reader.parsed<Marker>("marker", MarkerContext::lock_file);
    package.requires_python = reader.parsed<SpecifierSet>("requires-python");
    for (const FieldReader& table : reader.tables("dependencies")) {
        package.dependencies.push_back(table.value());
    }
    package.index = reader.text("index");
    read_sources(reader, package);
    for (FieldReader& table : reader.tables("attestation-identities")) {
        table.required_text("kind");
        package.attestation_identities.push_back(table.value());
    }
    if (auto table = reader.table("tool")) {
        package.tool = table->value();
    }
    return package;
}

std::vector<std::string> read_names(FieldReader& reader, const std::string& key) {
    std::vector<std::string> names = reader.texts(key);
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!is_normalized_name(names[i])) {
            reader.fail_at(fmt::format("{}[{}]", reader.place_of(key), i),
                           fmt::format("\"{}\" is not a normalised name", names[i]));
        }
    }
    return names;
}

void read_version(FieldReader& reader, Lock& lock) {
    const std::string text = reader.required_text("lock-version");
    if (reader.failed()) {
        return;
    }
    const auto version = reader.parsed_text<Version>(text, "lock-version");
    if (!version) {
        return;
    }
    Version one;
    one.release.emplace_back(1);
    if (!version->epoch.is_zero() || version->release[0] != one.release[0] || *version < one) {
        reader.fail_at("lock-version", fmt::format("{} is not supported, only 1.0 is", text));
    } else if (*version != one) {
        lock.warnings.push_back(
            fmt::format("lock-version {} is newer than 1.0, what it adds is ignored", text));
    }
    lock.lock_version = *version;
}

void read_environments(FieldReader& reader, Lock& lock) {
    if (reader.find("environments") == nullptr) {
        return;
    }
    lock.environments.emplace();
    const auto texts = reader.texts("environments");
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto marker = reader.parsed_text<Marker>(texts[i], fmt::format("environments[{}]", i),
                                                 MarkerContext::lock_file);
        if (marker) {
            lock.environments->push_back(std::move(*marker));
        }
    }
}

} // namespace

std::string LockFile::file_name() const {
    if (name) {
        return *name;
    }
    std::string_view place = path ? *path : (url ? *url : std::string_view{});
    if (!path) {
        place = place.substr(0, place.find_first_of("?#"));
    }
    return std::string(place.substr(place.rfind('/') + 1)); // npos + 1 is 0
}

bool is_lock_file_name(std::string_view file_name) {
    constexpr std::string_view begin = "pylock.";
    constexpr std::string_view end = ".toml";
    if (file_name == "pylock.toml") {
        return true;
    }
    if (!file_name.starts_with(begin) || !file_name.ends_with(end) ||
        file_name.size() <= begin.size() + end.size()) {
        return false;
    }
    file_name.remove_prefix(begin.size());
    file_name.remove_suffix(end.size());
    return file_name.find_first_of("./\\") == std::string_view::npos;
}

Expected<Lock> read_lock(const Value& document) {
    std::optional<Error> error;
    FieldReader reader(document, "", error);
    Lock lock;
    read_version(reader, lock);
    read_environments(reader, lock);
    lock.requires_python = reader.parsed<SpecifierSet>("requires-python");
    lock.extras = read_names(reader, "extras");
    lock.dependency_groups = reader.texts("dependency-groups");
    lock.default_groups = reader.texts("default-groups");
    lock.created_by = reader.required_text("created-by");
    if (reader.find("packages") == nullptr) {
        reader.fail_at("packages", "is missing");
    }
    for (FieldReader& table : reader.tables("packages")) {
        lock.packages.push_back(read_package(table));
    }
    if (auto table = reader.table("tool")) {
        lock.tool = table->value();
    }
    if (error) {
        return std::unexpected(std::move(*error));
    }
    return lock;
}

Expected<Lock> parse_lock(std::string_view file, std::string_view text) {
    if (text.size() > max_lock_size) {
        return fail(ErrorCode::config, fmt::format("{} is too long", file));
    }
    for (const std::string_view line : split_lines(text)) {
        if (line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ")) {
            return fail(ErrorCode::config,
                        fmt::format("{} holds the conflict of a merge that is not resolved", file),
                        "take either side of the conflict and lock again: pymode lock");
        }
    }
    const auto document = parse_toml_value(file, text);
    if (!document) {
        return propagate(document);
    }
    auto lock = read_lock(*document);
    if (!lock) {
        return propagate(lock, fmt::format("in {}", file));
    }
    return lock;
}

} // namespace pymode::pep

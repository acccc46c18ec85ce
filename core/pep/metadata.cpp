// SPDX-License-Identifier: MIT
// The checked part of METADATA.
#include "core/pep/metadata.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/pep/name.hpp"

namespace pymode::pep {

namespace {

constexpr std::uint64_t known_major = 2;
constexpr std::uint64_t known_minor = 6;

Expected<std::string> required(const RawMetadata& raw, std::string_view field) {
    const auto value = raw.first(field);
    if (!value || value->empty()) {
        return fail(ErrorCode::config,
                    fmt::format("the metadata has no or no single field \"{}\"", field));
    }
    return std::string(*value);
}

Expected<Version> required_version(const RawMetadata& raw, std::string_view field) {
    const auto text = required(raw, field);
    if (!text) {
        return propagate(text);
    }
    auto version = Version::parse(*text);
    if (!version) {
        return propagate(version, fmt::format("in the metadata's field \"{}\"", field));
    }
    return version;
}

// A major version that is not known can mean anything; a minor one only adds fields.
Expected<void> check_metadata_version(CoreMetadata& metadata) {
    const auto& release = metadata.metadata_version.release;
    const Number minor = release.size() > 1 ? release[1] : Number{};
    if (release[0] > Number(known_major) || release[0].is_zero()) {
        return fail(ErrorCode::config, fmt::format("metadata version {} is not supported",
                                                   metadata.metadata_version.to_string()));
    }
    if (release[0] == Number(known_major) && minor > Number(known_minor)) {
        metadata.warnings.push_back(fmt::format("metadata version {} is newer than what is known",
                                                metadata.metadata_version.to_string()));
    }
    return {};
}

Expected<void> read_requirements(CoreMetadata& metadata, const RawMetadata& raw) {
    if (const auto text = raw.first("requires-python")) {
        auto specifiers = SpecifierSet::parse(*text);
        if (!specifiers) {
            return propagate(specifiers, "in the metadata's field \"requires-python\"");
        }
        metadata.requires_python = std::move(*specifiers);
    }
    for (const std::string& text : raw.all("requires-dist")) {
        auto requirement = Requirement::parse(text);
        if (!requirement) {
            return propagate(requirement, "in the metadata's field \"requires-dist\"");
        }
        metadata.requires_dist.push_back(std::move(*requirement));
    }
    return {};
}

} // namespace

Expected<CoreMetadata> parse_core_metadata(std::string_view text) {
    const auto raw = parse_raw_metadata(text);
    if (!raw) {
        return propagate(raw);
    }
    auto metadata_version = required_version(*raw, "metadata-version");
    auto name = required(*raw, "name");
    auto version = required_version(*raw, "version");
    for (const auto* field : {&metadata_version, &version}) {
        if (!*field) {
            return propagate(*field);
        }
    }
    if (!name) {
        return propagate(name);
    }
    if (!is_valid_name(*name)) {
        return fail(ErrorCode::config, fmt::format("\"{}\" is not a valid project name", *name));
    }
    CoreMetadata metadata;
    metadata.metadata_version = std::move(*metadata_version);
    metadata.name = std::move(*name);
    metadata.version = std::move(*version);
    if (auto checked = check_metadata_version(metadata); !checked) {
        return propagate(checked);
    }
    if (auto read = read_requirements(metadata, *raw); !read) {
        return propagate(read);
    }
    for (const std::string& extra : raw->all("provides-extra")) {
        metadata.provides_extra.push_back(normalize_name(extra));
    }
    metadata.dynamic = raw->all("dynamic");
    metadata.import_names = raw->all("import-name");
    metadata.import_namespaces = raw->all("import-namespace");
    metadata.summary = raw->first("summary").value_or("");
    return metadata;
}

} // namespace pymode::pep

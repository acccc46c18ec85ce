// SPDX-License-Identifier: MIT
#include "core/packaging/project_inputs.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/packaging/file_url.hpp"
#include "core/packaging/index/url.hpp"
#include "core/pep/dependency_groups.hpp"
#include "core/pep/direct_url.hpp"
#include "core/pep/name.hpp"
#include "core/pep/project_table.hpp"
#include "core/pep/value.hpp"
#include "core/project/config.hpp"
#include "core/project/project.hpp"

namespace pymode {

namespace {

using Section = RootRequirement::Section;

constexpr std::uint64_t kMaxProjectFileBytes = 1 << 20;

class InputsReader {
  public:
    InputsReader(const pep::Value& document, ProjectInputs& inputs)
        : m_document(document), m_inputs(inputs) {}

    Expected<> read() {
        if (m_document.contains("project")) {
            Expected<pep::ProjectTable> project = pep::read_project_table(m_document["project"]);
            if (!project) {
                return propagate(project);
            }
            m_project = std::move(*project);
            m_inputs.name = m_project.name;
            m_inputs.requires_python = m_project.requires_python;
        }
        if (Expected<> done = add_all(m_project.dependencies, Section::project, ""); !done) {
            return done;
        }
        for (const pep::OptionalDependencies& extra : m_project.optional_dependencies) {
            m_inputs.extras.push_back(extra.extra);
            if (Expected<> done = add_all(extra.requirements, Section::extra, extra.extra); !done) {
                return done;
            }
        }
        std::ranges::sort(m_inputs.extras);
        return read_groups();
    }

  private:
    Expected<> read_groups() {
        if (m_document.contains("dependency-groups") &&
            m_document["dependency-groups"].is_object()) {
            const pep::Value& table = m_document["dependency-groups"];
            for (const auto& [key, value] : table.items()) {
                const std::string name = pep::normalize_name(key);
                auto requirements = pep::resolve_dependency_groups(table, std::vector{key});
                if (!requirements) {
                    return propagate(requirements);
                }
                if (Expected<> done = add_all(*requirements, Section::group, name); !done) {
                    return done;
                }
                m_inputs.groups.push_back(name);
            }
        }
        if (Expected<> done = read_legacy_dev(); !done) {
            return done;
        }
        std::ranges::sort(m_inputs.groups);
        return {};
    }

    // [tool.uv] dev-dependencies, of which `dev` is the later name.
    Expected<> read_legacy_dev() {
        const nlohmann::json_pointer<std::string> place("/tool/uv/dev-dependencies");
        if (!m_document.contains(place) || !m_document[place].is_array()) {
            return {};
        }
        std::vector<pep::Requirement> requirements;
        for (const pep::Value& item : m_document[place]) {
            if (!item.is_string()) {
                continue;
            }
            auto requirement = pep::Requirement::parse(item.get_ref<const std::string&>());
            if (!requirement) {
                return propagate(requirement, "in [tool.uv] dev-dependencies");
            }
            requirements.push_back(std::move(*requirement));
        }
        if (std::ranges::find(m_inputs.groups, "dev") == m_inputs.groups.end()) {
            m_inputs.groups.emplace_back("dev");
        }
        return add_all(requirements, Section::group, "dev");
    }

    Expected<> add_all(const std::vector<pep::Requirement>& requirements, Section section,
                       const std::string& name) {
        std::vector<std::string> expanded;
        for (const pep::Requirement& requirement : requirements) {
            if (Expected<> done = add(requirement, section, name, expanded); !done) {
                return done;
            }
        }
        return {};
    }

    // `expanded` holds the project's own extras that were taken in already, as they may name each
    // other in a circle.
    Expected<> add(const pep::Requirement& requirement, Section section, const std::string& name,
                   std::vector<std::string>& expanded) {
        const bool own = !m_project.name.empty() &&
                         requirement.normalized_name() == pep::normalize_name(m_project.name);
        if (!own) {
            m_inputs.requirements.push_back({with_source(requirement), section, name});
            return {};
        }
        if (requirement.extras.empty()) {
            return fail(ErrorCode::config,
                        fmt::format("the project `{}` requires itself", m_project.name),
                        "remove the requirement, or rename the project if another package of that "
                        "name is meant");
        }
        for (const std::string& extra : requirement.normalized_extras()) {
            const pep::OptionalDependencies* found = m_project.find_extra(extra);
            if (!found) {
                return fail(
                    ErrorCode::config,
                    fmt::format("`{}` names the extra `{}`, which the project does not have",
                                requirement.to_string(), extra));
            }
            if (std::ranges::find(expanded, extra) != expanded.end()) {
                continue;
            }
            expanded.push_back(extra);
            for (const pep::Requirement& inner : found->requirements) {
                if (Expected<> done = add(inner, section, name, expanded); !done) {
                    return done;
                }
            }
        }
        return {};
    }

    [[nodiscard]] pep::Requirement with_source(pep::Requirement requirement) const {
        const std::string name = requirement.normalized_name();
        for (const SourceSetting& source : m_inputs.config.sources) {
            if (source.package == name && !requirement.url && source.index.empty()) {
                requirement.url =
                    !source.url.empty()
                        ? source.url
                        : path_to_file_url(
                              (m_inputs.root / source.path).lexically_normal().string());
                requirement.specifiers = {}; // the file is the version
            }
        }
        return requirement;
    }

    const pep::Value& m_document;
    ProjectInputs& m_inputs;
    pep::ProjectTable m_project;
};

std::string section_text(const RootRequirement& root) {
    switch (root.section) {
    case Section::extra:
        return "extra " + root.section_name;
    case Section::group:
        return "group " + root.section_name;
    case Section::project:
        break;
    }
    return "project";
}

std::string bare(const std::string& url) {
    return pep::strip_credentials(url, {});
}

} // namespace

Expected<ProjectInputs> read_project_inputs(std::string_view text, fs::path root,
                                            PackagingConfig config) {
    Expected<pep::Value> document = pep::parse_toml_value(kProjectFile, text);
    if (!document) {
        return propagate(document);
    }
    ProjectInputs inputs;
    inputs.root = std::move(root);
    inputs.config = std::move(config);
    if (Expected<> done = InputsReader(*document, inputs).read(); !done) {
        return propagate(done, fmt::format("in {}", kProjectFile));
    }
    return inputs;
}

Expected<ProjectInputs> parse_project_inputs(std::string_view text, fs::path root,
                                             std::vector<std::string>& warnings) {
    if (!is_valid_utf8(text)) {
        return fail(ErrorCode::config, fmt::format("{} is not UTF-8 text", kProjectFile));
    }
    Expected<TomlDocument> document = parse_toml(std::string(kProjectFile), std::string(text));
    if (!document) {
        return propagate(document);
    }
    Expected<Project> project = read_config(*document);
    if (!project) {
        return propagate(project);
    }
    warnings.insert(warnings.end(), project->warnings.begin(), project->warnings.end());
    return read_project_inputs(text, std::move(root), std::move(project->packaging));
}

Expected<ProjectInputs> load_project_inputs(const fs::path& root,
                                            std::vector<std::string>& warnings) {
    Expected<std::string> text = read_text_file(root / kProjectFile, kMaxProjectFileBytes);
    if (!text) {
        return propagate(text);
    }
    return parse_project_inputs(*text, root, warnings);
}

std::string inputs_digest(const ProjectInputs& inputs, const Target& target) {
    nlohmann::json all;
    const PackagingConfig& config = inputs.config;
    for (const RootRequirement& root : inputs.requirements) {
        pep::Requirement shown = root.requirement;
        if (shown.url) {
            shown.url = relative_file_url(bare(*shown.url), inputs.root);
        }
        all["requirements"].push_back({section_text(root), shown.canonical()});
    }
    all["extras"] = inputs.extras;
    all["groups"] = inputs.groups;
    all["default-groups"] = config.default_groups;
    all["requires-python"] = inputs.requires_python ? inputs.requires_python->canonical() : "";
    for (const pep::Requirement& requirement : config.constraints) {
        all["constraints"].push_back(requirement.canonical());
    }
    for (const pep::Requirement& requirement : config.overrides) {
        all["overrides"].push_back(requirement.canonical());
    }
    for (const IndexSetting& index : config.indexes) {
        all["indexes"].push_back(
            {index.name, bare(index.url), index.explicit_only, index.is_default});
    }
    for (const SourceSetting& source : config.sources) {
        all["sources"].push_back({source.package, source.index, source.path, bare(source.url)});
    }
    for (const std::string& place : config.find_links) {
        all["find-links"].push_back(relative_file_url(bare(place), inputs.root));
    }
    all["prerelease"] = config.prerelease ? static_cast<int>(*config.prerelease) : -1;
    all["resolution"] = config.resolution;
    all["index-strategy"] = config.index_strategy;
    all["exclude-newer"] = config.exclude_newer;
    all["wheelhouse"] = config.wheelhouse;
    all["python"] = target.environment.python_full_version;
    for (const pep::Tag& tag : target.tags.usable.tags()) {
        all["tags"].push_back(tag.to_string());
    }
    return sha256_hex(as_bytes(all.dump()));
}

} // namespace pymode

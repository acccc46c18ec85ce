// SPDX-License-Identifier: MIT
#include "tests/unit/packaging/resolutions.hpp"

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/project/config.hpp"
#include "core/project/toml.hpp"

namespace pymode::test {

Target target() {
    return runtime_target("3.13.5", pep::EmscriptenWheels::refused).value();
}

Expected<ProjectInputs> inputs(const std::string& pyproject) {
    const std::string text =
        pyproject.starts_with("[project]") ? pyproject : "[project]\nname = \"app\"\n" + pyproject;
    Expected<ConfigDocument> document = parse_toml("pyproject.toml", text);
    if (!document) {
        return propagate(document);
    }
    Expected<Project> project = read_config({*document});
    if (!project) {
        return propagate(project);
    }
    return read_project_inputs(text, "/p", project->packaging);
}

DistFile wheel(std::string_view name, std::string_view version) {
    DistFile file;
    file.filename = fmt::format("{}-{}-py3-none-any.whl", replace_all(name, "-", "_"), version);
    file.url = "https://h.example/files/" + file.filename;
    file.hashes["sha256"] = sha256_hex(as_bytes(file.filename));
    file.size = 1234;
    file.upload_time = "2026-01-02T03:04:05Z";
    file.index = "https://h.example/simple/";
    return file;
}

ResolvedPackage package(std::string_view name, std::string_view version,
                        const std::vector<std::string>& needs,
                        const std::vector<std::string>& extras) {
    ResolvedPackage result;
    result.name = name;
    result.version = pep::Version::parse(version).value();
    result.wheel = wheel(name, version);
    result.extras = extras;
    for (const std::string& line : needs) {
        ResolvedDependency dependency;
        std::string_view rest = line;
        if (const std::size_t at = rest.find(" (through "); at != std::string_view::npos) {
            std::string_view through = rest.substr(at + 10);
            through.remove_suffix(1);
            dependency.through_extras.emplace_back(through);
            rest = rest.substr(0, at);
        }
        if (const std::size_t at = rest.find('['); at != std::string_view::npos) {
            dependency.extras.emplace_back(rest.substr(at + 1, rest.size() - at - 2));
            rest = rest.substr(0, at);
        }
        dependency.name = rest;
        result.dependencies.push_back(std::move(dependency));
    }
    return result;
}

} // namespace pymode::test

// SPDX-License-Identifier: MIT
#include "tests/unit/packaging/resolve/request.hpp"

#include <utility>

#include "core/base/text.hpp"

namespace pymode::test {

Target target_for(const std::string& python, pep::EmscriptenWheels emscripten) {
    if (auto target = runtime_target(python, emscripten)) {
        return *std::move(target);
    }
    // No runtime is built for it: the tags of the pure wheels and of our platform.
    const auto minor = static_cast<int>(parse_unsigned(split(python, '.')[1]).value());
    std::vector<pep::Tag> tags = pep::cpython_tags(minor, "pymode_1_wasm32");
    for (pep::Tag& tag : pep::pure_tags(minor)) {
        tags.push_back(std::move(tag));
    }
    return {pep::target_environment(python),
            {pep::TagTable(std::move(tags)), pep::TagTable({})},
            pep::Version::parse(python).value()};
}

pep::Requirement requirement_of(const std::string& text) {
    return pep::Requirement::parse(text).value();
}

ResolveRequest request_for(const std::vector<std::string>& requirements,
                           const std::string& python) {
    ResolveRequest request{
        target_for(python),      "",           {},   {}, {}, {}, pep::PrereleasePolicy::if_needed,
        ResolutionMode::highest, std::nullopt, false};
    for (const std::string& text : requirements) {
        request.requirements.push_back(
            {requirement_of(text), RootRequirement::Section::project, ""});
    }
    return request;
}

std::string summary(const Resolution& resolution) {
    std::vector<std::string> parts;
    for (const ResolvedPackage& package : resolution.packages) {
        parts.push_back(package.name + " " + package.version.to_string());
    }
    return join(parts, ", ");
}

} // namespace pymode::test

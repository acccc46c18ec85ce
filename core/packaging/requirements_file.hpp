// SPDX-License-Identifier: MIT
// Requirements files (`-r`, `-c`): the part of pip's format that makes sense where only wheels are
// installed. What is refused says so with its line.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/pep/requirement.hpp"

namespace pymode {

inline constexpr std::size_t kMaxRequirementsFileBytes = 4 * 1024 * 1024;

struct RequirementLine {
    pep::Requirement requirement;
    std::vector<std::string> hashes; // "sha256:HEX"; any of them will do
    SourceLocation where;
};

struct RequirementsFile {
    std::vector<RequirementLine> requirements;
    std::vector<RequirementLine> constraints;
    std::optional<std::string> index_url;
    std::vector<std::string> extra_index_urls;
    std::vector<std::string> find_links; // URLs, or paths made absolute
    bool no_index = false;
    bool prereleases = false;
    bool require_hashes = false; // said so, or one line has a hash
    std::vector<std::string> warnings;
};

// What `other` says is added to `all`.
void merge_requirements_file(RequirementsFile& all, RequirementsFile other);

using ReadText = std::function<Expected<std::string>(const std::filesystem::path&)>;

enum class RequirementsRole { requirements, constraints };

// The file and those that it names with -r and -c, relative to the file that names them; each is
// read once. `${NAME}` is taken from `env`, where it must be. A path of a wheel ("./a-1-….whl",
// relative to the file) becomes `a @ file:///…`.
// ErrorCode::config with the place for everything that cannot be understood or isn't supported
// (-e, version control, folders, source archives, other -r by URL).
Expected<RequirementsFile> read_requirements_file(const std::filesystem::path& path,
                                                  RequirementsRole role, const Env& env,
                                                  const ReadText& read);

// `text` as a requirement where it may also be the path of a wheel, relative to `folder`. The
// messages say what to do about folders, archives and version control.
Expected<pep::Requirement> parse_requirement_or_path(std::string_view text,
                                                     const std::filesystem::path& folder);

} // namespace pymode

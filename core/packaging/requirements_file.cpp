// SPDX-License-Identifier: MIT
#include "core/packaging/requirements_file.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/packaging/index/url.hpp"
#include "core/pep/name.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode {

namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 20; // of files that name files
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct LogicalLine {
    std::string text;
    int number = 0; // of its first line
};

// Lines joined at a backslash; a comment ends a line but not within a word ("a#b").
std::vector<LogicalLine> logical_lines(std::string_view text) {
    std::vector<LogicalLine> lines;
    std::string joined;
    int number = 0;
    int first = 0;
    for (const std::string_view line : split_lines(text)) {
        ++number;
        first = joined.empty() ? number : first;
        const bool comment = trim(line).starts_with('#');
        if (line.ends_with('\\') && !comment) {
            joined += line.substr(0, line.size() - 1);
            continue;
        }
        joined += line;
        lines.push_back({std::exchange(joined, {}), first});
    }
    if (!joined.empty()) {
        lines.push_back({joined, first});
    }
    for (LogicalLine& line : lines) {
        for (std::size_t hash = line.text.find('#'); hash != std::string::npos;
             hash = line.text.find('#', hash + 1)) {
            if (hash == 0 || line.text[hash - 1] == ' ' || line.text[hash - 1] == '\t') {
                line.text.resize(hash);
                break;
            }
        }
        line.text = trim(line.text);
    }
    std::erase_if(lines, [](const LogicalLine& line) { return line.text.empty(); });
    return lines;
}

bool is_variable_char(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

Expected<std::string> expanded(std::string_view text, const Env& env) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('}', at);
        if (text.substr(at).starts_with("${") && end != std::string_view::npos && end > at + 2) {
            const std::string_view name = text.substr(at + 2, end - at - 2);
            if (std::ranges::all_of(name, is_variable_char)) {
                const auto value = env.get(name);
                if (!value) {
                    return fail(ErrorCode::config, fmt::format("{} is not set", name));
                }
                result += *value;
                at = end + 1;
                continue;
            }
        }
        result += text[at++];
    }
    return result;
}

bool has_scheme(std::string_view text) {
    const std::size_t at = text.find("://");
    return at != std::string_view::npos && at > 0 &&
           text.substr(0, at).find_first_of("/\\ @[") == std::string_view::npos;
}

bool looks_like_path(std::string_view text) {
    return text.starts_with('.') || text.starts_with('/') || text.starts_with('~') ||
           text.ends_with(".whl") || text.ends_with(".tar.gz") || text.ends_with(".zip") ||
           (text.find('/') != std::string_view::npos && text.find('@') == std::string_view::npos);
}

constexpr std::array<std::string_view, 4> kVersionControl{"git+", "hg+", "svn+", "bzr+"};

bool is_version_control(std::string_view text) {
    return std::ranges::any_of(kVersionControl,
                               [&](std::string_view prefix) { return text.starts_with(prefix); });
}

std::unexpected<Error> only_wheels(std::string_view what, std::string_view text) {
    return fail(ErrorCode::config,
                fmt::format("{} `{}` cannot be installed, only wheels can", what, printable(text)),
                "build a wheel of it first (`pymode recipe build` for compiled code) and name "
                "that file, or name a package of the index");
}

// Everything of a requirement that only wheels can satisfy.
Expected<pep::Requirement> checked_url(pep::Requirement requirement) {
    if (requirement.url && is_version_control(*requirement.url)) {
        return only_wheels("the repository", *requirement.url);
    }
    return requirement;
}

class Reader {
  public:
    Reader(const Env& env, const ReadText& read) : m_env(env), m_read(read) {}

    Expected<> read(const fs::path& path, RequirementsRole role, int depth) {
        const fs::path file = path.lexically_normal();
        if (depth > kMaxDepth) {
            return fail(ErrorCode::config,
                        fmt::format("{}: too many files include each other", file.string()));
        }
        if (!m_seen.insert({file, role}).second) {
            return {};
        }
        Expected<std::string> text = m_read(file);
        if (!text) {
            return propagate(text);
        }
        std::string_view rest = *text;
        if (rest.starts_with(kByteOrderMark)) {
            rest.remove_prefix(kByteOrderMark.size());
        }
        if (!is_valid_utf8(rest)) {
            return fail(ErrorCode::config, fmt::format("{} is not UTF-8 text", file.string()));
        }
        for (const LogicalLine& line : logical_lines(rest)) {
            if (Expected<> done = read_line(line, file, role, depth); !done) {
                if (!done.error().where) {
                    done.error().where = SourceLocation{file.string(), line.number, 0, ""};
                }
                return done;
            }
        }
        return {};
    }

    RequirementsFile take() { return std::move(m_result); }

  private:
    Expected<> read_line(const LogicalLine& line, const fs::path& file, RequirementsRole role,
                         int depth) {
        Expected<std::string> text = expanded(line.text, m_env);
        if (!text) {
            return propagate(text);
        }
        if (text->starts_with('-')) {
            return read_option(*text, file, role, depth);
        }
        return read_requirement(*text, {file.string(), line.number, 0, ""}, file.parent_path(),
                                role);
    }

    Expected<> read_requirement(std::string_view text, SourceLocation where, const fs::path& folder,
                                RequirementsRole role) {
        RequirementLine result;
        const std::size_t options = std::min(text.find(" --"), text.size());
        for (const std::string_view word : split(text.substr(options), ' ')) {
            if (word.empty()) {
                continue;
            }
            if (Expected<> done = read_hash(word, result); !done) {
                return done;
            }
        }
        Expected<pep::Requirement> requirement =
            parse_requirement_or_path(trim(text.substr(0, options)), folder);
        if (!requirement) {
            return propagate(requirement);
        }
        if (role == RequirementsRole::constraints && !requirement->extras.empty()) {
            return fail(ErrorCode::config, fmt::format("a constraint cannot have extras: `{}`",
                                                       requirement->to_string()));
        }
        result.requirement = std::move(*requirement);
        result.where = std::move(where);
        m_result.require_hashes |= !result.hashes.empty();
        (role == RequirementsRole::constraints ? m_result.constraints : m_result.requirements)
            .push_back(std::move(result));
        return {};
    }

    static Expected<> read_hash(std::string_view word, RequirementLine& into) {
        constexpr std::string_view option = "--hash=";
        const std::size_t colon = word.find(':');
        if (!word.starts_with(option) || colon == std::string_view::npos) {
            return fail(ErrorCode::config,
                        fmt::format("`{}` cannot stand behind a requirement", printable(word)),
                        "only --hash=ALGORITHM:HEX can");
        }
        const std::string algorithm(word.substr(option.size(), colon - option.size()));
        const std::string digest = to_lower_ascii(word.substr(colon + 1));
        const bool hex = digest.find_first_not_of("0123456789abcdef") == std::string::npos;
        if (algorithm != "sha256" && algorithm != "sha384" && algorithm != "sha512") {
            return fail(ErrorCode::config,
                        fmt::format("hashes of {} prove nothing", printable(algorithm)),
                        "use sha256, sha384 or sha512");
        }
        if (!hex || digest.size() != std::size_t{algorithm == "sha256"   ? 64U
                                                 : algorithm == "sha384" ? 96U
                                                                         : 128U}) {
            return fail(
                ErrorCode::config,
                fmt::format("`{}` is no {} hash", printable(word.substr(colon + 1)), algorithm));
        }
        into.hashes.push_back(algorithm + ':' + digest);
        return {};
    }

    Expected<> read_option(std::string_view text, const fs::path& file, RequirementsRole role,
                           int depth) {
        const std::size_t end = std::min(text.find_first_of(" =\t"), text.size());
        std::string_view name = text.substr(0, end);
        std::string_view value = end < text.size() ? trim(text.substr(end + 1)) : "";
        if (name.size() > 2 && !name.starts_with("--")) { // -rFILE
            value = trim(text.substr(2));
            name = name.substr(0, 2);
        }
        if (name == "-r" || name == "--requirement" || name == "-c" || name == "--constraint") {
            return read_nested(
                value, file,
                name == "-r" || name == "--requirement" ? role : RequirementsRole::constraints,
                depth);
        }
        if (name == "-e" || name == "--editable") {
            return only_wheels("the editable", value);
        }
        return read_setting(name, value, file.parent_path());
    }

    Expected<> read_nested(std::string_view value, const fs::path& file, RequirementsRole role,
                           int depth) {
        if (value.empty()) {
            return fail(ErrorCode::config, "the name of a file is missing");
        }
        if (has_scheme(value)) {
            return fail(ErrorCode::config, "requirements files are not fetched from URLs",
                        "download it and name the file");
        }
        return read(file.parent_path() / value, role, depth + 1);
    }

    Expected<> read_setting(std::string_view name, std::string_view value, const fs::path& folder) {
        const std::string text(value);
        if (name == "-i" || name == "--index-url") {
            m_result.index_url = text;
        } else if (name == "--extra-index-url") {
            m_result.extra_index_urls.push_back(text);
        } else if (name == "-f" || name == "--find-links") {
            m_result.find_links.push_back(has_scheme(value) ? text : (folder / text).string());
        } else if (name == "--no-index") {
            m_result.no_index = true;
        } else if (name == "--pre") {
            m_result.prereleases = true;
        } else if (name == "--require-hashes") {
            m_result.require_hashes = true;
        } else if (name == "--only-binary" || name == "--prefer-binary") {
            // What is done anyway.
        } else if (name == "--no-binary") {
            return fail(ErrorCode::config, "--no-binary asks for a build from source, which is "
                                           "not done: only wheels are installed");
        } else if (name == "--trusted-host" || name == "--use-feature") {
            m_result.warnings.push_back(fmt::format("{} is ignored", name));
        } else {
            return fail(ErrorCode::config, fmt::format("unknown option `{}`", printable(name)));
        }
        return {};
    }

    const Env& m_env;
    const ReadText& m_read;
    RequirementsFile m_result;
    std::set<std::pair<fs::path, RequirementsRole>> m_seen;
};

} // namespace

void merge_requirements_file(RequirementsFile& all, RequirementsFile other) {
    const auto append = [](auto& to, auto& from) {
        to.insert(to.end(), std::make_move_iterator(from.begin()),
                  std::make_move_iterator(from.end()));
    };
    append(all.requirements, other.requirements);
    append(all.constraints, other.constraints);
    append(all.extra_index_urls, other.extra_index_urls);
    append(all.find_links, other.find_links);
    append(all.warnings, other.warnings);
    if (other.index_url) {
        all.index_url = std::move(other.index_url);
    }
    all.no_index |= other.no_index;
    all.prereleases |= other.prereleases;
    all.require_hashes |= other.require_hashes;
}

Expected<pep::Requirement> parse_requirement_or_path(std::string_view text,
                                                     const fs::path& folder) {
    if (is_version_control(text)) {
        return only_wheels("the repository", text);
    }
    if (!has_scheme(text) && !looks_like_path(text.substr(0, text.find(';')))) {
        Expected<pep::Requirement> requirement = pep::Requirement::parse(text);
        return requirement ? checked_url(std::move(*requirement)) : requirement;
    }
    if (has_scheme(text) && text.find(" @ ") != std::string_view::npos) {
        Expected<pep::Requirement> requirement = pep::Requirement::parse(text);
        return requirement ? checked_url(std::move(*requirement)) : requirement;
    }
    // A file: its name says the package's.
    const std::string_view place = trim(text.substr(0, text.find(" ;")));
    if (!place.substr(0, place.find('#')).ends_with(".whl")) {
        return only_wheels(place.ends_with('/') || place.find('.') == std::string_view::npos ||
                                   place.starts_with('.')
                               ? "the folder or archive"
                               : "the archive",
                           place);
    }
    const std::string_view fragment = place.substr(std::min(place.find('#'), place.size()));
    const std::string_view path = place.substr(0, place.size() - fragment.size());
    std::string_view file_name = path;
    file_name.remove_prefix(file_name.rfind('/') + 1);
    const auto name = pep::WheelName::parse(file_name);
    if (!name) {
        return propagate(name);
    }
    // What is a URL already, or a part of one.
    const std::string_view written = has_scheme(place) ? place : fragment;
    if (std::ranges::any_of(written, [](char c) { return c == '\x7F' || (c >= 0 && c <= ' '); })) {
        return fail(ErrorCode::config,
                    fmt::format("`{}` has white space in its URL", printable(place)),
                    "a space is %20 there");
    }
    // Names of wheels may hold what names of packages may not.
    if (!pep::is_valid_name(name->name)) {
        return fail(ErrorCode::config,
                    fmt::format("`{}` is not the name of a package's wheel", printable(file_name)));
    }
    pep::Requirement requirement;
    requirement.name = name->name;
    requirement.url =
        has_scheme(place)
            ? std::string(place)
            : path_to_file_url(fs::absolute(folder / path).lexically_normal().string()) +
                  std::string(fragment);
    if (place.size() < text.size()) {
        Expected<pep::Requirement> marked =
            pep::Requirement::parse(requirement.name + std::string(text.substr(place.size())));
        if (!marked) {
            return marked;
        }
        requirement.marker = marked->marker;
    }
    return requirement;
}

Expected<RequirementsFile> read_requirements_file(const fs::path& path, RequirementsRole role,
                                                  const Env& env, const ReadText& read) {
    Reader reader(env, read);
    if (Expected<> done = reader.read(path, role, 0); !done) {
        return propagate(done);
    }
    RequirementsFile file = reader.take();
    for (const RequirementLine& line : file.requirements) {
        if (file.require_hashes && !line.requirement.url &&
            (line.hashes.empty() || !line.requirement.specifiers.is_pin())) {
            Error error{ErrorCode::config,
                        fmt::format("`{}` needs a version (==) and a --hash, as others have one",
                                    line.requirement.to_string()),
                        {},
                        "with one hash in a requirements file everything must be pinned and have "
                        "hashes",
                        line.where};
            return std::unexpected(std::move(error));
        }
    }
    return file;
}

} // namespace pymode

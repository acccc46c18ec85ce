// SPDX-License-Identifier: MIT
#include "core/cloudflare/ignore_rules.hpp"

#include <span>

#include <fnmatch.h>

#include "core/base/text.hpp"

namespace pymode {
namespace {

// Spaces at the end do not count unless a backslash stands before them.
std::string_view without_end_spaces(std::string_view line) {
    while (line.ends_with(' ') && !line.ends_with("\\ ")) {
        line.remove_suffix(1);
    }
    return line;
}

// Row by row as in a table of (pattern parts) × (path parts), so that many "**" cost no more than
// one.
bool parts_match(std::span<const std::string> pattern, std::span<const std::string> path) {
    std::vector<bool> matched(path.size() + 1, false); // the pattern so far matches i parts
    matched[0] = true;
    for (std::size_t p = 0; p < pattern.size(); ++p) {
        std::vector<bool> next(path.size() + 1, false);
        if (pattern[p] == "**") {
            // At the end it means what is inside of the folder, and not the folder.
            const bool last = p + 1 == pattern.size();
            bool any = false;
            for (std::size_t i = 0; i <= path.size(); ++i) {
                next[i] = any || (matched[i] && !last);
                any = any || matched[i];
            }
        } else {
            for (std::size_t i = 0; i < path.size(); ++i) {
                next[i + 1] = matched[i] && fnmatch(pattern[p].c_str(), path[i].c_str(), 0) == 0;
            }
        }
        matched = std::move(next);
    }
    return matched[path.size()];
}

std::vector<std::string> parts_of(std::string_view path) {
    std::vector<std::string> parts;
    for (const std::string_view part : split(path, '/')) {
        parts.emplace_back(part);
    }
    return parts;
}

} // namespace

IgnoreRules IgnoreRules::parse(std::string_view text) {
    IgnoreRules rules;
    for (std::string_view line : split_lines(text)) {
        line = without_end_spaces(line);
        Rule rule;
        if (line.starts_with('#')) {
            continue;
        }
        if (line.starts_with('!')) {
            rule.negated = true;
            line.remove_prefix(1);
        }
        if (line.ends_with('/')) {
            rule.only_folders = true;
            line.remove_suffix(1);
        }
        if (line.empty()) {
            continue;
        }
        // A slash at the begin or in the middle ties the rule to the folder of the rules.
        if (!line.contains('/')) {
            rule.parts.emplace_back("**");
        }
        if (line.starts_with('/')) {
            line.remove_prefix(1);
        }
        for (std::string& part : parts_of(line)) {
            rule.parts.push_back(std::move(part));
        }
        rules.m_rules.push_back(std::move(rule));
    }
    return rules;
}

bool IgnoreRules::ignores(std::string_view path, bool is_folder) const {
    const std::vector<std::string> parts = parts_of(path);
    bool ignored = false;
    for (const Rule& rule : m_rules) {
        if ((is_folder || !rule.only_folders) && parts_match(rule.parts, parts)) {
            ignored = !rule.negated;
        }
    }
    return ignored;
}

} // namespace pymode

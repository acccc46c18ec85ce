// SPDX-License-Identifier: MIT
#include "core/bundle/side_modules.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"

namespace pymode {
namespace {

constexpr std::string_view kEveryModule = "all";

bool is_word_character(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

Expected<> check_named(const Project& project, std::span<const std::string> available) {
    for (const std::string& name : project.stdlib_modules) {
        if (name == kEveryModule || std::ranges::find(available, name) != available.end()) {
            continue;
        }
        const auto meant = closest_match(name, available);
        return fail(ErrorCode::config,
                    fmt::format("stdlib-modules under [tool.pymode] names `{}`, which is no "
                                "optional module of the standard library",
                                name),
                    meant ? fmt::format("did you mean `{}`?", *meant)
                          : fmt::format("there are {}", join(available, ", ")));
    }
    return {};
}

} // namespace

Expected<SideModuleWords> read_side_module_words(ByteView manifest) {
    const auto json = nlohmann::json::parse(as_text(manifest), nullptr, false);
    SideModuleWords rules;
    try {
        json.at("side_module_words").get_to(rules);
    } catch (const nlohmann::json::exception& error) {
        return fail(ErrorCode::internal,
                    fmt::format("manifest.json of the runtime is damaged: {}", error.what()));
    }
    return rules;
}

void add_words(std::string_view source, Words& words) {
    for (auto at = source.begin(); at != source.end();) {
        at = std::find_if(at, source.end(), is_word_character);
        const auto end = std::find_if_not(at, source.end(), is_word_character);
        const std::string_view word(at, end);
        if (!word.empty() && !words.contains(word)) {
            words.emplace(word);
        }
        at = end;
    }
}

Expected<std::vector<std::string>> select_side_modules(const Project& project,
                                                       std::span<const std::string> available,
                                                       const SideModuleWords& rules,
                                                       const Words& words) {
    if (Expected<> named = check_named(project, available); !named) {
        return propagate(named);
    }
    const auto is_named = [&](const std::string& name) {
        return std::ranges::any_of(project.stdlib_modules, [&](const std::string& wanted) {
            return wanted == name || wanted == kEveryModule;
        });
    };
    std::vector<std::string> selected;
    for (const std::string& name : available) {
        const auto rule = rules.find(name);
        if (rule == rules.end() || is_named(name) ||
            std::ranges::any_of(rule->second,
                                [&](const std::string& word) { return words.contains(word); })) {
            selected.push_back(name);
        }
    }
    return selected;
}

} // namespace pymode

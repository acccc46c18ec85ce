// SPDX-License-Identifier: MIT
#include "cli/package_source.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/project/names.hpp"

namespace pymode {

namespace {

namespace fs = std::filesystem;

// "NAME=URL" or "URL"; a URL may hold "=", but no name holds a ":".
IndexLocation index_of_flag(const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::size_t colon = text.find(':');
    if (equals != std::string::npos && equals < colon) {
        return {text.substr(0, equals), text.substr(equals + 1), false};
    }
    return {"", text, false};
}

bool is_url(std::string_view text) {
    return text.find("://") != std::string_view::npos;
}

std::string located(const std::string& place, const fs::path& folder) {
    return is_url(place) ? place : (folder / place).lexically_normal().string();
}

Expected<> add_default(const SourceInputs& inputs, std::vector<IndexLocation>& indexes) {
    if (!inputs.flags.default_index.empty()) {
        indexes.push_back(index_of_flag(inputs.flags.default_index));
        return {};
    }
    if (inputs.files.index_url) {
        indexes.push_back({"", *inputs.files.index_url, false});
        return {};
    }
    const auto configured = std::ranges::find_if(inputs.config.indexes, &IndexSetting::is_default);
    if (configured != inputs.config.indexes.end() && !inputs.env.get_nonempty("PYMODE_INDEX_URL")) {
        indexes.push_back({configured->name, configured->url, configured->explicit_only});
        return {};
    }
    Expected<DefaultIndex> found = default_index(inputs.env);
    if (!found) {
        return propagate(found);
    }
    indexes.push_back({"", std::move(found->url), false});
    return {};
}

Expected<std::vector<IndexLocation>> indexes_of(const SourceInputs& inputs) {
    std::vector<IndexLocation> indexes;
    if (inputs.flags.no_index || inputs.files.no_index) {
        return indexes;
    }
    for (const std::string& text : inputs.flags.index) {
        indexes.push_back(index_of_flag(text));
    }
    for (const IndexSetting& index : inputs.config.indexes) {
        if (!index.is_default) {
            indexes.push_back({index.name, index.url, index.explicit_only});
        }
    }
    for (const auto* urls : {&inputs.flags.extra_index_urls, &inputs.files.extra_index_urls}) {
        for (const std::string& url : *urls) {
            indexes.push_back(index_of_flag(url));
        }
    }
    if (Expected<> added = add_default(inputs, indexes); !added) {
        return propagate(added);
    }
    return indexes;
}

IndexStrategy strategy_of(const SourceInputs& inputs) {
    const std::string& text = inputs.flags.index_strategy.empty() ? inputs.config.index_strategy
                                                                  : inputs.flags.index_strategy;
    if (text == "unsafe-first-match") {
        return IndexStrategy::unsafe_first_match;
    }
    return text == "unsafe-best-match" ? IndexStrategy::unsafe_best_match
                                       : IndexStrategy::first_index;
}

bool is_on(const Env& env, std::string_view name) {
    const auto value = env.get_nonempty(name);
    return value && *value != "0" && *value != "false";
}

} // namespace

Expected<PackageIndexOptions> package_source_options(const SourceInputs& inputs) {
    PackageIndexOptions options;
    Expected<std::vector<IndexLocation>> indexes = indexes_of(inputs);
    if (!indexes) {
        return propagate(indexes);
    }
    options.indexes = std::move(*indexes);
    std::error_code error;
    const fs::path here = fs::current_path(error);
    for (const std::string& place : inputs.flags.find_links) {
        options.find_links.push_back(located(place, here));
    }
    for (const std::string& place : inputs.files.find_links) {
        options.find_links.push_back(located(place, here));
    }
    for (const std::string& place : inputs.config.find_links) {
        options.find_links.push_back(located(place, inputs.root));
    }
    for (const SourceSetting& source : inputs.config.sources) {
        if (!source.index.empty()) {
            options.pinned.emplace_back(source.package, source.index);
        }
    }
    options.strategy = strategy_of(inputs);
    options.offline = inputs.flags.offline || is_on(inputs.env, "PYMODE_OFFLINE");
    options.refresh = inputs.flags.refresh;
    return options;
}

} // namespace pymode

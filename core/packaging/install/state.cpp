// SPDX-License-Identifier: MIT
#include "core/packaging/install/state.hpp"

#include <nlohmann/json.hpp>

namespace pymode {

namespace {

using Json = nlohmann::ordered_json;

constexpr int site_format = 1;

// Texts from wheels are checked to be UTF-8 where they are read; should one slip through, it is no
// reason for an exception in a thread.
std::string dump(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::unexpected<Error> not_ours() {
    return fail(ErrorCode::archive, "the archive was not written by this version of pymode");
}

} // namespace

std::string write_site_state(const SiteState& state) {
    Json packages = Json::array();
    for (const InstalledPackage& package : state.installed.packages) {
        packages.push_back({{"name", package.name}, {"version", package.version}});
    }
    const Json json = {{"format", site_format},
                       {"input_digest", state.installed.input_digest},
                       {"packages", std::move(packages)},
                       {"words", state.words}};
    return dump(json, 1) + "\n";
}

Expected<SiteState> parse_site_state(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || json.value("format", Json()) != site_format) {
        return not_ours();
    }
    SiteState state;
    try {
        json.at("input_digest").get_to(state.installed.input_digest);
        json.at("words").get_to(state.words);
        for (const Json& package : json.at("packages")) {
            state.installed.packages.push_back({package.at("name"), package.at("version")});
        }
    } catch (const Json::exception&) {
        return not_ours();
    }
    return state;
}

std::string write_prepared_state(const PreparedState& state) {
    Json files = Json::array();
    for (const RecordedFile& file : state.files) {
        files.push_back({file.path, file.hash, file.size});
    }
    const Json json = {{"dist_info", state.dist_info}, {"files", std::move(files)},
                       {"words", state.words},         {"warnings", state.warnings},
                       {"details", state.details},     {"record_agrees", state.record_agrees}};
    return dump(json, -1);
}

Expected<PreparedState> parse_prepared_state(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    PreparedState state;
    try {
        json.at("dist_info").get_to(state.dist_info);
        json.at("words").get_to(state.words);
        json.at("warnings").get_to(state.warnings);
        json.at("details").get_to(state.details);
        json.at("record_agrees").get_to(state.record_agrees);
        for (const Json& file : json.at("files")) {
            state.files.push_back({file.at(0), file.at(1), file.at(2)});
        }
    } catch (const Json::exception&) {
        return not_ours();
    }
    return state;
}

} // namespace pymode

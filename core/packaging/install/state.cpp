// SPDX-License-Identifier: MIT
#include "core/packaging/install/state.hpp"

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"

namespace pymode {

namespace {

using Json = nlohmann::ordered_json;

constexpr int site_format = 2;

// Of long lists, one text takes a fraction of the time of a JSON array.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (const std::string_view word : split(text, ' ')) {
        if (!word.empty()) {
            words.emplace_back(word);
        }
    }
    return words;
}

// Texts from wheels are checked to be UTF-8 where they are read; should one slip through, it is no
// reason for an exception in a thread.
std::string dump(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::unexpected<Error> not_ours() {
    return fail(ErrorCode::archive, "the archive was not written by this version of pymode");
}

// "12 sha256=… demo/__init__.py": the path is the rest, whatever is in it.
std::optional<PreparedFile> parse_prepared_file(std::string_view text) {
    const std::size_t hash = text.find(' ') + 1;
    const std::size_t path = text.find(' ', hash) + 1;
    const auto member = parse_unsigned(text.substr(0, hash == 0 ? 0 : hash - 1));
    if (!member || path <= hash) {
        return std::nullopt;
    }
    return PreparedFile{std::string(text.substr(path)),
                        std::string(text.substr(hash, path - 1 - hash)), *member};
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
                       {"words", join(state.words, " ")}};
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
        state.words = words_of(json.at("words").get_ref<const std::string&>());
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
    for (const PreparedFile& file : state.files) {
        files.push_back(fmt::format("{} {} {}", file.member, file.hash, file.path));
    }
    const Json json = {{"dist_info", state.dist_info},    {"files", std::move(files)},
                       {"words", join(state.words, " ")}, {"warnings", state.warnings},
                       {"details", state.details},        {"record_agrees", state.record_agrees}};
    return dump(json, -1);
}

Expected<PreparedState> parse_prepared_state(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    PreparedState state;
    try {
        json.at("dist_info").get_to(state.dist_info);
        state.words = words_of(json.at("words").get_ref<const std::string&>());
        json.at("warnings").get_to(state.warnings);
        json.at("details").get_to(state.details);
        json.at("record_agrees").get_to(state.record_agrees);
        for (const Json& file : json.at("files")) {
            auto parsed = parse_prepared_file(file.get_ref<const std::string&>());
            if (!parsed) {
                return not_ours();
            }
            state.files.push_back(std::move(*parsed));
        }
    } catch (const Json::exception&) {
        return not_ours();
    }
    return state;
}

std::string write_bytecode_state(const BytecodeState& state) {
    return dump(Json{{"hashes", state.hashes}, {"failures", state.failures}}, -1);
}

Expected<BytecodeState> parse_bytecode_state(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    BytecodeState state;
    try {
        json.at("hashes").get_to(state.hashes);
        json.at("failures").get_to(state.failures);
    } catch (const Json::exception&) {
        return not_ours();
    }
    return state;
}

} // namespace pymode

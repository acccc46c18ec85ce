// SPDX-License-Identifier: MIT
#include "core/bundle/wheelhouse.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace pymode {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kFolder = "wheelhouse/";

std::unexpected<Error> damaged(std::string_view what) {
    return fail(ErrorCode::internal,
                fmt::format("the wheelhouse inside this executable is damaged: {}", what));
}

Expected<WheelhouseEntry> read_entry(const Json& json, std::span<const Asset> assets) {
    WheelhouseEntry entry;
    try {
        json.at("name").get_to(entry.name);
        json.at("version").get_to(entry.version);
        json.at("license").get_to(entry.license);
        json.at("filename").get_to(entry.filename);
        json.at("sha256").get_to(entry.sha256);
        json.at("test").get_to(entry.test);
        for (const Json& module : json.at("modules")) {
            entry.modules.push_back(
                {module.at("name").get<std::string>(), module.at("bytes").get<std::uint64_t>()});
        }
    } catch (const Json::exception& error) {
        return damaged(error.what());
    }
    const auto asset = std::ranges::find_if(assets, [&](const Asset& each) {
        return each.name.starts_with(kFolder) && each.name.substr(kFolder.size()) == entry.filename;
    });
    if (asset == assets.end()) {
        return damaged(entry.filename + " is missing");
    }
    entry.bytes = asset->bytes;
    return entry;
}

} // namespace

Expected<Wheelhouse> Wheelhouse::read(std::span<const Asset> assets) {
    Wheelhouse wheelhouse;
    const auto index = std::ranges::find(assets, "wheelhouse/index.json", &Asset::name);
    if (index == assets.end()) {
        return wheelhouse;
    }
    const Json json = Json::parse(as_text(index->bytes), nullptr, false);
    if (!json.is_object() || !json.contains("wheels") || !json["wheels"].is_array()) {
        return damaged("its index cannot be read");
    }
    for (const Json& each : json["wheels"]) {
        Expected<WheelhouseEntry> entry = read_entry(each, assets);
        if (!entry) {
            return propagate(entry);
        }
        wheelhouse.m_entries.push_back(*std::move(entry));
    }
    std::ranges::sort(wheelhouse.m_entries, {}, &WheelhouseEntry::name);
    for (const WheelhouseEntry& entry : wheelhouse.m_entries) {
        wheelhouse.m_wheels.push_back({entry.filename, entry.bytes, entry.sha256});
    }
    return wheelhouse;
}

const WheelhouseEntry* Wheelhouse::find(std::string_view name) const {
    const auto found = std::ranges::find(m_entries, name, &WheelhouseEntry::name);
    return found == m_entries.end() ? nullptr : &*found;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "tests/unit/packaging/resolve/scenario.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/pep/name.hpp"
#include "core/pep/requirement.hpp"
#include "tests/unit/packaging/resolve/memory_source.hpp"

namespace pymode::test {

namespace {

using pep::Value;

std::vector<std::string> strings(const Value& table, const char* key) {
    return table.contains(key) ? table.at(key).get<std::vector<std::string>>()
                               : std::vector<std::string>{};
}

// `requirement` as it counts only with the extra.
std::string for_extra(const std::string& requirement, const std::string& extra) {
    const std::size_t mark = requirement.find(';');
    const std::string condition = fmt::format("extra == '{}'", extra);
    if (mark == std::string::npos) {
        return fmt::format("{} ; {}", requirement, condition);
    }
    return fmt::format("{} ; ({}) and {}", requirement.substr(0, mark),
                       trim(requirement.substr(mark + 1)), condition);
}

void add_version(Scenario& scenario, const std::string& name, const std::string& version,
                 const Value& table) {
    const std::string requires_python = table.value("requires_python", ">=3.12");
    std::vector<std::string> requires_dist = strings(table, "requires");
    std::vector<std::string> extras;
    if (table.contains("extras")) {
        for (const auto& [extra, requirements] : table.at("extras").items()) {
            extras.push_back(extra);
            for (const std::string& requirement : requirements.get<std::vector<std::string>>()) {
                requires_dist.push_back(for_extra(requirement, extra));
            }
        }
    }
    ScenarioFile file;
    file.project = pep::normalize_name(name);
    file.version = version;
    file.requires_python = requires_python;
    file.yanked = table.value("yanked", false);
    const std::string stem = fmt::format("{}-{}", replace_all(file.project, "-", "_"), version);
    if (table.value("sdist", true)) {
        file.filename = stem + ".tar.gz";
        scenario.files.push_back(file);
    }
    if (table.value("wheel", true)) {
        file.metadata = metadata_text(name, version, requires_dist, extras, requires_python);
        const auto tags = table.contains("wheel_tags") ? strings(table, "wheel_tags")
                                                       : std::vector<std::string>{"py3-none-any"};
        for (const std::string& tag : tags) {
            file.filename = fmt::format("{}-{}.whl", stem, tag);
            scenario.files.push_back(file);
        }
    }
}

int hex_value(char c) {
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

// The digest as RECORD has it: URL-safe base64 without padding.
std::string record_digest(ByteView bytes) {
    static constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const std::string hex = sha256_hex(bytes);
    std::string text;
    unsigned pending = 0;
    int bits = 0;
    for (const char digit : hex) {
        pending = (pending << 4) | static_cast<unsigned>(hex_value(digit));
        bits += 4;
        if (bits >= 6) {
            bits -= 6;
            text += alphabet[(pending >> bits) & 63];
        }
    }
    if (bits > 0) {
        text += alphabet[(pending << (6 - bits)) & 63];
    }
    return text;
}

std::string html_escape(std::string_view text) {
    return replace_all(replace_all(replace_all(text, "&", "&amp;"), "<", "&lt;"), ">", "&gt;");
}

} // namespace

Expected<Scenario> parse_scenario(const Value& document) {
    Scenario scenario;
    scenario.name = document.value("name", "");
    if (document.contains("root")) {
        scenario.requires_dist = strings(document.at("root"), "requires");
    }
    if (document.contains("resolver_options")) {
        const Value& options = document.at("resolver_options");
        scenario.prereleases = options.value("prereleases", false);
        scenario.resolution = options.value("resolution", "");
        scenario.python = options.value("python", "");
    }
    if (scenario.python.empty() && document.contains("environment")) {
        scenario.python = document.at("environment").value("python", "");
    }
    if (document.contains("packages")) {
        for (const auto& [name, package] : document.at("packages").items()) {
            scenario.projects.push_back(pep::normalize_name(name));
            for (const auto& [version, table] : package.at("versions").items()) {
                add_version(scenario, name, version, table);
            }
        }
    }
    return scenario;
}

Expected<Scenario> parse_scenario(std::string_view file, std::string_view text) {
    const auto document = pep::parse_toml_value(file, text);
    if (!document) {
        return propagate(document);
    }
    return parse_scenario(*document);
}

std::filesystem::path packse_folder() {
    const char* shared = std::getenv("PYMODE_SHARED");
    return std::filesystem::path(shared != nullptr ? shared : PYMODE_SOURCE_DIR "/../shared") /
           "packse";
}

Expected<Bytes> wheel_bytes(const ScenarioFile& file) {
    const std::string module = replace_all(file.project, "-", "_");
    const std::string info = fmt::format("{}-{}.dist-info/", module, file.version);
    const std::string tag =
        file.filename.substr(module.size() + file.version.size() + 2,
                             file.filename.size() - module.size() - file.version.size() - 6);
    const std::map<std::string, std::string> members = {
        {module + "/__init__.py", fmt::format("__version__ = \"{}\"\n", file.version)},
        {info + "METADATA", file.metadata},
        {info + "WHEEL",
         fmt::format("Wheel-Version: 1.0\nGenerator: scenario\nRoot-Is-Purelib: true\nTag: {}\n",
                     tag)},
    };
    ArchiveWriter writer;
    std::string record;
    for (const auto& [path, text] : members) {
        const auto bytes = to_bytes(text);
        record += fmt::format("{},sha256={},{}\n", path, record_digest(bytes), text.size());
        if (auto added = writer.add(path, bytes); !added) {
            return propagate(added);
        }
    }
    record += info + "RECORD,,\n";
    if (auto added = writer.add(info + "RECORD", to_bytes(record)); !added) {
        return propagate(added);
    }
    return writer.finish();
}

Expected<> write_index(const Scenario& scenario, const std::filesystem::path& folder) {
    std::map<std::string, Value> pages;
    std::map<std::string, std::string> html;
    for (const std::string& project : scenario.projects) {
        pages[project] = {{"meta", {{"api-version", "1.1"}}},
                          {"name", project},
                          {"versions", Value::array()},
                          {"files", Value::array()}};
    }
    const auto put = [&](const std::filesystem::path& path, ByteView bytes) -> Expected<> {
        if (auto made = make_directories(path.parent_path()); !made) {
            return made;
        }
        return write_file_atomic(path, bytes);
    };
    for (const ScenarioFile& file : scenario.files) {
        Bytes bytes;
        const bool is_wheel = !file.metadata.empty();
        if (is_wheel) {
            auto made = wheel_bytes(file);
            if (!made) {
                return propagate(made);
            }
            bytes = *std::move(made);
            if (auto put_metadata =
                    put(folder / "files" / (file.filename + ".metadata"), to_bytes(file.metadata));
                !put_metadata) {
                return put_metadata;
            }
        }
        const std::string digest = sha256_hex(bytes);
        const std::string url = "../../files/" + file.filename;
        Value entry = {{"filename", file.filename},      {"url", url},
                       {"hashes", {{"sha256", digest}}}, {"requires-python", file.requires_python},
                       {"size", bytes.size()},           {"yanked", file.yanked}};
        if (is_wheel) {
            entry["core-metadata"] = {{"sha256", sha256_hex(to_bytes(file.metadata))}};
        }
        pages[file.project]["files"].push_back(entry);
        html[file.project] += fmt::format(
            "<a href=\"{}#sha256={}\" data-requires-python=\"{}\"{}{}>{}</a><br/>\n", url, digest,
            html_escape(file.requires_python), file.yanked ? " data-yanked=\"\"" : "",
            is_wheel ? " data-core-metadata=\"true\"" : "", file.filename);
        if (auto written = put(folder / "files" / file.filename, bytes); !written) {
            return written;
        }
    }
    for (const auto& [project, page] : pages) {
        const auto place = folder / "simple" / project;
        if (auto written = put(place / "index.json", to_bytes(page.dump(1))); !written) {
            return written;
        }
        const std::string text =
            fmt::format("<!DOCTYPE html>\n<html><body>\n{}</body></html>\n", html[project]);
        if (auto written = put(place / "index.html", to_bytes(text)); !written) {
            return written;
        }
    }
    return {};
}

} // namespace pymode::test

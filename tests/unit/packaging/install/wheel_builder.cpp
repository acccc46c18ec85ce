// SPDX-License-Identifier: MIT
#include "tests/unit/packaging/install/wheel_builder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/packaging/install/record.hpp"
#include "core/pep/name.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode::test {

namespace {

using Json = nlohmann::ordered_json;

std::string content_of(const Json& file) {
    return file.contains("b64") ? decode_base64(file["b64"].get<std::string>())
                                : file.value("text", std::string());
}

std::string name_of(const Json& file) {
    if (file.contains("name_b64")) {
        return decode_base64(file["name_b64"].get<std::string>());
    }
    if (file.contains("name_repeat")) {
        const Json& parts = file["name_repeat"];
        std::string name = parts[0];
        for (int i = 0; i < parts[2].get<int>(); ++i) {
            name += parts[1].get<std::string>();
        }
        return name + parts[3].get<std::string>();
    }
    return file["name"];
}

ZipEntry make_entry(const Json& file) {
    ZipEntry entry{.name = name_of(file), .content = content_of(file)};
    if (file.contains("mode")) {
        const auto mode =
            static_cast<std::uint32_t>(std::stoul(file["mode"].get<std::string>(), nullptr, 8));
        entry.mode = mode < 010000 ? 0100000 | mode : mode;
    }
    if (entry.name.ends_with('/')) {
        entry.mode = 040755;
    }
    return entry;
}

bool is_named_by(const std::string& path, const std::string& pattern) {
    return pattern.ends_with('*') ? path.starts_with(pattern.substr(0, pattern.size() - 1))
                                  : path == pattern;
}

void edit_files(WheelDraftCase& wheel, const Json& build) {
    auto& entries = wheel.zip.entries;
    for (const Json& pattern : build.value("remove", Json::array())) {
        std::erase_if(entries, [&](const ZipEntry& entry) {
            return is_named_by(entry.name, pattern.get<std::string>());
        });
    }
    for (const Json& file : build.value("replace", Json::array())) {
        wheel.zip.entry(file["name"].get<std::string>()).content = content_of(file);
    }
    for (const Json& file : build.value("add", Json::array())) {
        entries.insert(entries.end() - (entries.empty() ? 0 : 1), make_entry(file));
    }
    const Json flags_of = build.value("flags", Json::object());
    for (const auto& [name, flags] : flags_of.items()) {
        wheel.zip.entry(name).flags = flags.value("utf8_bit", true) ? 0x0800 : 0;
    }
}

void edit_dist_info(WheelDraftCase& wheel, const Json& build) {
    const auto in_folder = [&](std::string_view name) {
        return fmt::format("{}/{}", wheel.dist_info, name);
    };
    if (build.contains("metadata")) {
        wheel.zip.entry(in_folder("METADATA")).content = build["metadata"];
    }
    if (build.contains("metadata_b64")) {
        wheel.zip.entry(in_folder("METADATA")).content =
            decode_base64(build["metadata_b64"].get<std::string>());
    }
    if (build.contains("wheel_version")) {
        std::string& text = wheel.zip.entry(in_folder("WHEEL")).content;
        text = replace_all(text, "Wheel-Version: 1.0",
                           "Wheel-Version: " + build["wheel_version"].get<std::string>());
    }
    if (build.contains("entry_points")) {
        wheel.add(in_folder("entry_points.txt"), build["entry_points"]);
    }
    if (build.contains("rename_distinfo")) {
        const std::string renamed = build["rename_distinfo"];
        for (ZipEntry& entry : wheel.zip.entries) {
            if (entry.name.starts_with(wheel.dist_info + "/")) {
                entry.name = renamed + entry.name.substr(wheel.dist_info.size());
            }
        }
        wheel.dist_info = renamed;
    }
    wheel.resolved_metadata = build.value("index_metadata", std::string());
}

void edit_record(WheelDraftCase& wheel, const Json& build) {
    auto rows = wheel.record_rows();
    for (const Json& item : build.value("record_drop", Json::array())) {
        const auto path = item.get<std::string>();
        std::erase_if(rows, [&](const auto& row) { return row.first == path; });
    }
    const Json changed_rows = build.value("record_set", Json::object());
    for (const auto& [path, pattern] : changed_rows.items()) {
        for (auto& [name, row] : rows) {
            if (name == path) {
                const auto parts = split(row, ',');
                const std::string value =
                    replace_all(replace_all(pattern.get<std::string>(), "{hash}", parts.at(1)),
                                "{size}", parts.at(2));
                row = fmt::format("{},{}", name, value);
            }
        }
    }
    for (const Json& row : build.value("record_add", Json::array())) {
        rows.emplace_back("", row);
    }
    const std::string eol = build.value("record_eol", std::string("\n"));
    std::string text;
    for (const auto& [path, row] : rows) {
        text += row + eol;
    }
    wheel.set_record(build.value("record_text", text));
}

} // namespace

WheelDraftCase::WheelDraftCase(std::string file) : filename(std::move(file)) {
    const auto parts = split(filename, '-');
    name = parts.at(0);
    version = parts.at(1);
    dist_info = fmt::format("{}-{}.dist-info", name, version);
    const std::string tag = filename.substr(name.size() + version.size() + 2,
                                            filename.size() - name.size() - version.size() - 6);
    add(name + "/__init__.py", "# base\n");
    add(dist_info + "/METADATA",
        fmt::format("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", name, version));
    add(dist_info + "/WHEEL",
        fmt::format("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {}\n", tag));
    zip.entries.push_back({.name = dist_info + "/RECORD", .content = ""});
}

void WheelDraftCase::add(std::string path, std::string text) {
    auto& entries = zip.entries;
    const bool has_record = !entries.empty() && entries.back().name.ends_with("/RECORD");
    entries.insert(entries.end() - (has_record ? 1 : 0),
                   ZipEntry{.name = std::move(path), .content = std::move(text)});
}

std::vector<std::pair<std::string, std::string>> WheelDraftCase::record_rows() const {
    std::vector<std::pair<std::string, std::string>> rows;
    const std::string record = dist_info + "/RECORD";
    for (const ZipEntry& entry : zip.entries) {
        if (entry.name == record) {
            rows.emplace_back(record, record + ",,");
        } else if (!entry.name.ends_with('/') && !entry.name.starts_with(record + ".")) {
            std::string row =
                record_row(entry.name, record_hash(as_bytes(entry.content)), entry.content.size());
            row.pop_back();
            rows.emplace_back(entry.name, std::move(row));
        }
    }
    return rows;
}

void WheelDraftCase::set_record(const std::string& text) {
    for (ZipEntry& entry : zip.entries) {
        if (entry.name == dist_info + "/RECORD") {
            entry.content = text;
        }
    }
}

void WheelDraftCase::fill_record() {
    edit_record(*this, Json::object());
}

void WheelDraftCase::apply(const Json& build) {
    edit_files(*this, build);
    edit_dist_info(*this, build);
    edit_record(*this, build);
}

InstallItem write_wheel(const WheelDraftCase& wheel, std::string_view bytes,
                        const fs::path& folder) {
    InstallItem item;
    item.name = pep::normalize_name(wheel.name);
    item.version = *pep::Version::parse(wheel.version);
    item.wheel.filename = wheel.filename;
    item.wheel.hashes["sha256"] = sha256_hex(as_bytes(bytes));
    item.wheel.size = bytes.size();
    item.resolved_metadata = wheel.resolved_metadata;
    item.path = folder / item.wheel.hashes["sha256"].substr(0, 16);
    if (!write_file_atomic(item.path, bytes)) {
        throw std::runtime_error("cannot write a wheel");
    }
    return item;
}

std::string decode_base64(std::string_view text) {
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const std::size_t value = digits.find(c);
        if (value == std::string_view::npos) {
            break;
        }
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> static_cast<unsigned>(count));
        }
    }
    return bytes;
}

Expected<std::vector<CompiledModule>> fake_compile(std::span<const SourceModule> modules) {
    std::vector<CompiledModule> result;
    for (const SourceModule& module : modules) {
        if (module.text.starts_with("broken")) {
            result.push_back({module.guest_path, {}, {}, "SyntaxError: invalid syntax (line 1)"});
        } else {
            result.push_back(
                {module.guest_path, to_bytes("pyc of " + module.guest_path + module.text), {}, ""});
        }
    }
    return result;
}

} // namespace pymode::test

// SPDX-License-Identifier: MIT
#include "core/packaging/install/wheel.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/packaging/install/dist_info.hpp"
#include "core/packaging/install/entry_points.hpp"
#include "core/packaging/install/import_words.hpp"
#include "core/packaging/install/member_name.hpp"
#include "core/packaging/install/record.hpp"
#include "core/packaging/install/state.hpp"
#include "core/pep/metadata.hpp"

namespace pymode {

namespace {

constexpr std::string_view data_suffix = ".data";
constexpr std::uint64_t max_text_bytes = std::uint64_t{1} << 20; // WHEEL, entry_points.txt

std::unexpected<Error> refused(std::string message) {
    return fail(ErrorCode::archive, std::move(message));
}

std::string_view first_part(std::string_view path) {
    return path.substr(0, std::min(path.find('/'), path.size()));
}

std::string_view last_part(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

bool is_native(std::string_view path) {
    const std::string_view name = last_part(path);
    return name.ends_with(".so") || name.contains(".so.") || name.ends_with(".pyd") ||
           name.ends_with(".dll") || name.ends_with(".dylib");
}

bool is_wasm(ByteView content) {
    return content.size() >= 8 && as_text(content.first(4)) == std::string_view("\0asm", 4);
}

// One check after the other on one wheel.
class Checker {
  public:
    explicit Checker(const WheelRequest& request) : m_request(request) {}

    Expected<CheckedWheel> run();

  private:
    Expected<> read_names();
    Expected<> place(std::size_t member);
    Expected<std::optional<std::string>> target_of(std::string_view name);
    Expected<std::optional<std::string>> data_target(std::string_view name);
    std::optional<std::string> dist_info_target(std::string_view name);
    Expected<std::string> read_text(std::string_view name, std::uint64_t limit, bool needed);
    Expected<> read_dist_info();
    Expected<> read_contents();
    Expected<> check_row(std::string_view name, ByteView content, const std::string& hash);
    Expected<> keep_file(std::size_t member, std::string path, ByteView content, std::string hash);
    Expected<> check_targets();
    void warn(std::string text) { m_result.warnings.push_back(std::move(text)); }

    const WheelRequest& m_request;
    pep::WheelName m_name;
    CheckedWheel m_result;
    Record m_record;
    std::map<std::size_t, std::string> m_targets; // by member
};

Expected<> Checker::read_names() {
    auto name = pep::WheelName::parse(m_request.filename);
    if (!name) {
        return propagate(name);
    }
    m_name = std::move(*name);
    if (m_name.name != m_request.name || m_name.version != *m_request.version) {
        return refused(fmt::format("its name is that of {} {}, not of {} {}", m_name.name,
                                   m_name.version.to_string(), m_request.name,
                                   m_request.version->to_string()));
    }
    auto layout = read_zip_layout(m_request.bytes);
    if (!layout) {
        return propagate(layout);
    }
    m_result.layout = std::move(*layout);
    if (m_result.layout.trailing_zeros > 0) {
        warn(fmt::format("behind its end lie {} NUL bytes", m_result.layout.trailing_zeros));
    }
    for (const ZipMember& member : m_result.layout.members) {
        if (auto checked = check_wheel_member(member); !checked) {
            return checked;
        }
    }
    return check_name_set(m_result.layout.members, m_result.warnings);
}

// What the installer writes itself is not taken over.
std::optional<std::string> Checker::dist_info_target(std::string_view name) {
    const std::string_view file = name.substr(m_result.dist_info.size() + 1);
    if (file == "direct_url.json") {
        warn("its direct_url.json is left out: only an installer knows where a wheel comes from");
        return std::nullopt;
    }
    for (const std::string_view own :
         {"RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED"}) {
        if (file == own) {
            return std::nullopt;
        }
    }
    return std::string(name);
}

Expected<std::optional<std::string>> Checker::data_target(std::string_view name) {
    const std::string_view below = name.substr(first_part(name).size() + 1);
    const std::string_view scheme = first_part(below);
    if (scheme.size() == below.size()) {
        return refused(fmt::format("{} lies directly in the data folder", printable(name)));
    }
    const std::string_view rest = below.substr(scheme.size() + 1);
    if (scheme == "purelib" || scheme == "platlib") {
        if (first_part(rest).ends_with(".dist-info")) {
            return refused(fmt::format("{} would get into a dist-info folder", printable(name)));
        }
        return std::string(rest);
    }
    if (scheme == "headers") {
        m_result.details.push_back(fmt::format("left out: {} (a header)", printable(name)));
    } else if (scheme == "scripts" || scheme == "data") {
        warn(fmt::format("{} is left out: a Worker has no place for {}", printable(name),
                         scheme == "scripts" ? "scripts" : "data outside of packages"));
    } else {
        return refused(fmt::format("{} is in an unknown data folder", printable(name)));
    }
    return std::nullopt;
}

Expected<std::optional<std::string>> Checker::target_of(std::string_view name) {
    const std::string_view top = first_part(name);
    if (top == m_result.dist_info) {
        return dist_info_target(name);
    }
    if (top.ends_with(data_suffix) && top.size() < name.size()) {
        if (!folder_belongs(top, data_suffix, m_name)) {
            return refused(fmt::format("{} is the data folder of another package", printable(top)));
        }
        return data_target(name);
    }
    return std::string(name);
}

Expected<> Checker::place(std::size_t member) {
    const std::string& name = m_result.layout.members[member].name;
    if (name.ends_with('/')) {
        return {};
    }
    auto target = target_of(name);
    if (!target) {
        return propagate(target);
    }
    if (!*target) {
        return {};
    }
    if (fmt::format("/{}/", **target).contains("/__pycache__/") || (*target)->ends_with(".pyc")) {
        warn(fmt::format("{} is left out: bytecode is made anew", printable(name)));
        return {};
    }
    if ((*target)->ends_with(".pth") && !(*target)->contains('/')) {
        warn(fmt::format("{} is left out: .pth files have no effect in a Worker", printable(name)));
        return {};
    }
    if (**target == state_member) {
        return refused(fmt::format("{} is pymode's own file", state_member));
    }
    m_targets.emplace(member, std::move(**target));
    return {};
}

// The text of a file of the dist-info.
Expected<std::string> Checker::read_text(std::string_view name, std::uint64_t limit, bool needed) {
    const std::string path = fmt::format("{}/{}", m_result.dist_info, name);
    const auto found = std::ranges::find(m_result.layout.members, path, &ZipMember::name);
    if (found == m_result.layout.members.end()) {
        return needed ? Expected<std::string>(refused(fmt::format("it has no {}", path)))
                      : std::string();
    }
    if (found->size > limit) {
        return refused(fmt::format("{} is larger than the limit of {}", path, human_size(limit)));
    }
    auto content = unpack_member(m_request.bytes, *found);
    if (!content) {
        return propagate(content);
    }
    return to_text(*content);
}

Expected<> Checker::read_dist_info() {
    auto folder = find_dist_info(m_result.layout.members, m_name);
    if (!folder) {
        return propagate(folder);
    }
    m_result.dist_info = std::move(*folder);
    auto wheel = read_text("WHEEL", max_text_bytes, true);
    auto metadata = read_text("METADATA", pep::max_metadata_size, true);
    auto record = read_text("RECORD", max_record_bytes, true);
    auto entry_points = read_text("entry_points.txt", max_text_bytes, false);
    for (const auto* text : {&wheel, &metadata, &record, &entry_points}) {
        if (!*text) {
            return propagate(*text);
        }
    }
    if (auto checked = check_wheel_file(*wheel, m_name, m_result.warnings); !checked) {
        return checked;
    }
    if (auto checked = check_metadata(*metadata, m_request, m_result.warnings); !checked) {
        return checked;
    }
    auto parsed = parse_record(*record);
    if (!parsed) {
        return propagate(parsed);
    }
    m_record = std::move(*parsed);
    std::ranges::move(m_record.warnings, std::back_inserter(m_result.warnings));
    std::ranges::move(entry_point_warnings(*entry_points), std::back_inserter(m_result.warnings));
    return {};
}

Expected<> Checker::check_row(std::string_view name, ByteView content, const std::string& hash) {
    const auto row = m_record.rows.find(name);
    const bool in_folder = name.starts_with(m_result.dist_info + "/");
    const std::string_view file =
        in_folder ? name.substr(m_result.dist_info.size() + 1) : std::string_view();
    if (file == "RECORD" || file == "RECORD.jws" || file == "RECORD.p7s") {
        if (row != m_record.rows.end() && !row->second.hash.empty()) {
            warn(fmt::format("RECORD gives a hash of {}, which is not compared", file));
        }
        return {};
    }
    const bool listed = row != m_record.rows.end();
    const std::string fault =
        listed ? compare_with_row(row->second, content, hash) : "is not mentioned in RECORD";
    if (fault.empty()) {
        return {};
    }
    std::string message = fmt::format("{} {}", printable(name), fault);
    const bool unknown = !listed || row->second.hash.empty();
    if (m_request.record == Check::warn || (m_record.backslashes && unknown)) {
        m_result.record_agrees = m_result.record_agrees && m_record.backslashes && unknown;
        warn(std::move(message));
        return {};
    }
    return std::unexpected(Error{ErrorCode::archive,
                                 std::move(message),
                                 {},
                                 "`--no-verify-record` installs it all the same",
                                 {}});
}

Expected<> Checker::keep_file(std::size_t member, std::string path, ByteView content,
                              std::string hash) {
    if (is_native(path) && !is_wasm(content)) {
        const bool any = std::ranges::all_of(
            m_name.tags, [](const pep::Tag& tag) { return tag.platform == "any"; });
        if (!any) {
            return refused(fmt::format("{} is not a wasm module", printable(path)));
        }
        warn(fmt::format("{} is left out: native code of another platform", printable(path)));
        return {};
    }
    WheelFile file{std::move(path), member, std::move(hash)};
    if (file.path.ends_with(".py")) {
        add_import_words(as_text(content), file.import_words);
    }
    m_result.files.push_back(std::move(file));
    return {};
}

Expected<> Checker::read_contents() {
    const std::vector<ZipMember>& members = m_result.layout.members;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (members[i].name.ends_with('/')) {
            continue;
        }
        auto content = unpack_member(m_request.bytes, members[i]);
        if (!content) {
            return propagate(content);
        }
        std::string hash = record_hash(*content);
        if (auto row = check_row(members[i].name, *content, hash); !row) {
            return row;
        }
        if (const auto target = m_targets.find(i); target != m_targets.end()) {
            auto kept = keep_file(i, std::move(target->second), *content, std::move(hash));
            if (!kept) {
                return kept;
            }
        }
    }
    std::set<std::string_view> names;
    for (const ZipMember& member : members) {
        names.insert(member.name);
    }
    for (const auto& [path, row] : m_record.rows) {
        if (!names.contains(path)) {
            warn(fmt::format("RECORD names {}, which is not there", printable(path)));
        }
    }
    return {};
}

// After merging the data folders: no path twice, none a file and a folder.
Expected<> Checker::check_targets() {
    std::ranges::sort(m_result.files, {}, &WheelFile::path);
    const auto twice = std::ranges::adjacent_find(m_result.files, {}, &WheelFile::path);
    if (twice != m_result.files.end()) {
        return refused(
            fmt::format("{} is there twice, once in a data folder", printable(twice->path)));
    }
    return {};
}

Expected<CheckedWheel> Checker::run() {
    if (auto names = read_names(); !names) {
        return propagate(names);
    }
    if (auto info = read_dist_info(); !info) {
        return propagate(info);
    }
    for (std::size_t i = 0; i < m_result.layout.members.size(); ++i) {
        if (auto placed = place(i); !placed) {
            return propagate(placed);
        }
    }
    if (auto contents = read_contents(); !contents) {
        return propagate(contents);
    }
    if (auto targets = check_targets(); !targets) {
        return propagate(targets);
    }
    return std::move(m_result);
}

} // namespace

Expected<CheckedWheel> check_wheel(const WheelRequest& request) {
    auto checked = Checker(request).run();
    if (!checked) {
        Error error = std::move(checked).error();
        error.code = ErrorCode::archive;
        error.message =
            fmt::format("{} is refused: {}", printable(request.filename), error.message);
        return std::unexpected(std::move(error));
    }
    return checked;
}

} // namespace pymode

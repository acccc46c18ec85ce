// SPDX-License-Identifier: MIT
#include "core/packaging/install/prepare.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/packaging/install/dist_info.hpp"
#include "core/packaging/install/trim.hpp"
#include "core/packaging/install/wheel.hpp"

namespace pymode {

namespace {

constexpr std::uint64_t max_wheel_bytes = std::uint64_t{512} << 20;

std::unexpected<Error> refused(const InstallItem& item, std::string message,
                               std::vector<std::string> notes) {
    return std::unexpected(
        Error{ErrorCode::archive,
              fmt::format("{} is refused: {}", printable(item.wheel.filename), message),
              std::move(notes),
              "the file is damaged, or it is not the one that was chosen: `pymode cache clean` and "
              "install again",
              {}});
}

// The fetching layer has compared both already; here it is the bytes that are really taken.
Expected<> compare_with_known(const InstallItem& item, ByteView bytes) {
    if (item.wheel.size && *item.wheel.size != bytes.size()) {
        return refused(item, "it has another size than it should have",
                       {fmt::format("Expected {} bytes", *item.wheel.size),
                        fmt::format("Computed {} bytes", bytes.size())});
    }
    const auto known = item.wheel.hashes.find("sha256");
    if (known == item.wheel.hashes.end()) {
        return {};
    }
    const std::string computed = sha256_hex(bytes);
    if (to_lower_ascii(known->second) != computed) {
        return refused(item, "it has another hash than it should have",
                       {"Expected sha256 " + known->second, "Computed sha256 " + computed});
    }
    return {};
}

// What was found under the same conditions stands for a check. The wheel is the same one: its hash
// is part of the key, and was compared.
bool is_good_for(const PreparedWheel& wheel, const InstallItem& item,
                 const InstallOptions& options) {
    const bool complete = std::ranges::all_of(wheel.state.files, [&](const PreparedFile& file) {
        return file.member < wheel.layout.members.size();
    });
    if (!complete || (options.record == Check::reject && !wheel.state.record_agrees)) {
        return false;
    }
    if (item.resolved_metadata.empty()) {
        return true;
    }
    const auto inside = metadata_of(wheel);
    return inside && resolved_difference(*inside, item.resolved_metadata).empty();
}

PreparedState state_of(CheckedWheel wheel, bool trim) {
    const auto trimmed =
        trim ? find_trimmed(wheel.files, wheel.dist_info) : std::set<std::size_t>();
    PreparedState state;
    state.details = std::move(wheel.details);
    if (!trimmed.empty()) {
        state.details.push_back(
            fmt::format("trimmed {} files (tests, type stubs, sources of C), first {}",
                        trimmed.size(), wheel.files[*trimmed.begin()].path));
    }
    std::set<std::string, std::less<>> words;
    for (std::size_t i = 0; i < wheel.files.size(); ++i) {
        WheelFile& file = wheel.files[i];
        if (trimmed.contains(i)) {
            continue;
        }
        if (!file.path.starts_with(wheel.dist_info + "/")) {
            words.merge(file.import_words);
        }
        state.files.push_back({std::move(file.path), std::move(file.hash), file.member});
    }
    state.words.assign(words.begin(), words.end());
    state.dist_info = std::move(wheel.dist_info);
    state.warnings = std::move(wheel.warnings);
    state.record_agrees = wheel.record_agrees;
    return state;
}

} // namespace

Expected<pep::CoreMetadata> metadata_of(const PreparedWheel& wheel) {
    const auto member = std::ranges::find(wheel.layout.members, wheel.state.dist_info + "/METADATA",
                                          &ZipMember::name);
    if (member == wheel.layout.members.end()) {
        return fail(ErrorCode::internal, "a prepared wheel without METADATA");
    }
    const auto text = unpack_member(wheel.wheel, *member);
    return text ? pep::parse_core_metadata(as_text(*text)) : propagate(text);
}

Expected<PreparedWheel> prepare_wheel(const InstallItem& item, const InstallOptions& options,
                                      const PreparedCache& cache) {
    auto bytes = read_file(item.path, max_wheel_bytes);
    if (!bytes) {
        return propagate(bytes);
    }
    if (auto same = compare_with_known(item, *bytes); !same) {
        return propagate(same);
    }
    const std::string key = PreparedCache::key(item, options);
    PreparedWheel wheel{std::move(*bytes), {}, {}};
    if (auto known = cache.load(key)) {
        if (auto layout = read_zip_layout(wheel.wheel)) {
            wheel.layout = std::move(*layout);
            wheel.state = std::move(*known);
            if (is_good_for(wheel, item, options)) {
                return wheel;
            }
        }
    }
    auto checked = check_wheel({item.wheel.filename, wheel.wheel, item.name, &item.version,
                                item.resolved_metadata, options.record, options.metadata});
    if (!checked) {
        return propagate(checked);
    }
    wheel.layout = std::move(checked->layout);
    wheel.state = state_of(std::move(*checked), options.trim);
    // With --no-verify-metadata a warning may be in it that is not about the wheel alone.
    if (is_good_for(wheel, item, options)) {
        cache.store(key, wheel.state);
    }
    return wheel;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/packaging/install/merge.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/packaging/install/record.hpp"
#include "core/packaging/install/state.hpp"
#include "core/packaging/install/zip_assembly.hpp"

namespace pymode {

namespace {

struct OwnFile {
    std::string path;
    std::string content;
};

// PEP 610. A wheel from a disk is named without its folder: where it lay is nobody's business in
// the Worker, and the same lock gives the same bytes on every machine.
std::string direct_url(const DistFile& wheel) {
    std::string url = wheel.url;
    if (url.starts_with("file:")) {
        url = "file:///" + wheel.filename;
    }
    nlohmann::ordered_json json = {{"url", std::move(url)}};
    if (const auto hash = wheel.hashes.find("sha256"); hash != wheel.hashes.end()) {
        json["archive_info"]["hashes"]["sha256"] = hash->second;
    }
    return json.dump();
}

// What an installer writes into the dist-info; RECORD lists all files, itself without a hash.
std::vector<OwnFile> own_files(const InstallItem& item, const PreparedWheel& wheel) {
    const PreparedState& state = wheel.state;
    const auto in_folder = [&](std::string_view name) {
        return fmt::format("{}/{}", state.dist_info, name);
    };
    std::vector<OwnFile> files = {{in_folder("INSTALLER"), "pymode\n"}};
    if (item.requested) {
        files.push_back({in_folder("REQUESTED"), ""});
    }
    if (item.wheel.origin == Origin::direct) {
        files.push_back({in_folder("direct_url.json"), direct_url(item.wheel)});
    }
    std::vector<std::pair<std::string, std::string>> rows;
    for (const PreparedFile& file : state.files) {
        const std::uint64_t size = wheel.layout.members[file.member].size;
        rows.emplace_back(file.path, record_row(file.path, file.hash, size));
    }
    for (const OwnFile& file : files) {
        const ByteView content = as_bytes(file.content);
        rows.emplace_back(file.path, record_row(file.path, record_hash(content), content.size()));
    }
    const std::string record = in_folder("RECORD");
    rows.emplace_back(record, fmt::format("{},,\n", record));
    std::ranges::sort(rows);
    std::string text;
    for (const auto& [path, row] : rows) {
        text += row;
    }
    files.push_back({record, std::move(text)});
    return files;
}

std::string_view hash_of(const PreparedState& state, std::string_view path) {
    const auto found = std::ranges::lower_bound(state.files, path, {}, &PreparedFile::path);
    return found != state.files.end() && found->path == path ? std::string_view(found->hash) : "";
}

// Which package put which path there.
class Merger {
  public:
    explicit Merger(std::vector<std::string>& warnings) : m_warnings(warnings) {}

    Expected<> add(std::size_t package, const InstallItem& item, const PreparedWheel& wheel);
    Expected<> check_folders() const;
    void report_shared() const;
    Expected<Bytes> finish(const SiteState& state);

  private:
    struct Owner {
        std::size_t package = 0;
        std::size_t piece = 0;
    };
    Expected<> add_piece(std::size_t package, const ZipPiece& piece);

    std::vector<std::string>& m_warnings;
    std::vector<ZipPiece> m_pieces;
    std::unordered_map<std::string_view, Owner> m_owners;
    std::deque<OwnFile> m_own; // a deque: the pieces point into it
    std::vector<std::string> m_names;
    std::vector<const PreparedWheel*> m_wheels;
    // First path and number of paths that two packages share.
    std::map<std::pair<std::size_t, std::size_t>, std::pair<std::string_view, std::size_t>>
        m_shared;
};

Expected<> Merger::add_piece(std::size_t package, const ZipPiece& piece) {
    const auto [place, added] = m_owners.try_emplace(piece.path, Owner{package, m_pieces.size()});
    if (added) {
        m_pieces.push_back(piece);
        return {};
    }
    const ZipPiece& other = m_pieces[place->second.piece];
    const std::string& first = m_names[place->second.package];
    // By what comes out: two tools may pack one content in two ways.
    const auto hash_in = [&](std::size_t index) {
        return hash_of(m_wheels[index]->state, piece.path);
    };
    if (other.size != piece.size || hash_in(place->second.package) != hash_in(package)) {
        return std::unexpected(
            Error{ErrorCode::config,
                  fmt::format("{} and {} both have the file {}, with different content", first,
                              m_names[package], piece.path),
                  {},
                  "they cannot be installed together; remove one of them, or ask their authors",
                  {}});
    }
    auto& [path, count] = m_shared[{place->second.package, package}];
    path = count == 0 ? piece.path : path;
    ++count;
    return {};
}

Expected<> Merger::add(std::size_t package, const InstallItem& item, const PreparedWheel& wheel) {
    m_names.push_back(item.name);
    m_wheels.push_back(&wheel);
    for (const PreparedFile& file : wheel.state.files) {
        ZipPiece piece = piece_of(wheel.wheel, wheel.layout.members[file.member]);
        piece.path = file.path;
        if (auto added = add_piece(package, piece); !added) {
            return added;
        }
    }
    for (OwnFile& file : own_files(item, wheel)) {
        const OwnFile& kept = m_own.emplace_back(std::move(file));
        if (auto added = add_piece(package, stored_piece(kept.path, as_bytes(kept.content)));
            !added) {
            return added;
        }
    }
    return {};
}

Expected<> Merger::check_folders() const {
    std::string_view last; // neighbours mostly lie in the same folder
    for (const ZipPiece& piece : m_pieces) {
        const std::string_view folder = piece.path.substr(0, piece.path.rfind('/') + 1);
        if (folder == std::exchange(last, folder)) {
            continue;
        }
        for (auto slash = piece.path.rfind('/'); slash != std::string_view::npos;
             slash = slash == 0 ? slash : piece.path.rfind('/', slash - 1)) {
            const auto parent = m_owners.find(piece.path.substr(0, slash));
            if (parent != m_owners.end()) {
                return fail(ErrorCode::config,
                            fmt::format("{} has the file {}, which is a folder of {}",
                                        m_names[parent->second.package], parent->first,
                                        m_names[m_owners.at(piece.path).package]));
            }
        }
    }
    return {};
}

void Merger::report_shared() const {
    for (const auto& [pair, what] : m_shared) {
        const std::string more =
            what.second > 1 ? fmt::format(" and {} more files", what.second - 1) : "";
        m_warnings.push_back(fmt::format("{} and {} both have {}{}, with the same content",
                                         m_names[pair.first], m_names[pair.second], what.first,
                                         more));
    }
}

Expected<Bytes> Merger::finish(const SiteState& state) {
    const OwnFile& kept =
        m_own.emplace_back(OwnFile{std::string(state_member), write_site_state(state)});
    m_pieces.push_back(stored_piece(kept.path, as_bytes(kept.content)));
    std::ranges::sort(m_pieces, {}, &ZipPiece::path);
    return assemble_zip(m_pieces);
}

} // namespace

Expected<Bytes> merge_wheels(std::span<const InstallItem> items,
                             std::span<const PreparedWheel> wheels, const std::string& input_digest,
                             std::vector<std::string>& warnings) {
    Merger merger(warnings);
    SiteState state;
    std::set<std::string_view> words;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (auto added = merger.add(i, items[i], wheels[i]); !added) {
            return propagate(added);
        }
        state.installed.packages.push_back({items[i].name, items[i].version.to_string()});
        words.insert(wheels[i].state.words.begin(), wheels[i].state.words.end());
    }
    if (auto folders = merger.check_folders(); !folders) {
        return propagate(folders);
    }
    merger.report_shared();
    std::ranges::sort(state.installed.packages, {}, &InstalledPackage::name);
    state.installed.input_digest = input_digest;
    state.words.assign(words.begin(), words.end());
    return merger.finish(state);
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/packaging/install/site_packages.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/packaging/install/record.hpp"
#include "core/packaging/install/state.hpp"
#include "core/packaging/install/zip_assembly.hpp"
#include "core/pep/name.hpp"

namespace pymode {

namespace {

constexpr std::uint64_t max_archive_bytes = std::uint64_t{1} << 31;

struct OpenArchive {
    Bytes bytes;
    ZipLayout layout;
    SiteState state;
};

Error not_ours(const fs::path& path, Error cause) {
    cause.message = fmt::format("{} cannot be used: {}", path.string(), cause.message);
    cause.hint = "run `pymode install` to make it anew";
    return cause;
}

Expected<OpenArchive> parse(Bytes bytes) {
    auto layout = read_zip_layout(bytes, assembled_limits);
    if (!layout) {
        return propagate(layout);
    }
    const auto member = std::ranges::find(layout->members, state_member, &ZipMember::name);
    if (member == layout->members.end()) {
        return fail(ErrorCode::archive, "it was not written by pymode");
    }
    const auto text = unpack_member(bytes, *member);
    if (!text) {
        return propagate(text);
    }
    auto state = parse_site_state(as_text(*text));
    if (!state) {
        return propagate(state);
    }
    return OpenArchive{std::move(bytes), std::move(*layout), std::move(*state)};
}

Expected<std::optional<OpenArchive>> open(const fs::path& path) {
    auto bytes = read_file(path, max_archive_bytes);
    if (!bytes) {
        if (bytes.error().code == ErrorCode::not_found) {
            return std::nullopt;
        }
        return propagate(bytes);
    }
    auto archive = parse(std::move(*bytes));
    if (!archive) {
        return std::unexpected(not_ours(path, std::move(archive).error()));
    }
    return std::optional(std::move(*archive));
}

bool is_library(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    return name.ends_with(".so") || name.contains(".so.");
}

// "demo-1.0.dist-info/RECORD" → "demo-1.0.dist-info"; empty for other members.
std::string_view dist_info_of_record(std::string_view member) {
    constexpr std::string_view record = "/RECORD";
    if (!member.ends_with(".dist-info/RECORD")) {
        return {};
    }
    const std::string_view folder = member.substr(0, member.size() - record.size());
    return folder.contains('/') ? std::string_view() : folder;
}

// A package with modules, as its RECORD describes it.
struct RecordedPackage {
    std::string dist_info;
    std::size_t member = 0; // of RECORD
    Record record;
    std::string with_bytecode; // the text of RECORD that travels

    // For messages.
    [[nodiscard]] std::string name() const {
        return pep::normalize_name(dist_info.substr(0, dist_info.find('-')));
    }
};

// From an opened archive to what a bundle carries.
class Packer {
  public:
    explicit Packer(const OpenArchive& archive) : m_archive(archive) {}

    Expected<> find_packages();
    Expected<> compile(const CompileFunction& compile, const BytecodeOptions& options);
    Expected<SitePackages> finish() const;

  private:
    Expected<> add_package(std::size_t member, std::string_view dist_info);
    void list_bytecode(RecordedPackage& package, const PackageBytecode& bytecode) const;

    const OpenArchive& m_archive;
    std::vector<RecordedPackage> m_packages;
    std::vector<std::vector<PackageModule>> m_modules; // by package
    std::vector<PackageBytecode> m_bytecode;           // by package
    std::unordered_map<std::string_view, std::size_t> m_members;
};

Expected<> Packer::find_packages() {
    const std::vector<ZipMember>& members = m_archive.layout.members;
    for (std::size_t i = 0; i < members.size(); ++i) {
        m_members.emplace(members[i].name, i);
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
        const std::string_view dist_info = dist_info_of_record(members[i].name);
        if (dist_info.empty()) {
            continue;
        }
        if (auto added = add_package(i, dist_info); !added) {
            return added;
        }
    }
    return {};
}

Expected<> Packer::add_package(std::size_t member, std::string_view dist_info) {
    const auto text = unpack_member(m_archive.bytes, m_archive.layout.members[member]);
    if (!text) {
        return propagate(text);
    }
    auto record = parse_record(as_text(*text));
    if (!record) {
        return propagate(record);
    }
    std::vector<PackageModule> modules;
    for (const auto& [path, row] : record->rows) {
        if (!path.ends_with(".py") || path.starts_with(fmt::format("{}/", dist_info))) {
            continue;
        }
        const auto found = m_members.find(path);
        if (found == m_members.end()) {
            return fail(ErrorCode::archive, fmt::format("it lacks {}", printable(path)));
        }
        modules.push_back({path, row.hash, found->second});
    }
    if (!modules.empty()) {
        m_packages.push_back({std::string(dist_info), member, std::move(*record), ""});
        m_modules.push_back(std::move(modules));
    }
    return {};
}

// RECORD lists what is there (PEP 376): with the bytecode.
void Packer::list_bytecode(RecordedPackage& package, const PackageBytecode& bytecode) const {
    for (std::size_t i = 0; i < bytecode.layout.members.size(); ++i) {
        const ZipMember& member = bytecode.layout.members[i];
        package.record.rows.insert_or_assign(member.name,
                                             RecordRow{bytecode.state.hashes[i], member.size});
    }
    for (const auto& [path, row] : package.record.rows) {
        package.with_bytecode +=
            row.size ? record_row(path, row.hash, *row.size) : fmt::format("{},,\n", path);
    }
}

Expected<> Packer::compile(const CompileFunction& compile, const BytecodeOptions& options) {
    auto bytecode =
        compile_packages({m_archive.bytes, m_archive.layout}, m_modules, compile, options);
    if (!bytecode) {
        return propagate(bytecode);
    }
    m_bytecode = std::move(*bytecode);
    for (std::size_t i = 0; i < m_packages.size(); ++i) {
        list_bytecode(m_packages[i], m_bytecode[i]);
        for (const std::string& failure : m_bytecode[i].state.failures) {
            if (options.on_detail) {
                options.on_detail(
                    fmt::format("{}: not compiled: {}", m_packages[i].name(), failure));
            }
        }
    }
    return {};
}

Expected<SitePackages> Packer::finish() const {
    SitePackages result;
    std::vector<ZipPiece> pieces;
    std::unordered_map<std::size_t, std::string_view> records;
    for (const RecordedPackage& package : m_packages) {
        records.emplace(package.member, package.with_bytecode);
    }
    for (std::size_t i = 0; i < m_archive.layout.members.size(); ++i) {
        const ZipMember& member = m_archive.layout.members[i];
        if (member.name == state_member) {
            continue;
        }
        if (const auto record = records.find(i); record != records.end()) {
            pieces.push_back(stored_piece(member.name, as_bytes(record->second)));
        } else if (!is_library(member.name)) {
            pieces.push_back(piece_of(m_archive.bytes, member));
        } else if (auto wasm = unpack_member(m_archive.bytes, member)) {
            result.native.push_back({member.name, std::move(*wasm)});
        } else {
            return propagate(wasm);
        }
    }
    std::set<std::string_view> seen; // a module that two packages have was compiled for both
    for (const PackageBytecode& bytecode : m_bytecode) {
        for (const ZipMember& member : bytecode.layout.members) {
            if (seen.insert(member.name).second) {
                pieces.push_back(piece_of(as_bytes(bytecode.archive), member));
            }
        }
    }
    std::ranges::sort(pieces, {}, &ZipPiece::path);
    std::ranges::sort(result.native, {}, &NativeModule::path);
    auto zip = assemble_zip(pieces);
    if (!zip) {
        return propagate(zip);
    }
    result.zip = std::move(*zip);
    result.words = m_archive.state.words;
    result.state = m_archive.state.installed;
    return result;
}

} // namespace

Expected<std::optional<InstalledState>> read_installed(const fs::path& archive) {
    auto opened = open(archive);
    if (!opened) {
        return propagate(opened);
    }
    return *opened ? std::optional(std::move((*opened)->state.installed)) : std::nullopt;
}

Expected<std::optional<SitePackages>> load_site_packages(const fs::path& archive,
                                                         const CompileFunction& compile,
                                                         const BytecodeOptions& options) {
    auto opened = open(archive);
    if (!opened) {
        return propagate(opened);
    }
    if (!*opened) {
        return std::nullopt;
    }
    Packer packer(**opened);
    auto done = packer.find_packages();
    if (done) {
        done = packer.compile(compile, options);
    }
    auto packages = done ? packer.finish() : propagate(done);
    if (packages) {
        return std::optional(std::move(*packages));
    }
    Error error = std::move(packages).error();
    return std::unexpected(error.code == ErrorCode::archive ? not_ours(archive, std::move(error))
                                                            : std::move(error));
}

} // namespace pymode

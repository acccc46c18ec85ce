// SPDX-License-Identifier: MIT
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <zip.h>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"

namespace pymode {

namespace {

constexpr std::uint64_t ratio_matters_from = std::uint64_t{1} << 20;

struct ZipCloser {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Zip = std::unique_ptr<zip_t, ZipCloser>;

struct ZipFileCloser {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::string take_message(zip_error_t& error) {
    std::string message = zip_error_strerror(&error);
    zip_error_fini(&error);
    return message;
}

std::unexpected<Error> bad_archive(std::string reason) {
    return std::unexpected(
        Error{ErrorCode::archive, "cannot read the archive", {std::move(reason)}, "", {}});
}

Expected<Zip> open_zip(ByteView bytes) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (source == nullptr) {
        return bad_archive(take_message(error));
    }
    Zip archive(zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error));
    if (!archive) {
        zip_source_free(source);
        return bad_archive(take_message(error));
    }
    zip_error_fini(&error);
    return archive;
}

// Permission bits and kind, when the archive was written on a Unix system.
void read_attributes(zip_t* archive, zip_uint64_t index, ArchiveMember& member) {
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    const int status =
        zip_file_get_external_attributes(archive, index, ZIP_FL_UNCHANGED, &system, &attributes);
    if (status == 0 && system == ZIP_OPSYS_UNIX) {
        const std::uint32_t mode = attributes >> 16U;
        member.mode = mode & 07777U;
        member.is_symlink = S_ISLNK(mode);
    }
}

Expected<> check_stat(const zip_stat_t& stat) {
    constexpr zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC |
                                    ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((stat.valid & needed) != needed) {
        return bad_archive("a member has no size");
    }
    if (stat.encryption_method != ZIP_EM_NONE) {
        return bad_archive("a member is encrypted");
    }
    if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE) {
        return bad_archive("a member is compressed in an unknown way");
    }
    return {};
}

Expected<ArchiveMember> read_member(zip_t* archive, zip_uint64_t index,
                                    const ArchiveLimits& limits) {
    zip_stat_t stat;
    const char* name = zip_get_name(archive, index, ZIP_FL_ENC_RAW);
    if (name == nullptr || zip_stat_index(archive, index, ZIP_FL_UNCHANGED, &stat) != 0) {
        return bad_archive(zip_strerror(archive));
    }
    ArchiveMember member;
    member.path = name;
    if (auto checked = check_archive_path(member.path); !checked) {
        return propagate(checked);
    }
    if (auto checked = check_stat(stat); !checked) {
        return propagate(checked);
    }
    member.size = stat.size;
    member.compressed_size = stat.comp_size;
    member.crc32 = stat.crc;
    member.is_directory = member.path.ends_with('/');
    read_attributes(archive, index, member);
    if (member.size > limits.max_member_bytes) {
        return bad_archive(fmt::format("{} unpacks to more than {}", member.path,
                                       human_size(limits.max_member_bytes)));
    }
    if (member.size > ratio_matters_from &&
        member.size / limits.max_ratio > member.compressed_size) {
        return bad_archive(
            fmt::format("{} is packed more than {} to 1", member.path, limits.max_ratio));
    }
    if (member.is_directory && member.size != 0) {
        return bad_archive(fmt::format("the folder {} has content", member.path));
    }
    return member;
}

std::string_view without_slash(std::string_view path) {
    return path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

} // namespace

struct ArchiveReader::State {
    Bytes owned; // the file, when the reader opened it itself
    Zip archive;
    std::vector<ArchiveMember> members;
    // Paths without a final slash: "a" and "a/" are the same name.
    std::map<std::string, std::size_t, std::less<>> by_path;

    Expected<> load(const ArchiveLimits& limits);
    Expected<> check_names() const;
};

Expected<> ArchiveReader::State::load(const ArchiveLimits& limits) {
    const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
    if (count > limits.max_members) {
        return bad_archive(fmt::format("it has more than {} members", limits.max_members));
    }
    std::uint64_t total = 0;
    members.reserve(count);
    for (zip_uint64_t index = 0; index < count; ++index) {
        auto member = read_member(archive.get(), index, limits);
        if (!member) {
            return propagate(member);
        }
        total += member->size; // cannot overflow: each is bounded, and so is their number
        if (total > limits.max_total_bytes) {
            return bad_archive(
                fmt::format("it unpacks to more than {}", human_size(limits.max_total_bytes)));
        }
        if (!by_path.emplace(without_slash(member->path), members.size()).second) {
            return bad_archive(fmt::format("it has two members named {}", member->path));
        }
        members.push_back(std::move(*member));
    }
    return check_names();
}

// No member may lie below something that is not a folder.
Expected<> ArchiveReader::State::check_names() const {
    for (const auto& [path, index] : by_path) {
        for (auto slash = path.find('/'); slash != std::string::npos;
             slash = path.find('/', slash + 1)) {
            const auto parent = by_path.find(std::string_view(path).substr(0, slash));
            if (parent != by_path.end() && !members[parent->second].is_directory) {
                return bad_archive(fmt::format("{} is a file and a folder", parent->first));
            }
        }
    }
    return {};
}

ArchiveReader::ArchiveReader(std::unique_ptr<State> state) : m_state(std::move(state)) {}
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader& ArchiveReader::operator=(ArchiveReader&&) noexcept = default;
ArchiveReader::~ArchiveReader() = default;

Expected<ArchiveReader> ArchiveReader::open(const std::filesystem::path& path,
                                            const ArchiveLimits& limits) {
    // Read whole: a file that changes while it is being read cannot fool the checks then.
    auto bytes = read_file(path, limits.max_archive_bytes);
    if (!bytes) {
        return propagate(bytes);
    }
    auto reader = from_memory(*bytes, limits);
    if (!reader) {
        return std::unexpected(std::move(reader.error()).with_note("in " + path.string()));
    }
    reader->m_state->owned = std::move(*bytes); // keeps its address
    return reader;
}

Expected<ArchiveReader> ArchiveReader::from_memory(ByteView bytes, const ArchiveLimits& limits) {
    if (bytes.size() > limits.max_archive_bytes) {
        return bad_archive(
            fmt::format("it is larger than {}", human_size(limits.max_archive_bytes)));
    }
    if (bytes.empty()) {
        return bad_archive("it is empty"); // libzip would take it for an archive without members
    }
    auto archive = open_zip(bytes);
    if (!archive) {
        return propagate(archive);
    }
    auto state = std::make_unique<State>();
    state->archive = std::move(*archive);
    if (auto loaded = state->load(limits); !loaded) {
        return propagate(loaded);
    }
    return ArchiveReader(std::move(state));
}

std::span<const ArchiveMember> ArchiveReader::members() const {
    return m_state->members;
}

const ArchiveMember* ArchiveReader::find(std::string_view path) const {
    const auto found = m_state->by_path.find(without_slash(path));
    return found == m_state->by_path.end() ? nullptr : &m_state->members[found->second];
}

Expected<Bytes> ArchiveReader::read(const ArchiveMember& member) const {
    const auto found = m_state->by_path.find(without_slash(member.path));
    if (found == m_state->by_path.end()) {
        return fail(ErrorCode::internal, "no such member: " + member.path);
    }
    zip_t* archive = m_state->archive.get();
    const std::unique_ptr<zip_file_t, ZipFileCloser> file(
        zip_fopen_index(archive, found->second, ZIP_FL_UNCHANGED));
    if (!file) {
        return bad_archive(fmt::format("{}: {}", member.path, zip_strerror(archive)));
    }
    // One byte more than promised: the last read then reaches the end, where libzip compares the
    // checksum.
    Bytes content(m_state->members[found->second].size + 1);
    std::size_t used = 0;
    while (used < content.size()) {
        const zip_int64_t count =
            zip_fread(file.get(), content.data() + used, content.size() - used);
        if (count < 0) {
            return bad_archive(fmt::format("{}: {}", member.path, zip_file_strerror(file.get())));
        }
        if (count == 0) {
            break;
        }
        used += static_cast<std::size_t>(count);
    }
    if (used + 1 != content.size()) {
        return bad_archive(fmt::format("{} has another size than promised", member.path));
    }
    content.pop_back();
    return content;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include <map>
#include <utility>

#include <fmt/format.h>
#include <zip.h>

#include "core/base/archive.hpp"

namespace pymode {

namespace {

// The first day that the format knows: 1980-01-01 00:00.
constexpr zip_uint16_t dos_date = (0U << 9U) | (1U << 5U) | 1U;
constexpr zip_uint16_t dos_time = 0;
constexpr zip_uint32_t attributes = 0100644U << 16U; // a regular file, rw-r--r--
constexpr zip_uint32_t best_compression = 9;

struct Content {
    Bytes bytes;
    Compress compress = Compress::yes;
};

std::unexpected<Error> cannot_write(const char* reason) {
    return std::unexpected(
        Error{ErrorCode::archive, "cannot write the archive", {reason}, "", std::nullopt});
}

bool add_member(zip_t* archive, const std::string& path, const Content& content) {
    zip_source_t* source =
        zip_source_buffer(archive, content.bytes.data(), content.bytes.size(), 0);
    if (source == nullptr) {
        return false;
    }
    const zip_int64_t added = zip_file_add(archive, path.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (added < 0) {
        zip_source_free(source);
        return false;
    }
    const auto index = static_cast<zip_uint64_t>(added);
    const bool deflate = content.compress == Compress::yes;
    return zip_set_file_compression(archive, index, deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE,
                                    deflate ? best_compression : 0) == 0 &&
           zip_file_set_dostime(archive, index, dos_time, dos_date, 0) == 0 &&
           zip_file_set_external_attributes(archive, index, 0, ZIP_OPSYS_UNIX, attributes) == 0;
}

Expected<Bytes> read_source(zip_source_t* source) {
    zip_stat_t stat;
    if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0) {
        return cannot_write("its bytes cannot be read back");
    }
    Bytes bytes(stat.size);
    const zip_int64_t count = zip_source_read(source, bytes.data(), bytes.size());
    zip_source_close(source);
    if (count < 0 || static_cast<std::size_t>(count) != bytes.size()) {
        return cannot_write("its bytes cannot be read back");
    }
    return bytes;
}

struct SourceFree {
    void operator()(zip_source_t* source) const { zip_source_free(source); }
};

// libzip writes no archive without members; this is what one looks like.
Bytes empty_archive() {
    Bytes bytes(22);
    const char signature[] = {'P', 'K', 5, 6};
    for (std::size_t i = 0; i < sizeof signature; ++i) {
        bytes[i] = static_cast<std::byte>(signature[i]);
    }
    return bytes;
}

} // namespace

struct ArchiveWriter::State {
    std::map<std::string, Content> members; // sorted by path
};

ArchiveWriter::ArchiveWriter() : m_state(std::make_unique<State>()) {}
ArchiveWriter::ArchiveWriter(ArchiveWriter&&) noexcept = default;
ArchiveWriter& ArchiveWriter::operator=(ArchiveWriter&&) noexcept = default;
ArchiveWriter::~ArchiveWriter() = default;

Expected<> ArchiveWriter::add(std::string path, Bytes content, Compress compress) {
    if (auto checked = check_archive_path(path); !checked) {
        return checked;
    }
    if (path.ends_with('/')) {
        return fail(ErrorCode::archive,
                    fmt::format("{} is a folder: only files are written", path));
    }
    const auto [place, inserted] =
        m_state->members.try_emplace(std::move(path), Content{std::move(content), compress});
    if (!inserted) {
        return fail(ErrorCode::archive, fmt::format("{} is in the archive already", place->first));
    }
    return {};
}

Expected<Bytes> ArchiveWriter::finish() {
    // Alive until the archive is closed: libzip reads the contents only then.
    const auto members = std::exchange(m_state->members, {});
    if (members.empty()) {
        return empty_archive();
    }
    zip_error_t error;
    zip_error_init(&error);
    const std::unique_ptr<zip_source_t, SourceFree> target(
        zip_source_buffer_create(nullptr, 0, 0, &error));
    if (!target) {
        return cannot_write(zip_error_strerror(&error));
    }
    zip_source_keep(target.get()); // closing the archive drops one reference
    zip_t* archive = zip_open_from_source(target.get(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (archive == nullptr) {
        zip_source_free(target.get());
        return cannot_write(zip_error_strerror(&error));
    }
    for (const auto& [path, content] : members) {
        if (!add_member(archive, path, content)) {
            auto failure = cannot_write(zip_strerror(archive));
            zip_discard(archive);
            return failure;
        }
    }
    if (zip_close(archive) != 0) {
        auto failure = cannot_write(zip_strerror(archive));
        zip_discard(archive);
        return failure;
    }
    return read_source(target.get());
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/base/tar.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <zlib.h>

#include "core/base/archive.hpp"
#include "core/base/text.hpp"

namespace pymode {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kMaxHeaderText = 1 << 20; // of a pax header or a GNU long name
constexpr int kGzipWindow = 15 + 16;            // 15 is the window, + 16 asks for gzip's frame

std::unexpected<Error> broken(std::string why) {
    return fail(ErrorCode::archive, "the source archive cannot be read: " + std::move(why));
}

// All members of the gzip file, one after the other.
Expected<Bytes> gunzip(ByteView bytes, std::uint64_t limit) {
    z_stream stream{};
    if (inflateInit2(&stream, kGzipWindow) != Z_OK) {
        return fail(ErrorCode::internal, "zlib does not start");
    }
    const std::unique_ptr<z_stream, decltype(&inflateEnd)> guard(&stream, inflateEnd);
    // zlib's interface predates const.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data())); // NOLINT
    stream.avail_in = static_cast<uInt>(bytes.size());
    Bytes result;
    std::array<std::byte, 1 << 16> buffer; // NOLINT: only written
    while (true) {
        stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream.avail_out = static_cast<uInt>(buffer.size());
        const int state = inflate(&stream, Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END) {
            return broken("it is damaged or no gzip file");
        }
        const std::size_t made = buffer.size() - stream.avail_out;
        if (result.size() + made > limit) {
            return broken(fmt::format("it unpacks to more than {}", human_size(limit)));
        }
        result.insert(result.end(), buffer.begin(),
                      buffer.begin() + static_cast<std::ptrdiff_t>(made));
        if (state == Z_STREAM_END) {
            if (stream.avail_in == 0) {
                return result;
            }
            inflateReset(&stream);
        } else if (made == 0 && stream.avail_in == 0) {
            return broken("it ends too early");
        }
    }
}

// Octal digits, ended by a space or NUL; numbers above 8 GiB (base 256) are no source archive's.
std::optional<std::uint64_t> octal(std::string_view field) {
    while (!field.empty() && (field.back() == ' ' || field.back() == '\0')) {
        field.remove_suffix(1);
    }
    while (!field.empty() && field.front() == ' ') {
        field.remove_prefix(1);
    }
    std::uint64_t value = 0;
    for (const char c : field) {
        if (c < '0' || c > '7' || value >= std::uint64_t{1} << 40) {
            return std::nullopt;
        }
        value = value * 8 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

std::string_view until_nul(std::string_view field) {
    return field.substr(0, field.find('\0'));
}

bool checksum_holds(std::string_view header) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < header.size(); ++i) {
        // The checksum's own field counts as spaces.
        sum += i >= 148 && i < 156 ? 32U : static_cast<unsigned char>(header[i]);
    }
    return octal(header.substr(148, 8)) == sum;
}

// "27 path=some/long/name\n" records; the ones that matter are path and size.
struct PaxRecords {
    std::optional<std::string> path;
    std::optional<std::uint64_t> size;
};

Expected<> read_pax(std::string_view text, PaxRecords& into) {
    while (!text.empty()) {
        const std::size_t space = text.find(' ');
        const auto length = parse_unsigned(text.substr(0, space));
        if (space == std::string_view::npos || !length || *length <= space + 1 ||
            *length > text.size() || text[*length - 1] != '\n') {
            return broken("a pax header is malformed");
        }
        const std::string_view record = text.substr(space + 1, *length - space - 2);
        const std::size_t equals = record.find('=');
        if (equals == std::string_view::npos) {
            return broken("a pax header is malformed");
        }
        if (record.substr(0, equals) == "path") {
            into.path = std::string(record.substr(equals + 1));
        } else if (record.substr(0, equals) == "size") {
            into.size = parse_unsigned(record.substr(equals + 1));
        }
        text.remove_prefix(*length);
    }
    return {};
}

class TarReader {
  public:
    TarReader(ByteView tar, const TarLimits& limits) : m_tar(as_text(tar)), m_limits(limits) {}

    Expected<std::vector<TarFile>> read() {
        while (m_at + kBlock <= m_tar.size()) {
            const std::string_view header = m_tar.substr(m_at, kBlock);
            if (header.find_first_not_of('\0') == std::string_view::npos) {
                return std::move(m_files); // a block of zeros ends the archive
            }
            if (++m_members > m_limits.max_members) {
                return broken(fmt::format("it has more than {} members", m_limits.max_members));
            }
            m_at += kBlock;
            if (Expected<> done = member(header); !done) {
                return propagate(done);
            }
        }
        return broken("it ends too early");
    }

  private:
    Expected<> member(std::string_view header) {
        if (!checksum_holds(header)) {
            return broken("the checksum of a header is wrong");
        }
        auto size = octal(header.substr(124, 12));
        const char type = header[156];
        const bool describes_next = type == 'x' || type == 'L';
        if (!describes_next && m_next.size) {
            size = m_next.size;
        }
        if (!size || *size > m_tar.size() - m_at) {
            return broken("it ends too early");
        }
        const std::string_view content = m_tar.substr(m_at, *size);
        m_at += std::min<std::size_t>((*size + kBlock - 1) / kBlock * kBlock, m_tar.size() - m_at);
        if (describes_next || type == 'g' || type == 'K') {
            return description(type, content);
        }
        std::string path = m_next.path ? *std::move(m_next.path) : header_path(header);
        m_next = {};
        if (type == '5') {
            return {};
        }
        if (type != '0' && type != '\0') {
            return broken(fmt::format("{} is neither a file nor a folder", printable(path)));
        }
        return file(std::move(path), content);
    }

    // Headers that only say something about the member after them.
    Expected<> description(char type, std::string_view content) {
        if (content.size() > kMaxHeaderText) {
            return broken("a header is too long");
        }
        if (type == 'L') {
            m_next.path = std::string(until_nul(content));
        } else if (type == 'x') {
            return read_pax(content, m_next);
        }
        return {}; // a global header or the name of a link
    }

    static std::string header_path(std::string_view header) {
        const std::string_view name = until_nul(header.substr(0, 100));
        const std::string_view prefix = header.substr(257, 5) == "ustar" && header[262] == '\0'
                                            ? until_nul(header.substr(345, 155))
                                            : std::string_view();
        return prefix.empty() ? std::string(name) : fmt::format("{}/{}", prefix, name);
    }

    Expected<> file(std::string path, std::string_view content) {
        if (path.starts_with("./")) {
            path.erase(0, 2);
        }
        if (Expected<> good = check_archive_path(path); !good) {
            return good;
        }
        if (!m_seen.insert(path).second) {
            return broken(fmt::format("{} is in it twice", printable(path)));
        }
        m_files.push_back({std::move(path), to_bytes(content)});
        return {};
    }

    std::string_view m_tar;
    const TarLimits& m_limits;
    std::size_t m_at = 0;
    std::uint64_t m_members = 0;
    PaxRecords m_next; // what headers said about the member that follows
    std::set<std::string> m_seen;
    std::vector<TarFile> m_files;
};

} // namespace

Expected<std::vector<TarFile>> read_tar_gz(ByteView gzipped, const TarLimits& limits) {
    const Expected<Bytes> tar = gunzip(gzipped, limits.max_total_bytes);
    if (!tar) {
        return propagate(tar);
    }
    return TarReader(*tar, limits).read();
}

} // namespace pymode

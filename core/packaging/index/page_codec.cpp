// SPDX-License-Identifier: MIT
// Numbers are LEB128, texts have their length in front. A file's URL is what it shares with the one
// before, then the rest; SHA-256 takes 32 bytes. The order of the fields is the format: a change
// needs a new name of the bucket.
#include "core/packaging/index/page_codec.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace pymode {

namespace {

enum Flag : std::uint8_t {
    has_requires_python = 1,
    has_metadata = 2,
    is_yanked = 4,
    has_size = 8,
    has_upload_time = 16,
    url_ends_in_name = 32,
    hash_is_sha256 = 64,          // and nothing else
    metadata_hash_is_sha256 = 128 // and nothing else
};

class Writer {
  public:
    void number(std::uint64_t value) {
        while (value >= 0x80) {
            m_bytes += static_cast<char>((value & 0x7FU) | 0x80U);
            value >>= 7U;
        }
        m_bytes += static_cast<char>(value);
    }
    void byte(std::uint8_t value) { m_bytes += static_cast<char>(value); }
    void text(std::string_view value) {
        number(value.size());
        m_bytes += value;
    }
    void digest(std::string_view hex) {
        const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
        for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
            m_bytes += static_cast<char>(value(hex[i]) * 16 + value(hex[i + 1]));
        }
    }
    void freshness(const Freshness& freshness) {
        text(freshness.etag);
        text(freshness.last_modified);
        number(static_cast<std::uint64_t>(std::max<std::int64_t>(freshness.stored_at, 0)));
        number(static_cast<std::uint64_t>(std::max<std::int64_t>(freshness.lifetime, 0)));
    }
    void hashes(const pep::Hashes& hashes, bool only_sha256) {
        if (only_sha256) {
            digest(hashes.begin()->second);
            return;
        }
        number(hashes.size());
        for (const auto& [algorithm, hex] : hashes) {
            text(algorithm);
            text(hex);
        }
    }
    std::string take() { return std::move(m_bytes); }

  private:
    std::string m_bytes;
};

// Once something does not fit, everything it gives is empty and `good` is false.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : m_bytes(bytes) {}

    [[nodiscard]] bool good() const { return m_good; }
    [[nodiscard]] bool at_end() const { return m_bytes.empty(); }
    [[nodiscard]] std::size_t left() const { return m_bytes.size(); }

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t part = byte();
            value |= static_cast<std::uint64_t>(part & 0x7FU) << shift;
            if ((part & 0x80U) == 0) {
                return value;
            }
        }
        m_good = false;
        return 0;
    }
    std::uint8_t byte() {
        const std::string_view one = take(1);
        return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one[0]);
    }
    std::string_view text() { return take(number()); }
    std::string_view take(std::uint64_t size) {
        if (!m_good || size > m_bytes.size()) {
            m_good = false;
            return {};
        }
        const std::string_view taken = m_bytes.substr(0, size);
        m_bytes.remove_prefix(size);
        return taken;
    }
    Freshness freshness() {
        Freshness freshness;
        freshness.etag = text();
        freshness.last_modified = text();
        freshness.stored_at = static_cast<std::int64_t>(number());
        freshness.lifetime = static_cast<std::int64_t>(number());
        return freshness;
    }
    pep::Hashes hashes(bool only_sha256) {
        pep::Hashes hashes;
        if (only_sha256) {
            constexpr std::string_view digits = "0123456789abcdef";
            std::string hex;
            hex.reserve(64);
            for (const char c : take(32)) {
                const auto value = static_cast<unsigned char>(c);
                hex += digits[value >> 4U];
                hex += digits[value & 15U];
            }
            hashes.emplace("sha256", std::move(hex));
            return hashes;
        }
        const std::uint64_t count = number();
        for (std::uint64_t i = 0; i < count && m_good; ++i) {
            std::string algorithm(text());
            hashes.emplace(std::move(algorithm), text());
        }
        return hashes;
    }

  private:
    std::string_view m_bytes;
    bool m_good = true;
};

bool only_sha256(const pep::Hashes& hashes) {
    return hashes.size() == 1 && hashes.begin()->first == "sha256" &&
           hashes.begin()->second.size() == 64;
}

void write_file(Writer& writer, const DistFile& file, std::string_view previous_url) {
    const bool ends_in_name = file.url.ends_with(file.filename);
    unsigned flags = 0;
    const auto note = [&](bool holds, Flag flag) { flags |= holds ? unsigned{flag} : 0U; };
    note(file.requires_python.has_value(), has_requires_python);
    note(file.has_metadata_file, has_metadata);
    note(file.yanked.has_value(), is_yanked);
    note(file.size.has_value(), has_size);
    note(file.upload_time.has_value(), has_upload_time);
    note(ends_in_name, url_ends_in_name);
    note(only_sha256(file.hashes), hash_is_sha256);
    note(only_sha256(file.metadata_hashes), metadata_hash_is_sha256);
    writer.byte(static_cast<std::uint8_t>(flags));
    writer.text(file.filename);
    std::string_view url = file.url;
    url.remove_suffix(ends_in_name ? file.filename.size() : 0);
    const auto different = std::ranges::mismatch(url, previous_url).in1;
    const auto shared = static_cast<std::size_t>(different - url.begin());
    writer.number(shared);
    writer.text(url.substr(shared));
    writer.hashes(file.hashes, only_sha256(file.hashes));
    if (file.has_metadata_file) {
        writer.hashes(file.metadata_hashes, only_sha256(file.metadata_hashes));
    }
    if (file.requires_python) {
        writer.text(*file.requires_python);
    }
    if (file.yanked) {
        writer.text(*file.yanked);
    }
    if (file.size) {
        writer.number(*file.size);
    }
    if (file.upload_time) {
        writer.text(*file.upload_time);
    }
}

void read_file(Reader& reader, DistFile& file, std::string_view previous_url) {
    const std::uint8_t flags = reader.byte();
    file.filename = reader.text();
    const std::uint64_t shared = reader.number();
    const std::string_view rest = reader.text();
    const bool ends_in_name = (flags & url_ends_in_name) != 0;
    const std::string_view begin = previous_url.substr(0, shared);
    file.url.reserve(begin.size() + rest.size() + (ends_in_name ? file.filename.size() : 0));
    file.url += begin;
    file.url += rest;
    file.url += ends_in_name ? std::string_view(file.filename) : std::string_view();
    file.hashes = reader.hashes((flags & hash_is_sha256) != 0);
    file.has_metadata_file = (flags & has_metadata) != 0;
    if (file.has_metadata_file) {
        file.metadata_hashes = reader.hashes((flags & metadata_hash_is_sha256) != 0);
    }
    if ((flags & has_requires_python) != 0) {
        file.requires_python = reader.text();
    }
    if ((flags & is_yanked) != 0) {
        file.yanked = reader.text();
    }
    if ((flags & has_size) != 0) {
        file.size = reader.number();
    }
    if ((flags & has_upload_time) != 0) {
        file.upload_time = reader.text();
    }
}

} // namespace

std::string encode_page(const CachedPage& page) {
    Writer writer;
    writer.freshness(page.freshness);
    writer.byte(static_cast<std::uint8_t>(page.page.status.kind));
    writer.text(page.page.status.reason);
    writer.number(page.page.files.size());
    std::string_view previous;
    for (const DistFile& file : page.page.files) {
        write_file(writer, file, previous);
        previous = file.url;
    }
    return writer.take();
}

std::optional<CachedPage> decode_page(std::string_view bytes, Origin origin,
                                      std::string_view index) {
    Reader reader(bytes);
    CachedPage page;
    page.freshness = reader.freshness();
    const std::uint8_t kind = reader.byte();
    page.page.status.reason = reader.text();
    const std::uint64_t count = reader.number();
    if (!reader.good() || kind > static_cast<int>(ProjectStatus::Kind::quarantined) ||
        count > reader.left()) {
        return std::nullopt;
    }
    page.page.status.kind = static_cast<ProjectStatus::Kind>(kind);
    page.page.files.resize(std::min<std::uint64_t>(count, max_page_files));
    std::string_view previous;
    for (DistFile& file : page.page.files) {
        read_file(reader, file, previous);
        if (!reader.good()) {
            return std::nullopt;
        }
        file.origin = origin;
        file.index = index;
        previous = file.url;
    }
    return reader.at_end() ? std::optional(std::move(page)) : std::nullopt;
}

std::string encode_text(const CachedText& text) {
    Writer writer;
    writer.freshness(text.freshness);
    writer.text(text.text);
    return writer.take();
}

std::optional<CachedText> decode_text(std::string_view bytes) {
    Reader reader(bytes);
    CachedText text;
    text.freshness = reader.freshness();
    text.text = reader.text();
    return reader.good() && reader.at_end() ? std::optional(std::move(text)) : std::nullopt;
}

} // namespace pymode

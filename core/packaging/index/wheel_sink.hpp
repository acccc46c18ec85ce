// SPDX-License-Identifier: MIT
// Where the body of a wheel goes while it arrives: to a file beside the cache's files and through
// its hashes. Under its final name it appears only when everything about it is right.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/http.hpp"
#include "core/packaging/dist_file.hpp"
#include "core/packaging/index/cache_store.hpp"

namespace pymode::detail {

// Of an archive that is to become part of a Worker.
inline constexpr std::uint64_t max_wheel_bytes = std::uint64_t{512} << 20;

// Bytes so far; read by the thread that shows progress.
struct TransferCount {
    std::atomic<std::uint64_t> received = 0;
    std::atomic<std::uint64_t> total = 0;
};

class WheelSink final : public BodySink {
  public:
    // `count` may be empty.
    WheelSink(const CacheStore& cache, const DistFile& wheel, std::shared_ptr<TransferCount> count);

    [[nodiscard]] Expected<bool> begin(const HttpResponse& head) override;
    [[nodiscard]] Expected<> write(ByteView bytes) override;

    // After the whole body: checks size and hashes. The path in the cache, and the SHA-256.
    struct Stored {
        std::filesystem::path path;
        std::string sha256;
    };
    [[nodiscard]] Expected<Stored> finish();

  private:
    const CacheStore& m_cache;
    DistFile m_wheel;
    std::shared_ptr<TransferCount> m_count;
    std::optional<AtomicFile> m_file;
    std::vector<std::pair<std::string, Hasher>> m_hashers; // by name; the first is sha256
    std::uint64_t m_received = 0;
};

// The first so many bytes of an answer to a range request; a server that sends the whole wheel
// instead sends it into a WheelSink.
class RangeSink final : public BodySink {
  public:
    RangeSink(std::uint64_t wanted, std::shared_ptr<WheelSink> whole)
        : m_wanted(wanted), m_whole(std::move(whole)) {}

    [[nodiscard]] Expected<bool> begin(const HttpResponse& head) override;
    [[nodiscard]] Expected<> write(ByteView bytes) override;

    [[nodiscard]] bool is_whole() const { return m_is_whole; }
    // More than was asked for came.
    [[nodiscard]] bool overflowed() const { return m_overflowed; }
    [[nodiscard]] const Bytes& part() const { return m_part; }

  private:
    std::uint64_t m_wanted;
    std::shared_ptr<WheelSink> m_whole;
    bool m_is_whole = false;
    bool m_overflowed = false;
    Bytes m_part;
};

} // namespace pymode::detail

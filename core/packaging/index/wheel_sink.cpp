// SPDX-License-Identifier: MIT
#include "core/packaging/index/wheel_sink.hpp"

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace pymode::detail {

namespace {

std::unexpected<Error> wrong_content(const DistFile& wheel, std::string message,
                                     std::string expected, std::string computed) {
    return std::unexpected(
        Error{ErrorCode::archive,
              std::move(message),
              {fmt::format("expected: {}", expected), fmt::format("computed: {}", computed),
               fmt::format("from {}", url_for_messages(wheel.url))},
              "the file is not what the index or the lock says: ask its publisher before using it",
              std::nullopt});
}

} // namespace

WheelSink::WheelSink(const CacheStore& cache, const DistFile& wheel,
                     std::shared_ptr<TransferCount> count)
    : m_cache(cache), m_wheel(wheel), m_count(std::move(count)) {}

Expected<bool> WheelSink::begin(const HttpResponse& head) {
    if (m_file) {
        if (auto restarted = m_file->restart(); !restarted) {
            return propagate(restarted);
        }
    } else {
        auto file = AtomicFile::create(m_cache.wheel_folder() / "incoming");
        if (!file) {
            return propagate(file);
        }
        m_file = std::move(*file);
    }
    m_hashers.clear();
    m_hashers.emplace_back("sha256", Hasher(HashAlgorithm::sha256));
    for (const auto& [name, digits] : m_wheel.hashes) {
        const auto algorithm = hash_algorithm(name);
        if (algorithm && name != "sha256") {
            m_hashers.emplace_back(name, Hasher(*algorithm));
        }
    }
    m_received = 0;
    if (m_count) {
        m_count->received = 0;
        const auto length = head.header("Content-Length");
        m_count->total = m_wheel.size.value_or(length ? parse_unsigned(*length).value_or(0) : 0);
    }
    return true;
}

Expected<> WheelSink::write(ByteView bytes) {
    m_received += bytes.size();
    for (auto& [name, hasher] : m_hashers) {
        hasher.update(bytes);
    }
    if (m_count) {
        m_count->received = m_received;
    }
    return m_file->write(bytes);
}

Expected<WheelSink::Stored> WheelSink::finish() {
    if (!m_file) {
        return fail(ErrorCode::internal, "a wheel is stored before it came");
    }
    auto file = std::exchange(m_file, std::nullopt); // gone with its temporary if anything is wrong
    if (m_wheel.size && *m_wheel.size != m_received) {
        return wrong_content(m_wheel, fmt::format("`{}` has the wrong size", m_wheel.filename),
                             fmt::format("{} bytes", *m_wheel.size),
                             fmt::format("{} bytes", m_received));
    }
    std::string sha256;
    for (auto& [name, hasher] : m_hashers) {
        const std::string computed = hasher.finish();
        const auto expected = m_wheel.hashes.find(name);
        if (expected != m_wheel.hashes.end() && expected->second != computed) {
            return wrong_content(m_wheel, fmt::format("`{}` has the wrong hash", m_wheel.filename),
                                 fmt::format("{} {}", name, expected->second),
                                 fmt::format("{} {}", name, computed));
        }
        if (name == "sha256") {
            sha256 = computed;
        }
    }
    const pep::Hashes own{{"sha256", sha256}};
    const auto path = m_cache.wheel_path(m_wheel.hashes.empty() ? own : m_wheel.hashes);
    if (!path) {
        return fail(ErrorCode::internal, "a wheel without a place in the cache");
    }
    if (auto made = make_directories(path->parent_path()); !made) {
        return propagate(made);
    }
    // Every use checks the hash anew: it need not survive a crash.
    if (auto done = file->commit_as(*path, Durable::no); !done) {
        return propagate(done);
    }
    return Stored{*path, std::move(sha256)};
}

Expected<bool> RangeSink::begin(const HttpResponse& head) {
    m_part.clear();
    m_overflowed = false;
    m_is_whole = head.status == 200;
    if (m_is_whole) {
        return m_whole->begin(head);
    }
    return head.status == 206;
}

Expected<> RangeSink::write(ByteView bytes) {
    if (m_is_whole) {
        return m_whole->write(bytes);
    }
    if (m_part.size() + bytes.size() > m_wanted) {
        m_overflowed = true;
        return fail(ErrorCode::http, "more came than was asked for");
    }
    m_part.insert(m_part.end(), bytes.begin(), bytes.end());
    return {};
}

} // namespace pymode::detail

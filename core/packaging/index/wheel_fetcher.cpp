// SPDX-License-Identifier: MIT
#include "core/packaging/index/wheel_fetcher.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/packaging/index/url.hpp"

namespace pymode::detail {

namespace {

Expected<fs::path> unpack_embedded(const CacheStore& cache, const EmbeddedWheel& wheel,
                                   const Clock& clock) {
    const pep::Hashes hashes{{"sha256", std::string(wheel.sha256)}};
    if (auto found = cache.wheel(hashes, wheel.bytes.size(), clock)) {
        return std::move(*found);
    }
    const auto path = cache.wheel_path(hashes);
    if (auto made = make_directories(path->parent_path()); !made) {
        return propagate(made);
    }
    auto file = AtomicFile::create(*path);
    if (!file) {
        return propagate(file);
    }
    if (auto written = file->write(wheel.bytes); !written) {
        return propagate(written);
    }
    if (auto done = file->commit(Durable::no); !done) {
        return propagate(done);
    }
    return *path;
}

} // namespace

Expected<> check_file(const fs::path& path, const DistFile& wheel) {
    for (const auto& [name, expected] : wheel.hashes) {
        const auto algorithm = hash_algorithm(name);
        if (!algorithm) {
            continue;
        }
        const auto computed = hash_file(path, *algorithm);
        if (!computed) {
            return propagate(computed);
        }
        if (*computed != expected) {
            return std::unexpected(Error{ErrorCode::archive,
                                         fmt::format("`{}` has the wrong hash", wheel.filename),
                                         {fmt::format("expected: {} {}", name, expected),
                                          fmt::format("computed: {} {}", name, *computed),
                                          fmt::format("in {}", path.string())},
                                         "the file is not what the lock says",
                                         std::nullopt});
        }
    }
    return {};
}

const EmbeddedWheel* WheelFetcher::embedded(const DistFile& wheel) const {
    if (wheel.origin != Origin::wheelhouse && !wheel.url.starts_with("wheelhouse:")) {
        return nullptr;
    }
    const auto& wheels = m_context.options().wheelhouse;
    const auto found = std::ranges::find(wheels, wheel.filename, &EmbeddedWheel::filename);
    return found == wheels.end() ? nullptr : &*found;
}

Expected<std::optional<fs::path>> WheelFetcher::local(const DistFile& wheel) {
    if (wheel.url.starts_with("wheelhouse:")) {
        const EmbeddedWheel* own = embedded(wheel);
        if (own == nullptr) {
            return fail(ErrorCode::not_found,
                        fmt::format("`{}` is not in this pymode's wheelhouse", wheel.filename),
                        "the lock was made by another version: `pymode lock --upgrade` makes it "
                        "anew; with --no-wheelhouse no wheel comes from there");
        }
        const auto expected = wheel.hashes.find("sha256");
        if (expected != wheel.hashes.end() && expected->second != own->sha256) {
            return fail(ErrorCode::archive,
                        fmt::format("`{}` in this pymode's wheelhouse is not the one of the lock",
                                    wheel.filename),
                        "the lock was made by another version: `pymode lock --upgrade` makes it "
                        "anew");
        }
        return unpack_embedded(m_context.cache(), *own, m_context.clock());
    }
    if (is_file_url(wheel.url)) {
        const auto path = file_url_path(wheel.url);
        if (!path) {
            return propagate(path);
        }
        if (auto checked = check_file(*path, wheel); !checked) {
            return propagate(checked);
        }
        std::error_code error;
        if (!fs::is_regular_file(*path, error)) {
            return fail(ErrorCode::not_found, fmt::format("there is no file {}", *path));
        }
        return fs::path(*path);
    }
    pep::Hashes hashes = wheel.hashes;
    if (hashes.empty()) {
        Freshness freshness;
        hashes = m_context.cache().wheel_of_url(wheel.url, freshness).value_or(pep::Hashes());
        const bool usable = m_context.options().offline ||
                            (is_fresh(freshness, m_context.now()) && !m_context.options().refresh);
        if (hashes.empty() || !usable) {
            return std::nullopt;
        }
    }
    return m_context.cache().wheel(hashes, wheel.size, m_context.clock());
}

void WheelFetcher::start(const DistFile& wheel, std::shared_ptr<TransferCount> count, Done done) {
    auto found = local(wheel);
    if (!found) {
        done(propagate(found));
    } else if (*found) {
        done(std::move(**found));
    } else if (m_context.options().offline) {
        done(
            fail(ErrorCode::network,
                 fmt::format("cannot fetch `{}`: there is no network (--offline), and it is not in "
                             "the cache",
                             wheel.filename)));
    } else {
        download(wheel, std::move(count), std::move(done));
    }
}

void WheelFetcher::download(const DistFile& wheel, std::shared_ptr<TransferCount> count,
                            Done done) {
    auto sink = std::make_shared<WheelSink>(m_context.cache(), wheel, std::move(count));
    HttpRequest request = m_context.request(wheel.url);
    request.accept_compressed = false;
    request.sink = sink;
    // One byte more than there should be shows that the size is wrong.
    request.max_response_bytes =
        std::min(wheel.size.value_or(max_wheel_bytes), max_wheel_bytes) + 1;
    if (wheel.hashes.empty()) {
        Freshness known;
        if (const auto hashes = m_context.cache().wheel_of_url(wheel.url, known);
            hashes && m_context.cache().wheel(*hashes, wheel.size, m_context.clock())) {
            add_conditions(request, known);
        }
    }
    m_context.send(std::move(request), [this, wheel, sink,
                                        done = std::move(done)](Expected<HttpResponse> response) {
        if (!response) {
            done(propagate(response, fmt::format("while fetching `{}`", wheel.filename)));
        } else if (response->status == 304 && wheel.hashes.empty()) {
            Freshness known;
            const auto hashes = m_context.cache().wheel_of_url(wheel.url, known);
            auto path = hashes ? m_context.cache().wheel(*hashes, wheel.size, m_context.clock())
                               : std::nullopt;
            if (path) {
                done(std::move(*path));
            } else {
                done(std::unexpected(answer_error(fmt::format("cannot fetch `{}`", wheel.filename),
                                                  *response, wheel.url)));
            }
        } else if (response->status != 200) {
            done(std::unexpected(answer_error(fmt::format("cannot fetch `{}`", wheel.filename),
                                              *response, wheel.url)));
        } else {
            done(store(wheel, *sink, *response));
        }
    });
}

Expected<fs::path> WheelFetcher::store(const DistFile& wheel, WheelSink& sink,
                                       const HttpResponse& response) {
    auto stored = sink.finish();
    if (!stored) {
        return propagate(stored);
    }
    if (wheel.hashes.empty()) {
        if (auto put = m_context.cache().put_wheel_of_url(wheel.url, stored->sha256,
                                                          freshness_of(response, m_context.now()));
            !put) {
            return propagate(put);
        }
    }
    return std::move(stored->path);
}

} // namespace pymode::detail

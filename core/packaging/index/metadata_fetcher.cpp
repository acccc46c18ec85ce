// SPDX-License-Identifier: MIT
#include "core/packaging/index/metadata_fetcher.hpp"

#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/packaging/index/partial_zip.hpp"
#include "core/packaging/index/url.hpp"
#include "core/pep/name.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode::detail {

namespace {

// Tail, longer tail, directory, header with data, data again.
constexpr int max_parts = 6;

struct ContentRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t total = 0;
};

// "bytes 0-499/1234"
std::optional<ContentRange> parse_content_range(std::string_view text) {
    text = trim(text);
    const auto dash = text.find('-');
    const auto slash = text.find('/');
    if (!text.starts_with("bytes ") || dash == std::string_view::npos ||
        slash == std::string_view::npos || slash < dash) {
        return std::nullopt;
    }
    const auto first = parse_unsigned(trim(text.substr(6, dash - 6)));
    const auto last = parse_unsigned(trim(text.substr(dash + 1, slash - dash - 1)));
    const auto total = parse_unsigned(trim(text.substr(slash + 1)));
    if (!first || !last || !total || *first > *last || *last >= *total) {
        return std::nullopt;
    }
    return ContentRange{*first, *last, *total};
}

Expected<std::string> metadata_of_file(const fs::path& path) {
    struct Closer {
        int fd;
        ~Closer() {
            if (fd >= 0) {
                close(fd);
            }
        }
    };
    const Closer file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat info {};
    if (file.fd < 0 || fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return fail_errno(ErrorCode::io, fmt::format("cannot read {}", path.string()), errno);
    }
    return read_wheel_metadata(
        static_cast<std::uint64_t>(info.st_size), [&](ByteRange range) -> Expected<Bytes> {
            Bytes bytes(range.size);
            std::size_t used = 0;
            while (used < bytes.size()) {
                const ssize_t count = pread(file.fd, bytes.data() + used, bytes.size() - used,
                                            static_cast<off_t>(range.offset + used));
                if (count <= 0) {
                    return fail_errno(ErrorCode::io, fmt::format("cannot read {}", path.string()),
                                      count < 0 ? errno : EIO);
                }
                used += static_cast<std::size_t>(count);
            }
            return bytes;
        });
}

Expected<std::string> metadata_of_bytes(ByteView wheel) {
    return read_wheel_metadata(wheel.size(), [&](ByteRange range) -> Expected<Bytes> {
        const ByteView part = wheel.subspan(range.offset, range.size);
        return Bytes(part.begin(), part.end());
    });
}

bool has_hashes(ByteView bytes, const pep::Hashes& hashes) {
    for (const auto& [name, expected] : hashes) {
        const auto algorithm = hash_algorithm(name);
        if (algorithm) {
            Hasher hasher(*algorithm);
            hasher.update(bytes);
            if (hasher.finish() != expected) {
                return false;
            }
        }
    }
    return true;
}

} // namespace

struct MetadataFetcher::Job {
    DistFile wheel;
    Done done;
    std::optional<WheelMetadataReader> reader; // once the size of the wheel is known
    std::optional<ByteRange> asked;            // nothing: the last so many bytes
    std::shared_ptr<WheelSink> whole;
    std::shared_ptr<RangeSink> sink;
    std::string etag;
    std::uint64_t total = 0;
    int parts = 0;
};

MetadataFetcher::Result check_metadata(const DistFile& wheel, std::string_view text) {
    const auto unusable = [&](Error error) {
        error.notes.insert(error.notes.begin(), error.message);
        error.message = fmt::format("the metadata of `{}` cannot be used", wheel.filename);
        error.code = ErrorCode::config;
        return std::unexpected(std::move(error));
    };
    auto metadata = pep::parse_core_metadata(text);
    if (!metadata) {
        return unusable(std::move(metadata.error()));
    }
    const auto name = pep::WheelName::parse(wheel.filename);
    if (!name) {
        return unusable(name.error());
    }
    if (pep::normalize_name(metadata->name) != name->name) {
        return unusable({ErrorCode::config,
                         fmt::format("it is that of `{}`", printable(metadata->name)),
                         {},
                         "",
                         std::nullopt});
    }
    if (metadata->version != name->version) {
        return unusable({ErrorCode::config,
                         fmt::format("it is that of version {}", metadata->version.to_string()),
                         {},
                         "",
                         std::nullopt});
    }
    return std::make_shared<const pep::CoreMetadata>(std::move(*metadata));
}

void MetadataFetcher::start(const DistFile& wheel, Done done) {
    if (!wheel.filename.ends_with(".whl")) {
        done(fail(ErrorCode::internal, fmt::format("`{}` is not a wheel", wheel.filename)));
        return;
    }
    if (const EmbeddedWheel* own = m_wheels.embedded(wheel)) {
        const auto text = metadata_of_bytes(own->bytes);
        done(text ? check_metadata(wheel, *text) : propagate(text));
        return;
    }
    const PackageIndexOptions& options = m_context.options();
    if (!is_file_url(wheel.url)) {
        const auto cached = m_context.cache().metadata(wheel, m_context.clock());
        const bool usable =
            cached && (cached->freshness.lifetime == 0 || options.offline ||
                       (is_fresh(cached->freshness, m_context.now()) && !options.refresh));
        if (usable) {
            done(check_metadata(wheel, cached->text));
            return;
        }
    }
    auto job = std::make_shared<Job>();
    job->wheel = wheel;
    job->done = std::move(done);
    auto here = m_wheels.local(wheel);
    if (!here || *here) {
        read_file(job, here ? Expected<fs::path>(std::move(**here)) : propagate(here));
    } else if (options.offline) {
        job->done(fail(ErrorCode::network,
                       fmt::format("cannot get the metadata of `{}`: there is no network "
                                   "(--offline), and it is not in the cache",
                                   wheel.filename)));
    } else if (wheel.has_metadata_file) {
        ask_metadata_file(job);
    } else {
        ask_wheel(job);
    }
}

void MetadataFetcher::ask_metadata_file(const JobPtr& job) {
    // PEP 658: the path with ".metadata" at its end; a query stays behind it.
    std::string url = job->wheel.url;
    url.insert(std::min(url.find('?'), url.size()), ".metadata");
    HttpRequest request = m_context.request(url);
    request.max_response_bytes = pep::max_metadata_size;
    m_context.send(std::move(request), [this, job](Expected<HttpResponse> response) {
        on_metadata_file(job, std::move(response));
    });
}

// The file is a convenience of the index: without it, or when it is not what was promised, the
// wheel itself says the same.
void MetadataFetcher::on_metadata_file(const JobPtr& job, Expected<HttpResponse> response) {
    if (!response && response.error().code == ErrorCode::cancelled) {
        job->done(propagate(response));
        return;
    }
    std::string why;
    if (!response) {
        why = response.error().message;
    } else if (response->status != 200) {
        why = fmt::format("the server answered {}", response->status);
    } else if (!has_hashes(response->body, job->wheel.metadata_hashes)) {
        why = "its hash is not the one that the index promises";
    } else {
        finish(job, to_text(response->body), &*response);
        return;
    }
    m_context.debug(
        fmt::format("no metadata file of `{}`, asking the wheel: {}", job->wheel.filename, why));
    ask_wheel(job);
}

void MetadataFetcher::ask_wheel(const JobPtr& job) {
    if (!m_context.serves_ranges(job->wheel.url)) {
        ask_whole(job);
        return;
    }
    if (job->wheel.size) {
        job->total = *job->wheel.size;
        job->reader.emplace(job->total);
        next_part(job);
        return;
    }
    ask_range(job);
}

void MetadataFetcher::ask_range(const JobPtr& job) {
    HttpRequest request = m_context.request(job->wheel.url);
    request.headers.push_back({"Range", job->asked
                                            ? fmt::format("bytes={}-{}", job->asked->offset,
                                                          job->asked->offset + job->asked->size - 1)
                                            : fmt::format("bytes=-{}", wheel_tail_bytes)});
    request.accept_compressed = false;
    job->whole = std::make_shared<WheelSink>(m_context.cache(), job->wheel, nullptr);
    job->sink =
        std::make_shared<RangeSink>(job->asked ? job->asked->size : wheel_tail_bytes, job->whole);
    request.sink = job->sink;
    request.max_response_bytes =
        std::min(job->wheel.size.value_or(max_wheel_bytes), max_wheel_bytes) + 1;
    ++job->parts;
    m_context.send(std::move(request), [this, job](Expected<HttpResponse> response) {
        on_range(job, std::move(response));
    });
}

void MetadataFetcher::on_range(const JobPtr& job, Expected<HttpResponse> response) {
    if (!response && !job->sink->overflowed()) {
        job->done(propagate(response, fmt::format("while reading from `{}`", job->wheel.filename)));
        return;
    }
    if (response && response->status == 200) {
        m_context.mark_without_ranges(job->wheel.url, "it sent the whole file");
        read_file(job, m_wheels.store(job->wheel, *job->whole, *response));
        return;
    }
    const bool refused = response && (response->status == 416 || response->status == 501 ||
                                      response->status == 405 || response->status == 400);
    if (response && response->status != 206 && !refused) {
        job->done(std::unexpected(
            answer_error(fmt::format("cannot get the metadata of `{}`", job->wheel.filename),
                         *response, job->wheel.url)));
        return;
    }
    const auto taken = refused    ? fail(ErrorCode::http, "it refuses")
                       : response ? take_part(*job, *response)
                                  : fail(ErrorCode::http, "it sent more than was asked for");
    if (!taken) {
        m_context.mark_without_ranges(job->wheel.url, taken.error().message);
        ask_whole(job);
        return;
    }
    next_part(job);
}

// Believed only when everything about the answer fits to what was asked.
Expected<> MetadataFetcher::take_part(Job& job, const HttpResponse& response) {
    const auto header = response.header("Content-Range");
    const auto range = header ? parse_content_range(*header) : std::nullopt;
    const Bytes& part = job.sink->part();
    if (!range || range->last - range->first + 1 != part.size()) {
        return fail(ErrorCode::http, "Content-Range does not fit to what it sent");
    }
    if (!job.asked) {
        if (range->last + 1 != range->total ||
            part.size() != std::min(range->total, wheel_tail_bytes)) {
            return fail(ErrorCode::http, "it sent another part than was asked for");
        }
    } else if (range->first != job.asked->offset || part.size() != job.asked->size) {
        return fail(ErrorCode::http, "it sent another part than was asked for");
    }
    const std::string etag(response.header("ETag").value_or(""));
    const bool first = job.parts == 1;
    if ((job.total != 0 && range->total != job.total) || (!first && etag != job.etag)) {
        return fail(ErrorCode::http, "the file changed between two requests");
    }
    job.etag = etag;
    job.total = range->total;
    if (!job.reader) {
        job.reader.emplace(job.total);
    }
    return job.reader->give(range->first, part);
}

void MetadataFetcher::next_part(const JobPtr& job) {
    auto step = job->reader->next();
    if (!step || (step->need && job->parts >= max_parts)) {
        // What the parts say cannot be read: the whole wheel has the last word.
        m_context.debug(fmt::format("`{}` cannot be read in parts: {}", job->wheel.filename,
                                    step || step.error().notes.empty() ? "too many parts"
                                                                       : step.error().notes[0]));
        ask_whole(job);
        return;
    }
    if (step->need) {
        job->asked = step->need;
        ask_range(job);
        return;
    }
    finish(job, std::move(step->metadata), nullptr);
}

void MetadataFetcher::ask_whole(const JobPtr& job) {
    m_wheels.start(job->wheel, nullptr,
                   [this, job](const Expected<fs::path>& path) { read_file(job, path); });
}

void MetadataFetcher::read_file(const JobPtr& job, const Expected<fs::path>& path) {
    finish(job, path ? metadata_of_file(*path) : propagate(path), nullptr);
}

void MetadataFetcher::finish(const JobPtr& job, Expected<std::string> text,
                             const HttpResponse* response) {
    if (!text) {
        // A wheel that cannot be read has no usable metadata; that is no fault of the network.
        if (text.error().code == ErrorCode::archive && !text.error().notes.empty() &&
            text.error().message == "cannot read the wheel") {
            text.error().code = ErrorCode::config;
            text.error().message = fmt::format("cannot read the wheel `{}`", job->wheel.filename);
        }
        job->done(propagate(text));
        return;
    }
    if (!is_file_url(job->wheel.url)) {
        CachedText cached{*text, {}};
        if (job->wheel.hashes.empty()) {
            cached.freshness =
                freshness_of(response != nullptr ? *response : HttpResponse(), m_context.now());
        }
        if (auto put = m_context.cache().put_metadata(job->wheel, cached); !put) {
            m_context.debug("the cache cannot be written: " + put.error().message);
        }
    }
    job->done(check_metadata(job->wheel, *text));
}

} // namespace pymode::detail

// SPDX-License-Identifier: MIT
#include "core/base/http_transfer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "core/base/proxy.hpp"
#include "core/base/text.hpp"

namespace pymode::detail {

namespace {

constexpr std::size_t max_header_bytes = 512 << 10;

bool is_safe_header(const HttpHeader& header) {
    const auto breaks_line = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
    return !header.name.empty() && header.name.find(':') == std::string::npos &&
           std::ranges::none_of(header.name, breaks_line) &&
           std::ranges::none_of(header.value, breaks_line);
}

bool has_header(const HttpRequest& request, std::string_view name) {
    return std::ranges::any_of(request.headers, [&](const HttpHeader& header) {
        return equals_ignoring_case(header.name, name);
    });
}

Expected<> check_request(const HttpRequest& request) {
    const std::string scheme = to_lower_ascii(request.url.substr(0, request.url.find(':')));
    if (scheme != "http" && scheme != "https") {
        return fail(ErrorCode::config,
                    fmt::format("{} is not a http or https URL", url_for_messages(request.url)));
    }
    if (!std::ranges::all_of(request.headers, is_safe_header)) {
        return fail(ErrorCode::internal, "a header of a request holds a line break");
    }
    const int bodies = (request.body ? 1 : 0) + (request.multipart.empty() ? 0 : 1) +
                       (request.body_file.empty() ? 0 : 1);
    if (bodies > 1) {
        return fail(ErrorCode::internal, "a request with several bodies");
    }
    return {};
}

} // namespace

std::size_t PartReader::read(char* buffer, std::size_t size, std::size_t count, void* self) {
    auto& reader = *static_cast<PartReader*>(self);
    const std::size_t bytes = std::min(size * count, reader.m_content.size() - reader.m_position);
    if (bytes > 0) {
        std::memcpy(buffer, reader.m_content.data() + reader.m_position, bytes);
    }
    reader.m_position += bytes;
    return bytes;
}

int PartReader::seek(void* self, curl_off_t offset, int origin) {
    auto& reader = *static_cast<PartReader*>(self);
    if (origin != SEEK_SET || offset < 0 || std::cmp_greater(offset, reader.m_content.size())) {
        return CURL_SEEKFUNC_CANTSEEK;
    }
    reader.m_position = static_cast<std::size_t>(offset);
    return CURL_SEEKFUNC_OK;
}

TransportFailure classify(CURLcode code, bool connected) {
    switch (code) {
    case CURLE_OK:
        return TransportFailure::none;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return TransportFailure::resolve;
    case CURLE_COULDNT_CONNECT:
        return TransportFailure::connect;
    case CURLE_OPERATION_TIMEDOUT:
        return connected ? TransportFailure::timeout : TransportFailure::connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return TransportFailure::tls;
    case CURLE_PARTIAL_FILE:
        return TransportFailure::truncated;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return TransportFailure::reset;
    case CURLE_FILESIZE_EXCEEDED:
        return TransportFailure::too_large;
    case CURLE_ABORTED_BY_CALLBACK:
        return TransportFailure::cancelled;
    default:
        return TransportFailure::other;
    }
}

Expected<std::unique_ptr<Transfer>> Transfer::prepare(const HttpRequest& request,
                                                      const HttpOptions& options) {
    if (auto checked = check_request(request); !checked) {
        return propagate(checked);
    }
    std::unique_ptr<Transfer> transfer(new Transfer(request));
    transfer->m_handle.reset(curl_easy_init());
    if (!transfer->m_handle) {
        return fail(ErrorCode::internal, "cannot start a transfer");
    }
    transfer->set_url_and_limits();
    if (options.env.get("PYMODE_HTTP_VERSION") == "1.1") {
        transfer->set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    }
    transfer->set_method_and_body();
    transfer->set_headers();
    transfer->set_proxy_and_certificates(options.env);
    transfer->set(CURLOPT_USERAGENT, options.user_agent.c_str());
    if (auto parts = transfer->set_multipart(); !parts) {
        return propagate(parts);
    }
    if (auto file = transfer->set_body_file(); !file) {
        return propagate(file);
    }
    return transfer;
}

// Sending a body to where a server points would be surprising, so only reading follows.
bool Transfer::follows_redirects() const {
    return m_request.max_redirects > 0 && (m_request.method == "GET" || m_request.method == "HEAD");
}

void Transfer::set_url_and_limits() {
    const bool secure = to_lower_ascii(m_request.url.substr(0, 6)) == "https:";
    set(CURLOPT_URL, m_request.url.c_str());
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_ERRORBUFFER, m_error);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_PIPEWAIT, 1L);
    set(CURLOPT_ACCEPT_ENCODING, m_request.accept_compressed ? "" : nullptr);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    set(CURLOPT_FOLLOWLOCATION, follows_redirects() ? 1L : 0L);
    set(CURLOPT_MAXREDIRS, static_cast<long>(m_request.max_redirects));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(m_request.timeouts.connect.count()));
    const auto idle = std::chrono::ceil<std::chrono::seconds>(m_request.timeouts.idle);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(idle.count()));
    if (m_request.timeouts.total) {
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(m_request.timeouts.total->count()));
    }
    set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(m_request.max_response_bytes));
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    if (m_request.sink) {
        set(CURLOPT_BUFFERSIZE, 256L << 10U); // fewer and larger writes
    }
    if (m_request.on_progress) {
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
        set(CURLOPT_XFERINFODATA, this);
    }
}

void Transfer::set_method_and_body() {
    if (m_request.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
        return;
    }
    if (m_request.body) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(m_request.body->size()));
        // Not copied; an empty body needs a pointer too.
        set(CURLOPT_POSTFIELDS,
            m_request.body->empty() ? "" : reinterpret_cast<const char*>(m_request.body->data()));
    }
    if (m_request.method != "GET" || m_request.body) {
        set(CURLOPT_CUSTOMREQUEST, m_request.method.c_str());
    }
    // When a kept connection ends without an answer, curl sends the request again of its own
    // accord, although the server may have acted on it. It does not on a new connection.
    const bool unseen_repeat_is_harmless =
        m_request.may_be_repeated() && (m_request.method == "GET" || m_request.method == "PUT");
    set(CURLOPT_FRESH_CONNECT, unseen_repeat_is_harmless ? 0L : 1L);
}

void Transfer::set_headers() {
    curl_slist* list = nullptr;
    const auto append = [&](const std::string& line) {
        if (curl_slist* longer = curl_slist_append(list, line.c_str())) {
            list = longer;
        }
    };
    for (const HttpHeader& header : m_request.headers) {
        // "Name;" is how curl is told to send a header without a value.
        append(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
    }
    append("Expect:"); // no extra round trip before a body
    const bool plain_body = m_request.body || !m_request.body_file.empty();
    if (plain_body && !has_header(m_request, "Content-Type")) {
        append("Content-Type:"); // curl would call it a form
    }
    m_headers.reset(list);
    set(CURLOPT_HTTPHEADER, m_headers.get());
}

void Transfer::set_proxy_and_certificates(const Env& env) {
    set(CURLOPT_PROXY, proxy_for(m_request.url, env).c_str());
    set(CURLOPT_NOPROXY, no_proxy_list(env).c_str());
    for (const std::string_view name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
        if (const auto file = env.get_nonempty(name)) {
            set(CURLOPT_CAINFO, file->c_str());
        }
    }
    if (const auto folder = env.get_nonempty("SSL_CERT_DIR")) {
        set(CURLOPT_CAPATH, folder->c_str());
    }
}

Expected<> Transfer::set_multipart() {
    if (m_request.multipart.empty()) {
        return {};
    }
    m_mime.reset(curl_mime_init(m_handle.get()));
    for (const MultipartPart& part : m_request.multipart) {
        curl_mimepart* added = curl_mime_addpart(m_mime.get());
        CURLcode code = curl_mime_name(added, part.name.c_str());
        if (code == CURLE_OK && !part.filename.empty()) {
            code = curl_mime_filename(added, part.filename.c_str());
        }
        if (code == CURLE_OK && !part.content_type.empty()) {
            code = curl_mime_type(added, part.content_type.c_str());
        }
        if (code == CURLE_OK) {
            // By callbacks, because curl_mime_data would copy what may be tens of megabytes.
            m_readers.push_back(std::make_unique<PartReader>(part.content));
            code = curl_mime_data_cb(added, static_cast<curl_off_t>(part.content.size()),
                                     &PartReader::read, &PartReader::seek, nullptr,
                                     m_readers.back().get());
        }
        if (code != CURLE_OK) {
            return fail(ErrorCode::internal, fmt::format("cannot send the part {}: {}", part.name,
                                                         curl_easy_strerror(code)));
        }
    }
    set(CURLOPT_MIMEPOST, m_mime.get());
    return {};
}

Expected<> Transfer::set_body_file() {
    if (m_request.body_file.empty()) {
        return {};
    }
    const std::string name = m_request.body_file.string();
    m_file.reset(std::fopen(name.c_str(), "rbe"));
    struct stat status {};
    if (!m_file || fstat(fileno(m_file.get()), &status) != 0) {
        return fail_errno(ErrorCode::io, fmt::format("cannot read {}", name), errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(ErrorCode::io, fmt::format("{} is no file", name));
    }
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(status.st_size));
    set(CURLOPT_READFUNCTION, &Transfer::on_read);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
    set(CURLOPT_SEEKDATA, this);
    set(CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10U);
    return {};
}

std::size_t Transfer::on_read(char* data, std::size_t size, std::size_t count, void* self) {
    std::FILE* file = static_cast<Transfer*>(self)->m_file.get();
    const std::size_t bytes = std::fread(data, 1, size * count, file);
    // A file that became shorter is noticed by curl, which has promised its length.
    return std::ferror(file) != 0 ? CURL_READFUNC_ABORT : bytes;
}

// curl begins again when a kept connection turns out to be closed.
int Transfer::on_seek(void* self, curl_off_t offset, int origin) {
    std::FILE* file = static_cast<Transfer*>(self)->m_file.get();
    return fseeko(file, offset, origin) == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

// Asks the sink whether it wants this body; false when that failed.
bool Transfer::begin_body() {
    m_body_begun = true;
    long status = 0;
    curl_easy_getinfo(m_handle.get(), CURLINFO_RESPONSE_CODE, &status);
    m_response.status = static_cast<int>(status);
    if (!m_request.sink || !m_response.ok()) {
        return true;
    }
    const auto wanted = m_request.sink->begin(m_response);
    if (!wanted) {
        m_sink_error = wanted.error();
        return false;
    }
    m_to_sink = *wanted;
    return true;
}

bool Transfer::take_body(ByteView bytes) {
    if (!m_body_begun && !begin_body()) {
        return false;
    }
    // Counted after decompression: a small answer must not unfold into a huge one.
    m_body_bytes += bytes.size();
    if (m_body_bytes > m_request.max_response_bytes) {
        m_too_large = true;
        return false;
    }
    if (!m_to_sink) {
        m_response.body.insert(m_response.body.end(), bytes.begin(), bytes.end());
        return true;
    }
    if (auto written = m_request.sink->write(bytes); !written) {
        m_sink_error = std::move(written.error());
        return false;
    }
    return true;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
    const std::size_t bytes = size * count;
    return static_cast<Transfer*>(self)->take_body(as_bytes({data, bytes})) ? bytes : 0;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::size_t bytes = size * count;
    const std::string_view line = trim({data, bytes});
    transfer.m_header_bytes += bytes;
    if (transfer.m_header_bytes > max_header_bytes) {
        transfer.m_too_large = true;
        return 0;
    }
    if (line.starts_with("HTTP/")) {
        transfer.m_response.headers.clear(); // of a redirect or an interim answer
        transfer.m_response.body.clear();
        transfer.m_body_bytes = 0;
        transfer.m_body_begun = false;
        transfer.m_to_sink = false;
        return bytes;
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
        transfer.m_response.headers.push_back(
            {std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))});
    }
    return bytes;
}

int Transfer::on_progress(void* self, curl_off_t /*down_total*/, curl_off_t down,
                          curl_off_t /*up_total*/, curl_off_t up) {
    const auto& transfer = *static_cast<Transfer*>(self);
    transfer.m_request.on_progress(static_cast<std::uint64_t>(up),
                                   static_cast<std::uint64_t>(down));
    return 0;
}

TransferOutcome Transfer::finish(CURLcode code) {
    TransferOutcome outcome;
    curl_off_t connect_time = 0;
    curl_easy_getinfo(m_handle.get(), CURLINFO_CONNECT_TIME_T, &connect_time);
    outcome.failure = m_too_large ? TransportFailure::too_large : classify(code, connect_time > 0);
    if (code == CURLE_OK && !m_body_begun) {
        static_cast<void>(begin_body()); // an answer without a body; what the sink says shows below
    }
    if (m_sink_error) {
        outcome.failure = TransportFailure::other;
        outcome.sink_error = std::move(m_sink_error);
    }
    if (outcome.failure != TransportFailure::none) {
        outcome.reason = m_error[0] != '\0' ? m_error : curl_easy_strerror(code);
        long redirects = 0;
        curl_easy_getinfo(m_handle.get(), CURLINFO_REDIRECT_COUNT, &redirects);
        if (code == CURLE_UNSUPPORTED_PROTOCOL && redirects > 0) {
            outcome.reason = "it redirects to an address that is not followed: from https only to "
                             "https, never to files";
        }
        return outcome;
    }
    const char* url = nullptr;
    curl_easy_getinfo(m_handle.get(), CURLINFO_EFFECTIVE_URL, &url);
    m_response.url = url != nullptr ? url : m_request.url;
    outcome.response = std::move(m_response);
    return outcome;
}

} // namespace pymode::detail

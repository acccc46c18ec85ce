// SPDX-License-Identifier: MIT
// One attempt of one request over libcurl; only the clients include this.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>

#include "core/base/http.hpp"

namespace pymode::detail {

struct CurlDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    void operator()(curl_mime* mime) const { curl_mime_free(mime); }
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

template <class T> using CurlPtr = std::unique_ptr<T, CurlDeleter>;

// What went wrong, in libcurl's words and in ours.
struct TransferOutcome {
    TransportFailure failure = TransportFailure::none;
    std::string reason;
    std::optional<Error> sink_error; // then `failure` is `other`
    HttpResponse response;           // complete when `failure` is none
};

// Where curl is in the content of a part, which it may read again from the begin.
class PartReader {
  public:
    explicit PartReader(ByteView content) : m_content(content) {}

    static std::size_t read(char* buffer, std::size_t size, std::size_t count, void* self);
    static int seek(void* self, curl_off_t offset, int origin);

  private:
    ByteView m_content;
    std::size_t m_position = 0;
};

// Stays at its address while curl works on it.
class Transfer {
  public:
    // `request` and `options` must outlive the transfer.
    [[nodiscard]] static Expected<std::unique_ptr<Transfer>> prepare(const HttpRequest& request,
                                                                     const HttpOptions& options);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    [[nodiscard]] CURL* handle() const { return m_handle.get(); }

    // After curl has said how it ended.
    [[nodiscard]] TransferOutcome finish(CURLcode code);

  private:
    explicit Transfer(const HttpRequest& request) : m_request(request) {}
    void set_url_and_limits();
    void set_method_and_body();
    void set_headers();
    void set_proxy_and_certificates(const Env& env);
    [[nodiscard]] Expected<> set_multipart();
    [[nodiscard]] Expected<> set_body_file();
    [[nodiscard]] bool follows_redirects() const;
    [[nodiscard]] bool begin_body();
    [[nodiscard]] bool take_body(ByteView bytes);

    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_read(char* data, std::size_t size, std::size_t count, void* self);
    static int on_seek(void* self, curl_off_t offset, int origin);
    static int on_progress(void* self, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                           curl_off_t up);

    template <class T> void set(CURLoption option, T value) {
        curl_easy_setopt(m_handle.get(), option, value);
    }

    const HttpRequest& m_request;
    CurlPtr<CURL> m_handle;
    CurlPtr<curl_slist> m_headers;
    std::vector<std::unique_ptr<PartReader>> m_readers;
    CurlPtr<curl_mime> m_mime;                    // reads from them
    std::unique_ptr<std::FILE, CloseFile> m_file; // `body_file`
    HttpResponse m_response;
    std::size_t m_header_bytes = 0;
    std::uint64_t m_body_bytes = 0;
    bool m_too_large = false;
    bool m_body_begun = false;
    bool m_to_sink = false;
    std::optional<Error> m_sink_error;
    char m_error[CURL_ERROR_SIZE] = "";
};

[[nodiscard]] TransportFailure classify(CURLcode code, bool connected);

} // namespace pymode::detail

// SPDX-License-Identifier: MIT
// A package index on this machine, filled by a test, that can also misbehave.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "tests/unit/support/test_server.hpp"

namespace pymode::test {

// A wheel as bytes: METADATA with these requirements, and `padding` bytes that do not compress.
struct WheelSpec {
    std::string name;
    std::string version;
    std::vector<std::string> requires_dist = {};
    std::size_t padding = 0;
    std::string metadata_name = {}; // what METADATA says; empty: `name`
};
[[nodiscard]] Bytes make_wheel(const WheelSpec& spec);
[[nodiscard]] std::string make_metadata(const WheelSpec& spec);

// "Content-Encoding: gzip"
[[nodiscard]] std::string gzip(const std::string& text);

struct IndexFile {
    std::string filename;
    Bytes content;
    std::string metadata;
    bool yanked = false;
    std::string requires_python;
    std::string hash; // what the page says; empty: the right one; "-": none
    bool with_size = true;
    std::string metadata_hash; // as `hash`
};

class IndexServer {
  public:
    IndexServer();

    enum class Form { json, html };
    struct Behaviour {
        Form form = Form::json;
        bool ranges = true;
        bool metadata_files = true;
        std::string page_headers = "Cache-Control: max-age=600\r\n"; // each ends in CR LF
        std::string etag;          // of pages; with it a condition is answered by 304
        std::string authorization; // wanted from everybody; empty: none
        std::string files_url;     // where files are; empty: here
    };
    Behaviour behaviour;

    // Asked before anything else with the request and how many came for that target before.
    std::function<std::optional<Reply>(const ReceivedRequest&, int nth)> fault;

    IndexFile& add(const WheelSpec& spec);

    // What is answered where there is no fault.
    [[nodiscard]] Reply right_answer(const ReceivedRequest& request) const;

    [[nodiscard]] std::string url() const { return m_server.url("/simple/"); }
    [[nodiscard]] std::string file_url(const std::string& filename) const;
    [[nodiscard]] std::string base_url(const std::string& path) const { return m_server.url(path); }
    [[nodiscard]] std::vector<ReceivedRequest> requests() { return m_server.requests(); }
    [[nodiscard]] std::size_t count() { return m_server.requests().size(); }
    // "GET /simple/a/", …
    [[nodiscard]] std::vector<std::string> targets();

    std::map<std::string, std::vector<IndexFile>> projects;

  private:
    Reply answer(const ReceivedRequest& request);
    [[nodiscard]] Reply page(const ReceivedRequest& request, const std::string& project) const;
    [[nodiscard]] Reply file(const ReceivedRequest& request, const std::string& name) const;

    std::map<std::string, int> m_seen;
    TestServer m_server; // last: its thread uses the rest
};

} // namespace pymode::test

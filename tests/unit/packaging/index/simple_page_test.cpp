// SPDX-License-Identifier: MIT
#include "core/packaging/index/simple_page.hpp"

#include <chrono>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/packaging/index/html_scanner.hpp"
#include "core/packaging/index/page_codec.hpp"
#include "core/packaging/index/url.hpp"

using namespace pymode;
using nlohmann::json;

namespace {

const json& cases() {
    static const json document =
        json::parse(read_text_file(PYMODE_TEST_DATA "/pages.json", 1 << 20).value());
    return document;
}

json optional_text(const std::optional<std::string>& value) {
    return value ? json(*value) : json();
}

json hash_of(const pep::Hashes& hashes) {
    const auto found = hashes.find("sha256");
    return found == hashes.end() ? json() : json(found->second);
}

json described(const DistFile& file) {
    return {{"filename", file.filename},
            {"url", file.url},
            {"sha256", hash_of(file.hashes)},
            {"requires_python", optional_text(file.requires_python)},
            {"yanked", optional_text(file.yanked)},
            {"metadata", file.has_metadata_file},
            {"metadata_sha256", hash_of(file.metadata_hashes)},
            {"size", file.size ? json(*file.size) : json()},
            {"upload_time", optional_text(file.upload_time)}};
}

void check_page(const json& row, const Expected<SimplePage>& page) {
    if (row.contains("error")) {
        REQUIRE_FALSE(page);
        CHECK(page.error().message.find(row["error"].get<std::string>()) != std::string::npos);
        return;
    }
    REQUIRE(page);
    REQUIRE(page->files.size() == row["files"].size());
    for (std::size_t i = 0; i < page->files.size(); ++i) {
        const json got = described(page->files[i]);
        for (const auto& [key, wanted] : row["files"][i].items()) {
            CAPTURE(i, key);
            CHECK(got.at(key) == wanted);
        }
    }
    static const std::map<std::string, ProjectStatus::Kind> kinds{
        {"active", ProjectStatus::Kind::active},
        {"archived", ProjectStatus::Kind::archived},
        {"deprecated", ProjectStatus::Kind::deprecated},
        {"quarantined", ProjectStatus::Kind::quarantined}};
    CHECK(page->status.kind == kinds.at(row.value("status", "active")));
    CHECK(page->status.reason == row.value("reason", ""));
    if (row.contains("skipped")) {
        CHECK(page->skipped.size() == row["skipped"]);
    }
}

// A page as the big indexes write it.
std::string big_page(int files) {
    std::string body = R"({"meta":{"_last-serial":1,"api-version":"1.4"},"name":"demo","files":[)";
    for (int i = 0; i < files; ++i) {
        const std::string name =
            fmt::format("demo-{}.{}.{}-cp313-cp313-manylinux_2_17_x86_64.whl", i / 100, i % 100, 0);
        const std::string digest = sha256_hex(as_bytes(name));
        body += fmt::format(
            R"({}{{"core-metadata":{{"sha256":"{}"}},"data-dist-info-metadata":{{"sha256":"{}"}},)"
            R"("filename":"{}","hashes":{{"sha256":"{}"}},"provenance":null,)"
            R"("requires-python":">=3.9","size":{},"upload-time":"2025-01-02T03:04:05.678901Z",)"
            R"("url":"https://files.example/packages/{}/{}/{}/{}","yanked":false}})",
            i == 0 ? "" : ",", digest, digest, name, digest, 1000 + i, digest.substr(0, 2),
            digest.substr(2, 2), digest.substr(4), name);
    }
    return body + "]}";
}

template <class Work> double milliseconds_of(const Work& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
}

PageContext context_of(const json& row) {
    return {row.value("url", "https://index.example/simple/demo/"), row.value("project", "demo"),
            Origin::index, "https://index.example/simple/"};
}

} // namespace

TEST_CASE("pages in HTML") {
    for (const json& row : cases()["html"]) {
        CAPTURE(row["name"].get<std::string>());
        const PageContext context = context_of(row);
        check_page(row, parse_simple_page("Text/HTML; charset=utf-8",
                                          row["body"].get<std::string>(), context));
    }
}

TEST_CASE("pages in JSON") {
    for (const json& row : cases()["json"]) {
        CAPTURE(row["name"].get<std::string>());
        const PageContext context = context_of(row);
        check_page(row, parse_simple_page("application/vnd.pypi.simple.v1+json", row["body"].dump(),
                                          context));
    }
}

TEST_CASE("the compact form of a page says the same") {
    for (const char* form : {"html", "json"}) {
        for (const json& row : cases()[form]) {
            CAPTURE(row["name"].get<std::string>());
            const PageContext context = context_of(row);
            const auto page = form == std::string("html")
                                  ? parse_simple_html(row["body"].get<std::string>(), context)
                                  : parse_simple_json(row["body"].dump(), context);
            if (!page) {
                continue;
            }
            const CachedPage cached{*page, {"\"tag\"", "yesterday", 1234567, 600}};
            const std::string bytes = encode_page(cached);
            const auto back = decode_page(bytes, Origin::index, context.index);
            REQUIRE(back);
            CHECK(back->freshness == cached.freshness);
            json plain = row;
            plain.erase("skipped"); // not kept
            check_page(plain, back->page);
            for (std::size_t i = 0; i < page->files.size(); ++i) {
                CHECK(described(back->page.files[i]) == described(page->files[i]));
                CHECK(back->page.files[i].hashes == page->files[i].hashes);
                CHECK(back->page.files[i].index == context.index);
            }
            for (std::size_t size = 0; size < bytes.size(); ++size) {
                CHECK_FALSE(decode_page(bytes.substr(0, size), Origin::index, ""));
            }
            CHECK_FALSE(decode_page(bytes + "x", Origin::index, ""));
        }
    }
}

TEST_CASE("big pages are read fast") {
    const std::string body = big_page(10'000);
    const PageContext context{"https://index.example/simple/demo/", "demo", Origin::index, "i"};
    Expected<SimplePage> page;
    const double parse = milliseconds_of([&] { page = parse_simple_json(body, context); });
    REQUIRE(page->files.size() == 10'000);
    page->files.resize(1000);
    const std::string bytes = encode_page({*page, {}});
    std::optional<CachedPage> back;
    const double decode = milliseconds_of([&] { back = decode_page(bytes, Origin::index, "i"); });
    REQUIRE(back->page.files.size() == 1000);
    // Printed for the release build; a debug build on a busy machine proves nothing but the order.
    WARN(fmt::format("{} KiB of JSON, 10,000 files: {:.1f} ms; 1,000 files from {} KiB of the "
                     "compact form: {:.2f} ms",
                     body.size() / 1024, parse, bytes.size() / 1024, decode));
    CHECK(parse < 5000);
    CHECK(decode < 500);
}

TEST_CASE("addresses") {
    CHECK(bare_url("https://u:p@h.example/a?b#c") == "https://h.example/a?b");
    CHECK(bare_url("https://u:p@ss@h.example") == "https://h.example");
    CHECK(bare_url("https://h.example/a@b") == "https://h.example/a@b");
    CHECK(url_origin("HTTPS://U@H.example:443/x") == "https://h.example");
    CHECK(url_origin("http://h.example:8080/x") == "http://h.example:8080");
    CHECK(percent_decode("a%2fb%zz%4") == "a/b%zz%4");
    CHECK(url_file_name("https://h/a%20b.whl?x#y") == "a b.whl");
    CHECK_FALSE(url_file_name("https://h/a/"));
    CHECK_FALSE(url_file_name("https://h/%2e%2e"));
    CHECK_FALSE(url_file_name("https://h/a%5cb"));
    CHECK(resolve_url("https://h.example/a/b/", "../c/d.whl#x") == "https://h.example/a/c/d.whl#x");
    CHECK(resolve_url("https://h.example/a/b/", "//o.example/d") == "https://o.example/d");
    CHECK(file_url_path("file:///a%20b").value() == "/a b");
    CHECK_FALSE(file_url_path("file://elsewhere/a"));
    CHECK(path_to_file_url("/a b/é") == "file:///a%20b/%C3%A9");
    CHECK(is_loopback("http://127.0.0.1:8080/x"));
    CHECK_FALSE(is_loopback("http://localhost.example/x"));
}

TEST_CASE("entities") {
    CHECK(detail::decode_entities("a&amp;b&lt;&gt;&quot;&#39;&#x26;") == "a&b<>\"'&");
    CHECK(detail::decode_entities("&amp;amp; &nope; & &#; &#xZ; &#1114112; &") ==
          "&amp; &nope; & &#; &#xZ; \xEF\xBF\xBD &");
    CHECK(detail::decode_entities("&#233;&#8364;&#x1F600;") == "é€😀");
}

// SPDX-License-Identifier: MIT
#include "tests/unit/support/index_server.hpp"

#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/archive.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"

namespace pymode::test {

namespace {

std::string hash_for_page(const std::string& wish, ByteView content) {
    return wish.empty() ? sha256_hex(content) : wish;
}

nlohmann::json json_entry(const IndexFile& file, const std::string& url, bool metadata_files) {
    nlohmann::json entry{{"filename", file.filename},
                         {"url", url},
                         {"hashes", nlohmann::json::object()},
                         {"yanked", file.yanked}};
    if (file.hash != "-") {
        entry["hashes"]["sha256"] = hash_for_page(file.hash, file.content);
    }
    if (file.with_size) {
        entry["size"] = file.content.size();
    }
    if (!file.requires_python.empty()) {
        entry["requires-python"] = file.requires_python;
    }
    if (metadata_files) {
        entry["core-metadata"] = {
            {"sha256", hash_for_page(file.metadata_hash, as_bytes(file.metadata))}};
    }
    return entry;
}

std::string html_entry(const IndexFile& file, const std::string& url, bool metadata_files) {
    std::string attributes;
    if (!file.requires_python.empty()) {
        attributes += fmt::format(" data-requires-python=\"{}\"",
                                  replace_all(file.requires_python, ">", "&gt;"));
    }
    attributes += file.yanked ? " data-yanked" : "";
    if (metadata_files) {
        attributes += fmt::format(" data-core-metadata=\"sha256={}\"",
                                  hash_for_page(file.metadata_hash, as_bytes(file.metadata)));
    }
    const std::string fragment =
        file.hash == "-" ? "" : "#sha256=" + hash_for_page(file.hash, file.content);
    return fmt::format("<a href=\"{}{}\"{}>{}</a><br>\n", url, fragment, attributes, file.filename);
}

Reply part_of(const Bytes& content, std::string_view range) {
    const std::string_view spec = range.substr(std::string_view("bytes=").size());
    const auto dash = spec.find('-');
    const auto first = parse_unsigned(spec.substr(0, dash));
    const auto last = parse_unsigned(spec.substr(dash + 1));
    const std::size_t size = content.size();
    const std::size_t begin = first ? *first : size - std::min<std::size_t>(size, *last);
    const std::size_t end = first ? std::min<std::size_t>(*last + 1, size) : size;
    if (begin >= end) {
        return reply(416, "", fmt::format("Content-Range: bytes */{}\r\n", size));
    }
    return reply(206, to_text(ByteView(content).subspan(begin, end - begin)),
                 fmt::format("Content-Range: bytes {}-{}/{}\r\n", begin, end - 1, size));
}

} // namespace

std::string make_metadata(const WheelSpec& spec) {
    std::string text =
        fmt::format("Metadata-Version: 2.1\nName: {}\nVersion: {}\n",
                    spec.metadata_name.empty() ? spec.name : spec.metadata_name, spec.version);
    for (const std::string& requirement : spec.requires_dist) {
        text += fmt::format("Requires-Dist: {}\n", requirement);
    }
    return text + "\nWhat it is.\n";
}

Bytes make_wheel(const WheelSpec& spec) {
    ArchiveWriter writer;
    const std::string info = fmt::format("{}-{}.dist-info/", spec.name, spec.version);
    std::mt19937 random(7);
    Bytes noise(spec.padding);
    for (std::byte& byte : noise) {
        byte = static_cast<std::byte>(random());
    }
    const auto add = [&](const std::string& path, Bytes content) {
        if (!writer.add(path, std::move(content))) {
            throw std::runtime_error("cannot make a wheel for a test");
        }
    };
    add(info + "METADATA", to_bytes(make_metadata(spec)));
    add(info + "WHEEL", to_bytes("Wheel-Version: 1.0\nTag: py3-none-any\n"));
    add(info + "RECORD", to_bytes(""));
    add(spec.name + "/__init__.py", to_bytes("x = 1\n"));
    add(spec.name + "/data.bin", std::move(noise));
    return writer.finish().value();
}

std::string gzip(const std::string& text) {
    // A zip archive holds what gzip needs: the deflated bytes, their checksum and the size.
    ArchiveWriter writer;
    if (!writer.add("m", to_bytes(text))) {
        throw std::runtime_error("cannot compress a page for a test");
    }
    const std::string archive = to_text(writer.finish().value());
    const std::size_t entry = archive.rfind("PK\x01\x02");
    const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 4; i-- > 0;) {
            value = value << 8U | static_cast<unsigned char>(archive.at(entry + at + i));
        }
        return value;
    };
    constexpr std::size_t local_header = 30 + 1;
    return std::string("\x1F\x8B\x08\0\0\0\0\0\0\xFF", 10) +
           archive.substr(local_header, number(20)) + archive.substr(entry + 16, 4) +
           archive.substr(entry + 24, 4);
}

IndexServer::IndexServer() : m_server([this](const ReceivedRequest& r) { return answer(r); }) {}

IndexFile& IndexServer::add(const WheelSpec& spec) {
    IndexFile file;
    file.filename = fmt::format("{}-{}-py3-none-any.whl", spec.name, spec.version);
    file.content = make_wheel(spec);
    file.metadata = make_metadata(spec);
    return projects[spec.name].emplace_back(std::move(file));
}

std::string IndexServer::file_url(const std::string& filename) const {
    return (behaviour.files_url.empty() ? m_server.url("/files/") : behaviour.files_url) + filename;
}

std::vector<std::string> IndexServer::targets() {
    std::vector<std::string> targets;
    for (const ReceivedRequest& request : requests()) {
        targets.push_back(request.method + " " + request.target);
    }
    return targets;
}

Reply IndexServer::answer(const ReceivedRequest& request) {
    const int nth = m_seen[request.target]++;
    if (fault) {
        if (auto wrong = fault(request, nth)) {
            return *wrong;
        }
    }
    return right_answer(request);
}

Reply IndexServer::right_answer(const ReceivedRequest& request) const {
    const auto authorization = request.headers.find("authorization");
    if (!behaviour.authorization.empty() && (authorization == request.headers.end() ||
                                             authorization->second != behaviour.authorization)) {
        return reply(401, "who are you?", "WWW-Authenticate: Basic realm=\"index\"\r\n");
    }
    const auto parts = split(request.target, '/');
    if (parts.size() == 4 && parts[1] == "simple" && parts[3].empty()) {
        return page(request, std::string(parts[2]));
    }
    if (parts.size() == 3 && parts[1] == "files") {
        return file(request, std::string(parts[2]));
    }
    return reply(404, "");
}

Reply IndexServer::page(const ReceivedRequest& request, const std::string& project) const {
    const auto found = projects.find(project);
    if (found == projects.end()) {
        return reply(404, "");
    }
    std::string headers = behaviour.page_headers;
    if (!behaviour.etag.empty()) {
        headers += fmt::format("ETag: {}\r\n", behaviour.etag);
        const auto condition = request.headers.find("if-none-match");
        if (condition != request.headers.end() && condition->second == behaviour.etag) {
            return {
                "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n" + headers + "\r\n", false, {}};
        }
    }
    if (behaviour.form == Form::html) {
        std::string body = "<!DOCTYPE html><html><body>\n";
        for (const IndexFile& file : found->second) {
            body += html_entry(file, file_url(file.filename), behaviour.metadata_files);
        }
        return reply(200, body + "</body></html>",
                     headers + "Content-Type: text/html; charset=utf-8\r\n");
    }
    nlohmann::json document{
        {"meta", {{"api-version", "1.1"}}}, {"name", project}, {"files", nlohmann::json::array()}};
    for (const IndexFile& file : found->second) {
        document["files"].push_back(
            json_entry(file, file_url(file.filename), behaviour.metadata_files));
    }
    return reply(200, document.dump(),
                 headers + "Content-Type: application/vnd.pypi.simple.v1+json\r\n");
}

Reply IndexServer::file(const ReceivedRequest& request, const std::string& name) const {
    for (const auto& [project, files] : projects) {
        for (const IndexFile& file : files) {
            if (file.filename == name) {
                const auto range = request.headers.find("range");
                return behaviour.ranges && range != request.headers.end()
                           ? part_of(file.content, range->second)
                           : reply(200, to_text(file.content));
            }
            if (file.filename + ".metadata" == name && behaviour.metadata_files) {
                return reply(200, file.metadata);
            }
        }
    }
    return reply(404, "");
}

} // namespace pymode::test

// SPDX-License-Identifier: MIT
// Every kind of request meets every kind of fault: the right result or a clear error, nothing
// half-written, no secret in what is said.
#include <catch2/catch.hpp>

#include "core/base/hash.hpp"
#include "core/packaging/index/simple_page.hpp"
#include "tests/unit/packaging/index/fixture.hpp"

using namespace pymode;
using namespace std::chrono_literals;
using test::IndexFixture;
using test::IndexServer;
using test::ReceivedRequest;
using test::Reply;
using test::reply;

namespace {

enum class Kind { page, html_page, metadata_file, range, wheel };

struct KindRow {
    Kind kind;
    const char* name;
    const char* target; // of the requests that the fault meets
};

constexpr KindRow kinds[] = {
    {Kind::page, "a JSON page", "/simple/demo/"},
    {Kind::html_page, "a HTML page", "/simple/demo/"},
    {Kind::metadata_file, "a metadata file", "/files/demo-1.0-py3-none-any.whl.metadata"},
    {Kind::range, "a part of a wheel", "/files/demo-1.0-py3-none-any.whl"},
    {Kind::wheel, "a wheel", "/files/demo-1.0-py3-none-any.whl"},
};

constexpr const char* secret = "tops3cret";

// What the fault does to the n-th request (from 0), given the right answer.
struct Fault {
    const char* name;
    std::function<std::optional<Reply>(int nth, const Reply& good)> act;
    enum class Result { good, error, depends } result;
};

Reply cut(const Reply& good, std::size_t rest) {
    Reply answer = good;
    answer.raw.resize(answer.raw.size() - std::min(rest, answer.raw.size()));
    return answer;
}

const std::vector<Fault>& faults() {
    using Result = Fault::Result;
    static const std::vector<Fault> table{
        {"dropped before the answer, twice",
         [](int nth, const Reply&) { return nth < 2 ? std::optional(Reply{}) : std::nullopt; },
         Result::good},
        {"dropped before the answer, always",
         [](int, const Reply&) { return std::optional(Reply{}); }, Result::error},
        {"truncated once",
         [](int nth, const Reply& good) {
             return nth == 0 ? std::optional(cut(good, 20)) : std::nullopt;
         },
         Result::good},
        {"truncated always", [](int, const Reply& good) { return std::optional(cut(good, 20)); },
         Result::error},
        {"500 twice",
         [](int nth, const Reply&) {
             return nth < 2 ? std::optional(reply(500, "down")) : std::nullopt;
         },
         Result::good},
        {"500 always", [](int, const Reply&) { return std::optional(reply(500, "down")); },
         Result::error},
        {"429 with Retry-After",
         [](int nth, const Reply&) {
             return nth == 0 ? std::optional(reply(429, "", "Retry-After: 30\r\n")) : std::nullopt;
         },
         Result::good},
        {"429 for longer than anybody waits",
         [](int, const Reply&) { return std::optional(reply(429, "", "Retry-After: 86400\r\n")); },
         Result::error},
        {"401", [](int, const Reply&) { return std::optional(reply(401, "")); }, Result::error},
        {"a slow drip",
         [](int, const Reply& good) {
             Reply answer = good;
             answer.pace = 1ms;
             return std::optional(answer);
         },
         Result::good},
        {"garbage instead of HTTP",
         [](int, const Reply&) {
             return std::optional(Reply{"hello?\r\n\r\n", false, {}});
         },
         Result::error},
        {"a redirect in circles",
         [](int, const Reply&) { return std::optional(reply(302, "", "Location: ?again\r\n")); },
         Result::error},
        {"a redirect to a file",
         [](int, const Reply&) {
             return std::optional(reply(302, "", "Location: file:///etc/passwd\r\n"));
         },
         Result::error},
    };
    return table;
}

// The kind's own request through a new source.
Expected<> run(IndexFixture& f, Kind kind) {
    const auto source = f.source();
    const auto page = source->page("demo");
    if (!page) {
        return propagate(page);
    }
    CHECK((*page)->files.size() == 1);
    const DistFile& file = (*page)->files.at(0);
    if (kind == Kind::metadata_file || kind == Kind::range) {
        const auto metadata = source->metadata(file);
        if (!metadata) {
            return propagate(metadata);
        }
        CHECK((*metadata)->requires_dist.size() == 1);
    } else if (kind == Kind::wheel) {
        const auto paths = source->fetch({&file, 1}, {});
        if (!paths) {
            return propagate(paths);
        }
        CHECK(sha256_file(paths->at(0)).value() ==
              sha256_hex(f.server.projects["demo"][0].content));
    }
    return {};
}

void prepare(IndexFixture& f, Kind kind) {
    f.server.add({"demo", "1.0", {"dep"}, 3000});
    f.server.behaviour.form =
        kind == Kind::html_page ? IndexServer::Form::html : IndexServer::Form::json;
    f.server.behaviour.metadata_files = kind == Kind::metadata_file;
    std::string url = f.server.url();
    url.insert(7, std::string("user:") + secret + "@");
    f.options.indexes = {{"company", url, false}};
}

// Nothing is in the cache but whole entries; no temporary file is left.
void check_cache(const IndexFixture& f, bool wheel_is_right) {
    for (const char* bucket : {"simple-v1", "metadata-v1", "wheels-v1"}) {
        for (const std::string& name : f.cached(bucket)) {
            CHECK_FALSE(name.starts_with('.'));
        }
    }
    CHECK(f.cached("wheels-v1").size() <= (wheel_is_right ? 1U : 0U));
}

} // namespace

TEST_CASE("the matrix of faults") {
    for (const KindRow& row : kinds) {
        for (const Fault& fault : faults()) {
            CAPTURE(row.name, fault.name);
            int met = 0;
            IndexFixture f;
            prepare(f, row.kind);
            f.server.fault = [&](const ReceivedRequest& request, int) -> std::optional<Reply> {
                if (request.target.substr(0, request.target.find('?')) != row.target) {
                    return std::nullopt;
                }
                return fault.act(met++, f.server.right_answer(request));
            };
            const auto result = run(f, row.kind);
            // A metadata file is a convenience: the wheel says the same.
            const bool falls_back = row.kind == Kind::metadata_file;
            if (fault.result == Fault::Result::good || falls_back) {
                CHECK(result.has_value());
            } else {
                REQUIRE_FALSE(result);
                CHECK_FALSE(result.error().message.empty());
            }
            const std::string said = (result ? "" : error_to_json(result.error())) + f.debug;
            CHECK(said.find(secret) == std::string::npos);
            CHECK(said.find("dXNlcj") == std::string::npos); // "user:" in base64
            check_cache(f, result.has_value());
            // Afterwards, from the same cache, all is well.
            f.server.fault = nullptr;
            CHECK(run(f, row.kind).has_value());
        }
    }
}

TEST_CASE("a wheel with the wrong hash or size is refused, and not kept") {
    IndexFixture f;
    test::IndexFile& file = f.server.add({"demo", "1.0", {"dep"}});
    f.server.behaviour.metadata_files = false;
    std::string word = "hash";
    SECTION("hash") {
        file.hash = std::string(64, 'a');
    }
    SECTION("longer than promised") {
        file.with_size = true;
        f.server.fault = [&](const ReceivedRequest& request, int) -> std::optional<Reply> {
            return request.target.starts_with("/files/")
                       ? std::optional(reply(200, to_text(file.content) + "more"))
                       : std::nullopt;
        };
        word = "larger";
    }
    SECTION("shorter than promised") {
        f.server.fault = [&](const ReceivedRequest& request, int) -> std::optional<Reply> {
            return request.target.starts_with("/files/") ? std::optional(reply(200, "short"))
                                                         : std::nullopt;
        };
        word = "size";
    }
    const auto source = f.source();
    const DistFile wheel = f.file(*source, "demo");
    const auto fetched = source->fetch({&wheel, 1}, {});
    REQUIRE_FALSE(fetched);
    CHECK(fetched.error().message.find(word) != std::string::npos);
    if (word == "hash") {
        CHECK(fetched.error().notes.at(0) == "expected: sha256 " + std::string(64, 'a'));
        CHECK(fetched.error().notes.at(1) == "computed: sha256 " + sha256_hex(file.content));
    }
    CHECK(f.cached("wheels-v1").empty());
}

TEST_CASE("a metadata file that is not what was promised: the wheel is asked") {
    IndexFixture f;
    test::IndexFile& file = f.server.add({"demo", "1.0", {"dep"}});
    SECTION("another hash") {
        file.metadata_hash = std::string(64, 'b');
    }
    SECTION("not there") {
        f.server.fault = [](const ReceivedRequest& request, int) -> std::optional<Reply> {
            return request.target.ends_with(".metadata") ? std::optional(reply(404, ""))
                                                         : std::nullopt;
        };
    }
    SECTION("forbidden, as stores of files say for what is not there") {
        f.server.fault = [](const ReceivedRequest& request, int) -> std::optional<Reply> {
            return request.target.ends_with(".metadata") ? std::optional(reply(403, ""))
                                                         : std::nullopt;
        };
    }
    const auto source = f.source();
    CHECK(source->metadata(f.file(*source, "demo")).value()->requires_dist.size() == 1);
    CHECK(f.server.targets().back() == "GET /files/" + file.filename);
    CHECK(f.debug.find("asking the wheel") != std::string::npos);
}

TEST_CASE("a server that lies about parts is found out, and its wheel taken whole") {
    IndexFixture f;
    test::IndexFile& file = f.server.add({"demo", "1.0", {"dep"}, 100'000});
    f.server.behaviour.metadata_files = false;
    file.with_size = GENERATE(true, false);
    const std::string whole = to_text(file.content);
    const std::string total = std::to_string(whole.size());
    const std::string tail = whole.substr(whole.size() - 16384);
    const std::string tail_range = "Content-Range: bytes " + std::to_string(whole.size() - 16384) +
                                   "-" + std::to_string(whole.size() - 1) + "/" + total + "\r\n";
    const std::vector<std::pair<const char*, Reply>> lies{
        {"no Content-Range", reply(206, tail)},
        {"other bytes",
         reply(206, whole.substr(0, 16384), "Content-Range: bytes 0-16383/" + total + "\r\n")},
        {"fewer bytes", reply(206, tail.substr(0, 100), tail_range)},
        {"more bytes", reply(206, whole, tail_range)},
        {"another length", reply(206, tail, "Content-Range: bytes 0-16383/16384\r\n")},
        {"nonsense", reply(206, tail, "Content-Range: bytes many\r\n")},
        {"an unknown total", reply(206, tail, "Content-Range: bytes 0-16383/*\r\n")},
        {"a refusal", reply(416, "")},
        {"zeros", reply(206, std::string(16384, '\0'), tail_range)},
    };
    const auto lie = GENERATE_COPY(range(std::size_t{0}, lies.size()));
    CAPTURE(lies[lie].first);
    f.server.fault = [&](const ReceivedRequest& request, int) -> std::optional<Reply> {
        return request.headers.count("range") != 0 ? std::optional(lies[lie].second) : std::nullopt;
    };
    const auto source = f.source();
    CHECK(source->metadata(f.file(*source, "demo")).value()->requires_dist.size() == 1);
    CHECK(f.cached("wheels-v1").size() == 1);
    CHECK(f.server.requests().back().headers.count("range") == 0);
    const std::size_t asked = f.server.count();
    const DistFile wheel = f.file(*source, "demo");
    CHECK(source->fetch({&wheel, 1}, {}));
    CHECK(f.server.count() == asked); // it stayed in the cache
}

TEST_CASE("a page that is no page") {
    IndexFixture f;
    struct Row {
        std::string type;
        std::string body;
        std::string word;
    };
    const std::string json = "application/vnd.pypi.simple.v1+json";
    const std::vector<Row> rows{
        {"text/plain", "hello", "text/plain"},
        {"", "hello", "its type is"},
        {"application/vnd.pypi.simple.v2+json", "{}", "simple.v2"},
        {json, "<html>", "not JSON"},
        {json, "{\"files\": [", "not JSON"},
        {json, "[]", "not an object"},
        {json, "{}", "no list"},
        {json, "{\"meta\": {\"api-version\": \"2.0\"}, \"files\": []}", "version 2.0"},
        {json, "{\"files\": " + std::string(100, '['), "not JSON"}};
    const auto number = GENERATE_COPY(range(std::size_t{0}, rows.size()));
    const Row& row = rows[number];
    CAPTURE(row.type, row.body);
    f.server.fault = [&](const ReceivedRequest&, int) {
        return std::optional(reply(200, row.body, "Content-Type: " + row.type + "\r\n"));
    };
    const auto page = f.source()->page("demo");
    REQUIRE_FALSE(page);
    CHECK(page.error().code == ErrorCode::http);
    CHECK(error_to_json(page.error()).find(row.word) != std::string::npos);
    CHECK(error_to_json(page.error()).find("/simple/demo/") != std::string::npos);
    CHECK(f.cached("simple-v1").empty());
}

TEST_CASE("a gigantic page is refused while it arrives") {
    IndexFixture f;
    f.server.fault = [](const ReceivedRequest&, int) {
        Reply answer;
        answer.raw = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" +
                     std::string(max_page_bytes + 10, 'x');
        return std::optional(answer);
    };
    const auto page = f.source()->page("demo");
    REQUIRE_FALSE(page);
    CHECK(page.error().message.find("limit of 64.0 MiB") != std::string::npos);
    CHECK(f.server.count() == 1);
}

TEST_CASE("credentials go to their own host only") {
    IndexFixture f;
    IndexServer elsewhere;
    elsewhere.add({"demo", "1.0", {"dep"}});
    const std::string good = "Basic dXNlcjpwYTpzcw=="; // user:pa:ss
    f.server.behaviour.authorization = good;
    f.server.add({"demo", "1.0", {"dep"}});
    std::string url = f.server.url();
    SECTION("in the URL of the index, percent-encoded") {
        url.insert(7, "us%65r:pa%3Ass@");
    }
    SECTION("in the environment") {
        f.env.set("PYMODE_INDEX_MY_COMPANY_USERNAME", "user");
        f.env.set("PYMODE_INDEX_MY_COMPANY_PASSWORD", "pa:ss");
    }
    SECTION("in a netrc file") {
        REQUIRE(write_file_atomic(f.folder.path() / "netrc",
                                  "machine 127.0.0.1 login user password pa:ss\n"));
        f.env.set("NETRC", (f.folder.path() / "netrc").string());
    }
    SECTION("in ~/.netrc") {
        REQUIRE(
            write_file_atomic(f.folder.path() / ".netrc", "default login user password pa:ss\n"));
        f.env.set("HOME", f.folder.path().string());
    }
    f.options.indexes = {{"my-company", url, false}};
    {
        const auto source = f.source();
        const DistFile file = f.file(*source, "demo");
        CHECK(file.url.find('@') == std::string::npos);
        CHECK(file.index.find('@') == std::string::npos);
        CHECK(source->metadata(file)); // files on the index's host get them too
        CHECK(source->fetch({&file, 1}, {}));
    }
    // A redirect to another host (another port counts) takes nothing along.
    f.options.refresh = true;
    f.server.fault = [&](const ReceivedRequest& request, int) {
        CHECK(request.headers.at("authorization") == good);
        return std::optional(
            reply(302, "", "Location: " + elsewhere.base_url(request.target) + "\r\n"));
    };
    const auto page = f.source()->page("demo");
    REQUIRE(page);
    for (const ReceivedRequest& request : elsewhere.requests()) {
        CHECK(request.headers.count("authorization") == 0);
    }
    CHECK(elsewhere.count() == 1);
}

TEST_CASE("401 and 403 are errors of that index, with a hint") {
    IndexFixture f;
    f.server.behaviour.authorization = "Basic something";
    f.options.indexes = {{"company", f.server.url(), false}};
    const auto page = f.source()->page("demo");
    REQUIRE_FALSE(page);
    CHECK(page.error().code == ErrorCode::http);
    CHECK(page.error().hint.find("PYMODE_INDEX_") != std::string::npos);
}

TEST_CASE("Ctrl-C ends everything that waits") {
    IndexFixture f;
    f.server.add({"demo", "1.0"});
    const auto source = f.source();
    const DistFile file = f.file(*source, "demo");
    f.server.fault = [&](const ReceivedRequest&, int) {
        f.cancel.cancel();
        return std::optional(Reply{"", true, {}});
    };
    const auto fetched = source->fetch({&file, 1}, {});
    REQUIRE_FALSE(fetched);
    CHECK(fetched.error().code == ErrorCode::cancelled);
    check_cache(f, false);
}

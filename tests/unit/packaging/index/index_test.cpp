// SPDX-License-Identifier: MIT
#include "core/packaging/index/package_index.hpp"

#include <algorithm>
#include <array>

#include <catch2/catch.hpp>

#include "core/base/hash.hpp"
#include "core/packaging/index/cache.hpp"
#include "core/packaging/index/simple_page.hpp"
#include "core/packaging/index/url.hpp"
#include "tests/unit/packaging/index/fixture.hpp"

using namespace pymode;
using namespace std::chrono_literals;
using test::IndexFixture;
using test::IndexServer;
using test::make_wheel;
using test::ReceivedRequest;
using test::Reply;
using test::reply;

namespace {

using Targets = std::vector<std::string>;

std::string all_text(const Error& error) {
    return error_to_json(error);
}

} // namespace

TEST_CASE("a page, metadata and the wheel itself, in JSON and in HTML") {
    IndexFixture f;
    f.server.behaviour.form = GENERATE(IndexServer::Form::json, IndexServer::Form::html);
    f.server.add({"demo", "1.0", {"other>=1", "more; extra == 'x'"}}).requires_python = ">=3.8";
    f.server.add({"demo", "2.0"}).yanked = true;
    const auto source = f.source();

    const auto page = source->page("demo").value();
    CHECK(page->found);
    CHECK(page->name == "demo");
    REQUIRE(page->files.size() == 2);
    const DistFile& file = page->files[0];
    CHECK(file.filename == "demo-1.0-py3-none-any.whl");
    CHECK(file.url == f.server.file_url(file.filename));
    CHECK(file.hashes.at("sha256") == sha256_hex(f.server.projects["demo"][0].content));
    CHECK(file.requires_python == ">=3.8");
    CHECK_FALSE(file.yanked.has_value());
    CHECK(page->files[1].yanked.has_value());
    CHECK(file.has_metadata_file);
    CHECK(file.origin == Origin::index);
    CHECK(file.index == f.server.url());

    const auto metadata = source->metadata(file).value();
    CHECK(metadata->name == "demo");
    CHECK(metadata->requires_dist.size() == 2);

    const auto paths = source->fetch(page->files, {}).value();
    REQUIRE(paths.size() == 2);
    CHECK(read_file(paths[1], 1 << 20).value() == f.server.projects["demo"][1].content);
    CHECK_FALSE(source->page("nobody-has-it").value()->found);
    CHECK(source->page("../demo").error().code == ErrorCode::internal);
}

TEST_CASE("a warm cache needs no request") {
    IndexFixture f;
    f.server.add({"demo", "1.0", {"other"}});
    f.server.behaviour.metadata_files = GENERATE(true, false);
    const auto use = [&] {
        const auto source = f.source();
        const auto page = source->page("demo").value();
        CHECK(source->metadata(page->files[0]).value()->requires_dist.size() == 1);
        CHECK(source->fetch(page->files, {}).value().size() == 1);
    };
    use();
    const std::size_t cold = f.server.count();
    use();
    CHECK(f.server.count() == cold);
    f.clock.advance(599s);
    use();
    CHECK(f.server.count() == cold);
    f.options.offline = true;
    f.clock.advance(1h); // stale pages are good enough then
    use();
    CHECK(f.server.count() == cold);
}

TEST_CASE("a stale page is asked for with its ETag, and 304 renews it") {
    IndexFixture f;
    f.server.behaviour.etag = "\"v1\"";
    f.server.add({"demo", "1.0"});
    const auto use = [&] { return f.source()->page("demo").value()->files.size(); };
    use();
    f.clock.advance(601s);
    CHECK(use() == 1);
    REQUIRE(f.server.count() == 2);
    CHECK(f.server.requests()[1].headers.at("if-none-match") == "\"v1\"");
    f.clock.advance(599s); // counts from the 304 on
    use();
    CHECK(f.server.count() == 2);
    f.options.refresh = true;
    f.server.behaviour.etag = "\"v2\"";
    f.server.add({"demo", "2.0"});
    CHECK(use() == 2);
    CHECK(f.server.count() == 3);
}

TEST_CASE("what the index says about caching counts") {
    IndexFixture f;
    struct Row {
        const char* headers;
        std::chrono::seconds age;
        bool asked_again;
    };
    const Row row = GENERATE(
        Row{"Cache-Control: max-age=60\r\n", 59s, false},
        Row{"Cache-Control: max-age=60\r\n", 60s, true},
        Row{"Cache-Control: public, max-age=60\r\nAge: 30\r\n", 31s, true},
        Row{"Cache-Control: no-cache\r\n", 0s, true}, Row{"Cache-Control: no-store\r\n", 0s, true},
        Row{"Cache-Control: max-age=999999999999\r\n", 86'399s, false},
        Row{"Cache-Control: max-age=999999999999\r\n", 86'401s, true},
        Row{"Date: Wed, 25 Nov 2026 10:00:00 GMT\r\n"
            "Expires: Wed, 25 Nov 2026 10:01:00 GMT\r\n",
            61s, true},
        Row{"Expires: 0\r\n", 0s, true}, Row{"", 599s, false}, Row{"", 601s, true});
    CAPTURE(row.headers, row.age.count());
    f.server.behaviour.page_headers = row.headers;
    f.server.add({"demo", "1.0"});
    CHECK(f.source()->page("demo").value()->found);
    f.clock.advance(row.age);
    CHECK(f.source()->page("demo").value()->found);
    CHECK(f.server.count() == (row.asked_again ? 2 : 1));
}

TEST_CASE("compressed pages") {
    IndexFixture f;
    const std::string page = "<a href=\"demo-1.0-py3-none-any.whl\">x</a>" + std::string(9999, ' ');
    std::string body = test::gzip(page);
    SECTION("are unpacked") {
        f.server.fault = [&](const ReceivedRequest&, int) {
            return std::optional(
                reply(200, body, "Content-Type: text/html\r\nContent-Encoding: gzip\r\n"));
        };
        CHECK(f.source()->page("demo").value()->files.size() == 1);
        CHECK(f.server.requests()[0].headers.at("accept-encoding").find("gzip") !=
              std::string::npos);
    }
    SECTION("and bounded by what they unpack to") {
        body = test::gzip(std::string(max_page_bytes + 1, ' '));
        REQUIRE(body.size() < 200'000);
        f.server.fault = [&](const ReceivedRequest&, int) {
            return std::optional(
                reply(200, body, "Content-Type: text/html\r\nContent-Encoding: gzip\r\n"));
        };
        CHECK(f.source()->page("demo").error().message.find("limit of 64.0 MiB") !=
              std::string::npos);
    }
}

TEST_CASE("metadata by parts of the wheel") {
    IndexFixture f;
    f.server.behaviour.metadata_files = false;
    // METADATA lies at the begin of these wheels: a big one needs two parts.
    f.server.add({"big", "1.0", {"dep"}, 200'000});
    f.server.add({"small", "1.0", {"dep"}, 100});
    f.server.add({"unsized", "1.0", {"dep"}, 200'000}).with_size = false;
    const auto source = f.source();
    for (const char* name : {"big", "small", "unsized"}) {
        const DistFile file = f.file(*source, name);
        const std::size_t before = f.server.count();
        CHECK(source->metadata(file).value()->requires_dist.size() == 1);
        const auto requests = f.server.requests();
        CHECK(requests.size() - before == (name == std::string("small") ? 1 : 2));
        for (std::size_t i = before; i < requests.size(); ++i) {
            CHECK(requests[i].headers.at("range").starts_with("bytes="));
            CHECK(requests[i].headers.count("accept-encoding") == 0);
        }
    }
    CHECK(f.cached("wheels-v1").empty());
    CHECK(f.cached("metadata-v1").size() == 3);
}

TEST_CASE("a server without ranges sends the wheel once, and it stays") {
    IndexFixture f;
    f.server.behaviour.metadata_files = false;
    f.server.behaviour.ranges = false;
    f.server.add({"one", "1.0", {"dep"}, 100'000});
    f.server.add({"two", "1.0", {}, 100'000});
    const auto source = f.source();
    const DistFile one = f.file(*source, "one");
    const DistFile two = f.file(*source, "two");
    CHECK(source->metadata(one).value()->requires_dist.size() == 1);
    CHECK(source->metadata(two).value()->requires_dist.empty());
    CHECK(source->fetch(std::vector{one, two}, {}).value().size() == 2);
    CHECK(f.server.targets() == Targets{"GET /simple/one/", "GET /simple/two/",
                                        "GET /files/" + one.filename,
                                        "GET /files/" + two.filename});
    CHECK(f.server.requests()[2].headers.count("range") == 1);
    CHECK(f.server.requests()[3].headers.count("range") == 0); // known by now
}

TEST_CASE("what was prefetched is not asked for again") {
    IndexFixture f;
    for (int i = 0; i < 30; ++i) {
        f.server.add({"p" + std::to_string(i), "1.0"});
    }
    const auto source = f.source();
    for (int i = 0; i < 30; ++i) {
        source->prefetch_page("p" + std::to_string(i));
    }
    for (int i = 0; i < 30; ++i) {
        source->prefetch_metadata(f.file(*source, "p" + std::to_string(i)));
    }
    for (int i = 0; i < 30; ++i) {
        CHECK(source->metadata(f.file(*source, "p" + std::to_string(i))));
    }
    CHECK(f.server.count() == 60);
}

TEST_CASE("a source may end while it prefetches") {
    IndexFixture f;
    f.server.add({"demo", "1.0"});
    f.server.fault = [](const ReceivedRequest&, int) { return Reply{"", true, {}}; };
    const auto source = f.source();
    source->prefetch_page("demo");
    source->prefetch_page("other");
}

TEST_CASE("metadata that belongs to something else cannot be used") {
    IndexFixture f;
    f.server.behaviour.metadata_files = GENERATE(true, false);
    test::WheelSpec spec{"demo", "1.0", {}};
    spec.metadata_name = "evil";
    f.server.add(spec);
    const auto source = f.source();
    const auto metadata = source->metadata(f.file(*source, "demo"));
    REQUIRE_FALSE(metadata);
    CHECK(metadata.error().code == ErrorCode::config);
    CHECK(all_text(metadata.error()).find("evil") != std::string::npos);
}

TEST_CASE("first-index: later indexes do not hear of a name that an earlier one knows") {
    IndexFixture f;
    IndexServer second;
    f.server.add({"ours", "1.0"});
    second.add({"ours", "9.0"});
    second.add({"theirs", "1.0"});
    f.options.indexes = {{"company", f.server.url(), false}, {"", second.url(), false}};
    SECTION("the safe strategy") {
        const auto source = f.source();
        const auto page = source->page("ours").value();
        REQUIRE(page->files.size() == 1);
        CHECK(page->files[0].filename == "ours-1.0-py3-none-any.whl");
        REQUIRE(page->notes.size() == 1);
        CHECK(page->notes[0].find("`company`") != std::string::npos);
        CHECK(second.count() == 0);
        CHECK(source->page("theirs").value()->files.at(0).index == second.url());
    }
    SECTION("the unsafe ones") {
        f.options.strategy =
            GENERATE(IndexStrategy::unsafe_best_match, IndexStrategy::unsafe_first_match);
        const auto page = f.source()->page("ours").value();
        CHECK(page->files.size() == 2);
        CHECK(page->source_order_decides ==
              (f.options.strategy == IndexStrategy::unsafe_first_match));
    }
    SECTION("pinned") {
        f.options.pinned = {{"Ours", "company"}, {"lost", "nowhere"}};
        f.options.indexes = {{"", second.url(), false}, {"company", f.server.url(), true}};
        const auto source = f.source();
        CHECK(source->page("ours").value()->files.at(0).index == f.server.url());
        CHECK(source->page("theirs").value()->found);
        CHECK_FALSE(source->page("unknown").value()->found);
        CHECK(f.server.count() == 1); // an explicit index is asked for nothing else
        CHECK(source->page("lost").error().code == ErrorCode::config);
    }
    SECTION("an index that cannot be asked is an error, not a reason to go on") {
        f.server.fault = [](const ReceivedRequest&, int) { return reply(403, ""); };
        const auto page = f.source()->page("theirs");
        REQUIRE_FALSE(page);
        CHECK(page.error().code == ErrorCode::http);
        CHECK(second.count() == 0);
    }
}

TEST_CASE("the wheelhouse is added to what the index has, and suffices without it") {
    IndexFixture f;
    const Bytes wheel = make_wheel({"markup", "3.0", {"dep"}});
    const std::string hash = sha256_hex(wheel);
    const EmbeddedWheel own{"markup-3.0-py3-none-any.whl", wheel, hash};
    f.options.wheelhouse = {&own, 1};
    f.server.add({"markup", "3.1"});
    SECTION("together") {
        const auto source = f.source();
        const auto page = source->page("markup").value();
        REQUIRE(page->files.size() == 2);
        CHECK(page->files[0].origin == Origin::wheelhouse);
        CHECK(page->files[0].url == "wheelhouse:markup-3.0-py3-none-any.whl");
        CHECK(page->files[1].origin == Origin::index);
        CHECK(source->metadata(page->files[0]).value()->requires_dist.size() == 1);
        const auto paths = source->fetch(page->files, {}).value();
        CHECK(read_file(paths[0], 1 << 20).value() == wheel);
    }
    SECTION("alone") {
        f.options.offline = GENERATE(true, false);
        f.server.fault = [](const ReceivedRequest&, int) { return reply(500, ""); };
        const auto source = f.source();
        const auto page = source->page("markup").value();
        REQUIRE(page->files.size() == 1);
        CHECK(page->notes.size() == 1);
        CHECK(source->fetch(page->files, {}).value().size() == 1);
        CHECK_FALSE(source->page("other"));
    }
    SECTION("a lock of another version") {
        DistFile file;
        file.filename = own.filename;
        file.url = "wheelhouse:" + file.filename;
        file.origin = Origin::wheelhouse;
        file.hashes = {{"sha256", std::string(64, '0')}};
        CHECK(f.source()->fetch({&file, 1}, {}).error().code == ErrorCode::archive);
        file.filename = "gone-1.0-py3-none-any.whl";
        file.url = "wheelhouse:" + file.filename;
        CHECK(f.source()->fetch({&file, 1}, {}).error().code == ErrorCode::not_found);
    }
}

TEST_CASE("--find-links: a folder, a file: URL, a page") {
    IndexFixture f;
    const fs::path wheels = f.folder.path() / "my wheels";
    REQUIRE(make_directories(wheels));
    const std::string name = "demo_pkg-1.0-py3-none-any.whl";
    REQUIRE(write_file_atomic(wheels / name, make_wheel({"demo_pkg", "1.0", {"dep"}})));
    REQUIRE(write_file_atomic(wheels / "notes.txt", "no wheel"));
    REQUIRE(write_file_atomic(wheels / "page.html", "<a href='" + name + "'>x</a>"));
    IndexServer links;
    links.add({"demo_pkg", "1.0", {"dep"}});
    links.fault = [&](const ReceivedRequest& request, int) -> std::optional<Reply> {
        return request.target == "/links"
                   ? std::optional(reply(200, "<a href=\"/files/" + name + "\">x</a><a href='b'>",
                                         "Content-Type: text/html\r\n"))
                   : std::nullopt;
    };
    const int place = GENERATE(0, 1, 2, 3);
    f.options.find_links = {std::array<std::string, 4>{
        wheels.string(), path_to_file_url(wheels.string()), (wheels / "page.html").string(),
        links.base_url("/links")}[static_cast<std::size_t>(place)]};
    CAPTURE(f.options.find_links[0]);
    const auto source = f.source();
    const auto page = source->page("demo-pkg").value();
    CHECK(page->found);
    REQUIRE(page->files.size() == 1);
    CHECK(page->files[0].origin == Origin::find_links);
    CHECK(page->files[0].filename == name);
    CHECK(source->metadata(page->files[0]).value()->requires_dist.size() == 1);
    CHECK(fs::exists(source->fetch(page->files, {}).value().at(0)));
    CHECK_FALSE(source->page("other").value()->found);
}

TEST_CASE("offline, what is not in the cache is an error that names it") {
    IndexFixture f;
    f.server.add({"demo", "1.0"});
    f.options.offline = true;
    const auto source = f.source();
    const auto page = source->page("demo");
    REQUIRE_FALSE(page);
    CHECK(page.error().code == ErrorCode::network);
    CHECK(page.error().message.find("`demo`") != std::string::npos);
    DistFile file;
    file.filename = "demo-1.0-py3-none-any.whl";
    file.url = f.server.file_url(file.filename);
    CHECK(source->fetch({&file, 1}, {}).error().message.find("demo-1.0") != std::string::npos);
    CHECK(source->metadata(file).error().message.find("demo-1.0") != std::string::npos);
    CHECK(f.server.count() == 0);
}

TEST_CASE("an index in a folder") {
    IndexFixture f;
    const fs::path root = f.folder.path() / "index";
    REQUIRE(make_directories(root / "demo"));
    const std::string name = "demo-1.0-py3-none-any.whl";
    REQUIRE(write_file_atomic(root / "demo" / name, make_wheel({"demo", "1.0", {"dep"}})));
    REQUIRE(write_file_atomic(root / "demo" / "index.html", "<a href=\"" + name + "\">d</a>"));
    f.options.indexes = {{"", path_to_file_url(root.string()), false}};
    const auto source = f.source();
    const auto page = source->page("demo").value();
    REQUIRE(page->files.size() == 1);
    CHECK(source->metadata(page->files[0]).value()->requires_dist.size() == 1);
    CHECK_FALSE(source->page("other").value()->found);
}

TEST_CASE("a wheel without a hash in the index is kept by its address") {
    IndexFixture f;
    f.server.add({"demo", "1.0"}).hash = "-";
    f.server.behaviour.metadata_files = false;
    const auto use = [&] {
        const auto source = f.source();
        const DistFile file = f.file(*source, "demo");
        CHECK(file.hashes.empty());
        CHECK(source->metadata(file));
        const auto path = source->fetch({&file, 1}, {}).value().at(0);
        CHECK(sha256_file(path).value() == sha256_hex(f.server.projects["demo"][0].content));
    };
    use();
    const std::size_t cold = f.server.count();
    use();
    CHECK(f.server.count() == cold);
}

TEST_CASE("progress is told in the caller's thread and ends with done") {
    IndexFixture f;
    f.server.add({"demo", "1.0", {}, 500'000});
    const auto source = f.source();
    const DistFile file = f.file(*source, "demo");
    std::vector<FetchProgress> told;
    const auto caller = std::this_thread::get_id();
    const auto on_progress = [&](const FetchProgress& progress) {
        CHECK(std::this_thread::get_id() == caller);
        told.push_back(progress);
    };
    REQUIRE(source->fetch({&file, 1}, on_progress));
    REQUIRE_FALSE(told.empty());
    CHECK(told.back().done);
    CHECK(told.back().received == file.size);
    CHECK(told.back().total == file.size);
    CHECK(std::ranges::count(told, true, &FetchProgress::done) == 1);
}

TEST_CASE("two sources share one cache at the same time") {
    IndexFixture f;
    for (int i = 0; i < 8; ++i) {
        f.server.add({"p" + std::to_string(i), "1.0", {}, 20'000});
    }
    const auto use = [&] {
        const auto source = f.source();
        for (int i = 0; i < 8; ++i) {
            const DistFile file = f.file(*source, "p" + std::to_string(i));
            if (!source->metadata(file) || !source->fetch({&file, 1}, {})) {
                return false;
            }
        }
        return true;
    };
    bool other = false;
    std::thread thread([&] { other = use(); });
    const bool own = use();
    thread.join();
    CHECK(own);
    CHECK(other);
}

// SPDX-License-Identifier: MIT
#include <filesystem>

#include <catch2/catch.hpp>

#include "core/base/base64.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/cloudflare/asset_manifest.hpp"
#include "core/cloudflare/asset_upload.hpp"
#include "core/cloudflare/content_types.hpp"
#include "core/cloudflare/ignore_rules.hpp"
#include "tests/unit/cloudflare/fake_http.hpp"
#include "tests/unit/support/fake_clock.hpp"

using namespace pymode;

namespace {

const std::string kAccount = "00000000000000000000000000000abc";

struct Fixture {
    Fixture()
        : api(http, clock, cancel, "http://api",
              *Credentials::from_environment(Env(std::map<std::string, std::string, std::less<>>{
                  {"CLOUDFLARE_API_TOKEN", "t"}}))) {
        project.root = folder.path();
        project.worker.main = "src/main.py";
        project.worker.assets = Assets{.directory = "public",
                                       .binding = "",
                                       .html_handling = "",
                                       .not_found_handling = "",
                                       .base_path = "",
                                       .run_worker_first = {}};
        write("src/main.py", "");
    }

    void write(const std::string& path, const std::string& text) const {
        const fs::path file = folder.path() / path;
        REQUIRE(make_directories(file.parent_path()));
        REQUIRE(write_file_atomic(file, text));
    }

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        const AssetFolder read = read_asset_folder(project).value();
        for (const AssetFile& file : read.files) {
            names.push_back(file.path);
        }
        return names;
    }

    [[nodiscard]] std::string refusal() const {
        const auto read = read_asset_folder(project);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == ErrorCode::config);
        return read.error().message;
    }

    TempDir folder = TempDir::create().value();
    test::FakeHttp http;
    test::FakeClock clock;
    CancelToken cancel;
    CloudflareApi api;
    Project project;
};

} // namespace

TEST_CASE("base64 by the vectors of RFC 4648") {
    const auto [text, encoded] = GENERATE(table<std::string, std::string>(
        {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}}));
    CHECK(base64(as_bytes(text)) == encoded);
    CHECK(base64_size(text.size()) == encoded.size());
}

TEST_CASE("base64 of more than one piece") {
    const std::string text((3 << 20) + 5, 'x');
    const std::string encoded = base64(as_bytes(text));
    CHECK(encoded.size() == base64_size(text.size()));
    CHECK(encoded.substr(encoded.size() - 8) == "eHh4eHg=");
}

TEST_CASE("a hash is that of content and extension") {
    CHECK(asset_hash("cGxhaW4K", "noext") == sha256_hex(as_bytes("cGxhaW4K")).substr(0, 32));
    CHECK(asset_hash("cGxhaW4K", "a.b.html") == sha256_hex(as_bytes("cGxhaW4Khtml")).substr(0, 32));
    CHECK(asset_hash("", ".bashrc") == asset_hash("", "noext"));
}

TEST_CASE("extensions and types") {
    struct Row {
        std::string_view name;
        std::string_view extension;
        std::string_view type;
    };
    const auto row = GENERATE(values<Row>({{"a.html", "html", "text/html; charset=utf-8"},
                                           {"A.HTML", "HTML", "text/html; charset=utf-8"},
                                           {"a.min.js", "js", "text/javascript; charset=utf-8"},
                                           {"dot.svg", "svg", "image/svg+xml"},
                                           {"noext", "", "application/null"},
                                           {".bashrc", "", "application/null"},
                                           {"dot.", "", "application/null"},
                                           {"x.unheard", "unheard", "application/null"}}));
    CAPTURE(row.name);
    CHECK(file_extension(row.name) == row.extension);
    CHECK(asset_content_type(row.name) == row.type);
}

TEST_CASE("rules of .gitignore") {
    struct Row {
        std::string rules;
        std::string path;
        bool is_folder;
        bool ignored;
    };
    const auto row = GENERATE(values<Row>({{"*.map", "a.map", false, true},
                                           {"*.map", "deep/in/a.map", false, true},
                                           {"/a", "a", false, true},
                                           {"/a", "b/a", false, false},
                                           {"a/b", "a/b", false, true},
                                           {"a/b", "x/a/b", false, false},
                                           {"logs/", "logs", true, true},
                                           {"logs/", "logs", false, false},
                                           {"**/logs", "x/y/logs", true, true},
                                           {"a/**", "a/b/c", false, true},
                                           {"a/**", "a", true, false},
                                           {"a/**/z", "a/z", false, true},
                                           {"a/**/z", "a/b/c/z", false, true},
                                           {"*.txt\n!keep.txt", "keep.txt", false, false},
                                           {"*.txt\n!keep.txt\n*", "keep.txt", false, true},
                                           {"# no", "# no", false, false},
                                           {"\\#yes", "#yes", false, true},
                                           {"\\!yes", "!yes", false, true},
                                           {"x   ", "x", false, true},
                                           {"x\\ ", "x ", false, true},
                                           {"a?c", "abc", false, true},
                                           {"[a-c].js", "b.js", false, true},
                                           {"[a-c].js", "d.js", false, false},
                                           {"\n/\n!\n", "x", false, false},
                                           {"a*z", "a/z", false, false}}));
    CAPTURE(row.rules, row.path);
    CHECK(IgnoreRules::parse(row.rules).ignores(row.path, row.is_folder) == row.ignored);
}

TEST_CASE_METHOD(Fixture, "the files of a folder, sorted, without what is none of its assets") {
    write("public/index.html", "<h1>hi</h1>");
    write("public/img/a.png", "png");
    write("public/_headers", "/*\n  X-A: b\n");
    write("public/_redirects", "/old /new 301\n");
    write("public/sub/_headers", "an asset");
    write("public/.well-known/x", "y");
    write("public/drafts/secret.txt", "");
    write("public/.assetsignore", "drafts/\n");
    fs::create_symlink("index.html", folder.path() / "public/link.html");
    CHECK(names() == std::vector<std::string>{".well-known/x", "img/a.png", "index.html",
                                              "link.html", "sub/_headers"});
    const AssetFolder read = read_asset_folder(project).value();
    CHECK(read.headers == "/*\n  X-A: b\n");
    CHECK(read.redirects == "/old /new 301\n");
    CHECK(read.files[2].size == 11);
    CHECK(read.files[2].hash == asset_hash(base64(as_bytes("<h1>hi</h1>")), "index.html"));
    CHECK(read.files[3].hash == read.files[2].hash);
    CHECK(as_text(read_asset(read, read.files[1]).value()) == base64(as_bytes("png")));
    write("public/img/a.png", "other");
    CHECK(read_asset(read, read.files[1]).error().message.contains("was changed"));
}

TEST_CASE_METHOD(Fixture, "folders of assets that are refused") {
    SECTION("none") {
        CHECK(refusal() == "the folder of assets public does not exist");
    }
    SECTION("the Worker's own code") {
        project.worker.assets->directory = ".";
        CHECK(refusal().contains("holds the Worker's own code (src/main.py)"));
    }
    SECTION("a link out of it") {
        write("public/a", "");
        fs::create_symlink("../src/main.py", folder.path() / "public/b");
        CHECK(refusal() == "the asset b is a link that leads out of the folder");
    }
    SECTION("a link to nothing") {
        write("public/a", "");
        fs::create_symlink("none", folder.path() / "public/b");
        CHECK(refusal() == "the asset b is a link that leads out of the folder");
    }
    SECTION("a Pages project") {
        write("public/_worker.js", "");
        CHECK(refusal().contains("has a _worker.js"));
        write("public/.assetsignore", "_worker.js\n");
        CHECK(names().empty());
    }
    SECTION("too large a file") {
        write("public/a", "");
        fs::resize_file(folder.path() / "public/a", (25 << 20) + 1);
        CHECK(refusal().starts_with("the asset a has 25.0 MiB"));
    }
}

TEST_CASE_METHOD(Fixture, "only what is missing is uploaded, in the buckets Cloudflare wants") {
    write("public/a.js", "1");
    write("public/b.css", "2");
    write("public/c.css", "2");
    const AssetFolder read = read_asset_folder(project).value();
    SECTION("nothing is missing") {
        http.will_succeed(R"({"jwt":"done","buckets":[]})");
        const auto upload = upload_assets(api, kAccount, "w", read);
        REQUIRE(upload);
        CHECK(upload->jwt == "done");
        CHECK(upload->uploaded_files == 0);
    }
    SECTION("two buckets") {
        http.will_succeed(R"({"jwt":"upload","buckets":[[")" + read.files[0].hash + R"("],[")" +
                          read.files[1].hash + R"("]]})");
        http.will_answer(202, R"({"success":true,"errors":null,"result":{"jwt":""}})");
        http.will_answer(201, R"({"success":true,"errors":null,"result":{"jwt":"done"}})");
        std::uint64_t told = 0;
        const auto upload = upload_assets(api, kAccount, "w", read,
                                          [&](std::uint64_t sent, std::uint64_t) { told = sent; });
        REQUIRE(upload);
        CHECK(upload->jwt == "done");
        CHECK(upload->uploaded_files == 2);
        CHECK(told == 2);
        const HttpRequest& bucket = http.requests.at(2);
        CHECK(bucket.url ==
              "http://api/accounts/" + kAccount + "/workers/assets/upload?base64=true");
        CHECK(bucket.headers.at(0).value == "Bearer upload");
        CHECK(bucket.may_be_repeated());
        REQUIRE(bucket.multipart.size() == 1);
        CHECK(bucket.multipart[0].name == read.files[1].hash);
        CHECK(bucket.multipart[0].filename == read.files[1].hash);
        CHECK(bucket.multipart[0].content_type == "text/css; charset=utf-8");
        CHECK(as_text(bucket.multipart[0].content) == "Mg==");
    }
    CHECK(nlohmann::json::parse(as_text(*http.requests[0].body))["manifest"].size() == 3);
    CHECK(http.done());
}

TEST_CASE_METHOD(Fixture, "odd answers about assets are errors") {
    write("public/a.js", "1");
    const AssetFolder read = read_asset_folder(project).value();
    const std::string answer =
        GENERATE(as<std::string>{}, "null", "[]", "5", R"({"buckets":[]})", R"({"jwt":5})",
                 R"({"jwt":"x","buckets":[5]})", R"({"jwt":"x","buckets":[["no such hash"]]})",
                 R"({"jwt":"x","buckets":[[5]]})", R"({"jwt":"x","buckets":7})");
    http.will_succeed(answer);
    CHECK_FALSE(upload_assets(api, kAccount, "w", read));
}

TEST_CASE_METHOD(Fixture, "a bucket that is refused ends the upload") {
    write("public/a.js", "1");
    const AssetFolder read = read_asset_folder(project).value();
    http.will_succeed(R"({"jwt":"upload","buckets":[[")" + read.files[0].hash + R"("]]})");
    SECTION("refused") {
        http.will_refuse(400, 1, "no");
    }
    SECTION("no token at the end") {
        http.will_succeed("{}");
    }
    CHECK_FALSE(upload_assets(api, kAccount, "w", read));
}

// SPDX-License-Identifier: MIT
#include "core/packaging/index/default_index.hpp"

#include <catch2/catch.hpp>

#include "core/base/file.hpp"
#include "core/packaging/index/url.hpp"

using namespace pymode;

TEST_CASE("pip's configuration files") {
    const auto index = [](std::string_view text) { return pip_config_option(text, "index-url"); };
    CHECK(index("[global]\nindex-url = https://a.example/simple\n") == "https://a.example/simple");
    CHECK(index("# x\n[global]\ntimeout=3\nindex_url: https://a.example/s\n"
                "[install]\n--INDEX-URL=https://b.example/s\n[list]\nindex-url=no\n") ==
          "https://b.example/s");
    CHECK_FALSE(index("[global]\n  index-url = https://a.example/\n"));
    CHECK_FALSE(index("index-url = https://a.example/\n[search]\nindex-url = x\n"));
    CHECK_FALSE(index("[global]\nextra-index-url = https://a.example/\nindex-url =\n"));
    CHECK_FALSE(index(""));
}

TEST_CASE("certificates that pip trusts") {
    const TempDir folder = TempDir::create().value();
    REQUIRE(write_file_atomic(folder.path() / "pip.conf", "[global]\ncert = /company.pem\n"));
    Env env{{"PIP_CONFIG_FILE", (folder.path() / "pip.conf").string()}};
    CHECK(pip_certificates(env) == "/company.pem");
    env.set("PIP_CERT", "/other.pem");
    CHECK(pip_certificates(env) == "/other.pem");
    CHECK_FALSE(pip_certificates(Env{{"PIP_CONFIG_FILE", "/dev/null"}}));
}

TEST_CASE("the order in which the default index is looked for") {
    const TempDir folder = TempDir::create().value();
    const auto config = [&](const std::string& path, const std::string& host) {
        const fs::path file = folder.path() / path;
        REQUIRE(make_directories(file.parent_path()));
        REQUIRE(write_file_atomic(file, "[global]\nindex-url = https://" + host + ".example/s\n"));
        return file.string();
    };
    Env env{{"HOME", folder.path().string()},
            {"XDG_CONFIG_DIRS",
             (folder.path() / "none").string() + ":" + (folder.path() / "etc").string()}};
    const auto found = [&] { return default_index(env).value(); };
    const bool machine_has_one = fs::exists("/etc/pip.conf");
    if (!machine_has_one) {
        CHECK(found().url == built_in_index());
    }
    config("etc/pip/pip.conf", "machine");
    if (!machine_has_one) {
        CHECK(found().url == "https://machine.example/s");
    }
    config(".pip/pip.conf", "old");
    CHECK(found().url == "https://old.example/s");
    config(".config/pip/pip.conf", "user");
    CHECK(found().url == "https://user.example/s");
    config("xdg/pip/pip.conf", "xdg");
    env.set("XDG_CONFIG_HOME", (folder.path() / "xdg").string());
    CHECK(found().url == "https://xdg.example/s");
    const std::string site = config("venv/pip.conf", "site");
    env.set("VIRTUAL_ENV", (folder.path() / "venv").string());
    CHECK(found().url == "https://site.example/s");
    CHECK(found().source == site);
    env.set("PIP_CONFIG_FILE", config("named.conf", "named"));
    CHECK(found().url == "https://named.example/s");
    env.set("PIP_INDEX_URL", "https://variable.example/s");
    CHECK(found().source == "PIP_INDEX_URL");
    env.set("PYMODE_INDEX_URL", "https://own.example/s");
    CHECK(found().url == "https://own.example/s");
    env.set("PYMODE_INDEX_URL", "own.example");
    CHECK(default_index(env).error().message.find("PYMODE_INDEX_URL") != std::string::npos);
    env.unset("PYMODE_INDEX_URL");
    env.unset("PIP_INDEX_URL");
    env.set("PIP_CONFIG_FILE", "/dev/null"); // no file counts
    CHECK(found().url == built_in_index());
}

TEST_CASE("the built-in index has no password") {
    CHECK((is_web_url(built_in_index()) || is_file_url(built_in_index())));
    CHECK(split_url(built_in_index())->userinfo.empty());
}

TEST_CASE("plain http is worth a warning, except on this machine") {
    CHECK(insecure_index_warning("https://a.example/").empty());
    CHECK(insecure_index_warning("http://127.0.0.1:1/").empty());
    CHECK(insecure_index_warning("http://[::1]:1/").empty());
    const std::string warning = insecure_index_warning("http://u:secret@a.example/simple");
    CHECK(warning.find("a.example/simple") != std::string::npos);
    CHECK(warning.find("secret") == std::string::npos);
}

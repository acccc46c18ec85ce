// SPDX-License-Identifier: MIT
#include "core/pep/metadata.hpp"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "core/pep/direct_url.hpp"
#include "tests/unit/pep/vectors.hpp"

using namespace pymode::pep;
using pymode::pep::test::Json;
using pymode::pep::test::Vectors;

namespace {

// The vectors call some fields in the plural.
std::string vector_key(std::string field) {
    static const std::map<std::string, std::string> plurals = {
        {"classifier", "classifiers"},
        {"import-name", "import_names"},
        {"import-namespace", "import_namespaces"},
        {"license-file", "license_files"},
        {"platform", "platforms"},
        {"supported-platform", "supported_platforms"}};
    if (const auto found = plurals.find(field); found != plurals.end()) {
        return found->second;
    }
    std::ranges::replace(field, '-', '_');
    return field;
}

bool is_list_field(const std::string& key) {
    static const std::vector<std::string> lists = {
        "classifiers", "dynamic",       "import_names",      "import_namespaces",
        "keywords",    "license_files", "obsoletes",         "obsoletes_dist",
        "platforms",   "provides",      "provides_dist",     "provides_extra",
        "requires",    "requires_dist", "requires_external", "supported_platforms"};
    return std::ranges::find(lists, key) != lists.end();
}

// nlohmann::json without order: the order of the fields is not part of a case.
nlohmann::json parsed_fields(const RawMetadata& metadata) {
    nlohmann::json result = nlohmann::json::object();
    for (const auto& [field, values] : metadata.fields) {
        const std::string key = vector_key(field);
        result[key] = is_list_field(key) ? nlohmann::json(values) : nlohmann::json(values.front());
    }
    if (!metadata.project_urls.empty()) {
        for (const auto& [label, address] : metadata.project_urls) {
            result["project_urls"][label] = address;
        }
    }
    return result;
}

std::string to_latin1(const std::string& utf8) {
    std::string bytes;
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const auto byte = static_cast<unsigned char>(utf8[i]);
        if (byte >= 0xC2 && byte <= 0xC3 && i + 1 < utf8.size()) {
            bytes += static_cast<char>(((byte & 3U) << 6U) |
                                       (static_cast<unsigned char>(utf8[++i]) & 0x3FU));
        } else {
            bytes += utf8[i];
        }
    }
    return bytes;
}

// The values of a leftover as bytes; nothing for those that are objects of Python's mail parser.
std::optional<std::vector<std::string>> leftover_bytes(const Json& values, bool is_latin1) {
    std::vector<std::string> result;
    for (const Json& value : values) {
        if (value.is_string()) {
            result.push_back(is_latin1 ? to_latin1(value) : value.get<std::string>());
        } else if (value.is_object() && value.at("$str") == "b'\\xc0msterdam'") {
            result.push_back("\xC0msterdam"); // Python's way to write these bytes
        } else {
            return std::nullopt;
        }
    }
    return result;
}

bool same_leftovers(const RawMetadata& metadata, const Json& expected, bool is_latin1) {
    if (metadata.leftovers.size() != expected.size()) {
        return false;
    }
    for (const auto& [key, values] : expected.items()) {
        const auto found = metadata.leftovers.find(key);
        const auto bytes = leftover_bytes(values, is_latin1);
        if (found == metadata.leftovers.end() || (bytes && found->second != *bytes)) {
            return false;
        }
    }
    return true;
}

const std::string valid = "Metadata-Version: 2.4\nName: Demo\nVersion: 1.0\n";

std::string error_of(const std::string& text) {
    const auto metadata = parse_core_metadata(text);
    REQUIRE_FALSE(metadata);
    return metadata.error().message;
}

} // namespace

TEST_CASE("vectors: metadata_parse") {
    Vectors vectors("metadata_parse");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const bool is_latin1 = row[1] == "bytes(latin1)";
        const std::string text = is_latin1 ? to_latin1(row[0]) : row[0].get<std::string>();
        const auto metadata = parse_raw_metadata(text);
        REQUIRE(metadata);
        const bool passed = parsed_fields(*metadata) == nlohmann::json(row[2]) &&
                            same_leftovers(*metadata, row[3], is_latin1);
        vectors.expect(passed, row.dump() + " gives " +
                                   parsed_fields(*metadata).dump(
                                       -1, ' ', false, nlohmann::json::error_handler_t::replace));
    }
    vectors.remark("2 multipart bodies: that they are left over, not as which Python object");
}

TEST_CASE("vectors: direct_url_strip_auth") {
    Vectors vectors("direct_url_strip_auth");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const std::vector<std::string> harmless = row[1];
        vectors.expect(strip_credentials(row[0].get<std::string>(), harmless) ==
                           row[2].get<std::string>(),
                       row.dump());
    }
}

TEST_CASE("what an installer needs of METADATA") {
    const auto metadata = parse_core_metadata(
        valid + "Requires-Python: >=3.8\nRequires-Dist: a>=1; extra == 'X_y'\n"
                "Requires-Dist: b\nProvides-Extra: X_y\r\n\r\nRequires-Dist: no\n");
    REQUIRE(metadata);
    CHECK(metadata->name == "Demo");
    CHECK(metadata->version.to_string() == "1.0");
    CHECK(metadata->requires_python->to_string() == ">=3.8");
    CHECK(metadata->requires_dist.size() == 2);
    CHECK(metadata->provides_extra == std::vector<std::string>{"x-y"});
    CHECK(metadata->warnings.empty());
}

TEST_CASE("METADATA that cannot be trusted is refused with a reason") {
    CHECK(error_of("Name: a\nVersion: 1\n").find("metadata-version") != std::string::npos);
    CHECK(error_of("Metadata-Version: 2.1\nName: a\n").find("version") != std::string::npos);
    CHECK(error_of(valid + "Name: Other\n").find("name") != std::string::npos);
    CHECK(error_of("Metadata-Version: 3.0\nName: a\nVersion: 1\n").find("3.0") !=
          std::string::npos);
    CHECK(error_of("Metadata-Version: 2.1\nName: ../a\nVersion: 1\n").find("../a") !=
          std::string::npos);
    CHECK(error_of(valid + "Requires-Dist: foo (>=1.0\n").find("parenthesis") != std::string::npos);
    CHECK(error_of(valid + "Requires-Python: three\n").find("specifier") != std::string::npos);
    CHECK_FALSE(parse_raw_metadata(std::string(max_metadata_size + 1, 'a')));
    std::string many;
    for (std::size_t i = 0; i <= max_metadata_headers; ++i) {
        many += "a:\n";
    }
    CHECK_FALSE(parse_raw_metadata(many));
}

TEST_CASE("a newer minor metadata version is a warning") {
    const auto metadata = parse_core_metadata("Metadata-Version: 2.99\nName: a\nVersion: 1\n");
    REQUIRE(metadata);
    CHECK(metadata->warnings.size() == 1);
}

// SPDX-License-Identifier: MIT
#include "core/packaging/install/record.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "core/base/text.hpp"
#include "core/packaging/install/member_name.hpp"

namespace pymode {

namespace {

std::unexpected<Error> malformed(std::size_t line, std::string_view what) {
    return fail(ErrorCode::archive, fmt::format("RECORD, row {}: {}", line, what));
}

// The fields of one row; `text` begins behind it afterwards. Nothing: a quote that does not end.
std::optional<std::vector<std::string>> take_row(std::string_view& text) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (quoted) {
            if (c != '"') {
                fields.back() += c;
            } else if (text.starts_with('"')) {
                fields.back() += '"';
                text.remove_prefix(1);
            } else {
                quoted = false;
            }
        } else if (c == '"' && fields.back().empty()) {
            quoted = true;
        } else if (c == ',') {
            fields.emplace_back();
        } else if (c == '\n') {
            return fields;
        } else if (c != '\r' || !text.starts_with('\n')) {
            fields.back() += c;
        }
    }
    return quoted ? std::nullopt : std::optional(fields);
}

struct Algorithm {
    std::string_view name;
    const EVP_MD* (*method)();
};

// sha256 or better (PEP 376); the others of the past are known by name, for the message.
constexpr std::array<Algorithm, 3> algorithms = {
    {{"sha256", EVP_sha256}, {"sha384", EVP_sha384}, {"sha512", EVP_sha512}}};

std::string digest_text(const EVP_MD* method, ByteView content) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(content.data(), content.size(), digest.data(), &size, method, nullptr);
    // Four characters for three bytes, and a NUL that EVP_EncodeBlock appends.
    std::array<unsigned char, EVP_MAX_MD_SIZE * 2> text{};
    const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
    std::string result(text.begin(), text.begin() + length);
    std::ranges::replace(result, '+', '-');
    std::ranges::replace(result, '/', '_');
    result.erase(result.find_last_not_of('=') + 1);
    return result;
}

std::string quoted(std::string_view field) {
    if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(field);
    }
    return fmt::format("\"{}\"", replace_all(field, "\"", "\"\""));
}

Expected<> add_row(Record& record, std::vector<std::string> fields, std::size_t number) {
    if (fields.size() != 3) {
        return malformed(number, fmt::format("it has {} fields instead of 3", fields.size()));
    }
    std::string path = std::move(fields[0]);
    if (path.contains('\\')) {
        record.backslashes = true;
        std::ranges::replace(path, '\\', '/');
    }
    if (auto checked = check_wheel_path(path); !checked) {
        return propagate(checked, fmt::format("in row {} of RECORD", number));
    }
    RecordRow row{std::move(fields[1]), std::nullopt};
    if (!fields[2].empty()) {
        row.size = parse_unsigned(fields[2]);
        if (!row.size) {
            return malformed(number, "its size is not a number");
        }
    }
    const auto [place, added] = record.rows.try_emplace(std::move(path), std::move(row));
    if (!added) {
        record.warnings.push_back(
            fmt::format("RECORD names {} twice; the first row counts", printable(place->first)));
    }
    return {};
}

} // namespace

Expected<Record> parse_record(std::string_view text) {
    if (!is_valid_utf8(text)) {
        return fail(ErrorCode::archive, "RECORD is not UTF-8");
    }
    Record record;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto fields = take_row(text);
        if (!fields) {
            return malformed(number, "a quote does not end");
        }
        if (fields->size() == 1 && fields->front().empty()) {
            continue; // an empty line
        }
        if (auto added = add_row(record, std::move(*fields), number); !added) {
            return propagate(added);
        }
    }
    if (record.backslashes) {
        record.warnings.emplace_back("RECORD is written with backslashes");
    }
    return record;
}

std::string record_row(std::string_view path, std::string_view hash, std::uint64_t size) {
    return fmt::format("{},{},{}\n", quoted(path), hash, size);
}

std::string record_hash(ByteView content) {
    return "sha256=" + digest_text(EVP_sha256(), content);
}

std::string compare_with_row(const RecordRow& row, ByteView content, std::string_view own_hash) {
    if (row.hash.empty()) {
        return "has no hash in RECORD";
    }
    if (row.size && *row.size != content.size()) {
        return fmt::format("has {} bytes, but RECORD says {}", content.size(), *row.size);
    }
    const std::string_view written = row.hash;
    const std::size_t equals = written.find('=');
    const std::string_view name = written.substr(0, equals);
    const auto* algorithm = std::ranges::find(algorithms, name, &Algorithm::name);
    if (equals == std::string_view::npos || algorithm == algorithms.end()) {
        return fmt::format("has a hash in RECORD that does not count ({}); sha256, sha384 and "
                           "sha512 do",
                           printable(name.substr(0, 40)));
    }
    std::string_view expected = written.substr(equals + 1);
    // Old tools wrote the padding.
    expected = expected.substr(0, expected.find_last_not_of('=') + 1);
    const std::string computed = name == "sha256" ? std::string(own_hash.substr(equals + 1))
                                                  : digest_text(algorithm->method(), content);
    return expected == computed ? "" : "has another hash than RECORD says";
}

} // namespace pymode

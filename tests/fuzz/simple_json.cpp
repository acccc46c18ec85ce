// SPDX-License-Identifier: MIT
// Pages in JSON, and the JSON underneath: our scanner and nlohmann's parser must agree about every
// text.
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/packaging/index/json_scanner.hpp"
#include "tests/fuzz/simple_pages.hpp"

using namespace pymode;
using detail::JsonScanner;

namespace {

// What a document says, as one text.
struct Transcript {
    std::string text;
    std::size_t depth = 0;
    std::size_t deepest = 0;

    bool note(std::string_view what) {
        text += what;
        text += '\n';
        return true;
    }
    bool open(std::string_view what) {
        deepest = std::max(deepest, ++depth);
        return note(what);
    }
    bool close(std::string_view what) {
        --depth;
        return note(what);
    }
};

struct Theirs : Transcript {
    using Json = nlohmann::json;
    bool null() { return note("null"); }
    bool boolean(bool on) { return note(on ? "true" : "false"); }
    bool number_integer(Json::number_integer_t /*number*/) { return note("number"); }
    bool number_unsigned(Json::number_unsigned_t number) {
        return note("whole " + std::to_string(number));
    }
    bool number_float(Json::number_float_t /*number*/, const std::string& /*text*/) {
        return note("number");
    }
    bool string(std::string& value) { return note("string " + value); }
    bool binary(Json::binary_t& /*bytes*/) { return note("binary"); }
    bool start_object(std::size_t /*size*/) { return open("{"); }
    bool end_object() { return close("}"); }
    bool key(std::string& name) { return note("name " + name); }
    bool start_array(std::size_t /*size*/) { return open("["); }
    bool end_array() { return close("]"); }
    bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& error) {
        too_large = error.id == 406; // a number beyond what a double holds
        return false;
    }
    bool too_large = false;
};

std::optional<std::string> ours(std::string_view text) {
    using Token = JsonScanner::Token;
    JsonScanner scanner(text);
    Transcript transcript;
    while (true) {
        switch (scanner.next()) {
        case Token::object_begin:
            transcript.open("{");
            break;
        case Token::object_end:
            transcript.close("}");
            break;
        case Token::array_begin:
            transcript.open("[");
            break;
        case Token::array_end:
            transcript.close("]");
            break;
        case Token::name:
            transcript.note("name " + std::string(scanner.text()));
            break;
        case Token::string:
            transcript.note("string " + std::string(scanner.text()));
            break;
        case Token::number:
            transcript.note(scanner.number() ? "whole " + std::to_string(*scanner.number())
                                             : "number");
            break;
        case Token::boolean:
            transcript.note(scanner.boolean() ? "true" : "false");
            break;
        case Token::null:
            transcript.note("null");
            break;
        case Token::end:
            return transcript.text;
        case Token::error:
            return std::nullopt;
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    fuzz::check_page(parse_simple_json(text, fuzz::page_context()));
    // Neither a byte order mark nor NUL is part of JSON; nlohmann skips the one and takes the other
    // for the end.
    if (!is_valid_utf8(text) || text.starts_with("\xEF\xBB\xBF") || text.contains('\0')) {
        return 0;
    }
    Theirs theirs;
    const bool accepted = nlohmann::json::sax_parse(text.begin(), text.end(), &theirs);
    const auto said = ours(text);
    if (theirs.too_large || theirs.deepest > JsonScanner::max_depth) {
        return 0;
    }
    fuzz::demand(said.has_value() == accepted, "both readers accept the same JSON");
    fuzz::demand(!said || *said == theirs.text, "both readers say the same of it");
    return 0;
}

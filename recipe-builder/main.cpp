// SPDX-License-Identifier: MIT
// recipe-builder --recipe FILE --source PATH --sdk DIR --zig FILE --zig-cache DIR --output DIR
//                [--cython FILE] [--jobs N] [--vendored NAME=DIR]…
// Builds the wheel of one recipe and writes it, and what is to be known of it (wheel.json), to the
// folder. The build's own program; users have `pymode recipe build`, which is the same code.
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/console.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/toolchain/recipe_build.hpp"

namespace pymode {

namespace {

constexpr std::string_view usage =
    "usage: recipe-builder --recipe FILE --source PATH --sdk DIR --zig FILE --zig-cache DIR "
    "--output DIR [--cython FILE] [--jobs N] [--vendored NAME=DIR]...";
constexpr std::uint64_t max_recipe_bytes = 1 << 20;

struct Options {
    std::string recipe;
    std::string source;
    std::string output;
    VendoredSources vendored;
    Compilers compilers;
};

Expected<> set_option(Options& options, std::string_view name, const std::string& value) {
    if (name == "--recipe") {
        options.recipe = value;
    } else if (name == "--source") {
        options.source = value;
    } else if (name == "--sdk") {
        options.compilers.sdk = value;
    } else if (name == "--zig") {
        options.compilers.zig = value;
    } else if (name == "--zig-cache") {
        options.compilers.zig_cache = value;
    } else if (name == "--cython") {
        options.compilers.cython = value;
    } else if (name == "--output") {
        options.output = value;
    } else if (name == "--jobs" && parse_unsigned(value)) {
        options.compilers.jobs = *parse_unsigned(value);
    } else if (name == "--vendored" && value.find('=') != std::string::npos) {
        const std::size_t equals = value.find('=');
        options.vendored[value.substr(0, equals)] = value.substr(equals + 1);
    } else {
        return fail(ErrorCode::usage, fmt::format("{} {} is not understood", name, value),
                    std::string(usage));
    }
    return {};
}

Expected<Options> parse_options(std::span<char* const> args) {
    Options options;
    for (std::size_t i = 1; i < args.size(); i += 2) {
        if (i + 1 == args.size()) {
            return fail(ErrorCode::usage, fmt::format("{} needs a value", args[i]),
                        std::string(usage));
        }
        if (Expected<> set = set_option(options, args[i], args[i + 1]); !set) {
            return propagate(set);
        }
    }
    if (options.recipe.empty() || options.source.empty() || options.output.empty() ||
        options.compilers.sdk.empty() || options.compilers.zig.empty() ||
        options.compilers.zig_cache.empty()) {
        return fail(ErrorCode::usage, "an option is missing", std::string(usage));
    }
    return options;
}

// What the wheelhouse's index says of the wheel.
std::string describe(const Recipe& recipe, const BuiltWheel& built) {
    nlohmann::ordered_json modules = nlohmann::ordered_json::array();
    for (const BuiltPart& part : built.parts) {
        modules.push_back({{"name", part.module}, {"bytes", part.bytes}});
    }
    return nlohmann::ordered_json{
               {"filename", built.wheel.filename}, {"sha256", sha256_hex(built.wheel.bytes)},
               {"size", built.wheel.bytes.size()}, {"name", recipe.name},
               {"version", recipe.version},        {"license", recipe.license},
               {"modules", std::move(modules)},    {"test", recipe.test}}
               .dump(2) +
           "\n";
}

Expected<> run(Options options) {
    Expected<std::string> text = read_text_file(options.recipe, max_recipe_bytes);
    if (!text) {
        return propagate(text);
    }
    const Expected<Recipe> recipe = parse_recipe(options.recipe, *std::move(text));
    if (!recipe) {
        return propagate(recipe);
    }
    options.compilers.env = Env::capture();
    const Expected<BuiltWheel> built =
        build_recipe(*recipe, options.source, options.vendored, options.compilers, CancelToken(),
                     [](std::string_view) {});
    if (!built) {
        return propagate(built);
    }
    const fs::path output = options.output;
    if (Expected<> made = make_directories(output); !made) {
        return made;
    }
    if (Expected<> written = write_file_atomic(output / built->wheel.filename, built->wheel.bytes);
        !written) {
        return written;
    }
    return write_file_atomic(output / "wheel.json", std::string_view(describe(*recipe, *built)));
}

} // namespace

} // namespace pymode

int main(int argc, char** argv) {
    using namespace pymode;
    StandardSink sink;
    Console console(sink, Env::capture(), {});
    Expected<Options> options = parse_options({argv, static_cast<std::size_t>(argc)});
    const Expected<> done = options ? run(*std::move(options)) : propagate(options);
    if (!done) {
        console.print_error(done.error());
        return exit_code(done.error().code);
    }
    return 0;
}

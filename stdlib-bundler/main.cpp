// SPDX-License-Identifier: MIT
// stdlib-bundler --root DIR --output FILE [--store-suffix SUFFIX]…
// Packs a folder into a zip that is the same, byte for byte, for the same content.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/base/archive.hpp"
#include "core/base/console.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"

namespace pymode {

namespace {

constexpr std::string_view usage =
    "usage: stdlib-bundler --root DIR --output FILE [--store-suffix SUFFIX]...";
constexpr std::uint64_t max_file_bytes = std::uint64_t{256} << 20;

struct Options {
    std::string root;
    std::string output;
    std::vector<std::string> stored_suffixes; // members that are stored, not deflated
};

Expected<Options> parse_options(std::span<char* const> args) {
    Options options;
    for (std::size_t i = 1; i < args.size(); i += 2) {
        const std::string_view name = args[i];
        if (i + 1 == args.size()) {
            return fail(ErrorCode::usage, fmt::format("{} needs a value", name),
                        std::string(usage));
        }
        const std::string value = args[i + 1];
        if (name == "--root") {
            options.root = value;
        } else if (name == "--output") {
            options.output = value;
        } else if (name == "--store-suffix") {
            options.stored_suffixes.push_back(value);
        } else {
            return fail(ErrorCode::usage, fmt::format("unknown option {}", name),
                        std::string(usage));
        }
    }
    if (options.root.empty() || options.output.empty()) {
        return fail(ErrorCode::usage, "--root and --output are needed", std::string(usage));
    }
    return options;
}

Compress compression_of(const std::string& path, const Options& options) {
    const bool stored = std::ranges::any_of(
        options.stored_suffixes, [&](const std::string& suffix) { return path.ends_with(suffix); });
    return stored ? Compress::no : Compress::yes;
}

Expected<> bundle(const Options& options) {
    const auto entries = list_tree(options.root);
    if (!entries) {
        return propagate(entries);
    }
    ArchiveWriter writer;
    for (const TreeEntry& entry : *entries) {
        if (entry.kind == FileKind::directory) {
            continue;
        }
        if (entry.kind != FileKind::regular) {
            return fail(ErrorCode::io,
                        fmt::format("{} is neither a file nor a folder", entry.path));
        }
        auto content = read_file(fs::path(options.root) / entry.path, max_file_bytes);
        if (!content) {
            return propagate(content);
        }
        auto added =
            writer.add(entry.path, std::move(*content), compression_of(entry.path, options));
        if (!added) {
            return added;
        }
    }
    const auto archive = writer.finish();
    return archive ? write_file_atomic(options.output, *archive) : propagate(archive);
}

} // namespace

} // namespace pymode

int main(int argc, char** argv) {
    using namespace pymode;
    StandardSink sink;
    Console console(sink, Env::capture(), {});
    const auto options = parse_options({argv, static_cast<std::size_t>(argc)});
    const Expected<> done = options ? bundle(*options) : propagate(options);
    if (!done) {
        console.print_error(done.error());
        return exit_code(done.error().code);
    }
    return 0;
}

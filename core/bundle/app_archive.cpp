// SPDX-License-Identifier: MIT
#include "core/bundle/app_archive.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

constexpr std::string_view kGuestRoot = "/app/";
// So much compiled code is stored as it is: a first request that need not inflate starts sooner, as
// V8 does not have to compile zlib for it.
constexpr std::size_t kStoredBytes = std::size_t{64} << 10;
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{64} << 20;

// Names that people give a handler who come from elsewhere.
constexpr std::array<std::string_view, 5> kForeignHandlers = {"fetch", "handler", "handle",
                                                              "on_request", "main"};

// The user knows the file by its place in the project, not by its place in the Worker.
Error in_project(Error error) {
    if (error.where && error.where->file.starts_with(kGuestRoot)) {
        error.where->file.erase(0, kGuestRoot.size());
    }
    return error;
}

// The names at the top of the main module.
struct Names {
    std::span<const std::string> all;

    // After `from x import *` only the Worker knows.
    [[nodiscard]] bool defines(std::string_view name) const {
        return std::ranges::find(all, name) != all.end() ||
               std::ranges::find(all, "*") != all.end();
    }
};

// What the configuration has Cloudflare call besides on_fetch.
Expected<> check_events(const Project& project, const Names& names) {
    const WorkerConfig& worker = project.worker;
    for (const std::string& name : worker.object_classes()) {
        if (!is_identifier(name)) {
            return fail(ErrorCode::config,
                        fmt::format("`{}` is no name of a Python class", printable(name)));
        }
        if (!names.defines(name)) {
            return fail(ErrorCode::config,
                        fmt::format("{} defines no class {}, which is to be a Durable Object",
                                    worker.main, name),
                        fmt::format("add `class {}(DurableObject): …`, with `from pymode.workers "
                                    "import DurableObject`",
                                    name));
        }
    }
    const bool scheduled = worker.crons && !worker.crons->empty();
    if (scheduled && !names.defines("on_scheduled")) {
        return fail(ErrorCode::config,
                    fmt::format("there are crons, and {} defines no on_scheduled", worker.main),
                    "add `def on_scheduled(event, env): …`");
    }
    if (!worker.consumers.empty() && !names.defines("on_queue")) {
        return fail(ErrorCode::config,
                    fmt::format("it consumes a queue, and {} defines no on_queue", worker.main),
                    "add `def on_queue(batch, env): …`");
    }
    return {};
}

Expected<> check_handler(const Project& project, const Names& names) {
    if (names.defines("on_fetch")) {
        return check_events(project, names);
    }
    std::string hint = "add `def on_fetch(request, env): …`";
    for (const std::string_view foreign : kForeignHandlers) {
        if (names.defines(foreign)) {
            hint = fmt::format("if `{}` is the handler, call it `on_fetch`", foreign);
            break;
        }
    }
    return fail(ErrorCode::config, fmt::format("{} defines no handler", project.worker.main), hint);
}

} // namespace

Expected<AppArchive> make_app_archive(const Project& project, std::span<const ProjectFile> files,
                                      const CompileFunction& compile) {
    AppArchive result;
    ArchiveWriter writer;
    std::vector<SourceModule> sources;
    for (const ProjectFile& file : files) {
        Expected<Bytes> content = read_file(project.root / file.path, kMaxFileBytes);
        if (!content) {
            return propagate(content);
        }
        if (file.path.ends_with(".py")) {
            sources.push_back({std::string(kGuestRoot) + file.path, to_text(*content)});
            add_words(sources.back().text, result.words);
        }
        if (Expected<> added = writer.add(file.path, std::move(*content)); !added) {
            return propagate(added);
        }
    }
    Expected<std::vector<CompiledModule>> compiled = compile(sources);
    if (!compiled) {
        return std::unexpected(in_project(std::move(compiled).error()));
    }
    std::size_t compiled_bytes = 0;
    for (const CompiledModule& module : *compiled) {
        compiled_bytes += module.pyc.size();
    }
    const Compress compress = compiled_bytes <= kStoredBytes ? Compress::no : Compress::yes;
    bool main_seen = false;
    for (CompiledModule& module : *compiled) {
        const std::string path = module.guest_path.substr(kGuestRoot.size());
        if (path == project.worker.main) {
            main_seen = true;
            if (Expected<> handler = check_handler(project, {module.names}); !handler) {
                return propagate(handler);
            }
        }
        if (Expected<> added = writer.add(bytecode_path(path), std::move(module.pyc), compress);
            !added) {
            return propagate(added);
        }
    }
    if (!main_seen) {
        return fail(ErrorCode::config,
                    fmt::format("main file {} is not part of the bundle", project.worker.main),
                    "`exclude` under [tool.pymode] names it, or its folder is always left out");
    }
    result.modules = compiled->size();
    Expected<Bytes> zip = writer.finish();
    if (!zip) {
        return propagate(zip);
    }
    result.zip = std::move(*zip);
    return result;
}

} // namespace pymode

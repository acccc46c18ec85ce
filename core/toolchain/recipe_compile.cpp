// SPDX-License-Identifier: MIT
#include "core/toolchain/recipe_compile.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/subprocess.hpp"
#include "core/base/text.hpp"
#include "core/toolchain/recipe_sources.hpp"
#include "core/toolchain/wasm_module.hpp"

namespace pymode {
namespace {

using Arguments = std::vector<std::string>;

constexpr std::chrono::minutes kCompileTimeout{10};
constexpr std::uint64_t kMaxModuleBytes = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaxSymbolsBytes = 4 << 20;
constexpr std::size_t kShownLines = 40;

// The same as for the side modules of the standard library (runtime/build/side_modules.py and
// zig.py). No extended constant expressions, so that engines without them load the modules too.
constexpr std::array<std::string_view, 10> kCompileFlags = {
    "-target", "wasm32-wasi", "-g0",   "-fno-sanitize=undefined",    "-Wno-date-time",
    "-O2",     "-DNDEBUG",    "-fPIC", "-mcpu=lime1-extended_const", "-w"};
// zig's C++ library is built without exceptions; the guards of local statics would need its ABI.
constexpr std::array<std::string_view, 3> kCxxFlags = {"-fno-exceptions", "-fno-rtti",
                                                       "-fno-threadsafe-statics"};
// Without the last one nobody could call the constructors of C++'s static objects.
constexpr std::array<std::string_view, 6> kLinkFlags = {"-shared",
                                                        "--experimental-pic",
                                                        "--unresolved-symbols=import-dynamic",
                                                        "--no-entry",
                                                        "-s",
                                                        "--export-if-defined=__wasm_call_ctors"};

bool is_cython(std::string_view path) {
    return path.ends_with(".pyx");
}

bool is_cxx(std::string_view path) {
    return path.ends_with(".cpp") || path.ends_with(".cc") || path.ends_with(".cxx");
}

// The last lines of what a tool said: where compilers sum up.
std::string tail(std::string_view text) {
    const auto lines = split_lines(trim(text));
    std::string shown;
    for (std::size_t i = lines.size() > kShownLines ? lines.size() - kShownLines : 0;
         i < lines.size(); ++i) {
        shown += fmt::format("{}\n", printable(lines[i]));
    }
    return std::string(trim(shown));
}

// One build: where it works, and with what.
class Build {
  public:
    Build(const Recipe& recipe, const Compilers& compilers, const fs::path& stage,
          const fs::path& work, const CancelToken& cancel, const Report& report)
        : m_recipe(recipe), m_compilers(compilers), m_stage(stage), m_work(work), m_cancel(cancel),
          m_report(report) {
        m_env = compilers.env;
        // zig's cache of objects mixes up folders that are compiled with the same relative paths:
        // every build has its own.
        m_env.set("ZIG_LOCAL_CACHE_DIR", (work / "zig").string());
        m_env.set("ZIG_GLOBAL_CACHE_DIR", compilers.zig_cache.string());
        m_env.set("LC_ALL", "C.UTF-8");
        m_env.set("SOURCE_DATE_EPOCH", "315532800");
        for (const char* name : {"CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS",
                                 "PYTHONPATH", "PYTHONHOME"}) {
            m_env.unset(name);
        }
    }

    Expected<std::vector<BuiltModule>> run() {
        if (Expected<> ready = prepare(); !ready) {
            return propagate(ready);
        }
        std::vector<BuiltModule> built;
        for (std::size_t i = 0; i < m_recipe.modules.size(); ++i) {
            const RecipeModule& module = m_recipe.modules[i];
            m_report(module.name);
            Expected<Bytes> wasm = build(module, fmt::format("m{}", i));
            if (!wasm) {
                return propagate(wasm, fmt::format("while building {}", module.name));
            }
            built.push_back({module.name, module_path(module), *std::move(wasm)});
        }
        return built;
    }

  private:
    Expected<> prepare() {
        if (Expected<> made = make_directories(m_compilers.zig_cache); !made) {
            return made;
        }
        const Expected<std::string> symbols =
            read_text_file(m_compilers.sdk / "symbols.txt", kMaxSymbolsBytes);
        if (!symbols) {
            return propagate(symbols);
        }
        for (const std::string_view line : split_lines(*symbols)) {
            m_symbols.emplace_back(line);
        }
        std::ranges::sort(m_symbols);
        return {};
    }

    Expected<> tool(Arguments args) const {
        ProcessOptions options;
        options.args = std::move(args);
        options.env = m_env;
        options.cwd = m_stage;
        options.timeout = kCompileTimeout;
        options.cancel = m_cancel;
        const Expected<ProcessResult> result = run_process(options);
        if (!result) {
            return propagate(result);
        }
        if (result->ok()) {
            return {};
        }
        const std::string why =
            result->timed_out ? fmt::format("took longer than {} minutes", kCompileTimeout.count())
                              : fmt::format("ended with {}", result->exit_code);
        auto failed =
            fail(ErrorCode::tool,
                 fmt::format("{} {}", fs::path(options.args[0]).filename().string(), why));
        failed.error().notes.push_back(tail(result->err + result->out));
        return failed;
    }

    // The C or C++ file that is compiled in the place of `source`, relative to the stage.
    Expected<std::string> generated(const std::string& source, const std::string& prefix) {
        if (!is_cython(source)) {
            return source;
        }
        const Expected<std::string> text = read_text_file(m_stage / source, kMaxModuleBytes);
        if (!text) {
            return propagate(text);
        }
        const bool cxx = text->find("distutils: language = c++") != std::string::npos ||
                         text->find("distutils: language=c++") != std::string::npos ||
                         text->find("from libcpp") != std::string::npos;
        std::string target =
            fmt::format("{}-{}.{}", prefix, fs::path(source).stem().string(), cxx ? "cpp" : "c");
        Arguments args = {m_compilers.cython.string(), "-3"};
        if (cxx) {
            args.emplace_back("--cplus");
        }
        args.insert(args.end(), {"-o", target, source});
        if (Expected<> done = tool(std::move(args)); !done) {
            return propagate(done, fmt::format("in {}", source));
        }
        return target;
    }

    Arguments compile_arguments(const RecipeModule& module, const std::string& source,
                                const std::string& object) const {
        const bool cxx = is_cxx(source);
        Arguments args = {m_compilers.zig.string(), cxx ? "c++" : "cc"};
        args.insert(args.end(), kCompileFlags.begin(), kCompileFlags.end());
        if (cxx) {
            args.insert(args.end(), kCxxFlags.begin(), kCxxFlags.end());
        }
        for (const std::string& folder : module.include) {
            args.push_back("-I" + staged_path(folder));
        }
        args.push_back("-I" + (m_compilers.sdk / "include").string());
        args.insert(args.end(), module.flags.begin(), module.flags.end());
        args.insert(args.end(), {"-c", source, "-o", object});
        return args;
    }

    Expected<Bytes> build(const RecipeModule& module, const std::string& prefix) {
        std::vector<Arguments> commands;
        std::vector<std::string> objects;
        for (const std::string& named : module.sources) {
            Expected<std::string> source = generated(staged_path(named), prefix);
            if (!source) {
                return propagate(source);
            }
            objects.push_back((m_work / fmt::format("{}-{}.o", prefix, objects.size())).string());
            commands.push_back(compile_arguments(module, *source, objects.back()));
        }
        if (Expected<> compiled = run_all(commands); !compiled) {
            return propagate(compiled);
        }
        return link(module, objects, m_work / (prefix + ".wasm"));
    }

    // A few at a time; the first error in the order of the sources is the answer.
    Expected<> run_all(const std::vector<Arguments>& commands) const {
        std::atomic<std::size_t> next = 0;
        std::mutex mutex;
        std::optional<std::pair<std::size_t, Error>> first;
        const auto work = [&] {
            for (std::size_t i = next++; i < commands.size(); i = next++) {
                Expected<> done = tool(commands[i]);
                if (done) {
                    continue;
                }
                const std::scoped_lock lock(mutex);
                if (!first || i < first->first) {
                    first.emplace(i, std::move(done).error());
                }
                next = commands.size(); // nothing new is started
            }
        };
        {
            std::vector<std::jthread> workers;
            const std::size_t jobs = std::clamp<std::size_t>(m_compilers.jobs, 1, commands.size());
            for (std::size_t i = 0; i < jobs; ++i) {
                workers.emplace_back(work);
            }
        }
        return first ? Expected<>(std::unexpected(std::move(first->second))) : Expected<>();
    }

    Expected<Bytes> link(const RecipeModule& module, const std::vector<std::string>& objects,
                         const fs::path& target) const {
        const std::string init =
            "PyInit_" + module.name.substr(module.name.rfind('.') + 1); // npos + 1 is 0
        Arguments args = {m_compilers.zig.string(), "wasm-ld"};
        args.insert(args.end(), kLinkFlags.begin(), kLinkFlags.end());
        args.insert(args.end(), {"--export=" + init, "-o", target.string()});
        args.insert(args.end(), objects.begin(), objects.end());
        if (Expected<> linked = tool(std::move(args)); !linked) {
            return propagate(linked);
        }
        Expected<Bytes> wasm = read_file(target, kMaxModuleBytes);
        if (!wasm) {
            return wasm;
        }
        if (Expected<> good = check(module, *wasm); !good) {
            return propagate(good);
        }
        return wasm;
    }

    // What would fail in the Worker fails here.
    Expected<> check(const RecipeModule& module, ByteView wasm) const {
        const Expected<WasmLinkage> linkage = read_wasm_linkage(wasm);
        if (!linkage) {
            return propagate(linkage);
        }
        if (!linkage->is_side_module) {
            return fail(ErrorCode::internal, "the linker made no side module");
        }
        const std::vector<std::string> missing = missing_symbols(*linkage, m_symbols);
        if (missing.empty()) {
            return {};
        }
        return fail(
            ErrorCode::tool,
            fmt::format("{} calls what the runtime does not have: {}", module.name,
                        join(missing, ", ")),
            "a source file may be missing in `sources`; of the C library there is what "
            "docs/recipes.md describes, and of the C++ library only what is in its headers");
    }

    const Recipe& m_recipe;
    const Compilers& m_compilers;
    const fs::path& m_stage;
    const fs::path& m_work;
    const CancelToken& m_cancel;
    const Report& m_report;
    Env m_env;
    std::vector<std::string> m_symbols; // sorted
};

} // namespace

bool uses_cython(const Recipe& recipe) {
    return std::ranges::any_of(recipe.modules, [](const RecipeModule& module) {
        return std::ranges::any_of(module.sources, is_cython);
    });
}

Expected<std::vector<BuiltModule>>
compile_modules_of(const Recipe& recipe, const Compilers& compilers, const fs::path& stage,
                   const fs::path& work, const CancelToken& cancel, const Report& report) {
    return Build(recipe, compilers, stage, work, cancel, report).run();
}

} // namespace pymode

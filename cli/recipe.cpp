// SPDX-License-Identifier: MIT
// `pymode recipe`: packages with C in them. The list of those inside the executable, and building.
#include <algorithm>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "cli/projects.hpp"
#include "cli/recipes.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/packaging/index/cache.hpp"
#include "core/packaging/index/default_index.hpp"
#include "core/packaging/index/package_index.hpp"
#include "core/toolchain/compilers.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxRecipeBytes = 1 << 20;

Json modules_json(const std::vector<WheelhouseModule>& modules) {
    Json list = Json::array();
    for (const WheelhouseModule& module : modules) {
        list.push_back({{"name", module.name}, {"bytes", module.bytes}});
    }
    return list;
}

Expected<> run_list(CliContext& context) {
    const Expected<Wheelhouse> wheelhouse = Wheelhouse::read(context.assets);
    if (!wheelhouse) {
        return propagate(wheelhouse);
    }
    if (wheelhouse->entries().empty()) {
        return fail(ErrorCode::internal, "this executable was built without a wheelhouse");
    }
    Json document = Json::array();
    context.console.print(
        fmt::format("{:<12} {:<12} {:>10}  {}", "package", "version", "wheel", "compiled modules"));
    for (const WheelhouseEntry& entry : wheelhouse->entries()) {
        std::vector<std::string> names;
        for (const WheelhouseModule& module : entry.modules) {
            names.push_back(fmt::format("{} ({})", module.name, human_size(module.bytes)));
        }
        context.console.print(fmt::format("{:<12} {:<12} {:>10}  {}", entry.name, entry.version,
                                          human_size(entry.bytes.size()), join(names, ", ")));
        document.push_back({{"name", entry.name},
                            {"version", entry.version},
                            {"license", entry.license},
                            {"filename", entry.filename},
                            {"sha256", entry.sha256},
                            {"bytes", entry.bytes.size()},
                            {"modules", modules_json(entry.modules)}});
    }
    context.console.print_json(document.dump());
    return {};
}

// The recipe that `text` names, and the folder of its sources where there is one.
struct FoundRecipe {
    Recipe recipe;
    fs::path sources; // empty: the source distribution
};

Expected<FoundRecipe> read_recipe_file(const fs::path& path) {
    Expected<std::string> text = read_text_file(path, kMaxRecipeBytes);
    if (!text) {
        return propagate(text);
    }
    Expected<Recipe> recipe = parse_recipe(path.string(), *std::move(text));
    if (!recipe) {
        return propagate(recipe);
    }
    // Without [sdist] the recipe lies beside what it builds.
    const fs::path sources = recipe->sdist ? fs::path() : fs::absolute(path).parent_path();
    return FoundRecipe{*std::move(recipe), sources};
}

Expected<FoundRecipe> find_recipe(const std::string& text, const Wheelhouse& wheelhouse,
                                  std::span<const Asset> assets) {
    std::error_code error;
    if (fs::is_directory(text, error)) {
        Expected<Recipe> recipe = read_folder_recipe(text);
        if (!recipe) {
            return propagate(recipe);
        }
        return FoundRecipe{*std::move(recipe), text};
    }
    if (fs::exists(text, error) || text.find('/') != std::string::npos) {
        return read_recipe_file(text);
    }
    const std::string name = fmt::format("recipes/{}.toml", text);
    const auto asset = std::ranges::find(assets, name, &Asset::name);
    if (asset == assets.end()) {
        std::vector<std::string> names;
        for (const WheelhouseEntry& entry : wheelhouse.entries()) {
            names.push_back(entry.name);
        }
        const auto meant = closest_match(text, names);
        return fail(ErrorCode::not_found, fmt::format("there is no recipe `{}`", printable(text)),
                    meant ? fmt::format("did you mean `{}`?", *meant)
                          : "`pymode recipe list` shows them; a folder or a .toml file is a path");
    }
    Expected<Recipe> recipe = parse_recipe(name, to_text(asset->bytes));
    if (!recipe) {
        return propagate(recipe);
    }
    return FoundRecipe{*std::move(recipe), {}};
}

// The recipe's source distribution from an index or a folder of files.
Expected<fs::path> fetch_sdist(const Recipe& recipe, const RecipeBuildOptions& options,
                               CliContext& context) {
    if (!recipe.sdist) {
        return fail(ErrorCode::usage, fmt::format("the recipe of {} names no [sdist]", recipe.name),
                    "give the sources with --source");
    }
    Expected<std::unique_ptr<PackageSource>> source =
        recipe_source(options.find_links, options.index, {}, context);
    if (!source) {
        return propagate(source);
    }
    const Expected<std::shared_ptr<const PackagePage>> page = (*source)->page(recipe.name);
    if (!page) {
        return propagate(page);
    }
    const auto& files = (*page)->files;
    const auto file = std::ranges::find(files, recipe.sdist->file, &DistFile::filename);
    if (file == files.end()) {
        return fail(ErrorCode::not_found, fmt::format("no index offers {}", recipe.sdist->file),
                    "give the file with --source, or its folder with --find-links");
    }
    context.console.info(fmt::format("fetching {}", recipe.sdist->file));
    const Expected<std::vector<fs::path>> fetched = (*source)->fetch({&*file, 1}, {});
    if (!fetched) {
        return propagate(fetched);
    }
    return fetched->front();
}

Expected<VendoredSources> parse_vendored(const std::vector<std::string>& texts) {
    VendoredSources vendored;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            return fail(ErrorCode::usage, "--vendored wants NAME=FOLDER",
                        "for example --vendored libyaml=./libyaml-0.2.5");
        }
        vendored[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return vendored;
}

// Adds what the recipe names, the user does not give and the executable has.
Expected<> add_embedded_sources(const Recipe& recipe, const CliContext& context,
                                VendoredSources& vendored) {
    const Expected<fs::path> cache = recipe_cache(context);
    if (!cache) {
        return propagate(cache);
    }
    for (const std::string& name : recipe.vendored) {
        const auto archive =
            std::ranges::find(context.assets, fmt::format("vendored/{}.zip", name), &Asset::name);
        if (vendored.contains(name) || archive == context.assets.end()) {
            continue;
        }
        Expected<fs::path> folder = unpack_once(archive->bytes, "vendored-" + name, *cache);
        if (!folder) {
            return propagate(folder);
        }
        vendored[name] = *std::move(folder);
    }
    return {};
}

Expected<Compilers> find_compilers(const Recipe& recipe, const RecipeBuildOptions& options,
                                   const CliContext& context) {
    const auto sdk = std::ranges::find(context.assets, "sdk.zip", &Asset::name);
    if (sdk == context.assets.end()) {
        return fail(ErrorCode::internal,
                    "this executable was built without the headers to compile with");
    }
    Compilers compilers;
    const CompilerSearch search{fs::current_path(), context.env};
    Expected<fs::path> zig = find_zig(search);
    if (!zig) {
        return propagate(zig);
    }
    compilers.zig = *std::move(zig);
    if (uses_cython(recipe)) {
        Expected<fs::path> cython = find_cython(search);
        if (!cython) {
            return propagate(cython);
        }
        compilers.cython = *std::move(cython);
    }
    const Expected<fs::path> cache = recipe_cache(context);
    if (!cache) {
        return propagate(cache);
    }
    Expected<fs::path> headers = unpack_once(sdk->bytes, "sdk", *cache);
    if (!headers) {
        return propagate(headers);
    }
    compilers.sdk = *std::move(headers);
    compilers.zig_cache = *cache / "zig";
    compilers.env = context.env;
    compilers.jobs = options.jobs > 0 ? options.jobs : std::thread::hardware_concurrency();
    return compilers;
}

Expected<> run_build(const RecipeBuildOptions& options, CliContext& context) {
    const Stopwatch watch(context.clock);
    const Expected<Wheelhouse> wheelhouse = Wheelhouse::read(context.assets);
    if (!wheelhouse) {
        return propagate(wheelhouse);
    }
    const SignalCancellation signals(context.cancel);
    const Expected<BuiltWheel> built = build_named_recipe(options, *wheelhouse, context);
    if (!built) {
        return propagate(built);
    }
    if (Expected<> made = make_directories(options.out); !made) {
        return made;
    }
    const fs::path target = fs::path(options.out) / built->wheel.filename;
    if (Expected<> written = write_file_atomic(target, built->wheel.bytes); !written) {
        return written;
    }
    Json modules = Json::array();
    for (const BuiltPart& part : built->parts) {
        context.console.info(fmt::format("  {} {}", part.module, human_size(part.bytes)));
        modules.push_back({{"name", part.module}, {"bytes", part.bytes}});
    }
    context.console.success(fmt::format("built {} ({}) in {}", built->wheel.filename,
                                        human_size(built->wheel.bytes.size()),
                                        human_duration(watch.elapsed())));
    context.console.print(shown_path(fs::absolute(target).lexically_normal()));
    context.console.print_json(Json{
        {"wheel", fs::absolute(target).string()},
        {"sha256", sha256_hex(built->wheel.bytes)},
        {"bytes", built->wheel.bytes.size()},
        {"modules", std::move(modules)},
        {"milliseconds",
         watch.elapsed().count()}}.dump());
    return {};
}

void add_build(CLI::App& recipe, CliAction& chosen) {
    const auto options = std::make_shared<RecipeBuildOptions>();
    CLI::App* command = recipe.add_subcommand("build", "Build the wheel of a recipe with zig");
    command
        ->add_option("recipe", options->recipe,
                     "A name of `pymode recipe list`, a .toml file, or a folder with C sources")
        ->required();
    command->add_option("--out", options->out, "The folder for the wheel (default: here)");
    command->add_option("--source", options->source,
                        "The sources: a folder or the source distribution of the recipe");
    command
        ->add_option("--vendored", options->vendored,
                     "NAME=FOLDER: sources that the recipe takes beside its own; repeatable")
        ->expected(1)
        ->take_all();
    command
        ->add_option("--find-links", options->find_links,
                     "A folder or page with source distributions; repeatable")
        ->expected(1)
        ->take_all();
    command->add_option("--index-url", options->index, "The index with the source distribution");
    command->add_option("--jobs", options->jobs, "Compilers at a time (default: processors)");
    command->footer(fmt::format("It needs zig, and cython for sources in Cython:\n  {}\n\n"
                                "Examples:\n"
                                "  pymode recipe build ./my-package --out wheels\n"
                                "  pymode recipe build markupsafe\n",
                                kInstallZig));
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run_build(*options, context); };
    });
}

} // namespace

Expected<fs::path> recipe_cache(const CliContext& context) {
    Expected<fs::path> cache = cache_dir(context.env);
    return cache ? Expected<fs::path>(*cache / "recipes-v1") : propagate(cache);
}

Expected<std::unique_ptr<PackageSource>> recipe_source(const std::vector<std::string>& find_links,
                                                       const std::string& index,
                                                       std::span<const EmbeddedWheel> wheelhouse,
                                                       CliContext& context) {
    PackageIndexOptions options;
    if (!index.empty()) {
        options.indexes.push_back({"", index, false});
    } else {
        Expected<DefaultIndex> standard = default_index(context.env);
        if (!standard) {
            return propagate(standard);
        }
        options.indexes.push_back({"", standard->url, false});
    }
    const Expected<fs::path> cache = cache_dir(context.env);
    if (!cache) {
        return propagate(cache);
    }
    options.cache = *cache;
    options.find_links = find_links;
    options.wheelhouse = wheelhouse;
    return make_package_source(std::move(options), context.env, context.clock, context.cancel);
}

Expected<BuiltWheel> build_named_recipe(const RecipeBuildOptions& options,
                                        const Wheelhouse& wheelhouse, CliContext& context) {
    const Expected<FoundRecipe> found = find_recipe(options.recipe, wheelhouse, context.assets);
    if (!found) {
        return propagate(found);
    }
    Expected<VendoredSources> vendored = parse_vendored(options.vendored);
    if (!vendored) {
        return propagate(vendored);
    }
    if (Expected<> added = add_embedded_sources(found->recipe, context, *vendored); !added) {
        return propagate(added);
    }
    const Expected<Compilers> compilers = find_compilers(found->recipe, options, context);
    if (!compilers) {
        return propagate(compilers);
    }
    Expected<fs::path> source = options.source.empty() ? found->sources : fs::path(options.source);
    if (source->empty()) {
        source = fetch_sdist(found->recipe, options, context);
    }
    if (!source) {
        return propagate(source);
    }
    Progress progress(context.console, context.clock, "compiling");
    return build_recipe(found->recipe, *source, *vendored, *compilers, context.cancel,
                        [&](std::string_view what) { progress.update(what); });
}

void add_recipe_command(CLI::App& app, CliAction& chosen) {
    CLI::App* recipe =
        app.add_subcommand("recipe", "Packages with C in them: list, build and test their wheels");
    recipe->require_subcommand(1);
    recipe->footer("Examples:\n"
                   "  pymode recipe list\n"
                   "  pymode recipe build ./my-package --out wheels\n"
                   "  pymode recipe test regex\n");
    CLI::App* list = recipe->add_subcommand("list", "Show the wheels inside this executable");
    list->footer("Examples:\n"
                 "  pymode recipe list\n"
                 "  pymode recipe list --json\n");
    list->callback([&chosen] { chosen = run_list; });
    add_build(*recipe, chosen);
    add_recipe_test_command(*recipe, chosen);
    for (CLI::App* command : recipe->get_subcommands([](const CLI::App*) { return true; })) {
        command->fallthrough(); // the options of every command
    }
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// `pymode recipe test`: installs a recipe's wheel into a Worker of its own and runs the recipe's
// test there, in workerd.
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "cli/package_session.hpp"
#include "cli/projects.hpp"
#include "cli/recipes.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/bundle/write.hpp"
#include "core/devserver/worker_session.hpp"
#include "core/packaging/install/install.hpp"
#include "core/packaging/resolve/resolve.hpp"
#include "core/toolchain/node_tools.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMain = "dev/recipe_test.py";
constexpr std::string_view kProject = "[project]\nname = \"recipe-test\"\n";

struct RecipeTestOptions {
    RecipeBuildOptions build;
    bool no_compare = false;
};

// What is tested: a wheel of the wheelhouse, or one that was built just now in `wheels`.
struct Subject {
    std::string name;
    std::string version;
    std::string code;
    std::vector<std::string> modules;
};

std::unexpected<Error> no_test(std::string_view name) {
    return fail(ErrorCode::config, fmt::format("the recipe of {} has no [test]", name),
                "add [test] with `code` that defines check()");
}

Expected<Subject> built_subject(const RecipeTestOptions& options, const Wheelhouse& wheelhouse,
                                const fs::path& wheels, CliContext& context) {
    const Expected<BuiltWheel> built = build_named_recipe(options.build, wheelhouse, context);
    if (!built) {
        return propagate(built);
    }
    if (built->test.empty()) {
        return no_test(built->name);
    }
    if (Expected<> written = write_file_atomic(wheels / built->wheel.filename, built->wheel.bytes);
        !written) {
        return propagate(written);
    }
    Subject subject{built->name, built->version, built->test, {}};
    for (const BuiltPart& part : built->parts) {
        subject.modules.push_back(part.module);
    }
    return subject;
}

Subject embedded_subject(const WheelhouseEntry& entry) {
    Subject subject{entry.name, entry.version, entry.test, {}};
    for (const WheelhouseModule& module : entry.modules) {
        subject.modules.push_back(module.name);
    }
    return subject;
}

// The wheel and what it depends on, as an installed archive at `target`.
Expected<> install_subject(const Subject& subject, PackageSource& source, const fs::path& target,
                           CliContext& context) {
    Expected<Target> runtime = package_target(context.assets);
    Expected<pep::Requirement> requirement =
        pep::Requirement::parse(fmt::format("{}=={}", subject.name, subject.version));
    if (!runtime || !requirement) {
        return runtime ? propagate(requirement) : propagate(runtime);
    }
    RootRequirement root;
    root.requirement = *std::move(requirement);
    const ResolveRequest request{.target = *std::move(runtime),
                                 .project_name = "the test",
                                 .requirements = {std::move(root)},
                                 .constraints = {},
                                 .overrides = {},
                                 .preferences = {},
                                 .exclude_newer = {},
                                 .known_names = {}};
    const Expected<Resolution> resolution = resolve(request, source, context.cancel);
    if (!resolution) {
        return propagate(resolution);
    }
    std::vector<DistFile> wheels;
    for (const ResolvedPackage& package : resolution->packages) {
        wheels.push_back(package.wheel);
    }
    const Expected<std::vector<fs::path>> paths = source.fetch(wheels, {});
    if (!paths) {
        return propagate(paths);
    }
    std::vector<InstallItem> items;
    for (std::size_t i = 0; i < paths->size(); ++i) {
        const ResolvedPackage& package = resolution->packages[i];
        items.push_back({package.name, package.version, package.wheel, (*paths)[i], false,
                         package.metadata ? resolution_fields(*package.metadata) : "",
                         std::nullopt});
    }
    const Expected<InstallReport> report = install_wheels(items, {}, target, context.cancel);
    return report ? Expected<>() : propagate(report);
}

// The Worker: its one module is ours, the test's code lies beside it.
Expected<> make_worker(const Subject& subject, const fs::path& work, CliContext& context) {
    const auto main = std::ranges::find(context.assets, kMain, &Asset::name);
    if (main == context.assets.end()) {
        return fail(ErrorCode::internal,
                    fmt::format("this executable was built without {}", kMain));
    }
    const fs::path root = work / "project";
    if (Expected<> made = make_directories(root / "src" / "recipe_tests"); !made) {
        return made;
    }
    const std::string module = replace_all(subject.name, "-", "_");
    const std::pair<fs::path, std::string> files[] = {
        {root / "pyproject.toml", std::string(kProject)},
        {root / "src" / "main.py", to_text(main->bytes)},
        {root / "src" / "recipe_tests" / (module + ".py"), subject.code}};
    for (const auto& [path, text] : files) {
        if (Expected<> written = write_file_atomic(path, std::string_view(text)); !written) {
            return written;
        }
    }
    const Expected<Project> project = load_project(root);
    if (!project) {
        return propagate(project);
    }
    const Expected<Bundle> bundle = make_bundle({*project,
                                                 context.assets,
                                                 compiler(context),
                                                 {},
                                                 work / "site-packages.zip",
                                                 package_bytecode(context)});
    return bundle ? write_bundle(*bundle, work / "bundle") : propagate(bundle);
}

// All compiled modules have to take part, or the test proves nothing.
Expected<> check_loaded(const Subject& subject, const Json& answer) {
    std::vector<std::string> idle;
    const auto loaded = answer.value("loaded", std::vector<std::string>());
    for (const std::string& module : subject.modules) {
        if (std::ranges::find(loaded, module) == loaded.end()) {
            idle.push_back(module);
        }
    }
    if (idle.empty()) {
        return {};
    }
    return fail(ErrorCode::tool,
                fmt::format("the test of {} passes without {}", subject.name, join(idle, ", ")),
                "it has to import every compiled module");
}

Expected<Json> ask(WorkerSession& session, const Subject& subject, std::string_view what) {
    const Expected<std::string> text = session.get(fmt::format("/?{}={}", what, subject.name));
    if (!text) {
        return propagate(text, fmt::format("the test of {} failed in the Worker", subject.name));
    }
    Json json = Json::parse(*text, nullptr, false);
    return json.is_discarded() ? fail(ErrorCode::internal, "the Worker's answer is no JSON")
                               : Expected<Json>(std::move(json));
}

std::string compare_line(const Json& row) {
    const double native = row.value("native", 0.0);
    const double other = row.value("other", 0.0);
    return fmt::format("  {:<36} {:>10.3f} ms  {}: {:.3f} ms ({:.1f} times)", row.value("what", ""),
                       native, row.value("label", ""), other, native > 0 ? other / native : 0);
}

Expected<> run_in_worker(const RecipeTestOptions& options, const Subject& subject,
                         const fs::path& work, NodeTools tools, CliContext& context) {
    const Stopwatch watch(context.clock);
    Expected<WorkerSession> session = WorkerSession::start(
        {context.clock, context.env, context.cancel, context.assets, std::move(tools)}, work,
        work / "state");
    if (!session) {
        return propagate(session);
    }
    const Expected<Json> checked = ask(*session, subject, "check");
    if (!checked) {
        return propagate(checked);
    }
    if (Expected<> loaded = check_loaded(subject, *checked); !loaded) {
        return loaded;
    }
    context.console.success(fmt::format("{} {} works in workerd through {} ({})", subject.name,
                                        subject.version, join(subject.modules, ", "),
                                        human_duration(watch.elapsed())));
    Json document = {{"name", subject.name},
                     {"version", subject.version},
                     {"modules", subject.modules},
                     {"compare", Json::array()}};
    if (!options.no_compare) {
        const Expected<Json> rows = ask(*session, subject, "compare");
        if (!rows) {
            return propagate(rows);
        }
        for (const Json& row : *rows) {
            context.console.print(compare_line(row));
        }
        document["compare"] = *rows;
    }
    context.console.print_json(document.dump());
    return session->stop();
}

Expected<> run_test(const RecipeTestOptions& options, CliContext& context) {
    const Expected<Wheelhouse> wheelhouse = Wheelhouse::read(context.assets);
    const Expected<fs::path> self = self_executable();
    if (!wheelhouse || !self) {
        return wheelhouse ? propagate(self) : propagate(wheelhouse);
    }
    Expected<NodeTools> tools = find_node_tools({fs::current_path(), *self, context.env});
    if (!tools) {
        return propagate(tools);
    }
    const SignalCancellation signals(context.cancel);
    const Expected<TempDir> work = TempDir::create({}, "pymode-recipe-test-");
    if (!work) {
        return propagate(work);
    }
    const fs::path wheels = work->path() / "wheels";
    if (Expected<> made = make_directories(wheels); !made) {
        return made;
    }
    const WheelhouseEntry* entry = wheelhouse->find(options.build.recipe);
    const Expected<Subject> subject = entry ? Expected<Subject>(embedded_subject(*entry))
                                            : built_subject(options, *wheelhouse, wheels, context);
    if (!subject) {
        return propagate(subject);
    }
    std::vector<std::string> links = options.build.find_links;
    links.push_back(wheels.string());
    const Expected<std::unique_ptr<PackageSource>> source =
        recipe_source(links, options.build.index, wheelhouse->wheels(), context);
    if (!source) {
        return propagate(source);
    }
    if (Expected<> installed =
            install_subject(*subject, **source, work->path() / "site-packages.zip", context);
        !installed) {
        return installed;
    }
    if (Expected<> made = make_worker(*subject, work->path(), context); !made) {
        return made;
    }
    return run_in_worker(options, *subject, work->path(), *std::move(tools), context);
}

} // namespace

void add_recipe_test_command(CLI::App& recipe, CliAction& chosen) {
    const auto options = std::make_shared<RecipeTestOptions>();
    CLI::App* command =
        recipe.add_subcommand("test", "Run the test of a recipe in workerd, through the C code");
    command
        ->add_option("recipe", options->build.recipe,
                     "A name of `pymode recipe list`, or what `recipe build` takes")
        ->required();
    command->add_option("--source", options->build.source,
                        "As for `recipe build`, when the recipe is built first");
    command->add_option("--vendored", options->build.vendored, "As for `recipe build`")
        ->expected(1)
        ->take_all();
    command
        ->add_option("--find-links", options->build.find_links,
                     "A folder or page with what the package depends on; repeatable")
        ->expected(1)
        ->take_all();
    command->add_option("--index-url", options->build.index, "The index for what it depends on");
    command->add_flag("--no-compare", options->no_compare,
                      "Do not measure the speed next to the pure fallback");
    command->footer("It needs Node and miniflare, as `pymode dev` does.\n\n"
                    "Examples:\n"
                    "  pymode recipe test zstandard\n"
                    "  pymode recipe test ./my-package --no-compare\n");
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run_test(*options, context); };
    });
}

} // namespace pymode

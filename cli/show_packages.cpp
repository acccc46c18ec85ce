// SPDX-License-Identifier: MIT
// `pymode tree`, `pymode why` and `pymode list`: what is locked and installed, and for whose sake.
#include <memory>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "cli/package_session.hpp"
#include "core/base/text.hpp"
#include "core/packaging/dependency_graph.hpp"
#include "core/packaging/lock_file.hpp"
#include "core/pep/name.hpp"
#include "core/project/project.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;
using Section = RootRequirement::Section;

constexpr std::size_t kMaxPaths = 20; // that `why` shows

struct ShowOptions {
    std::string project = ".";
    std::string package;
    int depth = 255;
};

// A project with its lock, read only.
struct Locked {
    fs::path root;
    ProjectInputs inputs;
    Target target;
    pep::Lock lock;
    DependencyGraph graph;
};

Expected<Locked> read_locked(const ShowOptions& options, CliContext& context) {
    Expected<fs::path> root = find_project_root(options.project);
    if (!root) {
        return propagate(root);
    }
    std::vector<std::string> warnings;
    Expected<ProjectInputs> inputs = load_project_inputs(*root, warnings);
    if (!inputs) {
        return propagate(inputs);
    }
    Expected<Target> target = package_target(context.assets);
    if (!target) {
        return propagate(target);
    }
    Expected<std::optional<pep::Lock>> lock = read_project_lock(*root);
    if (!lock) {
        return propagate(lock);
    }
    if (!*lock) {
        return fail(ErrorCode::not_found, fmt::format("there is no {}", kLockFileName),
                    "`pymode lock` makes it");
    }
    if (const auto mismatch = lock_mismatch(**lock, *inputs, *target, settings_of(**lock))) {
        context.console.warn(
            fmt::format("{} does not fit pyproject.toml: {}", kLockFileName, *mismatch));
    }
    DependencyGraph graph = graph_of(**lock);
    return Locked{std::move(*root), std::move(*inputs), std::move(*target), std::move(**lock),
                  std::move(graph)};
}

std::string section_note(const RootRequirement& root) {
    switch (root.section) {
    case Section::extra:
        return fmt::format(" (extra: {})", root.section_name);
    case Section::group:
        return fmt::format(" (group: {})", root.section_name);
    case Section::project:
        break;
    }
    return "";
}

// --- tree

class TreePrinter {
  public:
    TreePrinter(const Locked& locked, int depth, Console& console)
        : m_locked(locked), m_depth(depth), m_console(console) {}

    void print() {
        m_console.print(m_locked.inputs.name);
        std::vector<const RootRequirement*> roots;
        for (const RootRequirement& root : m_locked.inputs.requirements) {
            if (root.requirement.applies(m_locked.target.environment)) {
                roots.push_back(&root);
            }
        }
        for (std::size_t i = 0; i < roots.size(); ++i) {
            const pep::Requirement& requirement = roots[i]->requirement;
            std::set<std::string> extras;
            for (const std::string& extra : requirement.normalized_extras()) {
                extras.insert(extra);
            }
            print_node(requirement.normalized_name(), extras, "", i + 1 == roots.size(),
                       section_note(*roots[i]), 1);
        }
        if (m_repeated) {
            m_console.print("(*) shown above already");
        }
    }

  private:
    void print_node(const std::string& name, const std::set<std::string>& extras,
                    const std::string& indent, bool last, const std::string& note, int depth) {
        const auto node = m_locked.graph.find(name);
        std::string line = indent + (last ? "└── " : "├── ") + name;
        if (!extras.empty()) {
            line += '[' + join(std::vector<std::string>(extras.begin(), extras.end()), ",") + ']';
        }
        if (node == m_locked.graph.end()) {
            m_console.print(line + " (not locked)" + note);
            return;
        }
        line += " v" + node->second.version.to_string() + note;
        // What comes through an extra that is not asked for here is somebody else's.
        std::vector<const ResolvedDependency*> children;
        for (const ResolvedDependency& dependency : node->second.dependencies) {
            const auto& through = dependency.through_extras;
            const bool counts =
                through.empty() || std::ranges::any_of(through, [&](const std::string& extra) {
                    return extras.contains(extra);
                });
            if (counts) {
                children.push_back(&dependency);
            }
        }
        if (!children.empty() && !m_shown.insert({name, extras}).second) {
            m_repeated = true;
            m_console.print(line + " (*)");
            return;
        }
        m_console.print(line);
        if (depth >= m_depth) {
            return;
        }
        for (std::size_t i = 0; i < children.size(); ++i) {
            print_node(children[i]->name, {children[i]->extras.begin(), children[i]->extras.end()},
                       indent + (last ? "    " : "│   "), i + 1 == children.size(), "", depth + 1);
        }
    }

    const Locked& m_locked;
    int m_depth;
    Console& m_console;
    std::set<std::pair<std::string, std::set<std::string>>> m_shown;
    bool m_repeated = false;
};

Json graph_json(const Locked& locked) {
    Json packages = Json::array();
    for (const auto& [name, node] : locked.graph) {
        Json needs = Json::array();
        for (const ResolvedDependency& dependency : node.dependencies) {
            needs.push_back({{"name", dependency.name},
                             {"extras", dependency.extras},
                             {"through", dependency.through_extras}});
        }
        packages.push_back({{"name", name},
                            {"version", node.version.to_string()},
                            {"dependencies", std::move(needs)}});
    }
    Json roots = Json::array();
    for (const RootRequirement& root : locked.inputs.requirements) {
        roots.push_back(
            {{"requirement", root.requirement.to_string()},
             {"extra", root.section == Section::extra ? Json(root.section_name) : Json()},
             {"group", root.section == Section::group ? Json(root.section_name) : Json()}});
    }
    return {{"name", locked.inputs.name},
            {"requirements", std::move(roots)},
            {"packages", std::move(packages)}};
}

Expected<> run_tree(const ShowOptions& options, CliContext& context) {
    Expected<Locked> locked = read_locked(options, context);
    if (!locked) {
        return propagate(locked);
    }
    if (context.console.is_json()) {
        context.console.print_json(graph_json(*locked).dump());
        return {};
    }
    TreePrinter(*locked, options.depth, context.console).print();
    return {};
}

// --- why

Expected<> run_why(const ShowOptions& options, CliContext& context) {
    Expected<Locked> locked = read_locked(options, context);
    if (!locked) {
        return propagate(locked);
    }
    const std::string name = pep::normalize_name(options.package);
    const auto node = locked->graph.find(name);
    if (node == locked->graph.end()) {
        std::vector<std::string> names;
        for (const auto& [known, unused] : locked->graph) {
            names.push_back(known);
        }
        const auto meant = closest_match(name, names);
        return fail(ErrorCode::not_found,
                    fmt::format("`{}` is not in {}", printable(options.package), kLockFileName),
                    meant ? fmt::format("did you mean `{}`?", *meant)
                          : "nothing in the project needs it");
    }
    const auto paths = paths_to(name, locked->graph, locked->inputs.requirements,
                                locked->target.environment, kMaxPaths);
    Json found = Json::array();
    context.console.print(fmt::format("{} {}", name, node->second.version.to_string()));
    for (const auto& [root, path] : paths) {
        std::string line = fmt::format("  {}{}", locked->inputs.name, section_note(root));
        for (std::size_t i = 0; i < path.size(); ++i) {
            line += " → " + (i == 0 ? root.requirement.to_string() : path[i]);
        }
        context.console.print(line);
        found.push_back(
            {{"requirement", root.requirement.to_string()},
             {"extra", root.section == Section::extra ? Json(root.section_name) : Json()},
             {"group", root.section == Section::group ? Json(root.section_name) : Json()},
             {"path", path}});
    }
    if (paths.empty()) {
        context.console.print("  nothing in the project needs it any more");
    }
    context.console.print_json(Json{
        {"name", name}, {"version", node->second.version.to_string()}, {"paths", std::move(found)}}
                                   .dump());
    return {};
}

// --- list

Expected<> run_list(const ShowOptions& options, CliContext& context) {
    Expected<fs::path> root = find_project_root(options.project);
    if (!root) {
        return propagate(root);
    }
    Expected<std::optional<InstalledState>> installed = read_installed(site_packages_path(*root));
    if (!installed) {
        return propagate(installed);
    }
    Json packages = Json::array();
    std::size_t width = 0;
    const std::vector<InstalledPackage> none;
    const auto& all = *installed ? (*installed)->packages : none;
    for (const InstalledPackage& package : all) {
        width = std::max(width, package.name.size());
        packages.push_back({{"name", package.name}, {"version", package.version}});
    }
    for (const InstalledPackage& package : all) {
        context.console.print(fmt::format("{:<{}} {}", package.name, width, package.version));
    }
    if (all.empty()) {
        context.console.info("nothing is installed");
    }
    context.console.print_json(packages.dump());
    return {};
}

template <class Run>
void when_chosen(CLI::App* command, CliAction& chosen, const std::shared_ptr<ShowOptions>& options,
                 Run run) {
    command->callback([options, run, &chosen] {
        chosen = [options, run](CliContext& context) { return run(*options, context); };
    });
}

} // namespace

void add_show_commands(CLI::App& app, CliAction& chosen) {
    const auto tree_options = std::make_shared<ShowOptions>();
    CLI::App* tree = app.add_subcommand("tree", "Show what is locked as a tree");
    tree->add_option("-d,--depth", tree_options->depth, "No deeper than this")
        ->check(CLI::Range(1, 1000));
    add_project_option(*tree, tree_options->project);
    when_chosen(tree, chosen, tree_options, run_tree);

    const auto why_options = std::make_shared<ShowOptions>();
    CLI::App* why = app.add_subcommand("why", "Show for whose sake a package is locked");
    why->add_option("package", why_options->package, "Its name")->required();
    add_project_option(*why, why_options->project);
    why->footer("Example:\n  pymode why markupsafe\n");
    when_chosen(why, chosen, why_options, run_why);

    const auto list_options = std::make_shared<ShowOptions>();
    CLI::App* list = app.add_subcommand("list", "List what is installed");
    add_project_option(*list, list_options->project);
    when_chosen(list, chosen, list_options, run_list);
}

} // namespace pymode

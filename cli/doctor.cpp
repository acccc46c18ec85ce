// SPDX-License-Identifier: MIT
// `pymode doctor`: what there is on this machine, and what is missing for which command.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/cloudflare/credentials.hpp"
#include "core/native/python.hpp"
#include "core/project/project.hpp"
#include "core/toolchain/node_tools.hpp"
#include "core/toolchain/shared_libraries.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

struct Finding {
    bool good;
    std::string name;
    std::string text;
};

Finding runtime_finding(const CliContext& context) {
    std::uint64_t bytes = 0;
    std::string python;
    for (const Asset& asset : context.assets) {
        bytes += asset.bytes.size();
        if (asset.name == "manifest.json") {
            const Json manifest = Json::parse(as_text(asset.bytes), nullptr, false);
            python = manifest.is_object() ? manifest.value("python", "") : "";
        }
    }
    if (python.empty()) {
        return {false, "runtime", "this executable was built without it: only `init` works"};
    }
    return {has_native_python(), "runtime",
            fmt::format("Python {}, {} embedded{}", python, human_size(bytes),
                        has_native_python() ? "" : ", but no native Python to compile with")};
}

Finding node_finding(const ToolSearch& search) {
    const Expected<FoundNode> node = find_node(search);
    if (!node) {
        return {false, "node", node.error().message};
    }
    return {true, "node", fmt::format("{} at {}", node->version, node->path.string())};
}

Finding package_finding(const ToolSearch& search, std::string_view name) {
    const auto package = find_package(search, name);
    if (!package) {
        return {false, std::string(name),
                fmt::format("not found (needed by `dev` only): {}", kInstallNodeTools)};
    }
    return {true, std::string(name),
            fmt::format("{} at {}", package->version, package->folder.string())};
}

// Only whether they are there: the values are nobody's business.
Finding credentials_finding(const Env& env) {
    const Expected<Credentials> credentials = Credentials::from_environment(env);
    return {credentials.has_value(), "credentials",
            credentials ? "set"
                        : fmt::format("{} (needed by `deploy`)", credentials.error().message)};
}

Finding account_finding(const Env& env) {
    const Expected<std::string> account = account_from_environment(env);
    if (!account) {
        return {false, "account", account.error().message};
    }
    return {true, "account", account->empty() ? "not set: the token's only account" : *account};
}

Finding project_finding() {
    const Expected<Project> project = load_project(".");
    if (!project) {
        return {false, "project", project.error().message};
    }
    return {true, "project", fmt::format("{} in {}", project->worker.name, project->root.string())};
}

// The licences of everything that is built in; they have to travel with the executable.
Expected<> print_licenses(CliContext& context) {
    for (const Asset& asset : context.assets) {
        if (asset.name == "licenses.txt" || asset.name.starts_with("licenses/")) {
            context.console.print(as_text(asset.bytes));
        }
    }
    return {};
}

Expected<> run_doctor(CliContext& context) {
    const Expected<fs::path> self = self_executable();
    const Expected<fs::path> root = find_project_root(".");
    const ToolSearch search{root.value_or(fs::path()), self.value_or(fs::path()), context.env,
                            context.console.log()};
    const SharedLibraries libraries = shared_libraries();
    const std::vector<Finding> findings = {
        {true, "pymode", fmt::format("{} at {}", PYMODE_VERSION, search.executable.string())},
        runtime_finding(context),
        {true, "libraries",
         fmt::format("{} ({} with theirs)", join(libraries.needed, " "), libraries.loaded)},
        project_finding(),
        node_finding(search),
        package_finding(search, "miniflare"),
        package_finding(search, "workerd"),
        credentials_finding(context.env),
        account_finding(context.env)};
    Json document = Json::object();
    for (const Finding& finding : findings) {
        context.console.print(
            fmt::format("{} {:<12} {}",
                        context.console.styled_out(finding.good ? Style::green : Style::yellow,
                                                   finding.good ? "ok" : "--"),
                        finding.name, finding.text));
        document[finding.name] = {{"ok", finding.good}, {"text", finding.text}};
    }
    document["libraries"]["needed"] = libraries.needed;
    context.console.print_json(document.dump());
    return {};
}

} // namespace

void add_doctor_command(CLI::App& app, CliAction& chosen) {
    CLI::App* command = app.add_subcommand("doctor", "Show what is installed and what is missing");
    command->footer("Examples:\n"
                    "  pymode doctor\n"
                    "  pymode doctor --json\n"
                    "  pymode doctor --licenses | less\n");
    const auto licenses = std::make_shared<bool>(false);
    command->add_flag("--licenses", *licenses, "Print the licences of what is built in instead");
    command->callback([&chosen, licenses] { chosen = *licenses ? print_licenses : run_doctor; });
}

} // namespace pymode

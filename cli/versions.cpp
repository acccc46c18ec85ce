// SPDX-License-Identifier: MIT
// `pymode versions` and `pymode deployments`: what was uploaded, and what answers.
#include <algorithm>
#include <charconv>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "cli/deploy_version.hpp"
#include "cli/subcommand.hpp"
#include "cli/table.hpp"
#include "core/cloudflare/settings.hpp"
#include "core/cloudflare/versions.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDefaultLimit = 20;
constexpr int kMaxLimit = 10'000;

struct VersionsOptions {
    WorkerOptions worker;
    int limit = kDefaultLimit;
    std::string version;
    std::vector<std::string> shares;
    std::string message;
    bool yes = false;
};

Json head_json(const VersionHead& head) {
    return {{"id", head.id},
            {"number", head.number},
            {"created_on", head.created_on},
            {"author", head.author},
            {"source", head.source},
            {"tag", head.tag},
            {"message", head.message},
            {"triggered_by", head.triggered_by}};
}

Json shares_json(const std::vector<VersionShare>& shares) {
    Json list = Json::array();
    for (const VersionShare& share : shares) {
        list.push_back({{"version_id", share.version_id}, {"percentage", share.percentage}});
    }
    return list;
}

// How much of the requests a version gets.
double live_share(const std::vector<Deployment>& deployments, const std::string& version) {
    if (deployments.empty()) {
        return 0;
    }
    const auto& shares = deployments.front().versions;
    const auto found = std::ranges::find(shares, version, &VersionShare::version_id);
    return found != shares.end() ? found->percentage : 0;
}

Expected<> run_list(const VersionsOptions& options, CliContext& context) {
    Expected<WorkerAccess> access = open_worker(context, options.worker);
    if (!access) {
        return propagate(access);
    }
    CloudflareApi& api = access->session->api();
    const Expected<std::vector<Deployment>> deployments = list_deployments(api, access->worker);
    if (!deployments) {
        return propagate(deployments);
    }
    const auto versions =
        list_versions(api, access->worker, static_cast<std::size_t>(options.limit));
    if (!versions) {
        return propagate(versions);
    }
    Json document = Json::array();
    std::vector<TableRow> rows;
    for (const VersionHead& version : *versions) {
        const double live = live_share(*deployments, version.id);
        rows.push_back({version.id, shown_time(version.created_on),
                        live > 0 ? fmt::format("{:g} %", live) : "", version.tag,
                        version.message.empty() ? version.triggered_by : version.message});
        document.push_back(head_json(version));
        document.back()["live_percentage"] = live;
    }
    print_table(context.console, {"VERSION", "CREATED", "LIVE", "TAG", "MESSAGE"}, rows);
    context.console.print_json(document.dump());
    return {};
}

Json version_json(const Version& version) {
    Json document = head_json(version.head);
    document["startup_time_ms"] = version.startup_time_ms ? Json(*version.startup_time_ms) : Json();
    document["compatibility_date"] = version.compatibility_date;
    document["compatibility_flags"] = version.compatibility_flags;
    document["handlers"] = version.handlers;
    document["bindings"] = Json::array();
    for (const VersionBinding& binding : version.bindings) {
        document["bindings"].push_back({{"name", binding.name}, {"type", binding.type}});
    }
    return document;
}

void print_version(const Version& version, Console& console) {
    const VersionHead& head = version.head;
    const std::pair<std::string_view, std::string> lines[] = {
        {"version", head.id},
        {"number", fmt::format("{}", head.number)},
        {"created", shown_time(head.created_on)},
        {"author", head.author},
        {"source", head.source},
        {"triggered by", head.triggered_by},
        {"tag", head.tag},
        {"message", head.message},
        {"start-up", version.startup_time_ms ? fmt::format("{} ms", *version.startup_time_ms) : ""},
        {"date", version.compatibility_date},
        {"flags", join(version.compatibility_flags, ", ")},
        {"handlers", join(version.handlers, ", ")},
    };
    for (const auto& [name, value] : lines) {
        if (!value.empty()) {
            console.print(fmt::format("{:<13} {}", name, value));
        }
    }
    for (const VersionBinding& binding : version.bindings) {
        console.print(fmt::format("{:<13} {} ({})", "binding", binding.name, binding.type));
    }
}

Expected<> run_view(const VersionsOptions& options, CliContext& context) {
    if (Expected<> right = check_version_id(options.version); !right) {
        return right;
    }
    Expected<WorkerAccess> access = open_worker(context, options.worker);
    if (!access) {
        return propagate(access);
    }
    const Expected<Version> version =
        get_version(access->session->api(), access->worker, options.version);
    if (!version) {
        return propagate(version);
    }
    print_version(*version, context.console);
    context.console.print_json(version_json(*version).dump());
    return {};
}

// "ID@90", or "ID" for all requests.
Expected<VersionShare> parse_share(const std::string& text) {
    const std::size_t at = text.find('@');
    VersionShare share{text.substr(0, at), 100};
    if (Expected<> right = check_version_id(share.version_id); !right) {
        return propagate(right);
    }
    if (at != std::string::npos) {
        std::string_view number = std::string_view(text).substr(at + 1);
        number.remove_suffix(number.ends_with('%') ? 1 : 0);
        const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(),
                                                    share.percentage, std::chars_format::fixed);
        const bool whole = problem == std::errc() && end == number.data() + number.size();
        if (!whole || !(share.percentage >= 0 && share.percentage <= 100)) {
            return fail(ErrorCode::usage,
                        fmt::format("`{}` is no percentage from 0 to 100", printable(number)),
                        "for example ID@90 OTHER-ID@10");
        }
    }
    return share;
}

Expected<std::vector<VersionShare>> parse_shares(const std::vector<std::string>& texts) {
    std::vector<VersionShare> shares;
    for (const std::string& text : texts) {
        Expected<VersionShare> share = parse_share(text);
        if (!share) {
            return propagate(share);
        }
        shares.push_back(std::move(*share));
    }
    const double total = std::accumulate(
        shares.begin(), shares.end(), 0.0,
        [](double sum, const VersionShare& share) { return sum + share.percentage; });
    const bool twice = shares.size() == 2 && shares[0].version_id == shares[1].version_id;
    if (total < 99.999 || total > 100.001 || twice) {
        return fail(ErrorCode::usage,
                    twice ? "the same version is named twice"
                          : fmt::format("the percentages make {:g}, not 100", total),
                    "for example ID@90 OTHER-ID@10");
    }
    return shares;
}

// As `deploy` does: nothing else would ever set them for who only deploys versions.
Expected<> set_settings_of(WorkerAccess& access) {
    return access.config ? set_settings(access.session->api(), access.worker, *access.config)
                         : Expected<>();
}

Expected<> run_deploy(const VersionsOptions& options, CliContext& context) {
    Expected<std::vector<VersionShare>> shares = parse_shares(options.shares);
    if (!shares) {
        return propagate(shares);
    }
    if (Expected<> fits = check_message(options.message); !fits) {
        return fits;
    }
    Expected<WorkerAccess> access = open_worker(context, options.worker);
    if (!access) {
        return propagate(access);
    }
    const Expected<std::vector<Deployment>> before =
        list_deployments(access->session->api(), access->worker);
    if (!before) {
        return propagate(before);
    }
    const Expected<std::string> deployment =
        deploy_versions(context, *access, {*shares, options.message, false},
                        before->empty() ? "" : before->front().id, options.yes);
    if (!deployment) {
        return propagate(deployment);
    }
    if (Expected<> settings = set_settings_of(*access); !settings) {
        Error error = std::move(settings.error());
        error.message += fmt::format("; {} {} all the same", describe_shares(*shares),
                                     shares->size() == 1 ? "answers" : "answer");
        return std::unexpected(std::move(error));
    }
    context.console.success(
        fmt::format("live at {}: {}", access->worker.name, describe_shares(*shares)));
    context.console.print_json(Json{
        {"worker", access->worker.name},
        {"deployment_id", *deployment},
        {"versions",
         shares_json(*shares)}}.dump());
    return {};
}

Expected<> run_deployments(const VersionsOptions& options, CliContext& context) {
    Expected<WorkerAccess> access = open_worker(context, options.worker);
    if (!access) {
        return propagate(access);
    }
    const Expected<std::vector<Deployment>> deployments =
        list_deployments(access->session->api(), access->worker);
    if (!deployments) {
        return propagate(deployments);
    }
    Json document = Json::array();
    std::vector<TableRow> rows;
    for (const Deployment& one : *deployments) {
        rows.push_back({shown_time(one.created_on), describe_shares(one.versions), one.author,
                        one.message.empty() ? one.triggered_by : one.message});
        document.push_back({{"id", one.id},
                            {"created_on", one.created_on},
                            {"author", one.author},
                            {"source", one.source},
                            {"message", one.message},
                            {"triggered_by", one.triggered_by},
                            {"versions", shares_json(one.versions)}});
    }
    print_table(context.console, {"CREATED", "VERSIONS", "AUTHOR", "MESSAGE"}, rows);
    context.console.print_json(document.dump());
    return {};
}

void bind_worker(CLI::App& command, VersionsOptions& options) {
    add_worker_options(command, options.worker);
}

void add_deploy(CLI::App& group, CliAction& chosen) {
    add_leaf_command<VersionsOptions>(
        group, "deploy", "Choose which uploaded versions answer", chosen,
        [](CLI::App& command, VersionsOptions& options) {
            command.add_option("versions", options.shares, "ID[@PERCENT], one or two of them")
                ->required()
                ->expected(1, 2);
            command.add_option("-m,--message", options.message, "Why, for `pymode deployments`")
                ->check(utf8_text());
            add_worker_options(command, options.worker);
            command.add_flag("-y,--yes", options.yes,
                             "Do not ask when secrets have changed since a version");
        },
        run_deploy)
        ->footer("Examples:\n"
                 "  pymode versions deploy 3b5c9a1e-0c4d-4e55-9d0c-8f1d7a6e2b10\n"
                 "  pymode versions deploy NEW-ID@10 OLD-ID@90\n");
}

} // namespace

void add_versions_commands(CLI::App& app, CliAction& chosen) {
    CLI::App* group = add_command_group(app, "versions", "Versions of the deployed Worker");
    add_leaf_command<VersionsOptions>(
        *group, "list", "Show them, the newest first", chosen,
        [](CLI::App& command, VersionsOptions& options) {
            command.add_option("--limit", options.limit, "How many")
                ->check(CLI::Range(1, kMaxLimit))
                ->capture_default_str();
            add_worker_options(command, options.worker);
        },
        run_list);
    add_leaf_command<VersionsOptions>(
        *group, "view", "Show one with its bindings", chosen,
        [](CLI::App& command, VersionsOptions& options) {
            command.add_option("version", options.version, "Its id")->required();
            add_worker_options(command, options.worker);
        },
        run_view);
    add_deploy(*group, chosen);
    add_versions_upload(*group, chosen);
    add_versions_secret(*group, chosen);

    CLI::App* deployments = add_leaf_command<VersionsOptions>(
        app, "deployments", "Show which versions answered since when", chosen, bind_worker,
        run_deployments);
    add_leaf_command<VersionsOptions>(*deployments, "list", "The same", chosen, bind_worker,
                                      run_deployments);
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "cli/cloudflare_session.hpp"

#include <fmt/format.h>

#include "cli/projects.hpp"
#include "core/base/text.hpp"
#include "core/cloudflare/account.hpp"
#include "core/cloudflare/credentials.hpp"
#include "core/cloudflare/login.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

Expected<std::unique_ptr<Http>> make_http(CliContext& context, const Env& env,
                                          const CancelToken& cancel) {
    return make_http_client({.user_agent = fmt::format("pymode/{}", PYMODE_VERSION),
                             .env = env,
                             .cancel = cancel,
                             .log = context.console.log()},
                            context.clock);
}

} // namespace

CloudflareSession::CloudflareSession(CliContext& context, std::unique_ptr<Http> http,
                                     std::string base_url, Credentials credentials)
    : m_context(context), m_signals(context.cancel), m_http(std::move(http)),
      m_base_url(std::move(base_url)), m_credentials(std::move(credentials)),
      m_api(*m_http, context.clock, context.cancel, m_base_url, m_credentials) {}

Expected<std::unique_ptr<CloudflareSession>> CloudflareSession::open(CliContext& context) {
    Expected<std::string> base_url = api_base_url(context.env);
    if (!base_url) {
        return propagate(base_url);
    }
    Expected<std::unique_ptr<Http>> http = make_http(context, context.env, context.cancel);
    if (!http) {
        return propagate(http);
    }
    Expected<Credentials> credentials = usable_credentials(
        {context.env, **http, context.clock, context.cancel, context.console.log()});
    if (!credentials) {
        return propagate(credentials);
    }
    return std::unique_ptr<CloudflareSession>(new CloudflareSession(
        context, std::move(*http), std::move(*base_url), std::move(*credentials)));
}

Expected<std::unique_ptr<CloudflareSession>> CloudflareSession::open_local(CliContext& context,
                                                                           std::string base_url) {
    Expected<Credentials> credentials =
        Credentials::from_environment(Env{{"CLOUDFLARE_API_TOKEN", "local"}});
    if (!credentials) {
        return propagate(credentials);
    }
    Expected<std::unique_ptr<Http>> http =
        make_http(context, Env(), context.cancel); // no proxy on the way to 127.0.0.1
    if (!http) {
        return propagate(http);
    }
    return std::unique_ptr<CloudflareSession>(new CloudflareSession(
        context, std::move(*http), std::move(base_url), std::move(*credentials)));
}

Expected<CloudflareApi*> CloudflareSession::last_api() {
    if (!m_last_api) {
        Expected<std::unique_ptr<Http>> http = make_http(m_context, m_context.env, m_never);
        if (!http) {
            return propagate(http);
        }
        m_last_http = std::move(*http);
        m_last_api.emplace(*m_last_http, m_context.clock, m_never, m_base_url, m_credentials);
    }
    return &*m_last_api;
}

Expected<std::string> CloudflareSession::account(const std::string& of_project) {
    if (!of_project.empty()) {
        return of_project;
    }
    const Expected<std::string> from_environment = account_from_environment(m_context.env);
    return from_environment ? choose_account(m_api, *from_environment)
                            : propagate(from_environment);
}

void add_worker_options(CLI::App& command, WorkerOptions& options) {
    command.add_option("--project", options.project, "The project (default: here)")
        ->type_name("PATH");
    command.add_option("--name", options.name, "The Worker's name, in the place of the project's");
    add_environment_option(command, options.environment);
}

Expected<WorkerTarget> find_worker(CliContext& context, const WorkerOptions& options) {
    if (options.name && !is_script_name(*options.name)) {
        return fail(ErrorCode::usage,
                    fmt::format("`{}` is no name of a Worker", printable(*options.name)),
                    "a name has 1 to 63 small letters, digits and dashes");
    }
    if (options.name && !find_project_root(options.project)) {
        return WorkerTarget{*options.name, "", std::nullopt};
    }
    Expected<Project> project = load_with_warnings(
        context, options.project,
        {.main = "", .environment = environment_of(context, options.environment)});
    if (!project) {
        return propagate(project);
    }
    WorkerConfig& own = project->worker;
    WorkerTarget target{options.name.value_or(own.name), own.account_id, std::nullopt};
    if (target.name == own.name) {
        target.config = std::move(own);
    }
    return target;
}

Expected<WorkerAccess> open_worker(CliContext& context, const WorkerOptions& options) {
    Expected<WorkerTarget> target = find_worker(context, options);
    if (!target) {
        return propagate(target);
    }
    Expected<std::unique_ptr<CloudflareSession>> session = CloudflareSession::open(context);
    if (!session) {
        return propagate(session);
    }
    Expected<std::string> account = (*session)->account(target->account);
    if (!account) {
        return propagate(account);
    }
    return WorkerAccess{std::move(*session),
                        {std::move(*account), std::move(target->name)},
                        std::move(target->config)};
}

void add_resource_options(CLI::App& command, ResourceOptions& options) {
    command.add_option("--project", options.project, "The project (default: here, if any)")
        ->type_name("PATH");
    add_environment_option(command, options.environment);
}

Expected<std::optional<Project>> find_project(CliContext& context, const ResourceOptions& options) {
    if (!find_project_root(options.project)) {
        return std::nullopt;
    }
    Expected<Project> project = load_with_warnings(
        context, options.project,
        {.main = "", .environment = environment_of(context, options.environment)});
    return project ? Expected<std::optional<Project>>(std::move(*project)) : propagate(project);
}

Expected<AccountAccess> open_account(CliContext& context, const ResourceOptions& options) {
    Expected<std::optional<Project>> project = find_project(context, options);
    if (!project) {
        return propagate(project);
    }
    Expected<std::unique_ptr<CloudflareSession>> session = CloudflareSession::open(context);
    if (!session) {
        return propagate(session);
    }
    Expected<std::string> account =
        (*session)->account(*project ? (*project)->worker.account_id : "");
    if (!account) {
        return propagate(account);
    }
    return AccountAccess{nullptr, std::move(*session), std::move(*account), std::move(*project)};
}

} // namespace pymode

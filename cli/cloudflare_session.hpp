// SPDX-License-Identifier: MIT
// What every command that talks to Cloudflare begins with: who asks, where, for which account, and
// about which Worker.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/context.hpp"
#include "core/base/cancel.hpp"
#include "core/base/http.hpp"
#include "core/cloudflare/api.hpp"
#include "core/cloudflare/worker_id.hpp"
#include "core/project/project.hpp"

namespace pymode {

// Ctrl-C cancels its requests.
class CloudflareSession {
  public:
    // Reads the environment and the store of `pymode login`; sends nothing, unless a stored login
    // has to be refreshed. No credentials are ErrorCode::usage.
    static Expected<std::unique_ptr<CloudflareSession>> open(CliContext& context);

    // With an API at a loopback address, which wants no credentials.
    static Expected<std::unique_ptr<CloudflareSession>> open_local(CliContext& context,
                                                                   std::string base_url);

    [[nodiscard]] CloudflareApi& api() { return m_api; }
    [[nodiscard]] const std::string& base_url() const { return m_base_url; }
    [[nodiscard]] const Credentials& credentials() const { return m_credentials; }

    // Another one, whose requests Ctrl-C does not cancel: for what is tidied up then. A second
    // Ctrl-C still kills the process.
    [[nodiscard]] Expected<CloudflareApi*> last_api();

    // `of_project`, else CLOUDFLARE_ACCOUNT_ID, else the only account of the credentials, which is
    // asked for.
    Expected<std::string> account(const std::string& of_project);

  private:
    CloudflareSession(CliContext& context, std::unique_ptr<Http> http, std::string base_url,
                      Credentials credentials);

    CliContext& m_context;
    SignalCancellation m_signals;
    std::unique_ptr<Http> m_http;
    std::string m_base_url;
    Credentials m_credentials;
    CloudflareApi m_api;
    CancelToken m_never; // nobody cancels it
    std::unique_ptr<Http> m_last_http;
    std::optional<CloudflareApi> m_last_api;
};

class LocalStorage; // local_storage.hpp

// A Worker that a command is about: --name, or the project's own.
struct WorkerOptions {
    std::string project = "."; // a folder or a file of the project
    std::optional<std::string> name;
    std::optional<std::string> environment;
};

void add_worker_options(CLI::App& command, WorkerOptions& options);

struct WorkerTarget {
    std::string name;
    std::string account;                // of the project; empty when it names none
    std::optional<WorkerConfig> config; // when it is the project's own
};

// With --name no project is needed, but its account counts when there is one.
Expected<WorkerTarget> find_worker(CliContext& context, const WorkerOptions& options);

// All that a command about one Worker begins with, done.
struct WorkerAccess {
    std::unique_ptr<CloudflareSession> session;
    WorkerId worker;
    std::optional<WorkerConfig> config; // when it is the project's own
};

Expected<WorkerAccess> open_worker(CliContext& context, const WorkerOptions& options);

// For commands about resources of the account: a project is not needed, but its account and its
// bindings count when there is one.
struct ResourceOptions {
    std::string project = ".";
    std::optional<std::string> environment;
    bool local = false; // what `dev` keeps, not what is at Cloudflare
};

void add_resource_options(CLI::App& command, ResourceOptions& options);

struct AccountAccess {
    std::shared_ptr<LocalStorage> local; // behind the session, when it is not Cloudflare
    std::unique_ptr<CloudflareSession> session;
    std::string account;
    std::optional<Project> project;
};

Expected<AccountAccess> open_account(CliContext& context, const ResourceOptions& options);

// The project's, when there is one.
Expected<std::optional<Project>> find_project(CliContext& context, const ResourceOptions& options);

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/cloudflare/deploy.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

// The codes by which Cloudflare says "there is no such Worker": of services and of scripts.
constexpr int kNoService = 10090;
constexpr int kNotFound = 10007;

// The version of the API whose meaning of the workers.dev switch this client knows.
constexpr std::string_view kScriptApiDate = "2025-08-01";

struct Paths {
    explicit Paths(const std::string& account, const std::string& name)
        : service(fmt::format("/accounts/{}/workers/services/{}", account, name)),
          account_subdomain(fmt::format("/accounts/{}/workers/subdomain", account)),
          upload(fmt::format("/accounts/{}/workers/scripts/{}"
                             "?excludeScript=true&bindings_inherit=strict",
                             account, name)),
          script_subdomain(
              fmt::format("/accounts/{}/workers/scripts/{}/subdomain", account, name)) {}

    std::string service;
    std::string account_subdomain;
    std::string upload;
    std::string script_subdomain;
};

std::string upload_text(const Bundle& bundle) {
    return fmt::format("upload the Worker: {} modules, {}", bundle.modules().size(),
                       human_size(bundle.total_bytes()));
}

// Does the Worker exist?
Expected<bool> ask_for_service(CloudflareApi& api, const Paths& paths) {
    Expected<ApiAnswer> answer = api.send({.path = paths.service});
    if (!answer) {
        return propagate(answer);
    }
    if (!answer->success && !answer->has_problem(kNoService) && !answer->has_problem(kNotFound)) {
        return std::unexpected(api_error(*answer, "look the Worker up"));
    }
    return answer->success;
}

// The account's name below workers.dev.
Expected<std::string> ask_for_subdomain(CloudflareApi& api, const Paths& paths) {
    Expected<ApiAnswer> answer = api.send({.path = paths.account_subdomain});
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kNotFound)) {
        return fail(ErrorCode::api, "this account has no workers.dev name yet",
                    "choose one in the dashboard, under Workers & Pages; or set `workers-dev = "
                    "false` under [tool.pymode]");
    }
    if (!answer->success) {
        return std::unexpected(api_error(*answer, "tell the account's workers.dev name"));
    }
    return text_of(answer->result, "subdomain");
}

ApiRequest upload_request(const Paths& paths, const Bundle& bundle, const DeployHooks& hooks) {
    ApiRequest request{.method = "PUT", .path = paths.upload};
    request.multipart.push_back({"metadata", "", "", to_bytes(bundle.metadata)});
    for (const BundleModule& module : bundle.modules()) {
        // Part name and filename both have to be the module's name: Cloudflare's texts disagree on
        // which of them counts.
        request.multipart.push_back({module.name, module.name,
                                     std::string(content_type(module.kind)),
                                     Bytes(module.bytes.begin(), module.bytes.end())});
    }
    if (hooks.on_upload) {
        const std::uint64_t total = bundle.total_bytes();
        request.on_progress = [&hooks, total](std::uint64_t sent, std::uint64_t) {
            hooks.on_upload(std::min(sent, total), total);
        };
    }
    return request;
}

Expected<> switch_workers_dev(CloudflareApi& api, const Paths& paths, bool enabled) {
    ApiRequest request{.method = "POST", .path = paths.script_subdomain, .repeatable = true};
    request.json = nlohmann::json{{"enabled", enabled}};
    request.headers = {{"Cloudflare-Workers-Script-Api-Date", std::string(kScriptApiDate)}};
    Expected<nlohmann::json> done =
        api.call(request, enabled ? "switch workers.dev on" : "switch workers.dev off");
    if (!done) {
        return propagate(done, "the Worker is uploaded; only this last step failed");
    }
    return {};
}

// What the configuration can say and this client does not send yet.
std::vector<std::string> parts_left_out(const WorkerConfig& worker) {
    const std::pair<bool, std::string_view> parts[] = {
        {worker.assets.has_value(), "assets"},
        {!worker.migrations.empty(), "migrations"},
        {!worker.exports.empty(), "exports"},
        {!worker.routes.empty(), "routes"},
        {worker.crons.has_value(), "triggers.crons"},
        {!worker.consumers.empty(), "queues.consumers"},
        {worker.preview_urls.has_value(), "preview-urls"},
        {worker.compliance_region == "fedramp_high", "compliance-region"},
    };
    std::vector<std::string> left_out;
    for (const auto& [used, key] : parts) {
        if (used) {
            left_out.emplace_back(key);
        }
    }
    return left_out;
}

} // namespace

std::string as_uuid(std::string_view hex) {
    if (!is_hex_id(hex)) {
        return std::string(hex);
    }
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

std::vector<DeployStep> plan_deploy(const Project& project, const Bundle& bundle,
                                    const std::string& account) {
    const Paths paths(account.empty() ? "<account>" : account, project.worker.name);
    std::vector<DeployStep> steps;
    if (account.empty()) {
        steps.push_back({"GET", "/accounts?page=1", "find the account of the token"});
    }
    steps.push_back({"GET", paths.service, "see whether the Worker exists"});
    if (project.worker.on_workers_dev()) {
        steps.push_back({"GET", paths.account_subdomain, "ask for the workers.dev name"});
    }
    steps.push_back({"PUT", paths.upload, upload_text(bundle)});
    steps.push_back(
        {"POST", paths.script_subdomain,
         project.worker.on_workers_dev() ? "switch workers.dev on" : "switch workers.dev off"});
    return steps;
}

Expected<> check_deployable(const Project& project) {
    const WorkerConfig& worker = project.worker;
    for (const Binding& binding : worker.bindings) {
        if (binding.lacks_resource()) {
            Error error{ErrorCode::config,
                        fmt::format("the {} {} has no {}", binding.kind->title, binding.name,
                                    binding.kind->resource),
                        {},
                        fmt::format("create it in the dashboard and add its `{}`",
                                    dashed_key(binding.kind->resource)),
                        binding.where};
            return std::unexpected(std::move(error));
        }
    }
    if (const auto left_out = parts_left_out(worker); !left_out.empty()) {
        return fail(ErrorCode::config,
                    fmt::format("pymode deploy does not set up {} yet", join(left_out, ", ")),
                    "take them out of the configuration, and set them up in the dashboard");
    }
    return {};
}

Expected<DeployResult> deploy(CloudflareApi& api, const Project& project, const Bundle& bundle,
                              const std::string& account, const DeployHooks& hooks) {
    const auto step = [&](std::string_view text) {
        if (hooks.on_step) {
            hooks.on_step(text);
        }
    };
    const Paths paths(account, project.worker.name);
    step("see whether the Worker exists");
    Expected<bool> exists = ask_for_service(api, paths);
    if (!exists) {
        return propagate(exists);
    }
    std::string subdomain;
    if (project.worker.on_workers_dev()) {
        step("ask for the workers.dev name");
        Expected<std::string> name = ask_for_subdomain(api, paths);
        if (!name) {
            return propagate(name);
        }
        subdomain = std::move(*name);
    }
    step(upload_text(bundle));
    Expected<nlohmann::json> uploaded =
        api.call(upload_request(paths, bundle, hooks), "take the Worker");
    if (!uploaded) {
        return propagate(uploaded);
    }
    step(project.worker.on_workers_dev() ? "switch workers.dev on" : "switch workers.dev off");
    if (Expected<> switched = switch_workers_dev(api, paths, project.worker.on_workers_dev());
        !switched) {
        return propagate(switched);
    }
    DeployResult result;
    result.account = account;
    result.created = !*exists;
    // Despite its name this is the version's id.
    result.version_id = as_uuid(text_of(*uploaded, "deployment_id"));
    if (uploaded->contains("startup_time_ms") && (*uploaded)["startup_time_ms"].is_number()) {
        result.startup_time_ms = (*uploaded)["startup_time_ms"].get<int>();
    }
    if (!subdomain.empty()) {
        result.url = fmt::format("https://{}.{}.workers.dev", project.worker.name, subdomain);
    }
    return result;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/cloudflare/deployed.hpp"

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/json_member.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

constexpr int kNoSubdomain = 10007; // of the account below workers.dev

ApiRequest service_request(const WorkerId& worker) {
    return {.path = fmt::format("/accounts/{}/workers/services/{}", worker.account, worker.name)};
}

ApiRequest live_request(const WorkerId& worker) {
    return {.path = script_path(worker) + "/deployments"};
}

ApiRequest subdomain_request(const std::string& account) {
    return {.path = fmt::format("/accounts/{}/workers/subdomain", account)};
}

// The result; null when there is no such Worker.
Expected<nlohmann::json> result_if_there(Expected<ApiAnswer> answer, std::string_view doing) {
    if (!answer) {
        return propagate(answer);
    }
    if (answer->success) {
        return std::move(answer->result);
    }
    if (is_no_worker(*answer)) {
        return nullptr;
    }
    return std::unexpected(api_error(*answer, doing));
}

const nlohmann::json& script_of(const nlohmann::json& service) {
    return member_of(member_of(service, "default_environment"), "script");
}

Deployment newest(const nlohmann::json& result) {
    std::vector<Deployment> deployments = read_deployments(result);
    return deployments.empty() ? Deployment{} : std::move(deployments.front());
}

Expected<std::string> read_subdomain(const Expected<ApiAnswer>& answer) {
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kNoSubdomain)) {
        return fail(ErrorCode::api, "this account has no workers.dev name yet",
                    "choose one in the dashboard, under Workers & Pages; or set `workers-dev = "
                    "false` under [tool.pymode]");
    }
    if (!answer->success) {
        return std::unexpected(api_error(*answer, "tell the account's workers.dev name"));
    }
    return text_of(answer->result, "subdomain");
}

// Which member of the state an answer is.
enum class Question { service, live, secrets, subdomain };

constexpr std::string_view kAskService = "look the Worker up";
constexpr std::string_view kAskLive = "tell which version answers";
constexpr std::string_view kAskSecrets = "list the Worker's secrets";

Expected<> read_answer(DeployedWorker& state, Question question,
                       const Expected<ApiAnswer>& answer) {
    if (question == Question::subdomain) {
        Expected<std::string> name = read_subdomain(answer);
        if (!name) {
            return propagate(name);
        }
        state.subdomain = std::move(*name);
        return {};
    }
    const std::string_view doing = question == Question::service ? kAskService
                                   : question == Question::live  ? kAskLive
                                                                 : kAskSecrets;
    const Expected<nlohmann::json> result = result_if_there(answer, doing);
    if (!result) {
        return propagate(result);
    }
    if (question == Question::service) {
        state.exists = !result->is_null();
        state.migration_tag = text_of(script_of(*result), "migration_tag");
        state.deployed_from = text_of(script_of(*result), "last_deployed_from");
    } else if (question == Question::live) {
        state.live = newest(*result);
    } else {
        for (const nlohmann::json& secret : items_of(*result)) {
            state.secrets.push_back(text_of(secret, "name"));
        }
    }
    return {};
}

} // namespace

Expected<DeployedWorker> ask_deployed(CloudflareApi& api, const std::string& account,
                                      const WorkerConfig& config) {
    const WorkerId worker{account, config.name};
    std::vector<Question> questions{Question::service, Question::live};
    std::vector<ApiRequest> requests{service_request(worker), live_request(worker)};
    if (config.env_size() > 0) {
        questions.push_back(Question::secrets);
        requests.push_back({.path = script_path(worker) + "/secrets"});
    }
    if (config.on_workers_dev()) {
        questions.push_back(Question::subdomain);
        requests.push_back(subdomain_request(account));
    }
    const std::vector<Expected<ApiAnswer>> answers = api.send_all(requests);
    DeployedWorker state;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (Expected<> read = read_answer(state, questions[i], answers[i]); !read) {
            return propagate(read);
        }
    }
    return state;
}

Expected<std::string> ask_subdomain(CloudflareApi& api, const std::string& account) {
    return read_subdomain(api.send(subdomain_request(account)));
}

Expected<std::string> ask_migration_tag(CloudflareApi& api, const WorkerId& worker) {
    const Expected<nlohmann::json> service =
        result_if_there(api.send(service_request(worker)), kAskService);
    return service ? Expected<std::string>(text_of(script_of(*service), "migration_tag"))
                   : propagate(service);
}

Expected<Deployment> ask_live(CloudflareApi& api, const WorkerId& worker) {
    const Expected<nlohmann::json> result =
        result_if_there(api.send(live_request(worker)), kAskLive);
    return result ? Expected<Deployment>(newest(*result)) : propagate(result);
}

std::string describe_versions(const Deployment& deployment) {
    if (deployment.versions.empty()) {
        return "no version";
    }
    if (deployment.versions.size() == 1) {
        return "version " + deployment.versions.front().version_id;
    }
    std::vector<std::string> parts;
    for (const VersionShare& share : deployment.versions) {
        parts.push_back(fmt::format("{} ({:g} %)", share.version_id, share.percentage));
    }
    return "versions " + join(parts, " and ");
}

std::string as_uuid(std::string_view hex) {
    if (!is_hex_id(hex)) {
        return std::string(hex);
    }
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/cloudflare/deployments.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/cloudflare/json_member.hpp"
#include "core/cloudflare/send_once.hpp"

namespace pymode {
namespace {

constexpr int kSecretsChanged = 10220;
constexpr int kNoVersion = 10214;
constexpr double kAll = 100;

std::vector<VersionShare> shares_of(const nlohmann::json& item) {
    std::vector<VersionShare> shares;
    for (const nlohmann::json& one : items_of(member_of(item, "versions"))) {
        const nlohmann::json& percentage = member_of(one, "percentage");
        shares.push_back(
            {text_of(one, "version_id"), percentage.is_number() ? percentage.get<double>() : 0});
    }
    return shares;
}

Deployment to_deployment(const nlohmann::json& item) {
    const nlohmann::json& notes = member_of(item, "annotations");
    return {.id = text_of(item, "id"),
            .created_on = text_of(item, "created_on"),
            .author = text_of(item, "author_email"),
            .source = text_of(item, "source"),
            .message = text_of(notes, "workers/message"),
            .triggered_by = text_of(notes, "workers/triggered_by"),
            .versions = shares_of(item)};
}

nlohmann::json body_of(const NewDeployment& wanted) {
    nlohmann::json versions = nlohmann::json::array();
    for (const VersionShare& share : wanted.versions) {
        // Whole percentages travel as whole numbers, as wrangler's do.
        const auto whole = static_cast<int>(share.percentage);
        const bool is_whole = static_cast<double>(whole) == share.percentage;
        versions.push_back(
            {{"version_id", share.version_id},
             {"percentage", is_whole ? nlohmann::json(whole) : nlohmann::json(share.percentage)}});
    }
    nlohmann::json notes = nlohmann::json::object();
    if (!wanted.message.empty()) {
        notes["workers/message"] = wanted.message;
    }
    nlohmann::json body = {
        {"strategy", "percentage"}, {"versions", versions}, {"annotations", notes}};
    if (!wanted.code_update_strategy.is_null()) {
        body["code_update_strategy"] = wanted.code_update_strategy;
    }
    return body;
}

// "A, B" out of Cloudflare's sentence is not safe to cut: it is shown whole.
std::string words_of(const ApiAnswer& answer, int code) {
    const auto found = std::ranges::find(answer.problems, code, &ApiProblem::code);
    return found != answer.problems.end() ? found->message : "";
}

bool is_whole_of(const Deployment& deployment, std::string_view version) {
    return deployment.versions.size() == 1 && deployment.versions[0].version_id == version;
}

} // namespace

std::vector<Deployment> read_deployments(const nlohmann::json& result) {
    std::vector<Deployment> deployments;
    for (const nlohmann::json& item : items_of(member_of(result, "deployments"))) {
        deployments.push_back(to_deployment(item));
    }
    // RFC 3339 in UTC sorts as text.
    std::ranges::stable_sort(deployments, std::ranges::greater(), &Deployment::created_on);
    return deployments;
}

Expected<std::vector<Deployment>> list_deployments(CloudflareApi& api, const WorkerId& worker) {
    const Expected<nlohmann::json> result = call_worker(
        api, worker, {.path = script_path(worker) + "/deployments"}, "list the deployments");
    return result ? Expected<std::vector<Deployment>>(read_deployments(*result))
                  : propagate(result);
}

std::optional<std::string> rollback_target(std::span<const Deployment> deployments) {
    if (deployments.empty()) {
        return std::nullopt;
    }
    const Deployment& live = deployments.front();
    for (const Deployment& earlier : deployments.subspan(1)) {
        for (const VersionShare& share : earlier.versions) {
            if (share.percentage == kAll && !is_whole_of(live, share.version_id)) {
                return share.version_id;
            }
        }
    }
    return std::nullopt;
}

Expected<DeploymentOutcome> create_deployment(CloudflareApi& api, const WorkerId& worker,
                                              const NewDeployment& wanted,
                                              const std::string& live) {
    ApiRequest request{.method = "POST",
                       .path = script_path(worker) + "/deployments" +
                               (wanted.over_changed_secrets ? "?force=true" : ""),
                       .json = body_of(wanted)};
    const FindEffect find = [&]() -> Expected<std::optional<nlohmann::json>> {
        const Expected<std::vector<Deployment>> now = list_deployments(api, worker);
        if (!now) {
            return propagate(now);
        }
        const bool is_ours = !now->empty() && now->front().id != live &&
                             std::ranges::is_permutation(now->front().versions, wanted.versions);
        return is_ours ? std::optional(nlohmann::json{{"id", now->front().id}}) : std::nullopt;
    };
    const Expected<ApiAnswer> answer = send_once(api, request, find);
    if (!answer) {
        return propagate(answer);
    }
    if (answer->success) {
        return DeploymentOutcome{text_of(answer->result, "id"), ""};
    }
    if (answer->has_problem(kSecretsChanged)) {
        return DeploymentOutcome{"", words_of(*answer, kSecretsChanged)};
    }
    if (answer->has_problem(kNoVersion)) {
        return fail(ErrorCode::not_found, fmt::format("{} has no such version", worker.name),
                    "`pymode versions list` shows those there are");
    }
    return std::unexpected(worker_error(*answer, worker, "deploy the version"));
}

} // namespace pymode

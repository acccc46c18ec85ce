// SPDX-License-Identifier: MIT
#include "cli/deploy_version.hpp"

#include <fmt/format.h>

#include "cli/confirm.hpp"
#include "core/base/text.hpp"
#include "core/cloudflare/versions.hpp"

namespace pymode {

Expected<std::string> deploy_versions(CliContext& context, WorkerAccess& access,
                                      NewDeployment wanted, const std::string& live, bool yes) {
    CloudflareApi& api = access.session->api();
    Expected<DeploymentOutcome> outcome = create_deployment(api, access.worker, wanted, live);
    if (outcome && !outcome->changed_secrets.empty()) {
        context.console.warn(outcome->changed_secrets);
        const std::string question =
            "Secrets have changed since, and the version brings its old ones back. Go on?";
        if (Expected<> confirmed = confirm(context, question, yes); !confirmed) {
            return propagate(confirmed);
        }
        wanted.over_changed_secrets = true;
        outcome = create_deployment(api, access.worker, wanted, live);
    }
    if (!outcome) {
        return propagate(outcome);
    }
    if (outcome->id.empty()) {
        return fail(ErrorCode::api, "Cloudflare does not say that the version is deployed",
                    "`pymode deployments` shows what is live");
    }
    return std::move(outcome->id);
}

std::string describe_shares(const std::vector<VersionShare>& shares) {
    std::string text;
    for (const VersionShare& share : shares) {
        text += fmt::format("{}{:g} % of {}", text.empty() ? "" : ", ", share.percentage,
                            share.version_id);
    }
    return text;
}

Expected<> check_version_id(const std::string& id) {
    return is_version_id(id)
               ? Expected<>()
               : fail(ErrorCode::usage, fmt::format("`{}` is no id of a version", printable(id)),
                      "`pymode versions list` shows the ids");
}

Expected<> check_message(const std::string& message) {
    return message.size() <= kMaxMessageBytes
               ? Expected<>()
               : fail(ErrorCode::usage,
                      fmt::format("the message is longer than {} bytes", kMaxMessageBytes));
}

} // namespace pymode

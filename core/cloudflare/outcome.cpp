// SPDX-License-Identifier: MIT
#include "core/cloudflare/outcome.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/api.hpp"

namespace pymode {
namespace {

// Cloudflare goes on with a request that has arrived, although its sender has gone.
bool may_still_happen(const Error& error) {
    return error.code == ErrorCode::cancelled || error.code == ErrorCode::network;
}

std::string nothing_changed(const Error& error, const DeployProgress& progress) {
    const bool something = !progress.made.empty() || (progress.making && is_answer_lost(error));
    const std::string text = something ? "nothing else was changed" : "nothing was changed";
    if (!progress.state_known) {
        return text;
    }
    if (!progress.before.exists) {
        return text + ": there is no Worker of this name yet";
    }
    if (progress.before.live.versions.empty()) {
        return text;
    }
    return fmt::format("{}: {} still answers", text, describe_versions(progress.before.live));
}

std::string not_switched(const DeployProgress& progress) {
    return fmt::format("version {} is uploaded but does not answer: {} still does",
                       progress.version, describe_versions(progress.before.live));
}

// After a call whose effect is seen only by asking.
std::string after_asking(const Error& error, const DeployProgress& progress, const AskLive& ask) {
    const Expected<Deployment> now = ask();
    if (!now) {
        const std::string_view uploaded = progress.phase == DeployPhase::switching
                                              ? "the new version is uploaded; whether it answers"
                                              : "whether the new version answers";
        return fmt::format("{} is not known, because Cloudflare could not be asked: {}", uploaded,
                           now.error().message);
    }
    const bool switching = progress.phase == DeployPhase::switching;
    if (!now->id.empty() && now->id != progress.before.live.id) {
        // A whole upload brings the settings along.
        return fmt::format("{} answers now; its {} were not set", describe_versions(*now),
                           switching ? "settings and triggers" : "triggers");
    }
    std::string text = switching ? not_switched(progress) : nothing_changed(error, progress);
    if (may_still_happen(error)) {
        text += "; but Cloudflare may still be at work on what was sent";
    }
    return text;
}

std::string outcome(const Error& error, const DeployProgress& progress, const AskLive& ask) {
    switch (progress.phase) {
    case DeployPhase::before:
    case DeployPhase::version:
        return nothing_changed(error, progress);
    case DeployPhase::whole:
    case DeployPhase::switching:
        return after_asking(error, progress, ask);
    case DeployPhase::live:
        return fmt::format("version {} answers; its settings and triggers {} set only in part",
                           progress.version, is_answer_lost(error) ? "may be" : "were");
    }
    std::unreachable();
}

} // namespace

Error with_outcome(Error error, const DeployProgress& progress, const AskLive& ask) {
    if (!progress.made.empty()) {
        error.message += fmt::format("; made: {}", join(progress.made, ", "));
    }
    error.message += "; " + outcome(error, progress, ask);
    if (progress.phase != DeployPhase::before && error.hint.empty()) {
        error.hint = "deploy again: what is done already is not done twice";
    }
    return error;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/cloudflare/worker_id.hpp"

#include <fmt/format.h>

namespace pymode {
namespace {

// The codes by which Cloudflare says "there is no such Worker": of scripts and of services.
constexpr int kNoScript = 10007;
constexpr int kNoService = 10090;

} // namespace

std::string script_path(const WorkerId& worker) {
    return fmt::format("/accounts/{}/workers/scripts/{}", worker.account,
                       percent_encoded(worker.name));
}

std::string worker_path(const WorkerId& worker) {
    return fmt::format("/accounts/{}/workers/workers/{}", worker.account,
                       percent_encoded(worker.name));
}

bool is_no_worker(const ApiAnswer& answer) {
    return answer.has_problem(kNoScript) || answer.has_problem(kNoService);
}

Error worker_error(const ApiAnswer& answer, const WorkerId& worker, std::string_view doing) {
    if (!is_no_worker(answer)) {
        return api_error(answer, doing);
    }
    return {
        ErrorCode::not_found,
        fmt::format("the account has no Worker {}", worker.name),
        {},
        "deploy it first with `pymode deploy`; or name another one with --name or --environment",
        {}};
}

Expected<nlohmann::json> call_worker(CloudflareApi& api, const WorkerId& worker,
                                     const ApiRequest& request, std::string_view doing) {
    Expected<ApiAnswer> answer = api.send(request);
    if (!answer) {
        return propagate(answer);
    }
    if (!answer->success) {
        return std::unexpected(worker_error(*answer, worker, doing));
    }
    return std::move(answer->result);
}

} // namespace pymode

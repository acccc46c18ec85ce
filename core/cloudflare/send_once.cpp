// SPDX-License-Identifier: MIT
#include "core/cloudflare/send_once.hpp"

namespace pymode {
namespace {

constexpr int kMaxAttempts = 3;
constexpr int kServerFailure = 500;

bool is_certain(const Expected<ApiAnswer>& answer, int attempt) {
    if (!answer) {
        return answer.error().code == ErrorCode::cancelled;
    }
    // A second attempt may be refused because the first one has worked.
    return answer->success || (answer->status < kServerFailure && attempt == 1);
}

} // namespace

Expected<ApiAnswer> send_once(CloudflareApi& api, const ApiRequest& request,
                              const FindEffect& find) {
    for (int attempt = 1;; ++attempt) {
        Expected<ApiAnswer> answer = api.send(request);
        if (is_certain(answer, attempt)) {
            return answer;
        }
        Expected<std::optional<nlohmann::json>> found = find();
        if (!found) {
            Error error = answer ? api_error(*answer, "do it") : std::move(answer.error());
            // There is no answer that says how it went.
            error.code = found.error().code == ErrorCode::cancelled ? ErrorCode::cancelled
                                                                    : ErrorCode::network;
            error.notes.push_back("whether it has taken effect is not known: " +
                                  found.error().message);
            return std::unexpected(std::move(error));
        }
        if (*found) {
            ApiAnswer effect;
            effect.success = true;
            effect.status = 200;
            effect.result = std::move(**found);
            return effect;
        }
        if (attempt == kMaxAttempts || (answer && answer->status < kServerFailure)) {
            return answer;
        }
        if (Expected<> waited = api.pause_after(attempt); !waited) {
            return propagate(waited);
        }
    }
}

} // namespace pymode

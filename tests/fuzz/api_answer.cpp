// SPDX-License-Identifier: MIT
// Answers of Cloudflare's API, read as everything that pymode asks for.
#include "core/base/text.hpp"
#include "core/cloudflare/api.hpp"
#include "core/cloudflare/deployments.hpp"
#include "core/cloudflare/tail_event.hpp"
#include "core/cloudflare/upload.hpp"
#include "core/cloudflare/worker_state.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;

namespace {

void demand_safe(std::string_view text) {
    fuzz::demand(text.find('\x1b') == std::string_view::npos,
                 "no escape sequence reaches a terminal");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    HttpResponse response;
    response.status = size % 2 == 0 ? 200 : 503;
    response.headers = {{"content-type", "application/json"}, {"cf-ray", "0123456789abcdef-LOC"}};
    response.body = to_bytes(fuzz::text_of(data, size));
    const Expected<ApiAnswer> answer = parse_api_answer(response);
    const Error error = answer ? api_error(*answer, "do it") : answer.error();
    demand_safe(format_error(error, Colour::no));
    if (!answer) {
        return 0;
    }
    for (const Deployment& deployment : read_deployments(answer->result)) {
        demand_safe(deployment.message);
    }
    for (const UploadKind kind : {UploadKind::whole, UploadKind::version}) {
        demand_safe(read_uploaded(answer->result, kind).id);
    }
    demand_safe(format_tail_event(answer->result,
                                  [](Style, std::string_view text) { return std::string(text); }));
    WorkerState live;
    live.exists = true;
    live.bindings = bindings_by_name(answer->result);
    live.settings = live.bindings;
    WorkerState wanted = live;
    wanted.bindings.clear();
    for (const Difference& difference : differences(live, wanted)) {
        demand_safe(to_line(difference));
    }
    return 0;
}

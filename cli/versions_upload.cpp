// SPDX-License-Identifier: MIT
// `pymode versions upload`: a version of the project that nobody sees until it is deployed.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/projects.hpp"
#include "cli/subcommand.hpp"
#include "cli/upload.hpp"
#include "core/base/text.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

void print_result(const PreparedUpload& prepared, const DeployResult& result,
                  std::chrono::milliseconds time, Console& console) {
    const Project& project = prepared.project;
    console.success(fmt::format("uploaded a version of {} ({}, {}) in {}", project.worker.name,
                                describe_bundle(project, prepared.bundle),
                                human_size(prepared.bundle.total_bytes()), human_duration(time)));
    print_upload(prepared, result, console);
    console.info(fmt::format("it does not answer yet: pymode versions deploy {}; triggers are set "
                             "by `pymode triggers deploy`",
                             result.version_id));
    if (!result.preview_url.empty()) {
        console.print(result.preview_url);
    }
    Json document = {
        {"name", project.worker.name},
        {"preview_url", result.preview_url.empty() ? Json() : Json(result.preview_url)},
        {"milliseconds", time.count()}};
    add_upload_json(document, prepared, result);
    console.print_json(document.dump());
}

Expected<> run_upload(const UploadOptions& options, CliContext& context) {
    const Stopwatch watch(context.clock);
    const SignalCancellation signals(context.cancel);
    const Expected<PreparedUpload> prepared = prepare_upload(options, WillSend::yes, context);
    if (!prepared) {
        return propagate(prepared);
    }
    const Expected<DeployResult> result = send_upload(*prepared, upload_version, context);
    if (!result) {
        return propagate(result);
    }
    print_result(*prepared, *result, watch.elapsed(), context.console);
    return write_new_ids(*prepared, *result, context.console);
}

} // namespace

void add_versions_upload(CLI::App& group, CliAction& chosen) {
    add_leaf_command<UploadOptions>(group, "upload", "Upload one that does not answer yet", chosen,
                                    add_upload_options, run_upload)
        ->footer(kCredentialsHelp +
                 std::string("Examples:\n"
                             "  pymode versions upload --tag v1.3.0-rc1\n"
                             "  pymode versions upload && pymode versions list --limit 1\n"));
}

} // namespace pymode

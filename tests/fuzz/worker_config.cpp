// SPDX-License-Identifier: MIT
// Configurations: text that begins with "{" or a comment of JSON is wrangler's file beside an empty
// pyproject.toml, other text is pyproject.toml.
#include "core/bundle/metadata.hpp"
#include "core/cloudflare/worker_state.hpp"
#include "core/project/config.hpp"
#include "core/project/jsonc.hpp"
#include "core/project/toml.hpp"
#include "tests/fuzz/rules.hpp"

#include <nlohmann/json.hpp>

using namespace pymode;

namespace {

Expected<Project> read(std::string_view text) {
    const bool json = text.starts_with('{') || text.starts_with('/');
    const auto pyproject =
        parse_toml("pyproject.toml", json ? "[project]\nname = \"w\"\n" : std::string(text));
    if (!pyproject) {
        return propagate(pyproject);
    }
    if (!json) {
        return read_config({*pyproject}, "staging");
    }
    const auto wrangler = parse_jsonc("wrangler.jsonc", std::string(text));
    return wrangler ? read_config({*pyproject, &*wrangler}, "staging") : propagate(wrangler);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Expected<Project> project = read(fuzz::text_of(data, size));
    if (!project) {
        fuzz::demand(!project.error().message.empty(), "an error says something");
        return 0;
    }
    const std::string metadata = upload_metadata(project->worker).dump();
    fuzz::demand(nlohmann::json::accept(metadata), "the metadata are JSON");
    const WorkerState wanted = wanted_state(project->worker);
    fuzz::demand(differences(wanted, wanted).empty() || !wanted.required_secrets.empty(),
                 "nothing differs from itself, but secrets that only Cloudflare has");
    return 0;
}

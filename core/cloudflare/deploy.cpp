// SPDX-License-Identifier: MIT
#include "core/cloudflare/deploy.hpp"

#include <algorithm>
#include <initializer_list>
#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/bundle/metadata.hpp"
#include "core/cloudflare/asset_upload.hpp"
#include "core/cloudflare/deployed.hpp"
#include "core/cloudflare/outcome.hpp"
#include "core/cloudflare/send_once.hpp"
#include "core/cloudflare/settings.hpp"
#include "core/cloudflare/versions.hpp"
#include "core/project/config_json.hpp"

namespace pymode {
namespace {

std::string upload_text(const Bundle& bundle) {
    return fmt::format("upload the Worker: {} modules, {}", bundle.modules().size(),
                       human_size(bundle.total_bytes()));
}

// Every name that `env` gets from the configuration.
std::set<std::string> names_in_env(const WorkerConfig& worker) {
    std::set<std::string> names;
    for (const Variable& variable : worker.vars) {
        names.insert(variable.name);
    }
    for (const Binding& binding : worker.bindings) {
        names.insert(binding.name);
    }
    for (const UnsafeBinding& binding : worker.unsafe_bindings) {
        names.insert(binding.name);
    }
    if (worker.assets && !worker.assets->binding.empty()) {
        names.insert(worker.assets->binding);
    }
    return names;
}

// An upload would put the variable in the secret's place, and nobody could bring its value back.
Expected<> check_secrets(const WorkerConfig& worker, const std::vector<std::string>& secrets) {
    const std::set<std::string> names = names_in_env(worker);
    for (const std::string& secret : secrets) {
        if (names.contains(secret)) {
            return fail(ErrorCode::config,
                        fmt::format("{} is a secret of the Worker, and the configuration has a "
                                    "variable or binding of the same name",
                                    secret),
                        "give it another name in the configuration, or delete the secret");
        }
    }
    return {};
}

// What the configuration can say and this client does not send yet.
std::vector<std::string> parts_left_out(const WorkerConfig& worker) {
    const std::pair<bool, std::string_view> parts[] = {
        {!worker.exports.empty(), "exports"},
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

// One deployment, step by step; what has been done is in `m_progress`.
class Deployer {
  public:
    Deployer(CloudflareApi& api, const DeployInputs& inputs, const std::string& account,
             const DeployHooks& hooks)
        : m_api(api), m_inputs(inputs),
          m_worker(inputs.project.worker), m_id{account, m_worker.name}, m_hooks(hooks) {
        m_result.account = account;
    }

    Expected<DeployResult> deploy() { return run(&Deployer::all); }
    Expected<DeployResult> upload_version() { return run(&Deployer::only_version); }

  private:
    using Part = Expected<> (Deployer::*)();

    Expected<DeployResult> run(Part work);
    Expected<> in_order(std::initializer_list<Part> parts);
    Expected<> all();
    Expected<> only_version();
    Expected<> look();
    void warn_before_switch() const;
    Expected<> check_version_possible();
    Expected<> bring_assets();
    Expected<> upload();
    Expected<nlohmann::json> upload_whole(const ApiRequest& request, const std::string& new_tag);
    Expected<> make_live();
    Expected<> find_resources();
    Expected<> set_triggers();
    void show_upload(ApiRequest& request) const;
    void step(std::string_view text) const {
        if (m_hooks.on_step) {
            m_hooks.on_step(text);
        }
    }
    void warn(const std::string& text) const {
        if (m_hooks.on_warning) {
            m_hooks.on_warning(text);
        }
    }

    CloudflareApi& m_api;
    const DeployInputs& m_inputs;
    WorkerConfig m_worker; // with the ids of its resources, once they are known
    WorkerId m_id;
    const DeployHooks& m_hooks;
    DeployProgress m_progress;
    std::optional<AssetsOfVersion> m_assets;
    bool m_has_preview = false;
    DeployResult m_result;
};

Expected<> Deployer::look() {
    step("see what there is");
    Expected<DeployedWorker> state = ask_deployed(m_api, m_id.account, m_worker);
    if (!state) {
        return propagate(state);
    }
    m_progress.before = std::move(*state);
    m_progress.state_known = true;
    m_result.created = !m_progress.before.exists;
    return check_secrets(m_worker, m_progress.before.secrets);
}

void Deployer::warn_before_switch() const {
    const DeployedWorker& before = m_progress.before;
    if (before.deployed_from == "dash") {
        warn("the Worker was last changed in the dashboard: what was changed there and is not in "
             "the configuration goes away");
    }
    if (before.live.versions.size() > 1) {
        warn(fmt::format("a gradual rollout is under way, of {}: this deployment ends it",
                         describe_versions(before.live)));
    }
}

Expected<> Deployer::check_version_possible() {
    if (!m_progress.before.exists) {
        return fail(ErrorCode::not_found,
                    fmt::format("the account has no Worker {} that could get another version",
                                m_worker.name),
                    "`pymode deploy` makes it");
    }
    if (pending_migrations(m_worker, m_progress.before.migration_tag)) {
        return fail(ErrorCode::config,
                    "a migration of Durable Objects is pending, and Cloudflare applies those only "
                    "to a Worker that answers at once",
                    "`pymode deploy` applies it");
    }
    return {};
}

Expected<> Deployer::bring_assets() {
    if (m_inputs.assets == nullptr) {
        return {};
    }
    const AssetFolder& folder = *m_inputs.assets;
    step(fmt::format("upload the assets that are missing, of {}", folder.files.size()));
    Expected<AssetUpload> upload =
        upload_assets(m_api, m_id.account, m_id.name, folder, m_hooks.on_upload);
    if (!upload) {
        return propagate(upload);
    }
    m_result.uploaded_assets = upload->uploaded_files;
    m_assets = AssetsOfVersion{std::move(upload->jwt), folder.headers, folder.redirects};
    return {};
}

void Deployer::show_upload(ApiRequest& request) const {
    if (m_hooks.on_upload) {
        const std::uint64_t total = m_inputs.bundle.total_bytes();
        request.on_progress = [this, total](std::uint64_t sent, std::uint64_t) {
            m_hooks.on_upload(std::min(sent, total), total);
        };
    }
}

// With migrations it must not take effect twice: the second time, the first one's are in the way.
Expected<nlohmann::json> Deployer::upload_whole(const ApiRequest& request,
                                                const std::string& new_tag) {
    const FindEffect find = [&]() -> Expected<std::optional<nlohmann::json>> {
        const Expected<std::string> tag = ask_migration_tag(m_api, m_id);
        if (!tag || *tag != new_tag) {
            return tag ? Expected<std::optional<nlohmann::json>>(std::nullopt) : propagate(tag);
        }
        const Expected<Deployment> live = ask_live(m_api, m_id);
        if (!live) {
            return propagate(live);
        }
        const std::string version = live->versions.empty() ? "" : live->versions.front().version_id;
        return nlohmann::json{{"deployment_id", version}};
    };
    Expected<ApiAnswer> answer =
        new_tag.empty() ? m_api.send(request) : send_once(m_api, request, find);
    if (!answer) {
        return propagate(answer);
    }
    if (!answer->success) {
        return std::unexpected(api_error(*answer, "take the Worker"));
    }
    return std::move(answer->result);
}

// Ends with a version that answers, or with one that make_live has to switch to.
Expected<> Deployer::upload() {
    const DeployedWorker& before = m_progress.before;
    UploadInputs form{.worker = m_worker,
                      .bundle = m_inputs.bundle,
                      .assets = m_assets,
                      .migrations = pending_migrations(m_worker, before.migration_tag),
                      .annotations = m_inputs.annotations,
                      .secrets = m_inputs.secrets};
    const bool whole = !before.exists || form.migrations;
    const UploadKind kind = whole ? UploadKind::whole : UploadKind::version;
    step(upload_text(m_inputs.bundle));
    ApiRequest request = upload_request(m_id.account, form, kind);
    show_upload(request);
    m_progress.phase = whole ? DeployPhase::whole : DeployPhase::version;
    std::string new_tag;
    if (form.migrations) {
        new_tag = m_worker.migrations.back().tag;
        request.repeatable = false;
    }
    const Expected<nlohmann::json> result =
        whole ? upload_whole(request, new_tag) : m_api.call(request, "take the Worker");
    if (!result) {
        return propagate(result);
    }
    const UploadedVersion uploaded = read_uploaded(*result, kind);
    m_progress.version = uploaded.id;
    m_progress.phase = whole ? DeployPhase::live : DeployPhase::switching;
    m_result.version_id = uploaded.id;
    m_result.startup_time_ms = uploaded.startup_time_ms;
    m_has_preview = uploaded.has_preview;
    return {};
}

// Makes the uploaded version answer all requests, and brings along what versions do not have.
Expected<> Deployer::make_live() {
    if (m_progress.phase == DeployPhase::live) {
        return {};
    }
    step("make the version answer");
    NewDeployment wanted{.versions = {{.version_id = m_progress.version}},
                         .message = m_inputs.annotations.message};
    if (m_worker.code_update_strategy) {
        wanted.code_update_strategy = to_json(*m_worker.code_update_strategy);
    }
    const Expected<DeploymentOutcome> made =
        create_deployment(m_api, m_id, wanted, m_progress.before.live.id);
    if (!made) {
        return propagate(made);
    }
    if (!made->changed_secrets.empty()) {
        return fail(
            ErrorCode::api,
            fmt::format("secrets were changed during the deployment: {}", made->changed_secrets),
            "deploy again");
    }
    m_progress.phase = DeployPhase::live;
    step("set what is not part of a version");
    return set_settings(m_api, m_id, m_worker);
}

// Finds what bindings mean without saying it; their ids go into the upload.
Expected<> Deployer::find_resources() {
    const ProvisionHooks hooks{.on_step = [this](std::string_view text) { step(text); },
                               .on_making = [this] { m_progress.making = true; },
                               .on_made =
                                   [this](const Resource& resource) {
                                       m_progress.made.push_back(describe(resource));
                                       m_progress.making = false;
                                   }};
    Expected<Provisioned> found =
        provision(m_api, m_id.account, m_worker, m_inputs.may_create, hooks);
    if (!found) {
        return propagate(found);
    }
    m_worker = std::move(found->worker);
    m_result.resources = std::move(found->resources);
    return {};
}

Expected<> Deployer::set_triggers() {
    const TriggerOptions options{m_progress.before.subdomain, m_inputs.may_override};
    m_result.triggers = apply_triggers(m_api, m_id.account, m_worker, options,
                                       {[this](std::string_view text) { step(text); }});
    for (const std::string& warning : m_result.triggers.warnings) {
        warn(warning);
    }
    return m_result.triggers.complete() ? Expected<>() : std::unexpected(m_result.triggers.error());
}

// Ends with the first that fails.
Expected<> Deployer::in_order(std::initializer_list<Part> parts) {
    for (const Part part : parts) {
        if (Expected<> done = (this->*part)(); !done) {
            return done;
        }
    }
    return {};
}

Expected<> Deployer::all() {
    if (Expected<> known = look(); !known) {
        return known;
    }
    warn_before_switch();
    if (Expected<> uploaded =
            in_order({&Deployer::bring_assets, &Deployer::find_resources, &Deployer::upload});
        !uploaded) {
        return uploaded;
    }
    Expected<> live = make_live();
    if (!live && m_progress.phase != DeployPhase::live) {
        return live;
    }
    // A setting that failed keeps no trigger from being set.
    const Expected<> triggers = set_triggers();
    if (live) {
        return triggers;
    }
    if (!triggers) {
        std::vector<std::string>& notes = live.error().notes;
        notes.push_back(triggers.error().message);
        notes.insert(notes.end(), triggers.error().notes.begin(), triggers.error().notes.end());
    }
    return live;
}

Expected<> Deployer::only_version() {
    if (Expected<> uploaded =
            in_order({&Deployer::look, &Deployer::check_version_possible, &Deployer::bring_assets,
                      &Deployer::find_resources, &Deployer::upload});
        !uploaded) {
        return uploaded;
    }
    if (m_has_preview) {
        Expected<std::string> url = ask_preview_url(m_api, m_id, m_result.version_id);
        if (!url) {
            warn(fmt::format("the version's own address is not known: {}", url.error().message));
        }
        m_result.preview_url = std::move(url).value_or("");
    }
    return {};
}

Expected<DeployResult> Deployer::run(Part work) {
    if (Expected<> done = (this->*work)(); !done) {
        const bool interrupted = done.error().code == ErrorCode::cancelled;
        const AskLive ask = interrupted && m_hooks.ask_after_interruption
                                ? m_hooks.ask_after_interruption
                                : AskLive([this] { return ask_live(m_api, m_id); });
        return std::unexpected(with_outcome(std::move(done.error()), m_progress, ask));
    }
    return std::move(m_result);
}

} // namespace

std::vector<DeployStep> plan_deploy(const DeployInputs& inputs, const std::string& known_account) {
    const WorkerConfig& worker = inputs.project.worker;
    const std::string account = known_account.empty() ? "<account>" : known_account;
    const std::string script = script_path({account, worker.name});
    std::vector<DeployStep> steps;
    if (known_account.empty()) {
        steps.push_back({"GET", "/accounts?page=1", "find the account of the token"});
    }
    steps.push_back({"GET", fmt::format("/accounts/{}/workers/services/{}", account, worker.name),
                     "see whether the Worker exists"});
    steps.push_back({"GET", script + "/deployments", "see which version answers"});
    if (worker.env_size() > 0) {
        steps.push_back({"GET", script + "/secrets", "see that no secret would be overwritten"});
    }
    if (worker.on_workers_dev()) {
        steps.push_back({"GET", fmt::format("/accounts/{}/workers/subdomain", account),
                         "ask for the workers.dev name"});
    }
    if (inputs.assets != nullptr) {
        steps.push_back(
            {"POST", script + "/assets-upload-session",
             fmt::format("ask which of {} assets are missing", inputs.assets->files.size())});
        steps.push_back({"POST",
                         fmt::format("/accounts/{}/workers/assets/upload?base64=true", account),
                         "upload them"});
    }
    const std::string_view when =
        worker.migrations.empty() ? "if it is new" : "if it is new or a migration is to be applied";
    steps.push_back({"PUT", script + "?excludeScript=true&bindings_inherit=strict",
                     fmt::format("{}, {}", upload_text(inputs.bundle), when)});
    steps.push_back({"POST", script + "/versions?bindings_inherit=strict",
                     fmt::format("{}, otherwise", upload_text(inputs.bundle))});
    steps.push_back({"POST", script + "/deployments", "make that version answer"});
    steps.push_back({"PATCH", script + "/script-settings", "set what is not part of a version"});
    for (PlannedTrigger& trigger : plan_triggers(account, worker)) {
        steps.push_back(
            {std::move(trigger.method), std::move(trigger.path), std::move(trigger.what)});
    }
    return steps;
}

Expected<> check_deployable(const Project& project) {
    const WorkerConfig& worker = project.worker;
    if (const auto left_out = parts_left_out(worker); !left_out.empty()) {
        return fail(ErrorCode::config,
                    fmt::format("pymode deploy does not set up {} yet", join(left_out, ", ")),
                    "take them out of the configuration, and set them up in the dashboard");
    }
    return {};
}

Expected<DeployResult> deploy(CloudflareApi& api, const DeployInputs& inputs,
                              const std::string& account, const DeployHooks& hooks) {
    return Deployer(api, inputs, account, hooks).deploy();
}

Expected<DeployResult> upload_version(CloudflareApi& api, const DeployInputs& inputs,
                                      const std::string& account, const DeployHooks& hooks) {
    return Deployer(api, inputs, account, hooks).upload_version();
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/cloudflare/secrets.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/project/dev_vars.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

constexpr int kNotDeployed = 10215; // the latest version is not the deployed one
constexpr int kNoSecret = 10056;
constexpr int kNoVersions = 10222;

constexpr std::string_view kMergePatch = "application/merge-patch+json"; // RFC 7396

std::unexpected<Error> secret_error(const ApiAnswer& answer, const WorkerId& worker,
                                    std::string_view doing) {
    if (!answer.has_problem(kNotDeployed)) {
        return std::unexpected(worker_error(answer, worker, doing));
    }
    return fail(ErrorCode::api,
                fmt::format("the latest version of {} is not the one that is deployed, and a new "
                            "secret would deploy it",
                            worker.name),
                "deploy it with `pymode versions deploy ID` (`pymode versions list` has its id) or "
                "run `pymode deploy`; then change the secret");
}

// The whole call, its answer of no interest.
Expected<> change(CloudflareApi& api, const WorkerId& worker, const ApiRequest& request,
                  std::string_view doing) {
    Expected<ApiAnswer> answer = api.send(request);
    if (!answer) {
        return propagate(answer, "whether it has taken effect is not known; the same command again "
                                 "completes it");
    }
    return answer->success ? Expected<>() : secret_error(*answer, worker, doing);
}

nlohmann::json secret_text(const std::string& name, const std::string& value) {
    return {{"name", name}, {"text", value}, {"type", "secret_text"}};
}

std::unexpected<Error> wrong_file(std::string_view file, std::string message) {
    return fail(ErrorCode::config, fmt::format("{}: {}", file, std::move(message)),
                R"(a JSON object like {"NAME": "value", "OLD": null}, or lines NAME=value)");
}

// Where a parser stopped, as line and column.
std::string place_of(std::string_view text, std::size_t byte) {
    const std::string_view before = text.substr(0, std::min(byte, text.size()));
    const auto line = std::ranges::count(before, '\n') + 1;
    const std::size_t begin = before.rfind('\n');
    const std::size_t column = begin == std::string_view::npos ? byte : byte - begin - 1;
    return fmt::format("line {}, column {}", line, std::max<std::size_t>(column, 1));
}

Expected<SecretChanges> parse_json_changes(std::string_view file, std::string_view text) {
    nlohmann::json document;
    try {
        document = nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& problem) {
        // Its own message quotes the text, which is secret.
        return wrong_file(file, fmt::format("no valid JSON at {}", place_of(text, problem.byte)));
    }
    SecretChanges changes;
    for (const auto& [name, value] : document.items()) {
        if (value.is_string()) {
            changes[name] = value.get<std::string>();
        } else if (value.is_null()) {
            changes[name] = std::nullopt;
        } else {
            return wrong_file(
                file, fmt::format("the value of {} is neither a string nor null", printable(name)));
        }
    }
    return changes;
}

Expected<SecretChanges> parse_line_changes(std::string_view file, std::string_view text) {
    Expected<std::vector<DevVar>> lines = parse_dev_vars(file, text);
    if (!lines) {
        // Of a line that is no NAME=value, any part may be a secret.
        lines.error().where->line_text.clear();
        return propagate(lines);
    }
    SecretChanges changes;
    for (DevVar& line : *lines) {
        changes[std::move(line.name)] = std::move(line.value);
    }
    return changes;
}

} // namespace

Expected<SecretChanges> parse_secret_changes(std::string_view file, std::string_view text) {
    if (!is_valid_utf8(text)) {
        return wrong_file(file, "the text is not UTF-8");
    }
    Expected<SecretChanges> changes = trim(text).starts_with('{') ? parse_json_changes(file, text)
                                                                  : parse_line_changes(file, text);
    if (!changes) {
        return changes;
    }
    const auto wrong = std::ranges::find_if_not(
        *changes, [](const auto& change) { return is_identifier(change.first); });
    if (wrong != changes->end()) {
        return wrong_file(file,
                          fmt::format("`{}` is no name of a secret", printable(wrong->first)));
    }
    if (changes->empty()) {
        return wrong_file(file, "there are no secrets");
    }
    if (changes->size() > kMaxSecretChanges) {
        return wrong_file(file, fmt::format("{} secrets are more than the {} of one call",
                                            changes->size(), kMaxSecretChanges));
    }
    return changes;
}

Expected<> put_secret(CloudflareApi& api, const WorkerId& worker, const std::string& name,
                      const std::string& value) {
    return change(api, worker,
                  {.method = "PUT",
                   .path = script_path(worker) + "/secrets",
                   .json = secret_text(name, value)},
                  "set the secret");
}

Expected<std::vector<Secret>> list_secrets(CloudflareApi& api, const WorkerId& worker) {
    const Expected<nlohmann::json> result =
        call_worker(api, worker, {.path = script_path(worker) + "/secrets"}, "list the secrets");
    if (!result) {
        return propagate(result);
    }
    std::vector<Secret> secrets;
    if (result->is_array()) {
        for (const nlohmann::json& item : *result) {
            secrets.push_back({text_of(item, "name"), text_of(item, "type")});
        }
    }
    std::ranges::sort(secrets, {}, &Secret::name);
    return secrets;
}

Expected<> delete_secret(CloudflareApi& api, const WorkerId& worker, const std::string& name) {
    const Expected<ApiAnswer> answer =
        api.send({.method = "DELETE",
                  .path = fmt::format("{}/secrets/{}?url_encoded=true", script_path(worker),
                                      percent_encoded(name))});
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kNoSecret)) {
        if (answer->attempts > 1) {
            return {}; // the attempt before has deleted it
        }
        return fail(ErrorCode::not_found,
                    fmt::format("{} has no secret {}", worker.name, printable(name)),
                    "`pymode secret list` shows those there are");
    }
    return answer->success ? Expected<>() : secret_error(*answer, worker, "delete the secret");
}

Expected<> change_secrets(CloudflareApi& api, const WorkerId& worker,
                          const SecretChanges& changes) {
    nlohmann::json secrets = nlohmann::json::object();
    for (const auto& [name, value] : changes) {
        secrets[name] = value ? secret_text(name, *value) : nlohmann::json();
    }
    return change(api, worker,
                  {.method = "PATCH",
                   .path = script_path(worker) + "/secrets-bulk",
                   .json = nlohmann::json{{"secrets", std::move(secrets)}},
                   .content_type = std::string(kMergePatch),
                   .repeatable = true},
                  "change the secrets");
}

Expected<std::string> change_secrets_of_latest(CloudflareApi& api, const WorkerId& worker,
                                               const SecretChanges& changes,
                                               const std::string& message) {
    nlohmann::json env = nlohmann::json::object();
    for (const auto& [name, value] : changes) {
        env[name] =
            value ? nlohmann::json{{"type", "secret_text"}, {"text", *value}} : nlohmann::json();
    }
    const Expected<ApiAnswer> answer =
        api.send({.method = "PATCH",
                  .path = worker_path(worker) + "/versions/latest",
                  .json = nlohmann::json{{"env", std::move(env)},
                                         {"annotations", {{"workers/message", message}}}},
                  .content_type = std::string(kMergePatch),
                  .repeatable = true}); // a second version that never answers does no harm
    if (!answer) {
        return propagate(answer, "at most there is a version with it now that does not answer");
    }
    if (answer->has_problem(kNoVersions)) {
        return fail(ErrorCode::not_found,
                    fmt::format("{} has no version that could get secrets", worker.name),
                    "deploy it first with `pymode deploy`");
    }
    if (!answer->success) {
        return std::unexpected(worker_error(*answer, worker, "make a version with the secrets"));
    }
    return text_of(answer->result, "id");
}

} // namespace pymode

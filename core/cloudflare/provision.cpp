// SPDX-License-Identifier: MIT
#include "core/cloudflare/provision.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/json_member.hpp"
#include "core/cloudflare/named_resources.hpp"
#include "core/cloudflare/worker_id.hpp"
#include "core/project/schema.hpp"

namespace pymode {
namespace {

// A resource that has to be looked up, with what the configuration says of it.
struct Question {
    Resource resource;
    std::string configured; // its name there; may be empty
    std::string jurisdiction;
};

bool names_its_resource(std::string_view type) {
    return type == "r2_bucket" || type == "queue";
}

// wrangler's name for what has none: "<worker>-<binding in kebab case>".
std::string default_name(const WorkerConfig& worker, const std::string& binding) {
    return fmt::format("{}-{}", worker.name, replace_all(to_lower_ascii(binding), "_", "-"));
}

Question question_of(const Binding& binding) {
    Question question;
    question.resource.kind = binding.kind;
    question.resource.binding = binding.name;
    question.resource.where = binding.where;
    question.resource.is_new_to_configuration = binding.lacks_resource();
    question.jurisdiction = binding.text("jurisdiction");
    if (binding.kind->type == "d1") {
        question.configured = binding.text("database_name");
    } else if (names_its_resource(binding.kind->type)) {
        question.configured = binding.text(binding.kind->resource);
    }
    return question;
}

std::vector<Question> questions_of(const WorkerConfig& worker) {
    std::vector<Question> questions;
    for (const Binding& binding : worker.bindings) {
        if (binding.lacks_resource() || names_its_resource(binding.kind->type)) {
            questions.push_back(question_of(binding));
        }
    }
    const auto add_queue = [&](const std::string& name) {
        const bool known = std::ranges::any_of(questions, [&](const Question& question) {
            return question.resource.kind->type == "queue" && question.configured == name;
        });
        if (!known && !name.empty()) {
            Question question;
            question.resource.kind = find_binding_kind("queue");
            question.configured = name;
            questions.push_back(std::move(question));
        }
    };
    for (const QueueConsumer& consumer : worker.consumers) {
        add_queue(consumer.queue);
        add_queue(consumer.dead_letter_queue);
    }
    return questions;
}

// Under which name the API has the field that says which resource it is.
std::string_view wire_name(const BindingKind& kind) {
    const auto found = std::ranges::find(kind.fields, kind.resource, &Field::key);
    return found == kind.fields.end() ? "" : found->wire;
}

// What the deployed Worker has: its bindings, none when there is no such Worker.
Expected<nlohmann::json> live_bindings(CloudflareApi& api, const std::string& account,
                                       const WorkerConfig& worker) {
    Expected<ApiAnswer> answer =
        api.send({.path = script_path({account, worker.name}) + "/settings"});
    if (!answer) {
        return propagate(answer);
    }
    if (is_no_worker(*answer)) {
        return nlohmann::json();
    }
    if (!answer->success) {
        return std::unexpected(api_error(*answer, "tell what the deployed Worker is bound to"));
    }
    return member_of(answer->result, "bindings");
}

// The id that the deployed Worker has under the same binding; empty: none that fits.
std::string bound_id(const nlohmann::json& live, const Question& question) {
    const BindingKind& kind = *question.resource.kind;
    for (const nlohmann::json& binding : items_of(live)) {
        if (text_of(binding, "type") != kind.type ||
            text_of(binding, "name") != question.resource.binding ||
            question.resource.binding.empty()) {
            continue;
        }
        const std::string id = text_of(binding, wire_name(kind));
        const bool other_name = names_its_resource(kind.type) && !question.configured.empty() &&
                                question.configured != id;
        const bool other_place =
            kind.type == "r2_bucket" && text_of(binding, "jurisdiction") != question.jurisdiction;
        // A database that is named in the configuration is looked up: the deployed Worker may be
        // bound to another one.
        const bool named_database = kind.type == "d1" && !question.configured.empty();
        return other_name || other_place || named_database ? "" : id;
    }
    return "";
}

ResourceName name_for(const Question& question) {
    return {question.resource.kind->type, question.resource.name, question.jurisdiction};
}

std::unexpected<Error> lacks_resource(const Resource& resource) {
    const std::string key = dashed_key(resource.kind->resource);
    Error error{
        ErrorCode::config,
        fmt::format("the {} {} has no {}", resource.kind->title, resource.binding, key),
        {},
        fmt::format("add its `{}`; only for KV namespaces, D1 databases, R2 buckets and queues "
                    "pymode finds it out",
                    key),
        resource.where};
    return std::unexpected(std::move(error));
}

Expected<> answer(CloudflareApi& api, const std::string& account, const nlohmann::json& live,
                  const WorkerConfig& worker, Question& question, const ProvisionHooks& hooks) {
    Resource& resource = question.resource;
    resource.name = question.configured;
    if (std::string id = bound_id(live, question); !id.empty()) {
        resource.name = names_its_resource(resource.kind->type) ? id : resource.name;
        resource.id = std::move(id);
        resource.state = Resource::State::bound;
        return {};
    }
    if (!is_named_resource(resource.kind->type)) {
        return lacks_resource(resource);
    }
    if (resource.name.empty()) {
        resource.name = default_name(worker, resource.binding);
    }
    if (hooks.on_step) {
        hooks.on_step(fmt::format("look for the {}", describe(resource)));
    }
    Expected<FoundResource> found = find_resource(api, account, name_for(question));
    if (!found) {
        return propagate(found);
    }
    if (found->id) {
        resource.id = std::move(*found->id);
        resource.state = Resource::State::found;
    } else if (!found->allowed && !resource.is_new_to_configuration) {
        resource.id = resource.name;
        resource.state = Resource::State::assumed;
    } else if (!found->allowed) {
        Error error{ErrorCode::api,
                    fmt::format("the token may not look for the {}", describe(resource)),
                    {},
                    "give the token the permission to read them, or write the id into the "
                    "configuration",
                    resource.where};
        return std::unexpected(std::move(error));
    }
    return {};
}

Expected<std::vector<Question>> answered(CloudflareApi& api, const std::string& account,
                                         const WorkerConfig& worker, const ProvisionHooks& hooks) {
    std::vector<Question> questions = questions_of(worker);
    const bool any_binding = std::ranges::any_of(
        questions, [](const Question& question) { return !question.resource.binding.empty(); });
    nlohmann::json live;
    if (any_binding) {
        if (hooks.on_step) {
            hooks.on_step("see what the deployed Worker is bound to");
        }
        Expected<nlohmann::json> bindings = live_bindings(api, account, worker);
        if (!bindings) {
            return propagate(bindings);
        }
        live = std::move(*bindings);
    }
    for (Question& question : questions) {
        if (Expected<> done = answer(api, account, live, worker, question, hooks); !done) {
            return propagate(done);
        }
    }
    return questions;
}

std::vector<Resource> resources_in(const std::vector<Question>& questions) {
    std::vector<Resource> resources;
    for (const Question& question : questions) {
        resources.push_back(question.resource);
    }
    return resources;
}

// What another binding means too, once that has been made; nullptr: no other does.
const Resource* made_before(const std::vector<Question>& questions, const Question& wanted) {
    for (const Question& question : questions) {
        if (question.resource.state == Resource::State::created &&
            question.resource.kind == wanted.resource.kind &&
            question.resource.name == wanted.resource.name &&
            question.jurisdiction == wanted.jurisdiction) {
            return &question.resource;
        }
    }
    return nullptr;
}

std::string missing_text(const Resource& resource) {
    const std::string absent = fmt::format("the account has no {}", describe(resource));
    if (resource.binding.empty()) {
        return absent;
    }
    return resource.is_new_to_configuration
               ? fmt::format("the binding {} has no {}, and {}", resource.binding,
                             dashed_key(resource.kind->resource), absent)
               : fmt::format("{}, which the binding {} needs", absent, resource.binding);
}

// Nothing when none is missing.
std::optional<Error> missing_error(const std::vector<Question>& questions) {
    std::optional<Error> error;
    for (const Question& question : questions) {
        if (question.resource.state != Resource::State::missing) {
            continue;
        }
        if (error) {
            error->notes.push_back("also " + missing_text(question.resource));
            continue;
        }
        error = Error{ErrorCode::config,
                      missing_text(question.resource),
                      {},
                      "`pymode deploy --provision` makes what is missing",
                      std::nullopt};
        if (!question.resource.binding.empty()) {
            error->where = question.resource.where;
        }
    }
    return error;
}

} // namespace

std::string_view resource_state_name(Resource::State state) {
    switch (state) {
    case Resource::State::bound:
        return "bound";
    case Resource::State::found:
        return "found";
    case Resource::State::assumed:
        return "assumed";
    case Resource::State::missing:
        return "missing";
    case Resource::State::created:
        break;
    }
    return "created";
}

std::string describe(const Resource& resource) {
    const std::string_view title = resource.kind->type == "queue" ? "queue" : resource.kind->title;
    return fmt::format("{} {}", title,
                       printable(resource.name.empty() ? resource.id : resource.name));
}

Expected<std::vector<Resource>> find_resources(CloudflareApi& api, const std::string& account,
                                               const WorkerConfig& worker,
                                               const ProvisionHooks& hooks) {
    Expected<std::vector<Question>> questions = answered(api, account, worker, hooks);
    return questions ? Expected<std::vector<Resource>>(resources_in(*questions))
                     : propagate(questions);
}

Expected<Provisioned> provision(CloudflareApi& api, const std::string& account,
                                const WorkerConfig& worker, MayCreate may_create,
                                const ProvisionHooks& hooks) {
    Expected<std::vector<Question>> questions = answered(api, account, worker, hooks);
    if (!questions) {
        return propagate(questions);
    }
    if (may_create == MayCreate::no) {
        if (std::optional<Error> error = missing_error(*questions)) {
            return std::unexpected(std::move(*error));
        }
    }
    for (Question& question : *questions) {
        Resource& resource = question.resource;
        if (resource.state != Resource::State::missing) {
            continue;
        }
        if (const Resource* twin = made_before(*questions, question)) {
            resource.id = twin->id;
            resource.state = Resource::State::found;
            continue;
        }
        if (hooks.on_step) {
            hooks.on_step(fmt::format("make the {}", describe(resource)));
        }
        if (hooks.on_making) {
            hooks.on_making();
        }
        Expected<std::string> id = create_resource(api, account, name_for(question));
        if (!id) {
            return propagate(id);
        }
        resource.id = std::move(*id);
        resource.state = Resource::State::created;
        if (hooks.on_made) {
            hooks.on_made(resource);
        }
    }
    Provisioned result;
    result.resources = resources_in(*questions);
    result.worker = with_ids(worker, result.resources);
    return result;
}

WorkerConfig with_ids(WorkerConfig worker, const std::vector<Resource>& resources) {
    for (const Resource& resource : resources) {
        const auto binding = std::ranges::find_if(worker.bindings, [&](const Binding& candidate) {
            return candidate.name == resource.binding && candidate.lacks_resource();
        });
        if (resource.binding.empty() || resource.id.empty() || binding == worker.bindings.end()) {
            continue;
        }
        ConfigMember member;
        member.key = binding->kind->resource;
        member.value.kind = ConfigValue::Kind::string;
        member.value.text = resource.id;
        binding->settings.members.push_back(std::move(member));
    }
    return worker;
}

} // namespace pymode

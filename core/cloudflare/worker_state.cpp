// SPDX-License-Identifier: MIT
#include "core/cloudflare/worker_state.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/bundle/metadata.hpp"
#include "core/cloudflare/api.hpp"
#include "core/cloudflare/json_member.hpp"
#include "core/cloudflare/queues.hpp"
#include "core/cloudflare/upload.hpp"

namespace pymode {
namespace {

using Json = nlohmann::json;

bool is_secret(std::string_view type) {
    return type == "secret_text" || type == "secret_key";
}

bool is_variable(std::string_view type) {
    return type == "plain_text" || type == "json";
}

// "KV namespace CACHE"
std::string title_of(const std::string& name, const Json& binding) {
    const std::string type = text_of(binding, "type");
    if (is_secret(type)) {
        return fmt::format("secret {}", printable(name));
    }
    if (is_variable(type)) {
        return fmt::format("variable {}", printable(name));
    }
    const BindingKind* kind = find_binding_kind(type);
    return fmt::format("{} {}", kind ? kind->title : std::string_view(type), printable(name));
}

std::string value_text(const Json& value) {
    return printable(value.is_string()
                         ? value.get<std::string>()
                         : value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// What a binding says beside its name and type: the value of a variable, "id …, jurisdiction eu".
std::string details_of(const Json& binding) {
    const std::string type = text_of(binding, "type");
    if (is_secret(type)) {
        return "";
    }
    if (is_variable(type)) {
        return value_text(member_of(binding, type == "json" ? "json" : "text"));
    }
    std::vector<std::string> parts;
    for (const auto& [key, value] : binding.items()) {
        if (key != "name" && key != "type") {
            parts.push_back(fmt::format("{} {}", printable(key), value_text(value)));
        }
    }
    return join(parts, ", ");
}

// Cloudflare answers with more than it was told, so members that only the deployed one has do not
// count, but for those that the configuration could have said.
bool same_binding(const Json& live, const Json& wanted) {
    for (const auto& [key, value] : wanted.items()) {
        if (member_of(live, key) != value) {
            return false;
        }
    }
    // These are filled in when they are not said.
    constexpr std::string_view kDefaulted[] = {"environment", "script_name", "dataset",
                                               "internalEnv"};
    const BindingKind* kind = find_binding_kind(text_of(wanted, "type"));
    for (const Field& field : kind ? kind->fields : std::span<const Field>()) {
        const std::string key(field.wire);
        const bool may_differ = key.empty() ||
                                field.key == kind->resource || // the same resource as now
                                std::ranges::find(kDefaulted, field.wire) != std::end(kDefaulted);
        if (!may_differ && !member_of(live, key).is_null() && !wanted.contains(key)) {
            return false;
        }
    }
    return true;
}

// What a setting is when nobody has set it.
bool is_off(const Json& setting) {
    return setting.empty() || setting == false || setting == Json{{"enabled", false}} ||
           setting == Json{{"mode", "off"}};
}

// "enabled true, logs.enabled false": of a setting, what `said` says. The rest is Cloudflare's.
std::string said_text(const Json& setting, const Json& said) {
    if (!said.is_object()) {
        return value_text(setting);
    }
    std::vector<std::string> parts;
    const Json flat = said.flatten();
    for (const auto& [pointer, value] : flat.items()) {
        const Json::json_pointer place(pointer);
        // `contains` throws nothing, whatever the API has in this place.
        const Json here = setting.contains(place) ? setting.at(place) : Json();
        parts.push_back(fmt::format("{} {}", printable(replace_all(pointer.substr(1), "/", ".")),
                                    here.is_null() ? "not set" : value_text(here)));
    }
    return join(parts, ", ");
}

class Comparison {
    using Change = Difference::Change;

  public:
    Comparison(const WorkerState& live, const WorkerState& wanted)
        : m_live(live), m_wanted(wanted) {}

    std::vector<Difference> run() {
        bindings();
        text("compatibility date", m_live.compatibility_date, m_wanted.compatibility_date);
        list("compatibility flag", m_live.compatibility_flags, m_wanted.compatibility_flags);
        settings();
        flag("workers.dev", m_live.workers_dev, m_wanted.workers_dev);
        flag("preview URLs", m_live.previews, m_wanted.previews);
        list("schedule", m_live.crons, m_wanted.crons);
        list("route", m_live.routes, m_wanted.routes);
        list("custom domain", m_live.domains, m_wanted.domains);
        consumers();
        return std::move(m_found);
    }

  private:
    void add(Change change, std::string what, std::string before = "", std::string after = "") {
        m_found.push_back({change, std::move(what), std::move(before), std::move(after)});
    }

    void bindings() {
        std::set<std::string> names;
        for (const WorkerState* state : {&m_live, &m_wanted}) {
            for (const auto& [name, binding] : state->bindings) {
                names.insert(name);
            }
        }
        for (const std::string& name : m_wanted.required_secrets) {
            names.insert(name);
        }
        for (const std::string& name : names) {
            binding(name);
        }
    }

    void binding(const std::string& name) {
        const auto live = m_live.bindings.find(name);
        const auto wanted = m_wanted.bindings.find(name);
        const bool is_live = live != m_live.bindings.end();
        if (wanted == m_wanted.bindings.end()) {
            const std::string type = is_live ? text_of(live->second, "type") : "";
            const bool required = std::ranges::find(m_wanted.required_secrets, name) !=
                                  m_wanted.required_secrets.end();
            if (required && !is_secret(type)) {
                add(Change::lacking, fmt::format("secret {}", printable(name)));
            } else if (is_live && !is_secret(type) &&
                       !(m_wanted.keeps_variables && is_variable(type))) {
                add(Change::removed, title_of(name, live->second), details_of(live->second));
            }
            return;
        }
        if (!is_live) {
            add(Change::added, title_of(name, wanted->second), "", details_of(wanted->second));
            return;
        }
        const std::string type = text_of(wanted->second, "type");
        const bool other_type = text_of(live->second, "type") != type;
        if (other_type) {
            add(Change::changed, title_of(name, wanted->second),
                "is a " + title_of(name, live->second), details_of(wanted->second));
        } else if (!same_binding(live->second, wanted->second)) {
            add(Change::changed, title_of(name, wanted->second), details_of(live->second),
                details_of(wanted->second));
        }
    }

    void text(std::string_view what, const std::optional<std::string>& live,
              const std::optional<std::string>& wanted) {
        if (wanted && !m_live.exists) {
            add(Change::added, std::string(what), "", printable(*wanted));
        } else if (live && wanted && *live != *wanted) {
            add(Change::changed, std::string(what), printable(*live), printable(*wanted));
        }
    }

    void settings() {
        for (const auto& [key, wanted] : m_wanted.settings.items()) {
            const Json& live = member_of(m_live.settings, key);
            const std::string what = replace_all(key, "_", " ");
            if (is_off(live) && is_off(wanted)) {
                continue;
            }
            if (is_off(live)) {
                add(Change::added, what, "", said_text(wanted, wanted));
            } else if (is_off(wanted)) {
                add(Change::removed, what, said_text(live, live));
            } else if (said_text(live, wanted) != said_text(wanted, wanted)) {
                add(Change::changed, what, said_text(live, wanted), said_text(wanted, wanted));
            }
        }
    }

    void flag(std::string_view what, const std::optional<bool>& live,
              const std::optional<bool>& wanted) {
        const auto word = [](bool on) { return std::string(on ? "on" : "off"); };
        if (wanted && !m_live.exists) {
            add(Change::added, std::string(what), "", word(*wanted));
        } else if (live && wanted && *live != *wanted) {
            add(Change::changed, std::string(what), word(*live), word(*wanted));
        }
    }

    void list(std::string_view what, const std::optional<std::vector<std::string>>& live,
              const std::optional<std::vector<std::string>>& wanted) {
        if (!wanted || (!live && m_live.exists)) {
            return;
        }
        const std::vector<std::string> before = live.value_or(std::vector<std::string>());
        for (const std::string& item : before) {
            if (std::ranges::find(*wanted, item) == wanted->end()) {
                add(Change::removed, fmt::format("{} {}", what, printable(item)));
            }
        }
        for (const std::string& item : *wanted) {
            if (std::ranges::find(before, item) == before.end()) {
                add(Change::added, fmt::format("{} {}", what, printable(item)));
            }
        }
    }

    void consumers() {
        if (!m_wanted.consumers || (!m_live.consumers && m_live.exists)) {
            return;
        }
        const WorkerState::ByName none;
        const WorkerState::ByName& before = m_live.consumers ? *m_live.consumers : none;
        for (const auto& [queue, wanted] : *m_wanted.consumers) {
            const std::string what = fmt::format("consumer of the queue {}", printable(queue));
            const auto live = before.find(queue);
            if (live == before.end()) {
                add(Change::added, what, "", consumer_text(wanted, wanted));
            } else if (consumer_text(live->second, wanted) != consumer_text(wanted, wanted)) {
                add(Change::changed, what, consumer_text(live->second, wanted),
                    consumer_text(wanted, wanted));
            }
        }
    }

    // Only what the configuration says: the rest is Cloudflare's default.
    static std::string consumer_text(const Json& consumer, const Json& said) {
        std::vector<std::string> parts;
        for (const auto& [key, value] : member_of(said, "settings").items()) {
            const Json& here = member_of(member_of(consumer, "settings"), key);
            parts.push_back(
                fmt::format("{} {}", key, here.is_null() ? "not set" : value_text(here)));
        }
        const std::string dead = text_of(consumer, "dead_letter_queue");
        if (!dead.empty() || !text_of(said, "dead_letter_queue").empty()) {
            parts.push_back(
                fmt::format("dead letters to {}", dead.empty() ? "no queue" : printable(dead)));
        }
        return join(parts, ", ");
    }

    const WorkerState& m_live;
    const WorkerState& m_wanted;
    std::vector<Difference> m_found;
};

std::string_view change_name(Difference::Change change) {
    switch (change) {
    case Difference::Change::added:
        return "added";
    case Difference::Change::removed:
        return "removed";
    case Difference::Change::changed:
        return "changed";
    case Difference::Change::lacking:
        break;
    }
    return "lacking";
}

std::string one_line(std::string_view text) {
    return replace_all(printable(text), "\n", "\\n");
}

} // namespace

WorkerState::ByName bindings_by_name(const nlohmann::json& list) {
    WorkerState::ByName bindings;
    for (const Json& binding : items_of(list)) {
        const std::string name = text_of(binding, "name");
        if (!name.empty()) {
            bindings.emplace(name, binding);
        }
    }
    return bindings;
}

WorkerState wanted_state(const WorkerConfig& worker) {
    WorkerState state;
    state.exists = true;
    // The upload itself says what the Worker will be.
    const Json metadata = upload_metadata(worker);
    state.bindings = bindings_by_name(member_of(metadata, "bindings"));
    for (const std::string& secret : worker.required_secrets) {
        state.bindings.erase(secret); // inherited: it must be there
    }
    for (const Binding& binding : worker.bindings) {
        if (binding.lacks_resource()) { // inherited too, but what kind it is is known
            state.bindings[binding.name] = {{"name", binding.name}, {"type", binding.kind->type}};
        }
    }
    state.required_secrets = worker.required_secrets;
    state.keeps_variables = worker.keep_vars;
    state.compatibility_date = worker.compatibility_date;
    state.compatibility_flags = worker.compatibility_flags;
    state.settings = unversioned_settings(worker);
    for (const char* key : {"limits", "placement"}) { // of the version: all or nothing
        state.settings[key] = member_of(metadata, key);
    }
    state.workers_dev = worker.on_workers_dev();
    state.previews = worker.preview_urls;
    state.crons = worker.crons;
    for (const Route& route : worker.routes) {
        auto& list = route.custom_domain ? state.domains : state.routes;
        list = list.value_or(std::vector<std::string>());
        list->push_back(route.pattern);
    }
    for (const QueueConsumer& consumer : worker.consumers) {
        state.consumers = state.consumers.value_or(WorkerState::ByName());
        (*state.consumers)[consumer.queue] = consumer_settings(consumer);
    }
    return state;
}

std::vector<Difference> differences(const WorkerState& live, const WorkerState& wanted) {
    return Comparison(live, wanted).run();
}

std::string to_line(const Difference& difference) {
    const std::string what = one_line(difference.what);
    const std::string before = one_line(difference.before);
    const std::string after = one_line(difference.after);
    switch (difference.change) {
    case Difference::Change::added:
        return fmt::format("+ {}{}{}", what, after.empty() ? "" : ": ", after);
    case Difference::Change::removed:
        return fmt::format("- {}{}{}", what, before.empty() ? "" : ": ", before);
    case Difference::Change::changed:
        return fmt::format("~ {}: {} → {}", what, before, after);
    case Difference::Change::lacking:
        break;
    }
    return fmt::format("! {} is not set", what);
}

nlohmann::json to_json(const std::vector<Difference>& differences) {
    Json items = Json::array();
    for (const Difference& difference : differences) {
        Json item = {{"change", change_name(difference.change)}, {"what", difference.what}};
        if (!difference.before.empty()) {
            item["before"] = difference.before;
        }
        if (!difference.after.empty()) {
            item["after"] = difference.after;
        }
        items.push_back(std::move(item));
    }
    return items;
}

} // namespace pymode

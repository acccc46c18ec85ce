// SPDX-License-Identifier: MIT
#include "core/project/worker_checks.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace pymode {
namespace {

using Problem = std::optional<ConfigProblem>;
using namespace std::string_view_literals;

Problem check_placement(const ConfigValue& table) {
    const ConfigValue* placement = table.find("placement");
    if (!placement) {
        return {};
    }
    const std::string mode = placement->text_of("mode");
    constexpr std::array kTargets{"region"sv, "host"sv, "hostname"sv};
    const auto targets =
        std::ranges::count_if(kTargets, [&](std::string_view key) { return placement->find(key); });
    const bool hint = placement->find("hint") != nullptr;
    if (hint && (targets > 0 || mode != "smart")) {
        return ConfigProblem{placement->position, "placement: `hint` belongs to mode \"smart\""};
    }
    if (targets > 1) {
        return ConfigProblem{placement->position,
                             "placement: there can be one of region, host and hostname"};
    }
    if (targets == 1 && !mode.empty() && mode != "targeted") {
        return ConfigProblem{placement->position,
                             "placement: region, host and hostname belong to mode \"targeted\""};
    }
    if (targets == 0 && mode == "targeted") {
        return ConfigProblem{placement->position,
                             "placement: mode \"targeted\" needs a region, host or hostname"};
    }
    if (targets == 0 && mode.empty()) {
        return ConfigProblem{placement->position, "placement has no `mode`",
                             "use \"off\", \"smart\" or \"targeted\""};
    }
    return {};
}

Problem check_observability(const ConfigValue& table) {
    const ConfigValue* observability = table.find("observability");
    if (!observability || observability->find("enabled")) {
        return {};
    }
    constexpr std::array kParts{"logs"sv, "traces"sv, "issues"sv};
    const bool said = std::ranges::any_of(kParts, [&](std::string_view key) {
        const ConfigValue* part = observability->find(key);
        return part && part->find("enabled");
    });
    if (said) {
        return {};
    }
    return ConfigProblem{observability->position,
                         "observability does not say whether it is `enabled`",
                         "neither does its `logs`, `traces` or `issues`"};
}

// Which keys an export of a Durable Object's class must have, and may have beside `type`.
struct ExportState {
    std::string_view state;
    std::vector<std::string_view> required;
    std::vector<std::string_view> optional;
};

Problem check_object_export(const ConfigMember& member) {
    static const std::array<ExportState, 5> kStates{
        {{"created", {"storage"}, {"container"}},
         {"deleted", {}, {}},
         {"renamed", {"renamed_to"}, {}},
         {"transferred", {"transferred_to"}, {}},
         {"expecting-transfer", {"storage", "transfer_from"}, {"container"}}}};
    std::string state = member.value.text_of("state");
    state = state.empty() ? "created" : state;
    const ExportState& rule = *std::ranges::find(kStates, state, &ExportState::state);
    for (const std::string_view key : rule.required) {
        if (!member.value.find(key)) {
            return ConfigProblem{member.key_position,
                                 fmt::format("the export {} needs `{}` when its state is \"{}\"",
                                             printable(member.key), key, state)};
        }
    }
    for (const ConfigMember& each : member.value.members) {
        const bool known = each.key == "type" || each.key == "state" ||
                           std::ranges::find(rule.required, each.key) != rule.required.end() ||
                           std::ranges::find(rule.optional, each.key) != rule.optional.end();
        if (!known) {
            return ConfigProblem{each.key_position,
                                 fmt::format("the export {} cannot have `{}` when its state is "
                                             "\"{}\"",
                                             printable(member.key), each.key, state)};
        }
    }
    return {};
}

Problem check_exports(const ConfigValue& table) {
    const ConfigValue* exports = table.find("exports");
    const ConfigValue* migrations = table.find("migrations");
    for (const ConfigMember& member : exports ? exports->members : std::vector<ConfigMember>()) {
        const std::string type = member.value.text_of("type");
        if (type == "workflow" && !member.value.find("name")) {
            return ConfigProblem{member.key_position, fmt::format("the workflow {} has no `name`",
                                                                  printable(member.key))};
        }
        if (type != "durable-object") {
            continue;
        }
        if (migrations && !migrations->items.empty()) {
            return ConfigProblem{member.key_position,
                                 "Durable Objects are described by `migrations` or by `exports`, "
                                 "not by both"};
        }
        if (Problem problem = check_object_export(member)) {
            return problem;
        }
    }
    return {};
}

Problem check_workflows(const ConfigValue& table) {
    const ConfigValue* workflows = table.find("workflows");
    std::set<std::string> names;
    for (const ConfigValue& each : workflows ? workflows->items : std::vector<ConfigValue>()) {
        if (!names.insert(each.text_of("name")).second) {
            return ConfigProblem{
                each.find("name")->position,
                fmt::format("two workflows have the name `{}`", printable(each.text_of("name")))};
        }
    }
    return {};
}

Problem check_consumers(const ConfigValue& table) {
    const ConfigValue* queues = table.find("queues");
    const ConfigValue* consumers = queues ? queues->find("consumers") : nullptr;
    std::set<std::string> names;
    for (const ConfigValue& each : consumers ? consumers->items : std::vector<ConfigValue>()) {
        if (!names.insert(each.text_of("queue")).second) {
            return ConfigProblem{each.find("queue")->position,
                                 fmt::format("there are two consumers of the queue `{}`",
                                             printable(each.text_of("queue")))};
        }
    }
    return {};
}

} // namespace

std::optional<ConfigProblem> check_worker(const ConfigValue& table) {
    for (const auto check :
         {check_placement, check_observability, check_exports, check_workflows, check_consumers}) {
        if (Problem problem = check(table)) {
            return problem;
        }
    }
    return {};
}

} // namespace pymode

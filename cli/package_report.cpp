// SPDX-License-Identifier: MIT
#include "cli/package_report.hpp"

#include <map>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace pymode {

namespace {

using Json = nlohmann::ordered_json;

std::string packages(std::size_t count) {
    return fmt::format("{} package{}", count, count == 1 ? "" : "s");
}

void report_changes(const InstallPlan& plan, Console& console) {
    for (const InstallChange& change : plan.changes) {
        const bool added = change.kind == InstallChange::Kind::added;
        const std::string mark =
            console.styled(added ? Style::green : Style::red, added ? "+" : "-");
        console.info(fmt::format(" {} {}=={}", mark,
                                 console.styled(Style::bold, change.package.name),
                                 change.package.version));
    }
}

std::string selection_text(const LockSelection& selection) {
    std::string text;
    for (const std::string& extra : selection.extras) {
        text += fmt::format(" +extra {}", extra);
    }
    for (const std::string& group : selection.groups) {
        text += fmt::format(" +group {}", group);
    }
    return selection.only_groups ? " (only" + text + ")"
           : text.empty()        ? ""
                                 : " (" + text.substr(1) + ")";
}

void report_install(const SyncRequest& request, const SyncOutcome& outcome, CliContext& context) {
    Console& console = context.console;
    const std::string selection = selection_text(request.settings.selection);
    if (request.dry_run) {
        const std::size_t count = outcome.plan.items.size();
        console.info(outcome.plan.up_to_date
                         ? fmt::format("Would change nothing{}", selection)
                         : fmt::format("Would install {}{}", packages(count), selection));
    } else if (!outcome.done) {
        console.info(fmt::format("Audited {}{}", packages(outcome.plan.items.size()), selection));
    } else {
        if (outcome.done->fetched > 0) {
            console.info(fmt::format("Prepared {} in {}", packages(outcome.done->fetched),
                                     human_duration(outcome.done->fetch_time)));
        }
        console.info(fmt::format("Installed {}{} in {}, {}", packages(outcome.plan.items.size()),
                                 selection, human_duration(outcome.done->install_time),
                                 human_size(outcome.done->report.bytes)));
    }
    report_changes(outcome.plan, console);
    if (outcome.done) {
        for (const std::string& warning : outcome.done->report.warnings) {
            console.warn(warning);
        }
        for (const std::string& detail : outcome.done->report.details) {
            console.detail(detail);
        }
    }
}

Json package_json(const LockedItem& item) {
    Json hashes = Json::object();
    for (const auto& [algorithm, digest] : item.wheel.hashes) {
        hashes[algorithm] = digest;
    }
    return {{"name", item.name},
            {"version", item.version.to_string()},
            {"download_info",
             {{"url", item.wheel.url}, {"archive_info", {{"hashes", std::move(hashes)}}}}},
            {"is_direct", item.wheel.origin == Origin::direct}};
}

} // namespace

void report_sync(const SyncRequest& request, const SyncOutcome& outcome, CliContext& context) {
    Console& console = context.console;
    for (const std::string& warning : outcome.lock.warnings) {
        console.warn(warning);
    }
    if (outcome.lock.resolved) {
        console.info(fmt::format("Resolved {} in {}", packages(outcome.lock.lock.packages.size()),
                                 human_duration(outcome.lock.time)));
    }
    if (request.install) {
        report_install(request, outcome, context);
    }
}

void report_lock_changes(const SyncOutcome& outcome, CliContext& context) {
    std::map<std::string, std::pair<std::string, std::string>> versions;
    const auto note = [&](const pep::Lock& lock, auto member) {
        for (const pep::LockPackage& package : lock.packages) {
            versions[package.name].*member = package.version ? package.version->to_string() : "?";
        }
    };
    using Pair = std::pair<std::string, std::string>;
    if (outcome.old_lock) {
        note(*outcome.old_lock, &Pair::first);
    }
    note(outcome.lock.lock, &Pair::second);
    for (const auto& [name, pair] : versions) {
        const auto& [before, after] = pair;
        if (before == after) {
            continue;
        }
        context.console.info(before.empty()  ? fmt::format(" + {} {}", name, after)
                             : after.empty() ? fmt::format(" - {} {}", name, before)
                                             : fmt::format(" ~ {} {} → {}", name, before, after));
    }
}

Json sync_json(const SyncRequest& request, const SyncOutcome& outcome) {
    Json document = {{"version", "1"}, {"dry_run", request.dry_run}};
    document["lock"] = {{"path", (request.root / kLockFileName).string()},
                        {"resolved", outcome.lock.resolved},
                        {"changed", outcome.lock.changed},
                        {"packages", outcome.lock.lock.packages.size()}};
    if (!outcome.written.empty()) {
        document["added_requirements"] = outcome.written;
    }
    if (!request.install) {
        return document;
    }
    Json installed = Json::array();
    Json removed = Json::array();
    for (const InstallChange& change : outcome.plan.changes) {
        if (change.kind == InstallChange::Kind::removed) {
            removed.push_back({{"name", change.package.name}, {"version", change.package.version}});
            continue;
        }
        for (const LockedItem& item : outcome.plan.items) {
            if (item.name == change.package.name) {
                installed.push_back(package_json(item));
            }
        }
    }
    document["changed"] = !outcome.plan.up_to_date;
    document["install"] = std::move(installed);
    document["removed"] = std::move(removed);
    document["packages"] = outcome.plan.items.size();
    return document;
}

} // namespace pymode

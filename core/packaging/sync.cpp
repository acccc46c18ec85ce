// SPDX-License-Identifier: MIT
#include "core/packaging/sync.hpp"

#include <utility>

#include "core/base/file.hpp"

namespace pymode {

namespace {

// The archive that is being built; what nobody put in place goes away.
struct StagedArchive {
    fs::path path;
    ~StagedArchive() {
        if (!path.empty()) {
            std::error_code ignored; // the next command removes it as well
            fs::remove(path, ignored);
        }
    }
};

Expected<> check_not_cancelled(const CancelToken& cancel) {
    if (cancel.cancelled()) {
        return fail(ErrorCode::cancelled, "stopped, nothing was changed");
    }
    return {};
}

// What was locked before, as far as it can be read. Parsing a long lock takes milliseconds.
std::optional<pep::Lock> old_lock(const SyncRequest& request, const LockOutcome& now) {
    if (!request.before.lock) {
        return std::nullopt;
    }
    if (!now.changed) {
        return now.lock;
    }
    auto old = pep::parse_lock(kLockFileName, *request.before.lock);
    return old ? std::optional(std::move(*old)) : std::nullopt;
}

// Bounds for what was added, and the lock that fits the text with them.
Expected<std::string> finish_add(const SyncRequest& request, SyncOutcome& outcome) {
    Expected<AddOutcome> bounded =
        add_to_project(request.before.pyproject, *request.add, &outcome.lock.lock);
    if (!bounded) {
        return propagate(bounded);
    }
    outcome.written = std::move(bounded->written);
    std::vector<std::string> shown_before;
    Expected<ProjectInputs> inputs =
        parse_project_inputs(bounded->text, request.root, shown_before);
    if (!inputs) {
        return propagate(inputs);
    }
    set_inputs_digest(outcome.lock.lock, *inputs, request.target);
    outcome.lock.text = pep::write_lock(outcome.lock.lock);
    outcome.lock.changed = !request.before.lock || *request.before.lock != outcome.lock.text;
    return std::move(bounded->text);
}

} // namespace

Expected<SyncOutcome> sync_project(const SyncRequest& request, PackageTools& tools,
                                   const CancelToken& cancel) {
    SyncOutcome outcome;
    std::vector<std::string> shown_before; // the caller has shown the warnings
    std::string pyproject = request.pyproject.value_or(request.before.pyproject);
    Expected<ProjectInputs> inputs = parse_project_inputs(pyproject, request.root, shown_before);
    if (!inputs) {
        return propagate(inputs);
    }
    Expected<LockOutcome> lock =
        lock_project(*inputs, request.target, request.before.lock, request.lock, tools);
    if (!lock) {
        return propagate(lock);
    }
    outcome.lock = std::move(*lock);
    outcome.old_lock = old_lock(request, outcome.lock);
    if (request.add) {
        Expected<std::string> text = finish_add(request, outcome);
        if (!text) {
            return propagate(text);
        }
        pyproject = std::move(*text);
    }
    StagedArchive staged;
    if (request.install) {
        Expected<InstallPlan> plan =
            plan_install(*inputs, request.target, outcome.lock, request.settings, tools);
        if (!plan) {
            return propagate(plan);
        }
        outcome.plan = std::move(*plan);
    }
    if (request.dry_run) {
        return outcome;
    }
    if (request.install && !outcome.plan.up_to_date) {
        staged.path = staged_site_packages(request.root);
        Expected<FetchOutcome> done = run_install(*inputs, request.target, outcome.plan,
                                                  request.settings, staged.path, tools);
        if (!done) {
            return propagate(done);
        }
        outcome.done = std::move(*done);
    }
    if (Expected<> going_on = check_not_cancelled(cancel); !going_on) {
        return propagate(going_on);
    }
    ProjectChange change;
    if (pyproject != request.before.pyproject) {
        change.pyproject = pyproject;
    }
    if (outcome.lock.changed) {
        change.lock = outcome.lock.text;
    }
    if (outcome.done) {
        change.site_packages = staged.path;
    }
    if (Expected<> committed = commit_project_change(request.root, request.before, change);
        !committed) {
        return propagate(committed);
    }
    return outcome;
}

} // namespace pymode

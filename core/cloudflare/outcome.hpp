// SPDX-License-Identifier: MIT
// What is live when a deployment ends early: the sentence that its error ends with.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/deployed.hpp"

namespace pymode {

// How far a deployment has come.
enum class DeployPhase {
    before,    // nothing of the Worker itself was sent
    whole,     // an upload that answers at once is on its way
    version,   // a version that nothing answers with is on its way
    switching, // the version is there, and is being made to answer
    live,      // it answers; settings and triggers are on their way
};

struct DeployProgress {
    DeployPhase phase = DeployPhase::before;
    bool state_known = false; // `before` was answered
    DeployedWorker before;
    std::vector<std::string> made; // resources of bindings: "KV namespace my-worker-cache"
    bool making = false;           // one more is on its way
    std::string version;           // that was uploaded, as soon as Cloudflare has told its id
};

// Asks Cloudflare which deployment is live now.
using AskLive = std::function<Expected<Deployment>()>;

// The error with what is live at the end of its message. Where that does not follow from the phase,
// `ask` finds it out; where that fails as well, the note says so.
Error with_outcome(Error error, const DeployProgress& progress, const AskLive& ask);

} // namespace pymode

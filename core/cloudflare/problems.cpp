// SPDX-License-Identifier: MIT
#include "core/cloudflare/problems.hpp"

namespace pymode {
namespace {

struct KnownProblem {
    int code;
    std::string_view sentence;
    std::string_view hint;
};

constexpr std::string_view kTokenHint =
    "check CLOUDFLARE_API_TOKEN: it must be valid, have the permission \"Workers Scripts: Edit\" "
    "and belong to this account";
constexpr std::string_view kForbiddenHint =
    "check that the account id (CLOUDFLARE_ACCOUNT_ID, or account-id under [tool.pymode]) is one "
    "that the token belongs to, and that the token has the permission \"Workers Scripts: Edit\"";
constexpr std::string_view kAccountHint =
    "check the account id (CLOUDFLARE_ACCOUNT_ID, or account-id under [tool.pymode]); the "
    "dashboard shows it in its address: dash.cloudflare.com/<account id>";
constexpr std::string_view kRateHint =
    "Cloudflare limits the number of requests; wait a few minutes";
constexpr std::string_view kLaterHint = "try again in a minute";
constexpr std::string_view kMigrationHint =
    "compare `migrations` in the configuration with what was deployed before; a step that was "
    "deployed must stay as it is";
constexpr std::string_view kResourceHint =
    "check the id or name of each binding; it must exist in this account";

// From Cloudflare's documents and from what its API was seen to answer. The first one that an
// answer has counts.
constexpr KnownProblem kKnownProblems[] = {
    {1000, "", kTokenHint},
    {6003, "", kTokenHint},
    {6111, "", kTokenHint},
    {9106, "", kTokenHint},
    {9109, "", kTokenHint},
    {10000, "", kTokenHint},
    {7000, "", kAccountHint},
    {7003, "", kAccountHint},
    {971, "", kRateHint},
    {10007, "there is no such Worker, or the account has no workers.dev name", ""},
    {10013, "Cloudflare had a problem of its own", kLaterHint},
    {10021, "the Worker failed Cloudflare's check at its upload",
     "`pymode dev` runs the same bundle here"},
    {10027, "the Worker is too large",
     "leave out files that the Worker does not need with `exclude` under [tool.pymode]"},
    {10041, "a KV namespace that is bound does not exist", kResourceHint},
    {10057, "a binding was to be taken over from the version before, which does not have it",
     "a secret that is required must be set first"},
    {10061, "a binding names a Durable Object class that no migration has made",
     "add the class to `new_sqlite_classes` of a new step of `migrations`"},
    {10063, "the account has no workers.dev name yet",
     "choose it once in the dashboard, under Workers & Pages"},
    {10064, "a Durable Object class that has objects would be left out",
     "delete or rename it with a step of `migrations`"},
    {10070, "a migration names a Durable Object class that does not exist", kMigrationHint},
    {10074, "a migration makes a Durable Object class that exists already", kMigrationHint},
    {10079,
     "another deployment has applied migrations in the meantime: Cloudflare's tag is another one "
     "than at the begin of this deployment",
     "deploy again; only the steps that are still missing are sent then"},
    {10085, "an R2 bucket that is bound does not exist", kResourceHint},
    {10090, "there is no such Worker", ""},
    {10092, "there is no such Worker in the dispatch namespace", ""},
    {10181, "a D1 database that is bound does not exist", kResourceHint},
    {10211,
     "migrations of Durable Objects cannot be part of a version that is not deployed at "
     "once",
     "deploy again: migrations are sent with the whole Worker"},
    {10215, "the latest version is not the one that is deployed",
     "deploy the latest version first, or deploy again"},
    {10220, "secrets were changed since that version", ""},
    {10222, "the Worker has no version yet", "deploy it first"},
    {11000, "a queue that is bound does not exist", kResourceHint},
    {100402, "`exports` does not fit the Worker's Durable Objects", ""},
    {100405, "`exports` does not fit the Worker's Durable Objects", ""},
    {100406, "`exports` does not fit the Worker's Durable Objects", ""},
};

const KnownProblem* known_problem(const ApiAnswer& answer) {
    for (const KnownProblem& known : kKnownProblems) {
        if (answer.has_problem(known.code)) {
            return &known;
        }
    }
    return nullptr;
}

} // namespace

std::string_view sentence_for(const ApiAnswer& answer) {
    const KnownProblem* known = known_problem(answer);
    return known ? known->sentence : "";
}

std::string_view hint_for(const ApiAnswer& answer) {
    if (answer.status == 403) {
        return kForbiddenHint;
    }
    if (const KnownProblem* known = known_problem(answer)) {
        return known->hint;
    }
    if (answer.status == 401) {
        return kTokenHint;
    }
    return answer.status == 429 ? kRateHint : "";
}

} // namespace pymode

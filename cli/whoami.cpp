// SPDX-License-Identifier: MIT
// `pymode whoami`: who the credentials belong to, and which accounts they see.
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cloudflare_session.hpp"
#include "cli/context.hpp"
#include "core/base/text.hpp"
#include "core/cloudflare/user.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

std::string_view kind_name(CredentialKind kind) {
    switch (kind) {
    case CredentialKind::token:
        return "API token";
    case CredentialKind::key:
        return "global API key";
    case CredentialKind::login:
        break;
    }
    return "login";
}

std::string describe(const Identity& identity, const Credentials& credentials) {
    const bool of_account = identity.owner == Owner::account;
    std::string text = fmt::format("{}{} (from {})", of_account ? "an account's " : "",
                                   kind_name(credentials.kind()), credentials.source());
    if (!identity.token_status.empty() && identity.token_status != "active") {
        text += fmt::format(", which is {}", identity.token_status);
    }
    return identity.email.empty() ? text : fmt::format("{}, by the {}", identity.email, text);
}

void print_accounts(const Identity& identity, Console& console) {
    std::size_t width = 0;
    for (const VisibleAccount& account : identity.accounts) {
        width = std::max(width, account.name.size());
    }
    for (const VisibleAccount& account : identity.accounts) {
        const std::string roles = join(account.roles, ", ");
        console.print(fmt::format("  {}  {:<{}}{}{}", account.id, account.name,
                                  roles.empty() ? 0 : width, roles.empty() ? "" : "  ", roles));
    }
}

Json to_json(const Identity& identity, const Credentials& credentials) {
    Json accounts = Json::array();
    for (const VisibleAccount& account : identity.accounts) {
        accounts.push_back({{"id", account.id}, {"name", account.name}, {"roles", account.roles}});
    }
    Json document = {{"email", identity.email.empty() ? Json() : Json(identity.email)},
                     {"credentials", kind_name(credentials.kind())},
                     {"source", credentials.source()},
                     {"owner", owner_name(identity.owner)}};
    document["token_status"] = identity.token_status.empty() ? Json() : Json(identity.token_status);
    document["accounts"] = std::move(accounts);
    return document;
}

Expected<> run_whoami(CliContext& context) {
    Expected<std::unique_ptr<CloudflareSession>> session = CloudflareSession::open(context);
    if (!session) {
        return propagate(session);
    }
    const Credentials& credentials = (*session)->credentials();
    Expected<Identity> identity = identify((*session)->api(), credentials.kind());
    if (!identity) {
        return propagate(identity);
    }
    context.console.print(describe(*identity, credentials));
    if (identity->accounts.empty()) {
        context.console.warn("these credentials see no account");
    }
    print_accounts(*identity, context.console);
    context.console.print_json(to_json(*identity, credentials).dump());
    return {};
}

} // namespace

void add_whoami_command(CLI::App& app, CliAction& chosen) {
    CLI::App* command =
        app.add_subcommand("whoami", "Show who the Cloudflare credentials belong to");
    command->footer(
        "Shows the user's e-mail address where the credentials may see it, what kind of\n"
        "credentials they are, and the accounts with their ids. A token of an account has\n"
        "no user.\n\n"
        "Examples:\n"
        "  pymode whoami\n"
        "  pymode whoami --json\n");
    command->callback([&chosen] { chosen = run_whoami; });
}

} // namespace pymode

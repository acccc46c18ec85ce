// SPDX-License-Identifier: MIT
// `pymode login` and `pymode logout`: credentials that stay on this machine.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "core/base/standard_input.hpp"
#include "core/base/subprocess.hpp"
#include "core/base/text.hpp"
#include "core/cloudflare/login.hpp"
#include "core/cloudflare/login_listener.hpp"
#include "core/cloudflare/user.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

constexpr auto kLoginTime = 5min;

struct LoginOptions {
    bool token = false;
    bool no_browser = false;
    int callback_port = 8976;
};

// What both commands need; Ctrl-C cancels.
struct LoginSession {
    SignalCancellation signals;
    TokenStore store;
    std::unique_ptr<Http> http;
};

Expected<std::unique_ptr<LoginSession>> open_session(CliContext& context) {
    Expected<std::unique_ptr<Http>> http =
        make_http_client({.user_agent = fmt::format("pymode/{}", PYMODE_VERSION),
                          .env = context.env,
                          .cancel = context.cancel,
                          .log = context.console.log()},
                         context.clock);
    if (!http) {
        return propagate(http);
    }
    return std::unique_ptr<LoginSession>(new LoginSession{
        SignalCancellation(context.cancel), TokenStore(context.env), std::move(*http)});
}

Expected<std::string> read_token(CliContext& context) {
    const auto ask = [&] {
        context.console.info("paste the API token and press Enter; it is not shown");
    };
    Expected<std::string> line =
        input_is_terminal() ? read_hidden_line(ask, context.cancel) : read_line(context.cancel);
    if (!line) {
        return propagate(line);
    }
    std::string token(trim(*line));
    if (!is_token_text(token)) {
        return fail(ErrorCode::usage,
                    token.empty() ? "there is no token on standard input"
                                  : "what came on standard input cannot be an API token",
                    "for example: pymode login --token < token.txt");
    }
    context.console.log().hide(token);
    return token;
}

Expected<> check_is_token(CloudflareApi& api, CliContext& context) {
    std::vector<std::string> accounts;
    if (Expected<std::string> known = account_from_environment(context.env); !known) {
        return propagate(known);
    } else if (!known->empty()) {
        accounts.push_back(*known);
    }
    Expected<TokenCheck> check = check_token(api, accounts);
    if (check && check->owner == Owner::unknown && accounts.empty()) {
        // A token of an account: the account is the one that it sees.
        Expected<std::vector<nlohmann::json>> seen =
            api.list("/accounts?page=1", "check the token");
        if (!seen) {
            return propagate(seen);
        }
        for (const nlohmann::json& account : *seen) {
            if (std::string id = text_of(account, "id"); is_hex_id(id)) {
                accounts.push_back(std::move(id));
            }
        }
        check = check_token(api, accounts);
    }
    if (!check) {
        return propagate(check);
    }
    if (check->owner == Owner::unknown || check->status != "active") {
        return fail(ErrorCode::api,
                    check->status.empty() ? "Cloudflare does not know this token"
                                          : fmt::format("this token is {}", check->status),
                    "nothing was stored; copy the token again, or make a new one");
    }
    return {};
}

Expected<> store_login(const LoginSession& session, const StoredLogin& login, CliContext& context) {
    const Expected<FileLock> lock = session.store.lock(context.cancel);
    if (!lock) {
        return propagate(lock);
    }
    return session.store.write(login);
}

void report_stored(const LoginSession& session, std::string_view kind, CliContext& context) {
    const std::string path = session.store.path().string();
    context.console.success(fmt::format("logged in; kept in {}", path));
    for (const std::string_view name :
         {"CLOUDFLARE_API_TOKEN", "CF_API_TOKEN", "CLOUDFLARE_API_KEY", "CF_API_KEY"}) {
        if (context.env.get_nonempty(name)) {
            context.console.warn(fmt::format("{} is set and goes before it", name));
        }
    }
    context.console.print_json(Json{{"credentials", kind}, {"path", path}}.dump());
}

Expected<> login_with_token(const LoginSession& session, CliContext& context) {
    Expected<std::string> base_url = api_base_url(context.env);
    if (!base_url) {
        return propagate(base_url);
    }
    Expected<std::string> token = read_token(context);
    if (!token) {
        return propagate(token);
    }
    StoredLogin login;
    login.token = std::move(*token);
    CloudflareApi api(*session.http, context.clock, context.cancel, *base_url,
                      Credentials::of_login(login, session.store.path()));
    if (Expected<> good = check_is_token(api, context); !good) {
        return good;
    }
    if (Expected<> stored = store_login(session, login, context); !stored) {
        return stored;
    }
    report_stored(session, "API token", context);
    return {};
}

// xdg-open where there is a display; false when the user has to do it.
bool open_browser(const std::string& url, CliContext& context) {
    const bool display =
        context.env.get_nonempty("DISPLAY") || context.env.get_nonempty("WAYLAND_DISPLAY");
    const auto program = context.env.find_program("xdg-open");
    if (!display || !program) {
        return false;
    }
    ProcessOptions options;
    options.args = {program->string(), url};
    options.env = context.env;
    options.timeout = 10s;
    options.cancel = context.cancel;
    options.log = context.console.log();
    const Expected<ProcessResult> opened = run_process(options);
    return opened && opened->ok();
}

std::unexpected<Error> no_client() {
    return fail(
        ErrorCode::usage,
        "a login in the browser needs a client id, and pymode has none of its own",
        "make an API token at dash.cloudflare.com/profile/api-tokens with the permissions\n"
        "  Account: Workers Scripts: Edit, Account Settings: Read; and as the Worker uses them\n"
        "  Workers KV Storage, Workers R2 Storage, D1, Queues: Edit; Workers Tail: Read\n"
        "  Zone: Workers Routes: Edit; User: User Details: Read\n"
        "then set CLOUDFLARE_API_TOKEN to it, or keep it on this machine: pymode login --token\n"
        "who has registered a client with Cloudflare sets PYMODE_OAUTH_CLIENT_ID to its id");
}

Expected<StoredLogin> log_in(LoginSession& session, const OauthClient& client,
                             const LoginOptions& options, LoginListener& listener,
                             CliContext& context) {
    const Expected<OauthSecrets> secrets = make_oauth_secrets();
    if (!secrets) {
        return propagate(secrets);
    }
    const Log log = context.console.log();
    log.hide(secrets->verifier);
    log.hide(secrets->state);
    const std::string url = authorization_url(client, *secrets, listener.redirect_uri());
    const bool opened = !options.no_browser && open_browser(url, context);
    context.console.info(fmt::format("{}:\n{}",
                                     opened ? "follow the page in the browser, or open"
                                            : "open this address in a browser of this machine",
                                     url));
    Expected<std::string> code = listener.wait_for_code(secrets->state, context.cancel, kLoginTime);
    if (!code) {
        return propagate(code);
    }
    log.hide(*code);
    return exchange_code(*session.http, context.clock, client, *secrets, *code,
                         listener.redirect_uri());
}

Expected<> login_in_browser(LoginSession& session, const LoginOptions& options,
                            CliContext& context) {
    const Expected<std::optional<OauthClient>> client = oauth_client(context.env);
    if (!client) {
        return propagate(client);
    }
    if (!*client) {
        return no_client();
    }
    Expected<LoginListener> listener = LoginListener::open(options.callback_port);
    if (!listener) {
        return propagate(listener);
    }
    Expected<StoredLogin> login = log_in(session, **client, options, *listener, context);
    Expected<> stored =
        login ? store_login(session, *login, context) : Expected<>(propagate(login));
    listener->finish(stored.has_value(),
                     stored ? "You are logged in. Close this page and go back to the terminal."
                            : "The login failed: " + stored.error().message +
                                  ". The terminal says more.");
    if (!stored) {
        return stored;
    }
    report_stored(session, "login", context);
    return {};
}

Expected<> run_login(const LoginOptions& options, CliContext& context) {
    Expected<std::unique_ptr<LoginSession>> session = open_session(context);
    if (!session) {
        return propagate(session);
    }
    return options.token ? login_with_token(**session, context)
                         : login_in_browser(**session, options, context);
}

Expected<> run_logout(CliContext& context) {
    Expected<std::unique_ptr<LoginSession>> session = open_session(context);
    if (!session) {
        return propagate(session);
    }
    const TokenStore& store = (*session)->store;
    // What cannot be read is removed all the same; only its revocation is not possible.
    const Expected<std::optional<StoredLogin>> stored = store.read();
    if (!stored) {
        context.console.warn(stored.error().message);
    } else if (*stored) {
        context.console.log().hide((*stored)->token);
        context.console.log().hide((*stored)->refresh_token);
        if (Expected<> revoked = revoke_login(*(*session)->http, **stored); !revoked) {
            context.console.warn(
                fmt::format("{}; the login ends by itself", revoked.error().message));
        }
    }
    const Expected<bool> removed = store.remove();
    if (!removed) {
        return propagate(removed);
    }
    if (*removed) {
        context.console.success(fmt::format("removed {}", store.path().string()));
    } else {
        context.console.info("nothing was stored");
    }
    if (stored && *stored && (*stored)->kind == StoredLogin::Kind::api_token) {
        context.console.info("the API token itself stays valid until it is deleted at "
                             "dash.cloudflare.com/profile/api-tokens");
    }
    context.console.print_json(Json{{"removed", *removed}}.dump());
    return {};
}

} // namespace

void add_login_commands(CLI::App& app, CliAction& chosen) {
    const auto options = std::make_shared<LoginOptions>();
    CLI::App* login = app.add_subcommand("login", "Keep Cloudflare credentials on this machine");
    login->add_flag("--token", options->token, "Read an API token from standard input");
    login->add_flag("--no-browser", options->no_browser, "Only show the address to open");
    login
        ->add_option("--callback-port", options->callback_port,
                     "Where the browser's answer comes to; 0 is any free port (8976)")
        ->check(CLI::Range(0, 65535));
    login->footer(
        "Kept in $XDG_CONFIG_HOME/pymode/credentials.toml (~/.config/pymode), for this user\n"
        "alone. Credentials in the environment go before it.\n\n"
        "  --token                   checks the token with Cloudflare and keeps it\n"
        "  PYMODE_OAUTH_CLIENT_ID    a client id of yours, for the login in the browser; its\n"
        "                            redirect URI is http://127.0.0.1:8976/oauth/callback\n\n"
        "Examples:\n"
        "  pymode login --token\n"
        "  pymode login --token < token.txt\n");
    login->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run_login(*options, context); };
    });
    CLI::App* logout = app.add_subcommand("logout", "Remove what `pymode login` kept");
    logout->footer("Examples:\n"
                   "  pymode logout\n");
    logout->callback([&chosen] { chosen = run_logout; });
}

} // namespace pymode

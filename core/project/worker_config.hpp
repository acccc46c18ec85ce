// SPDX-License-Identifier: MIT
// A Worker as its configuration describes it, for one environment, checked. Tables that travel to
// Cloudflare as they are stay ConfigValues with wrangler's keys (config_json.hpp makes JSON of
// one).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.hpp"
#include "core/project/binding_kinds.hpp"
#include "core/project/document.hpp"

namespace pymode {

// What a project gets that does not say: the newest date that the runtime was tested with.
inline constexpr std::string_view kDefaultCompatibilityDate = "2026-11-01";

// The variable that switches the runtime's development mode on; projects cannot set it.
inline constexpr std::string_view kDevVariable = "PYMODE_DEV";

struct Variable {
    enum class Kind { text, json };

    std::string name;
    Kind kind = Kind::text;
    std::string value; // the text itself, or one line of JSON

    bool operator==(const Variable&) const = default;
};

struct Binding {
    const BindingKind* kind = nullptr; // never nullptr
    std::string name;                  // in `env`
    ConfigValue settings;              // the table, with wrangler's keys
    SourceLocation where;              // the table

    // The text of a setting ("bucket_name"); empty when it is not there.
    [[nodiscard]] std::string text(std::string_view key) const { return settings.text_of(key); }

    // Whether nothing says which namespace, bucket, … is meant.
    [[nodiscard]] bool lacks_resource() const {
        return !kind->resource.empty() && !settings.find(kind->resource);
    }
};

// A binding of a kind that pymode does not know: goes to Cloudflare unchecked.
struct UnsafeBinding {
    std::string name;
    std::string type;
    ConfigValue settings; // everything else
};

struct Route {
    std::string pattern; // host and path, or the host of a custom domain
    std::string zone_id;
    std::string zone_name;
    bool custom_domain = false;
    std::optional<bool> enabled;          // of a custom domain
    std::optional<bool> previews_enabled; // of a custom domain

    bool operator==(const Route&) const = default;
};

// How a queue's messages come to the Worker. What is not said is left to Cloudflare.
struct QueueConsumer {
    std::string queue;
    std::optional<int> max_batch_size;
    std::optional<int> max_batch_timeout; // seconds
    std::optional<int> max_retries;
    std::optional<int> max_concurrency; // also missing for "as many as needed"
    std::optional<int> retry_delay;     // seconds
    std::string dead_letter_queue;

    bool operator==(const QueueConsumer&) const = default;
};

// One step of Durable Object migrations.
struct Migration {
    std::string tag;
    ConfigValue step; // the table without the tag
};

struct Assets {
    std::string directory; // as written, relative to the folder of the configuration
    std::string binding;   // empty: none
    std::string html_handling;
    std::string not_found_handling;
    std::string base_path;
    std::optional<std::variant<bool, std::vector<std::string>>> run_worker_first;
};

struct WorkerConfig {
    std::string file;        // that described it: "pyproject.toml", "wrangler.jsonc"
    std::string environment; // empty: the top level
    std::string name;        // of the script: with an environment "NAME-ENVIRONMENT"
    std::string main;        // relative to the project's root with '/': "src/main.py"
    std::string account_id;  // empty: CLOUDFLARE_ACCOUNT_ID or the token's only account
    std::string compatibility_date;
    std::vector<std::string> compatibility_flags;
    std::vector<Variable> vars;    // in the order of the file
    std::vector<Binding> bindings; // in the order of binding_kinds(), then of the file
    std::vector<UnsafeBinding> unsafe_bindings;
    std::vector<std::string> required_secrets;
    std::vector<Route> routes; // custom domains too
    std::optional<bool> workers_dev;
    std::optional<bool> preview_urls;              // missing: Cloudflare's default
    std::optional<std::vector<std::string>> crons; // missing: those there are stay
    std::vector<QueueConsumer> consumers;
    std::vector<Migration> migrations;
    std::vector<ConfigMember> exports; // by class, in place of migrations
    std::optional<Assets> assets;
    std::optional<ConfigValue> limits;
    std::optional<ConfigValue> placement;
    std::optional<ConfigValue> observability;
    std::optional<ConfigValue> cache;
    std::optional<ConfigValue> tail_consumers;
    std::optional<ConfigValue> streaming_tail_consumers;
    std::optional<ConfigValue> code_update_strategy; // of Durable Objects
    std::optional<ConfigValue> unsafe_metadata;
    std::optional<bool> logpush;
    bool keep_vars = false;        // variables of the dashboard stay
    std::string compliance_region; // empty: "public"

    // Whether it answers under <name>.<subdomain>.workers.dev: if nothing is said, when it has no
    // routes, as wrangler does.
    [[nodiscard]] bool on_workers_dev() const { return workers_dev.value_or(routes.empty()); }

    // Variables, bindings and assets: what `env` has.
    [[nodiscard]] std::size_t env_size() const;

    // Classes of Durable Objects that this Worker itself defines, sorted: bound without a script of
    // another Worker's, or made by a migration and neither renamed, deleted nor given away since.
    [[nodiscard]] std::vector<std::string> object_classes() const;

    // nullptr when `env` has no binding of that name.
    [[nodiscard]] const Binding* find_binding(std::string_view binding) const;
};

} // namespace pymode

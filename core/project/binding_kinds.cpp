// SPDX-License-Identifier: MIT
#include "core/project/binding_kinds.hpp"

#include <algorithm>
#include <array>

#include "core/project/value_rules.hpp"

namespace pymode {
namespace {

using Kind = Type::Kind;
using namespace std::string_view_literals;
using enum Need;

constexpr Type text_of(const TextRule& rule) {
    return {.kind = Kind::text, .rule = &rule};
}
constexpr Type texts_of(const TextRule& rule) {
    return {.kind = Kind::texts, .rule = &rule, .most_items = 1000};
}
constexpr Type integer_of(double least, double most) {
    return {.kind = Kind::integer, .least = least, .most = most};
}
constexpr Type kBoolean{.kind = Kind::boolean};
constexpr Type kName = text_of(rules::a_name);

constexpr std::string_view kNameAbout = "Its name in `env`";
constexpr Field kBinding{"binding", text_of(rules::binding_name), kNameAbout, "", required};
constexpr Field kNamed{"name", text_of(rules::binding_name), kNameAbout, "", required};
// `wrangler dev` can use the real thing; `pymode dev` cannot.
constexpr Field kRemote{"remote", kBoolean, "Of `wrangler dev`: no effect here"};

constexpr std::array kKv{kBinding,
                         Field{"id", text_of(rules::hex_id),
                               "The namespace's id; without it only `dev` has one", "namespace_id"},
                         Field{"preview_id", kName, "Another name for what `dev` keeps"}, kRemote};

constexpr std::array kSendEmail{
    kNamed,
    Field{"destination_address", text_of(rules::email_address), "The only address to send to",
          "destination_address"},
    Field{"allowed_destination_addresses", texts_of(rules::email_address),
          "The only addresses to send to", "allowed_destination_addresses"},
    Field{"allowed_sender_addresses", texts_of(rules::email_address),
          "The only addresses to send from", "allowed_sender_addresses"},
    kRemote};

constexpr std::array kDurableObject{
    kNamed,
    Field{"class_name", text_of(rules::class_name), "The class of the objects", "class_name",
          required},
    Field{"script_name", text_of(rules::worker_reference),
          "The Worker that has the class, if it is another one", "script_name"},
    Field{"environment", kName, "The environment of that Worker", "environment"}};

constexpr Type kMilliseconds = integer_of(1, 1e15);
constexpr Type kDuration{.kind = Kind::text, .rule = &rules::a_name, .other = &kMilliseconds};
constexpr std::array kRetention{
    Field{"success_retention", kDuration, "Of those that succeeded: milliseconds, or \"3 days\""},
    Field{"error_retention", kDuration, "Of those that failed"}};
constexpr std::array kWorkflowLimits{
    Field{"steps", integer_of(1, 1e9), "The most steps an instance may have"}};
constexpr std::array kWorkflowConcurrency{
    Field{"limit", integer_of(1, 1e9), "The most instances that run at once"}};
constexpr Type kCrons{.kind = Kind::texts, .rule = &rules::cron, .most_items = 100};
constexpr std::array kWorkflowJurisdictions{"eu"sv, "fedramp"sv};
constexpr std::array kWorkflow{
    kBinding,
    Field{"name", text_of(rules::workflow_name), "The workflow's name", "workflow_name", required},
    Field{"class_name", text_of(rules::class_name), "Its class", "class_name", required},
    Field{"script_name", text_of(rules::worker_reference),
          "The Worker that has the class, if it is another one", "script_name"},
    Field{"limits", {.kind = Kind::table, .fields = kWorkflowLimits}, "Limits of an instance"},
    Field{"concurrency",
          {.kind = Kind::table, .fields = kWorkflowConcurrency},
          "Limits of all instances"},
    Field{"schedules",
          {.kind = Kind::text, .rule = &rules::cron, .other = &kCrons},
          "When an instance starts by itself"},
    Field{"default_retention",
          {.kind = Kind::table, .fields = kRetention},
          "How long ended instances are kept"},
    Field{"jurisdiction", {.words = kWorkflowJurisdictions}, "Where instances run"}};

constexpr std::array kQueue{
    kBinding, Field{"queue", text_of(rules::queue_name), "The queue's name", "queue_name"},
    Field{"delivery_delay",
          {.kind = Kind::number, .least = 0, .most = 86'400},
          "Seconds before a message is delivered",
          "delivery_delay"},
    kRemote};

constexpr std::array kR2{
    kBinding,
    Field{"bucket_name", text_of(rules::bucket_name), "The bucket's name", "bucket_name"},
    Field{"jurisdiction", kName, "The bucket's jurisdiction: \"eu\", \"fedramp\"", "jurisdiction"},
    Field{"preview_bucket_name", text_of(rules::bucket_name), "Another name for what `dev` keeps"},
    Field{"local_dev", {.kind = Kind::any}, "Of `wrangler dev`: no effect here"},
    kRemote};

constexpr std::array kD1{
    kBinding,
    Field{"database_id", text_of(rules::uuid), "The database's id", "id"},
    Field{"database_name", kName, "The database's name"},
    Field{"jurisdiction", kName, "Where a database is made that does not exist yet"},
    Field{"database_internal_env", kName, "Of Cloudflare itself", "internalEnv"},
    Field{"preview_database_id", kName, "Another name for what `dev` keeps"},
    Field{"migrations_dir", kName, "The folder of `d1 migrations`, from the project's"},
    Field{"migrations_table", kName, "The table in which `d1 migrations` remembers"},
    Field{"migrations_pattern", kName, "Of `wrangler d1 migrations`: no effect here"},
    kRemote};

constexpr std::array kVectorize{
    kBinding, Field{"index_name", kName, "The index's name", "index_name", required}, kRemote};

constexpr Field kNamespace{"namespace", kName, "The namespace's name", "namespace", required};
constexpr std::array kOfNamespace{kBinding, kNamespace, kRemote};

constexpr std::array kAiSearch{
    kBinding, Field{"instance_name", kName, "The instance's name", "instance_name", required},
    kRemote};

constexpr std::array kHyperdrive{
    kBinding, Field{"id", text_of(rules::hex_id), "The configuration's id", "id", required},
    Field{"localConnectionString", text_of(rules::a_text),
          "The address of the database that `dev` uses"},
    kRemote};

constexpr std::array kSecretsStore{
    kBinding, Field{"store_id", text_of(rules::hex_id), "The store's id", "store_id", required},
    Field{"secret_name", kName, "The secret's name in the store", "secret_name", required}};

constexpr std::array kHelloWorld{
    kBinding, Field{"enable_timer", kBoolean, "Whether it has a timer", "enable_timer"}};

constexpr std::array kFlagship{kBinding, Field{"app_id", kName, "The app's id", "app_id"}, kRemote};

constexpr Type kPeriod = integer_of(10, 60);
constexpr std::array kRateLimitSimple{
    Field{"limit", integer_of(1, 1e9), "So many calls …", "", required},
    Field{"period", kPeriod, "… in so many seconds: 10 or 60", "", required}};
constexpr std::array kRateLimit{kNamed,
                                Field{"namespace_id", text_of(rules::number_text),
                                      "A number of your own for the counters", "namespace_id",
                                      required},
                                Field{"simple",
                                      {.kind = Kind::table, .fields = kRateLimitSimple},
                                      "The limit",
                                      "simple",
                                      required}};

constexpr std::array kVpcService{
    kBinding, Field{"service_id", kName, "The service's id", "service_id", required}, kRemote};

constexpr std::array kVpcNetwork{
    kBinding, Field{"tunnel_id", kName, "The tunnel's id …", "tunnel_id"},
    Field{"network_id", kName, "… or the network's", "network_id"}, kRemote};

constexpr std::array kService{
    kBinding,
    Field{"service", text_of(rules::worker_reference), "The other Worker's name", "service",
          required},
    Field{"environment", kName, "The environment of the other Worker", "environment"},
    Field{"entrypoint", text_of(rules::class_name), "Which of its exports; else the default one",
          "entrypoint"},
    Field{"props", {.kind = Kind::map}, "What it finds in `ctx.props`", "props"},
    Field{"cross_account_grant", kName, "The grant to use a Worker of another account",
          "cross_account_grant"},
    Field{"dev", {.kind = Kind::any}, "Of `wrangler dev`: no effect here"},
    kRemote};

constexpr std::array kAnalyticsEngine{
    kBinding, Field{"dataset", kName, "The dataset's name; else that of the binding", "dataset"},
    kRemote};

constexpr std::array kOutbound{
    Field{"service", text_of(rules::worker_reference), "The Worker that gets the requests", "",
          required},
    Field{"environment", kName, "Its environment"},
    Field{"parameters", texts_of(rules::a_name), "Names of what it is told"}};
constexpr std::array kDispatch{kBinding,
                               Field{"namespace", kName, "The namespace's name", "namespace"},
                               Field{"outbound",
                                     {.kind = Kind::table, .fields = kOutbound},
                                     "Where requests of the namespace's Workers go"},
                               kRemote};

constexpr std::array kMtls{kBinding,
                           Field{"certificate_id", text_of(rules::uuid), "The certificate's id",
                                 "certificate_id", required},
                           kRemote};

constexpr std::array kPipeline{kBinding, Field{"stream", kName, "The stream's id", "stream"},
                               Field{"pipeline", kName, "The older name of `stream`", "pipeline"},
                               kRemote};

constexpr std::array kK2{kBinding, Field{"stream", kName, "The stream's name", "stream", required},
                         kRemote};

constexpr std::array kLogfwdr{
    kNamed, Field{"destination", kName, "Where messages go", "destination", required}};

constexpr std::array kOnlyBinding{kBinding};
constexpr std::array kSimple{kBinding, kRemote};
constexpr std::array kAi{kBinding, Field{"staging", kBoolean, "Of Cloudflare itself", "staging"},
                         kRemote};

std::string_view check_object(const ConfigValue& table) {
    return table.find("environment") && !table.find("script_name")
               ? "`environment` says nothing without `script_name`"
               : "";
}

std::string_view check_email(const ConfigValue& table) {
    return table.find("destination_address") && table.find("allowed_destination_addresses")
               ? "there can be one destination address or a list of allowed ones, not both"
               : "";
}

std::string_view check_rate_limit(const ConfigValue& table) {
    const std::int64_t period = table.find("simple")->find("period")->integer;
    return period == 10 || period == 60 ? "" : "the period of a rate limit is 10 or 60 seconds";
}

std::string_view check_network(const ConfigValue& table) {
    const bool tunnel = table.find("tunnel_id") != nullptr;
    const bool network = table.find("network_id") != nullptr;
    return tunnel == network ? "a private network is named by one of `tunnel_id` and `network_id`"
                             : "";
}

std::string_view check_pipeline(const ConfigValue& table) {
    const bool stream = table.find("stream") != nullptr;
    const bool pipeline = table.find("pipeline") != nullptr;
    return stream == pipeline ? "a pipeline is named by one of `stream` and `pipeline`" : "";
}

// clang-format off
constexpr std::array kKinds{
    BindingKind{.type = "kv_namespace", .section = "kv_namespaces", .name_key = "binding", .fields = kKv,
        .resource = "id", .local = Local::simulated, .title = "KV namespace", .about = "keys and values, read everywhere"},
    BindingKind{.type = "send_email", .section = "send_email", .name_key = "name", .fields = kSendEmail, .check = check_email, .title = "E-mail", .about = "sends to verified addresses"},
    BindingKind{.type = "durable_object_namespace", .section = "durable_objects", .list = "bindings", .name_key = "name",
        .fields = kDurableObject, .check = check_object, .local = Local::simulated, .title = "Durable Object", .about = "objects with an identity and storage"},
    BindingKind{.type = "workflow", .section = "workflows", .name_key = "binding", .fields = kWorkflow, .title = "Workflow", .about = "steps that are repeated until they succeed"},
    BindingKind{.type = "queue", .section = "queues", .list = "producers", .name_key = "binding", .fields = kQueue,
        .resource = "queue", .local = Local::simulated, .title = "Queue", .about = "sends messages to a queue"},
    BindingKind{.type = "r2_bucket", .section = "r2_buckets", .name_key = "binding", .fields = kR2,
        .resource = "bucket_name", .local = Local::simulated, .title = "R2 bucket", .about = "objects of any size"},
    BindingKind{.type = "d1", .section = "d1_databases", .name_key = "binding", .fields = kD1,
        .resource = "database_id", .local = Local::simulated, .title = "D1 database", .about = "SQL, SQLite's"},
    BindingKind{.type = "vectorize", .section = "vectorize", .name_key = "binding", .fields = kVectorize,
        .title = "Vectorize index", .about = "searches vectors"},
    BindingKind{.type = "ai_search_namespace", .section = "ai_search_namespaces", .name_key = "binding", .fields = kOfNamespace,
        .title = "AI Search namespace", .about = "all instances of a namespace"},
    BindingKind{.type = "ai_search", .section = "ai_search", .name_key = "binding", .fields = kAiSearch,
        .title = "AI Search", .about = "one instance"},
    BindingKind{.type = "agent_memory", .section = "agent_memory", .name_key = "binding", .fields = kOfNamespace,
        .title = "Agent memory", .about = "memory of agents"},
    BindingKind{.type = "hyperdrive", .section = "hyperdrive", .name_key = "binding", .fields = kHyperdrive, .title = "Hyperdrive", .about = "connections to a database of yours"},
    BindingKind{.type = "secrets_store_secret", .section = "secrets_store_secrets", .name_key = "binding", .fields = kSecretsStore,
        .title = "Secret of a store", .about = "a secret that several Workers share"},
    BindingKind{.type = "artifacts", .section = "artifacts", .name_key = "binding", .fields = kOfNamespace,
        .title = "Artifacts", .about = "repositories of files"},
    BindingKind{.type = "unsafe_hello_world", .section = "unsafe_hello_world", .name_key = "binding", .fields = kHelloWorld,
        .title = "Hello world", .about = "Cloudflare's example of a binding"},
    BindingKind{.type = "flagship", .section = "flagship", .name_key = "binding", .fields = kFlagship,
        .resource = "app_id", .title = "Flagship", .about = "feature flags"},
    BindingKind{.type = "ratelimit", .section = "ratelimits", .name_key = "name", .fields = kRateLimit, .check = check_rate_limit,
        .local = Local::simulated, .title = "Rate limit", .about = "counts calls by a key"},
    BindingKind{.type = "vpc_service", .section = "vpc_services", .name_key = "binding", .fields = kVpcService,
        .title = "VPC service", .about = "a service of a private network"},
    BindingKind{.type = "vpc_network", .section = "vpc_networks", .name_key = "binding", .fields = kVpcNetwork, .check = check_network,
        .title = "VPC network", .about = "a private network"},
    BindingKind{.type = "service", .section = "services", .name_key = "binding", .fields = kService,
        .title = "Service", .about = "another Worker of the account"},
    BindingKind{.type = "analytics_engine", .section = "analytics_engine_datasets", .name_key = "binding", .fields = kAnalyticsEngine,
        .local = Local::simulated, .title = "Analytics Engine", .about = "writes data points"},
    BindingKind{.type = "dispatch_namespace", .section = "dispatch_namespaces", .name_key = "binding", .fields = kDispatch,
        .resource = "namespace", .title = "Dispatch namespace", .about = "Workers of other people"},
    BindingKind{.type = "mtls_certificate", .section = "mtls_certificates", .name_key = "binding", .fields = kMtls,
        .title = "mTLS certificate", .about = "a `fetch` that shows a certificate"},
    BindingKind{.type = "pipelines", .section = "pipelines", .name_key = "binding", .fields = kPipeline, .check = check_pipeline,
        .title = "Pipeline", .about = "streams records into storage"},
    BindingKind{.type = "k2", .section = "k2", .name_key = "binding", .fields = kK2,
        .title = "K2 stream", .about = "a stream of records"},
    BindingKind{.type = "worker_loader", .section = "worker_loaders", .name_key = "binding", .fields = kOnlyBinding,
        .title = "Worker loader", .about = "starts Workers from code"},
    BindingKind{.type = "logfwdr", .section = "logfwdr", .list = "bindings", .name_key = "name", .fields = kLogfwdr,
        .title = "Log forwarder", .about = "Cloudflare's own"},
    BindingKind{.type = "browser", .section = "browser", .single = true, .name_key = "binding", .fields = kSimple,
        .title = "Browser", .about = "a browser to drive"},
    BindingKind{.type = "analytics", .section = "analytics", .single = true, .name_key = "binding", .fields = kSimple,
        .title = "Analytics SQL", .about = "asks the account's analytics"},
    BindingKind{.type = "ai", .section = "ai", .single = true, .name_key = "binding", .fields = kAi,
        .title = "Workers AI", .about = "runs models"},
    BindingKind{.type = "images", .section = "images", .single = true, .name_key = "binding", .fields = kSimple,
        .title = "Images", .about = "changes images"},
    BindingKind{.type = "stream", .section = "stream", .single = true, .name_key = "binding", .fields = kSimple,
        .title = "Stream", .about = "videos"},
    BindingKind{.type = "media", .section = "media", .single = true, .name_key = "binding", .fields = kSimple,
        .title = "Media", .about = "changes videos"},
    BindingKind{.type = "version_metadata", .section = "version_metadata", .single = true, .name_key = "binding",
        .fields = kOnlyBinding, .title = "Version metadata", .about = "which version runs"},
};
// clang-format on

} // namespace

std::span<const BindingKind> binding_kinds() {
    return kKinds;
}

const BindingKind* find_binding_kind(std::string_view type) {
    const auto found = std::ranges::find(kKinds, type, &BindingKind::type);
    return found == kKinds.end() ? nullptr : &*found;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/project/worker_keys.hpp"

#include <array>

#include "core/project/binding_kinds.hpp"
#include "core/project/value_rules.hpp"

namespace pymode {
namespace {

using Kind = Type::Kind;
using namespace std::string_view_literals;
using enum Need;

constexpr Type text_of(const TextRule& rule) {
    return {.kind = Kind::text, .rule = &rule};
}
constexpr Type texts_of(const TextRule& rule, std::size_t most) {
    return {.kind = Kind::texts, .rule = &rule, .most_items = most};
}
constexpr Type integer_of(double least, double most) {
    return {.kind = Kind::integer, .least = least, .most = most};
}
constexpr Type number_of(double least, double most) {
    return {.kind = Kind::number, .least = least, .most = most};
}
constexpr Type table_of(std::span<const Field> fields) {
    return {.kind = Kind::table, .fields = fields};
}
constexpr Type tables_of(std::span<const Field> fields, std::size_t most) {
    return {.kind = Kind::tables, .most_items = most, .fields = fields};
}
constexpr Type kBoolean{.kind = Kind::boolean};
constexpr Type kNull{.kind = Kind::null};
constexpr Type kAnything{.kind = Kind::any};

constexpr std::array kRoute{
    Field{"pattern", text_of(rules::route_pattern), "Host and path: \"example.com/api/*\"", "",
          required},
    Field{"zone_id", text_of(rules::hex_id), "The zone's id"},
    Field{"zone_name", text_of(rules::a_name), "The zone's name: \"example.com\""},
    Field{"custom_domain", kBoolean, "`pattern` is a host that belongs to this Worker as a whole"},
    Field{"enabled", kBoolean, "Of a custom domain: whether it answers"},
    Field{"previews_enabled", kBoolean, "Of a custom domain: whether previews answer below it"}};
constexpr Type kRouteTable = table_of(kRoute);
constexpr Type kRouteType{.kind = Kind::text, .rule = &rules::route_pattern, .other = &kRouteTable};

constexpr std::array kTriggers{
    Field{"crons", texts_of(rules::cron, 250), "When `on_scheduled` runs, in UTC"}};

constexpr std::array kHtmlHandling{"auto-trailing-slash"sv, "force-trailing-slash"sv,
                                   "drop-trailing-slash"sv, "none"sv};
constexpr std::array kNotFoundHandling{"single-page-application"sv, "404-page"sv, "none"sv};
constexpr Type kRunWorkerRules = texts_of(rules::run_worker_rule, 100);
constexpr std::array kAssets{
    Field{"directory", text_of(rules::a_name), "The folder with the files"},
    Field{"binding", text_of(rules::binding_name), "A name in `env` to fetch them with"},
    Field{"html_handling", {.words = kHtmlHandling}, "What becomes of a slash at the end"},
    Field{"not_found_handling", {.words = kNotFoundHandling}, "What answers for a missing file"},
    Field{"base_path", text_of(rules::a_name), "The part of the address before the files' own"},
    Field{"run_worker_first",
          {.kind = Kind::boolean, .other = &kRunWorkerRules},
          "Whether, or for which paths, the Worker runs although there is a file"}};

// The most of a paid plan (developers.cloudflare.com/workers/platform/limits).
constexpr std::array kLimits{
    Field{"cpu_ms", integer_of(1, 300'000), "Milliseconds of CPU time of a request"},
    Field{"subrequests", integer_of(1, 10'000'000), "Requests that a request may make"}};

constexpr std::array kPlacementModes{"off"sv, "smart"sv, "targeted"sv};
constexpr std::array kPlacement{
    Field{"mode", {.words = kPlacementModes}, "Where the Worker runs: near what it talks to"},
    Field{"hint", text_of(rules::a_name), "Of \"smart\": where to begin"},
    Field{"region", text_of(rules::a_name), "Of \"targeted\": a region: \"aws:us-east-1\""},
    Field{"host", text_of(rules::a_name), "Of \"targeted\": a server: \"db.example.com:5432\""},
    Field{"hostname", text_of(rules::a_name), "Of \"targeted\": a server that answers HTTP"}};

constexpr Field kSampling{"head_sampling_rate", number_of(0, 1), "Which part of all requests"};
constexpr Field kPersist{"persist", kBoolean, "Whether Cloudflare keeps them"};
constexpr Field kDestinations{"destinations", texts_of(rules::a_name, 100), "Where they are sent"};
constexpr std::array kLogs{
    Field{"enabled", kBoolean, "Whether there are any"}, kSampling,
    Field{"invocation_logs", kBoolean, "Whether each request has one of its own"}, kPersist,
    kDestinations};
constexpr std::array kTraces{Field{"enabled", kBoolean, "Whether there are any"}, kSampling,
                             kPersist, kDestinations};
constexpr std::array kIssues{Field{"enabled", kBoolean, "Whether there are any"}};
constexpr std::array kObservability{
    Field{"enabled", kBoolean, "Whether Cloudflare records what the Worker does"},
    kSampling,
    Field{"redact_query_string", kBoolean, "Whether the query of an address is left out"},
    Field{"issues", table_of(kIssues), "Groups of errors"},
    Field{"logs", table_of(kLogs), "Logs"},
    Field{"traces", table_of(kTraces), "Traces"}};

constexpr std::array kCache{
    Field{"enabled", kBoolean, "Whether answers are kept and given again", "", required},
    Field{"cross_version_cache", kBoolean, "Whether also those of an earlier version"}};

constexpr std::array kTailConsumer{
    Field{"service", text_of(rules::worker_reference), "The Worker that gets them", "", required},
    Field{"environment", text_of(rules::a_name), "Its environment"}};
constexpr std::array kStreamingTailConsumer{
    Field{"service", text_of(rules::worker_reference), "The Worker that gets them", "", required}};

constexpr Type kConcurrency{.kind = Kind::integer, .least = 1, .most = 250, .other = &kNull};
constexpr std::array kConsumerTypes{"worker"sv};
// developers.cloudflare.com/queues/platform/limits
constexpr std::array kConsumer{
    Field{"queue", text_of(rules::queue_name), "The queue's name", "", required},
    Field{"type", {.words = kConsumerTypes}, "Always \"worker\""},
    Field{"max_batch_size", integer_of(1, 100), "The most messages of a batch"},
    Field{"max_batch_timeout", integer_of(0, 60), "Seconds until a smaller batch comes"},
    Field{"max_retries", integer_of(0, 100), "How often a message is tried again"},
    Field{"dead_letter_queue", text_of(rules::queue_name), "Where messages go that failed"},
    Field{"max_concurrency", kConcurrency, "The most batches at once; null: as many as needed"},
    Field{"visibility_timeout_ms", integer_of(1, 86'400'000), "Of consumers that pull"},
    Field{"retry_delay", integer_of(0, 86'400), "Seconds before a message is tried again"}};
constexpr std::size_t kMaxTables = 1000;

constexpr std::array kRenamed{
    Field{"from", text_of(rules::class_name), "The old name", "", required},
    Field{"to", text_of(rules::class_name), "The new name", "", required}};
constexpr std::array kTransferred{
    Field{"from", text_of(rules::class_name), "Its name there", "", required},
    Field{"from_script", text_of(rules::worker_reference), "The Worker it was in", "", required},
    Field{"to", text_of(rules::class_name), "Its name here", "", required}};
constexpr Type kClasses = texts_of(rules::class_name, kMaxTables);
constexpr std::array kMigration{
    Field{"tag", text_of(rules::a_name), "The step's name; never to be changed", "", required},
    Field{"new_sqlite_classes", kClasses, "Classes that are new, with SQLite as their storage"},
    Field{"new_classes", kClasses, "Classes that are new, with the older storage"},
    Field{"renamed_classes", tables_of(kRenamed, kMaxTables), "Classes with another name"},
    Field{"transferred_classes", tables_of(kTransferred, kMaxTables), "Classes of another Worker"},
    Field{"deleted_classes", kClasses, "Classes that are gone, with all their data"}};

constexpr std::array kUpdateModes{"immediate"sv, "deferred"sv};
constexpr std::array kUpdateStrategy{
    Field{"mode",
          {.words = kUpdateModes},
          "Whether running objects get new code at once",
          "",
          required},
    Field{"max_delay", number_of(0, 86'400), "Of \"deferred\": the most seconds"}};

constexpr std::array kExportTypes{"durable-object"sv, "worker"sv, "workflow"sv};
constexpr std::array kExportStates{"created"sv, "deleted"sv, "renamed"sv, "transferred"sv,
                                   "expecting-transfer"sv};
constexpr std::array kExportStorages{"sqlite"sv, "legacy-kv"sv};
constexpr std::array kExportCache{
    Field{"enabled", kBoolean, "Whether its answers are kept", "", required}};
constexpr std::array kExport{
    Field{"type", {.words = kExportTypes}, "What the class is", "", required},
    Field{"state", {.words = kExportStates}, "What has become of a Durable Object's class"},
    Field{"storage", {.words = kExportStorages}, "Its storage"},
    Field{"container", text_of(rules::a_name), "Its container"},
    Field{"renamed_to", text_of(rules::class_name), "Of \"renamed\": the new name"},
    Field{"transferred_to", text_of(rules::worker_reference), "Of \"transferred\": the Worker"},
    Field{"transfer_from", text_of(rules::worker_reference),
          "Of \"expecting-transfer\": the Worker"},
    Field{"cache", table_of(kExportCache), "Of \"worker\""},
    Field{"name", text_of(rules::workflow_name), "Of \"workflow\": its name"},
    Field{"limits", kAnything, "Of \"workflow\""},
    Field{"concurrency", kAnything, "Of \"workflow\""},
    Field{"schedules", kAnything, "Of \"workflow\""},
    Field{"default_retention", kAnything, "Of \"workflow\""},
    Field{"jurisdiction", text_of(rules::a_name), "Of \"workflow\""}};

constexpr std::array kSecrets{Field{"required", texts_of(rules::binding_name, 128),
                                    "Names of secrets without which the Worker is not deployed"}};

constexpr std::array kRegions{"public"sv, "fedramp_high"sv};
constexpr std::array kUnsafeBinding{
    Field{"name", text_of(rules::binding_name), "Its name in `env`", "", required},
    Field{"type", text_of(rules::a_name), "Its kind, as Cloudflare's API names it", "", required}};
constexpr std::array kUnsafe{
    Field{"bindings",
          {.kind = Kind::tables, .most_items = kMaxTables, .fields = kUnsafeBinding, .open = true},
          "Bindings of a kind that this table does not have"},
    Field{"metadata", {.kind = Kind::map}, "More of the upload's metadata"}};

Field bindings_of(std::string_view type, std::string_view key) {
    const BindingKind& kind = *find_binding_kind(type);
    return {key, tables_of(kind.fields, kMaxTables), kind.about};
}

// Sections that hold more than bindings, or hold them one level down.
std::vector<Field> section_fields(std::string_view section) {
    if (section == "durable_objects") {
        return {bindings_of("durable_object_namespace", "bindings"),
                {"code_update_strategy", table_of(kUpdateStrategy),
                 "How running objects get new code"}};
    }
    if (section == "queues") {
        return {bindings_of("queue", "producers"),
                {"consumers", tables_of(kConsumer, kMaxTables), "Queues whose messages it gets"}};
    }
    return {bindings_of("logfwdr", "bindings")};
}

void add_bindings(std::vector<WorkerKey>& keys) {
    static const std::vector<Field> objects = section_fields("durable_objects");
    static const std::vector<Field> queues = section_fields("queues");
    static const std::vector<Field> logfwdr = section_fields("logfwdr");
    for (const BindingKind& kind : binding_kinds()) {
        Type type = kind.single ? table_of(kind.fields) : tables_of(kind.fields, kMaxTables);
        if (!kind.list.empty()) {
            type = table_of(kind.section == "queues"            ? queues
                            : kind.section == "durable_objects" ? objects
                                                                : logfwdr);
        }
        // wrangler's one exception: the log forwarder is inherited.
        keys.push_back({{kind.section, type, kind.about},
                        kind.section == "logfwdr" ? Inherit::yes : Inherit::no});
    }
}

std::vector<WorkerKey> make_keys() {
    std::vector<WorkerKey> keys{
        {{"name", text_of(rules::a_name), "The Worker's name: 1 to 63 of a-z, 0-9 and -"}},
        {{"main", text_of(rules::a_name), "The Python file that defines `on_fetch`"}},
        {{"account_id", text_of(rules::account_id), "The account to deploy to"}},
        {{"compatibility_date",
          {.kind = Kind::date, .rule = &rules::date},
          "Of the JavaScript runtime around Python"}},
        {{"compatibility_flags", texts_of(rules::a_name, 100),
          "Flags of the JavaScript runtime around Python"}},
        {{"workers_dev", kBoolean, "Whether it answers at NAME.SUBDOMAIN.workers.dev"}},
        {{"preview_urls", kBoolean, "Whether each version has an address of its own there"}},
        {{"route", kRouteType, "The only route, in place of `routes`"}},
        {{"routes",
          {.kind = Kind::list, .most_items = kMaxTables, .item = &kRouteType},
          "Addresses that it answers"}},
        {{"triggers", table_of(kTriggers), "What else starts it"}},
        {{"assets", table_of(kAssets), "Files that are served without Python"}},
        {{"limits", table_of(kLimits), "Limits of a request"}},
        {{"placement", table_of(kPlacement), "Where it runs"}},
        {{"observability", table_of(kObservability), "What Cloudflare records"}},
        {{"cache", table_of(kCache), "Keeps whole answers"}},
        {{"logpush", kBoolean, "Whether its events go to Logpush"}},
        {{"tail_consumers", tables_of(kTailConsumer, kMaxTables), "Workers that get its events"},
         Inherit::no},
        {{"streaming_tail_consumers", tables_of(kStreamingTailConsumer, kMaxTables),
          "Workers that get its events while they happen"},
         Inherit::no},
        {{"migrations", tables_of(kMigration, kMaxTables),
          "What became of Durable Object classes"}},
        {{"exports", {.kind = Kind::map, .fields = kExport}, "Classes, in place of migrations"}},
        {{"vars", {.kind = Kind::map}, "Variables: strings, or anything that JSON can say"},
         Inherit::no},
        {{"secrets", table_of(kSecrets), "Secrets that must be there"}, Inherit::no},
        {{"compliance_region", {.words = kRegions}, "Which of Cloudflare's networks"}},
        {{"unsafe", table_of(kUnsafe), "What goes into the upload unchecked"}, Inherit::no},
        {{"keep_vars", kBoolean, "Keeps variables that were set in the dashboard"},
         Inherit::top_level_only}};
    add_bindings(keys);
    return keys;
}

std::vector<Field> fields_up_to(Inherit most) {
    std::vector<Field> fields;
    for (const WorkerKey& key : worker_keys()) {
        if (key.inherit != Inherit::top_level_only || most == Inherit::top_level_only) {
            fields.push_back(key.field);
        }
    }
    return fields;
}

constexpr std::string_view kContainers = "pymode cannot deploy containers";
constexpr std::array kForeign{
    ForeignKey{"$schema", ""},
    ForeignKey{"access", ""},
    ForeignKey{"addresses", "pymode does not set up e-mail addresses"},
    ForeignKey{"alias", ""},
    ForeignKey{"base_dir", ""},
    ForeignKey{"build", "pymode runs no build command"},
    ForeignKey{"cloudchamber", kContainers},
    ForeignKey{"connect", "pymode cannot listen on sockets"},
    ForeignKey{"containers", kContainers},
    ForeignKey{"data_blobs", "pymode has no service workers; a file of the project can be opened"},
    ForeignKey{"define", ""},
    ForeignKey{"dependencies_instrumentation", ""},
    ForeignKey{"dev", ""},
    ForeignKey{"find_additional_modules", ""},
    ForeignKey{"first_party_worker", ""},
    ForeignKey{"jsx_factory", ""},
    ForeignKey{"jsx_fragment", ""},
    ForeignKey{"keep_names", ""},
    ForeignKey{"minify", ""},
    ForeignKey{"no_bundle", ""},
    ForeignKey{"pages_build_output_dir", "pymode deploys Workers, not Pages"},
    ForeignKey{"preserve_file_names", ""},
    ForeignKey{"previews", "pymode has no previews with bindings of their own"},
    ForeignKey{"python_modules", "name what is left out with `exclude` under [tool.pymode]"},
    ForeignKey{"rules", ""},
    ForeignKey{"send_metrics", ""},
    ForeignKey{"site", "use `assets`"},
    ForeignKey{"text_blobs", "pymode has no service workers; a file of the project can be opened"},
    ForeignKey{"tsconfig", ""},
    ForeignKey{"upload_source_maps", ""},
    ForeignKey{"wasm_modules", "pymode has no service workers"},
};

constexpr std::array kAllModules{"all"sv};
constexpr Type kAll{.words = kAllModules};
constexpr std::array kProject{
    Field{"exclude", texts_of(rules::a_name, 1000), "Files that the bundle does not have"},
    Field{"stdlib_modules",
          {.kind = Kind::texts, .rule = &rules::a_name, .most_items = 1000, .other = &kAll},
          "Compiled modules of the standard library to include in any case"}};

} // namespace

const std::vector<WorkerKey>& worker_keys() {
    static const std::vector<WorkerKey> keys = make_keys();
    return keys;
}

const std::vector<Field>& worker_fields(Inherit most) {
    static const std::vector<Field> all = fields_up_to(Inherit::top_level_only);
    static const std::vector<Field> of_environments = fields_up_to(Inherit::no);
    return most == Inherit::top_level_only ? all : of_environments;
}

std::span<const ForeignKey> foreign_keys() {
    return kForeign;
}

std::span<const Field> project_fields() {
    return kProject;
}

} // namespace pymode

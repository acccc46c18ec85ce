// SPDX-License-Identifier: MIT
// `pymode r2`: R2 buckets and their objects.
#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cloudflare_session.hpp"
#include "cli/confirm.hpp"
#include "cli/context.hpp"
#include "cli/local_storage.hpp"
#include "cli/projects.hpp"
#include "cli/subcommand.hpp"
#include "cli/table.hpp"
#include "core/base/file.hpp"
#include "core/base/standard_input.hpp"
#include "core/cloudflare/r2.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

struct R2Options {
    ResourceOptions resource;
    std::string bucket;
    std::string location;
    std::string object; // BUCKET/KEY
    std::string file;
    bool pipe = false;
    R2ObjectHeaders headers;
    bool yes = false;
};

struct ObjectName {
    std::string bucket;
    std::string key;
};

// "images/2026/logo.png" is the object 2026/logo.png of the bucket images.
Expected<ObjectName> split_object(const std::string& text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
        return fail(ErrorCode::usage, fmt::format("`{}` is not BUCKET/KEY", printable(text)),
                    "for example images/2026/logo.png");
    }
    ObjectName name{text.substr(0, slash), text.substr(slash + 1)};
    const Expected<> right = check_r2_key(name.key);
    return right ? Expected<ObjectName>(std::move(name)) : propagate(right);
}

// The account, or what `dev` keeps of the bucket.
Expected<AccountAccess> open_bucket(const R2Options& options, const std::string& bucket,
                                    CliContext& context) {
    if (!options.resource.local) {
        return open_account(context, options.resource);
    }
    Expected<Project> project = find_local_project(context, options.resource);
    if (!project) {
        return propagate(project);
    }
    const auto& bindings = project->worker.bindings;
    const auto found = std::ranges::find_if(bindings, [&](const Binding& binding) {
        return binding.kind->type == "r2_bucket" &&
               (binding.text("bucket_name") == bucket || binding.name == bucket);
    });
    if (found == bindings.end()) {
        return fail(ErrorCode::usage,
                    fmt::format("the project binds no R2 bucket {}", printable(bucket)),
                    "--local takes a bucket's name, or that of its binding");
    }
    const std::string name = local_name(*found);
    return open_local(context, std::move(*project), {"r2_bucket", name});
}

Expected<> run_bucket_list(const R2Options& options, CliContext& context) {
    const Expected<AccountAccess> access = open_account(context, options.resource);
    if (!access) {
        return propagate(access);
    }
    const auto buckets = list_r2_buckets(access->session->api(), access->account);
    if (!buckets) {
        return propagate(buckets);
    }
    Json document = Json::array();
    std::vector<TableRow> rows;
    for (const R2Bucket& bucket : *buckets) {
        document.push_back({{"name", bucket.name},
                            {"created_on", bucket.created_on},
                            {"location", bucket.location}});
        rows.push_back({bucket.name, shown_time(bucket.created_on), bucket.location});
    }
    print_table(context.console, {"NAME", "CREATED", "LOCATION"}, rows);
    context.console.print_json(document.dump());
    return {};
}

Expected<> run_bucket_create(const R2Options& options, CliContext& context) {
    const Expected<AccountAccess> access = open_account(context, options.resource);
    if (!access) {
        return propagate(access);
    }
    const auto made = create_r2_bucket(access->session->api(), {access->account, options.bucket},
                                       options.location);
    if (!made) {
        return propagate(made);
    }
    context.console.success(fmt::format("created the R2 bucket {}", made->name));
    context.console.print_json(Json{{"name", made->name}}.dump());
    return {};
}

Expected<> run_bucket_delete(const R2Options& options, CliContext& context) {
    const Expected<AccountAccess> access = open_account(context, options.resource);
    if (!access) {
        return propagate(access);
    }
    const std::string shown = printable(options.bucket);
    if (Expected<> confirmed =
            confirm(context, fmt::format("Delete the R2 bucket {}?", shown), options.yes);
        !confirmed) {
        return confirmed;
    }
    if (Expected<> deleted =
            delete_r2_bucket(access->session->api(), {access->account, options.bucket});
        !deleted) {
        return deleted;
    }
    context.console.success(fmt::format("deleted the R2 bucket {}", shown));
    context.console.print_json(Json{{"deleted", options.bucket}}.dump());
    return {};
}

// To standard output as it comes. What is written cannot be taken back, so a second attempt fails.
class PipeSink final : public BodySink {
  public:
    explicit PipeSink(Console& console) : m_console(console) {}

    Expected<bool> begin(const HttpResponse& /*head*/) override {
        if (m_bytes > 0) {
            return fail(ErrorCode::network, fmt::format("the connection broke off after {}, which "
                                                        "are on standard output already",
                                                        human_size(m_bytes)));
        }
        return true;
    }

    Expected<> write(ByteView bytes) override {
        m_bytes += bytes.size();
        m_console.print_bytes(as_text(bytes));
        return {};
    }

  private:
    Console& m_console;
    std::uint64_t m_bytes = 0;
};

class FileSink final : public BodySink {
  public:
    explicit FileSink(AtomicFile file) : m_file(std::move(file)) {}

    Expected<bool> begin(const HttpResponse& /*head*/) override {
        m_bytes = 0;
        const Expected<> empty = m_file.restart();
        return empty ? Expected<bool>(true) : propagate(empty);
    }

    Expected<> write(ByteView bytes) override {
        m_bytes += bytes.size();
        return m_file.write(bytes);
    }

    Expected<> commit() { return m_file.commit(Durable::no); }
    [[nodiscard]] std::uint64_t bytes() const { return m_bytes; }

  private:
    AtomicFile m_file;
    std::uint64_t m_bytes = 0;
};

ByteProgress shown_on(Progress& progress, std::uint64_t total) {
    return [&progress, total](std::uint64_t bytes) { progress.update(bytes, total); };
}

Expected<> download(const R2Options& options, const ObjectName& object, const AccountAccess& access,
                    CliContext& context) {
    const fs::path target =
        options.file.empty() ? fs::path(object.key).filename() : fs::path(options.file);
    Expected<AtomicFile> file = AtomicFile::create(target);
    if (!file) {
        return propagate(file);
    }
    const auto sink = std::make_shared<FileSink>(std::move(*file));
    {
        Progress progress(context.console, context.clock, "downloading");
        if (Expected<> done = get_r2_object(access.session->api(), {access.account, object.bucket},
                                            object.key, sink, shown_on(progress, 0));
            !done) {
            return done;
        }
    }
    if (Expected<> written = sink->commit(); !written) {
        return written;
    }
    context.console.success(
        fmt::format("wrote {} ({})", printable(target.string()), human_size(sink->bytes())));
    context.console.print_json(Json{
        {"bucket", object.bucket},
        {"key", object.key},
        {"file", printable(target.string())},
        {"bytes", sink->bytes()}}.dump());
    return {};
}

Expected<> run_get(const R2Options& options, CliContext& context) {
    const Expected<ObjectName> object = split_object(options.object);
    if (!object) {
        return propagate(object);
    }
    if (options.pipe && context.console.is_json()) {
        return fail(ErrorCode::usage, "--pipe and --json both want standard output");
    }
    if (!options.pipe && options.file.empty() && object->key.ends_with('/')) {
        return fail(ErrorCode::usage, "the key ends in a slash: name the file with --file");
    }
    const Expected<AccountAccess> access = open_bucket(options, object->bucket, context);
    if (!access) {
        return propagate(access);
    }
    if (!options.pipe) {
        return download(options, *object, *access, context);
    }
    return get_r2_object(access->session->api(), {access->account, object->bucket}, object->key,
                         std::make_shared<PipeSink>(context.console), [](std::uint64_t) {});
}

// Standard input as a file: an upload says its length first.
Expected<> spool_input(const fs::path& file, CliContext& context) {
    Expected<AtomicFile> spool = AtomicFile::create(file, 0600);
    if (!spool) {
        return propagate(spool);
    }
    std::uint64_t total = 0;
    Expected<> read = read_input_in_pieces(context.cancel, [&](ByteView bytes) -> Expected<> {
        total += bytes.size();
        return total > kMaxR2UploadBytes
                   ? fail(ErrorCode::usage, fmt::format("standard input has more than {}",
                                                        human_size(kMaxR2UploadBytes)))
                   : spool->write(bytes);
    });
    return read ? spool->commit(Durable::no) : read;
}

Expected<std::uint64_t> upload_size(const fs::path& file) {
    std::error_code problem;
    const std::uint64_t bytes = fs::file_size(file, problem);
    if (problem) {
        return fail_errno(ErrorCode::io, fmt::format("cannot read {}", file.string()),
                          problem.value());
    }
    if (bytes > kMaxR2UploadBytes) {
        return fail(ErrorCode::usage,
                    fmt::format("{} has {}, more than the {} of one upload", file.string(),
                                human_size(bytes), human_size(kMaxR2UploadBytes)),
                    "larger objects go through R2's S3 interface");
    }
    return bytes;
}

Expected<> upload(const R2Options& options, const ObjectName& object, const fs::path& file,
                  CliContext& context) {
    const Expected<std::uint64_t> bytes = upload_size(file);
    if (!bytes) {
        return propagate(bytes);
    }
    const Expected<AccountAccess> access = open_bucket(options, object.bucket, context);
    if (!access) {
        return propagate(access);
    }
    {
        Progress progress(context.console, context.clock, "uploading");
        if (Expected<> done =
                put_r2_object(access->session->api(), {access->account, object.bucket}, object.key,
                              file, options.headers, shown_on(progress, *bytes));
            !done) {
            return done;
        }
    }
    context.console.success(fmt::format("stored {} in {} ({})", printable(object.key),
                                        object.bucket, human_size(*bytes)));
    context.console.print_json(
        Json{{"bucket", object.bucket}, {"key", object.key}, {"bytes", *bytes}}.dump());
    return {};
}

Expected<> run_put(const R2Options& options, CliContext& context) {
    const Expected<ObjectName> object = split_object(options.object);
    if (!object) {
        return propagate(object);
    }
    if (options.file.empty() != options.pipe) {
        return fail(ErrorCode::usage, "give the content with --file, or on standard input with "
                                      "--pipe: one of both");
    }
    if (!options.pipe) {
        return upload(options, *object, options.file, context);
    }
    const Expected<TempDir> folder = TempDir::create();
    if (!folder) {
        return propagate(folder);
    }
    const fs::path spool = folder->path() / "object";
    {
        const SignalCancellation signals(context.cancel);
        if (Expected<> spooled = spool_input(spool, context); !spooled) {
            return spooled;
        }
    }
    return upload(options, *object, spool, context);
}

Expected<> run_delete(const R2Options& options, CliContext& context) {
    const Expected<ObjectName> object = split_object(options.object);
    if (!object) {
        return propagate(object);
    }
    const Expected<AccountAccess> access = open_bucket(options, object->bucket, context);
    if (!access) {
        return propagate(access);
    }
    const std::string shown = printable(options.object);
    if (Expected<> confirmed =
            confirm(context, fmt::format("Delete the object {}?", shown), options.yes);
        !confirmed) {
        return confirmed;
    }
    if (Expected<> deleted = delete_r2_object(access->session->api(),
                                              {access->account, object->bucket}, object->key);
        !deleted) {
        return deleted;
    }
    context.console.success(fmt::format("deleted {}", shown));
    context.console.print_json(Json{{"bucket", object->bucket}, {"deleted", object->key}}.dump());
    return {};
}

void bind_account(CLI::App& command, R2Options& options) {
    add_resource_options(command, options.resource);
}

void bind_bucket(CLI::App& command, R2Options& options) {
    command.add_option("bucket", options.bucket, "Its name")->required()->check(utf8_text());
    add_resource_options(command, options.resource);
}

void bind_object(CLI::App& command, R2Options& options) {
    command.add_option("object", options.object, "BUCKET/KEY")->required()->check(utf8_text());
    add_resource_options(command, options.resource);
    add_local_option(command, options.resource);
}

void bind_get(CLI::App& command, R2Options& options) {
    bind_object(command, options);
    CLI::Option* file =
        command.add_option("--file", options.file, "Where to (default: the key's last part, here)");
    command.add_flag("--pipe", options.pipe, "To standard output")->excludes(file);
}

void bind_put(CLI::App& command, R2Options& options) {
    bind_object(command, options);
    CLI::Option* file = command.add_option("--file", options.file, "The content");
    command.add_flag("--pipe", options.pipe, "The content is standard input")->excludes(file);
    command.add_option("--content-type", options.headers.content_type, "For example image/png");
    command.add_option("--cache-control", options.headers.cache_control, "For who gets it");
    command.add_option("--content-disposition", options.headers.content_disposition,
                       "For who gets it");
    command.add_option("--content-encoding", options.headers.content_encoding,
                       "How the content is compressed");
    command.add_option("--content-language", options.headers.content_language,
                       "In which language it is");
}

template <class Bind> auto with_yes(Bind bind) {
    return [bind](CLI::App& command, R2Options& options) {
        bind(command, options);
        add_yes_option(command, options.yes);
    };
}

void add_bucket_commands(CLI::App& r2, CliAction& chosen) {
    CLI::App* group = add_command_group(r2, "bucket", "The account's buckets");
    add_leaf_command<R2Options>(*group, "list", "Show them", chosen, bind_account, run_bucket_list);
    add_leaf_command<R2Options>(
        *group, "create", "Make one", chosen,
        [](CLI::App& command, R2Options& options) {
            bind_bucket(command, options);
            command
                .add_option("--location", options.location,
                            "Where: wnam, enam, weur, eeur, apac, oc")
                ->check(CLI::IsMember({"wnam", "enam", "weur", "eeur", "apac", "oc"}));
        },
        run_bucket_create);
    add_leaf_command<R2Options>(*group, "delete", "Delete an empty one", chosen,
                                with_yes(bind_bucket), run_bucket_delete);
}

} // namespace

void add_r2_command(CLI::App& app, CliAction& chosen) {
    CLI::App* r2 = add_command_group(app, "r2", "R2 buckets and their objects at Cloudflare");
    add_bucket_commands(*r2, chosen);
    CLI::App* group = add_command_group(*r2, "object", "Objects in a bucket");
    add_leaf_command<R2Options>(*group, "get", "Download one", chosen, bind_get, run_get)
        ->footer("Examples:\n"
                 "  pymode r2 object get images/2026/logo.png\n"
                 "  pymode r2 object get backups/db.sql --pipe | less\n");
    add_leaf_command<R2Options>(*group, "put", "Upload one, up to 300 MiB", chosen, bind_put,
                                run_put)
        ->footer("Examples:\n"
                 "  pymode r2 object put images/2026/logo.png --file logo.png --content-type "
                 "image/png\n"
                 "  pg_dump shop | pymode r2 object put backups/db.sql --pipe\n");
    add_leaf_command<R2Options>(*group, "delete", "Delete one", chosen, with_yes(bind_object),
                                run_delete);
}

} // namespace pymode

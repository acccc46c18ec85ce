// SPDX-License-Identifier: MIT
// `pymode cache`: the packages that were fetched before.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/packaging/index/cache.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

Expected<fs::path> folder_of(const std::string& flag, const Env& env) {
    return flag.empty() ? cache_dir(env) : Expected<fs::path>(fs::absolute(flag));
}

Json amount_json(const fs::path& folder, const CacheAmount& amount) {
    return {{"path", folder.string()}, {"files", amount.files}, {"bytes", amount.bytes}};
}

std::string amount_text(const CacheAmount& amount) {
    return fmt::format("{} file{}, {}", amount.files, amount.files == 1 ? "" : "s",
                       human_size(amount.bytes));
}

Expected<> run_dir(const fs::path& folder, CliContext& context) {
    Expected<CacheAmount> amount = cache_size(folder);
    if (!amount) {
        return propagate(amount);
    }
    context.console.print(folder.string());
    context.console.info(amount_text(*amount));
    context.console.print_json(amount_json(folder, *amount).dump());
    return {};
}

Expected<> report_removed(const fs::path& folder, const Expected<CacheAmount>& removed,
                          CliContext& context) {
    if (!removed) {
        return propagate(removed);
    }
    context.console.success(fmt::format("removed {}", amount_text(*removed)));
    context.console.print_json(amount_json(folder, *removed).dump());
    return {};
}

} // namespace

void add_cache_command(CLI::App& app, CliAction& chosen) {
    const auto flag = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand("cache", "Show or empty the cache of packages");
    command->require_subcommand(1);
    command->fallthrough();
    const auto add = [&](const char* name, const char* text, auto run) {
        CLI::App* child = command->add_subcommand(name, text);
        child->add_option("--cache-dir", *flag, "The cache's folder");
        child->fallthrough();
        child->callback([flag, run, &chosen] {
            chosen = [flag, run](CliContext& context) -> Expected<> {
                const SignalCancellation signals(context.cancel);
                Expected<fs::path> folder = folder_of(*flag, context.env);
                if (!folder) {
                    return propagate(folder);
                }
                return run(*folder, context);
            };
        });
    };
    add("dir", "Say where it is", run_dir);
    add("clean", "Remove everything in it", [](const fs::path& folder, CliContext& context) {
        return report_removed(folder, cache_clean(folder, context.cancel), context);
    });
    add("prune", "Remove what is old or of no use",
        [](const fs::path& folder, CliContext& context) {
            return report_removed(folder, cache_prune(folder, context.clock, context.cancel),
                                  context);
        });
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/bundle/bundle.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/bundle/metadata.hpp"
#include "core/bundle/packages.hpp"
#include "core/bundle/side_modules.hpp"
#include "core/bundle/worker_script.hpp"

namespace pymode {
namespace {

constexpr std::uint64_t kMaxBundleBytes = std::uint64_t{64} << 20;
constexpr std::string_view kDynload = "dynload/";
constexpr std::string_view kWasm = ".wasm";

Expected<ByteView> find_asset(std::span<const Asset> assets, std::string_view name) {
    const auto found = std::ranges::find(assets, name, &Asset::name);
    if (found == assets.end()) {
        return fail(
            ErrorCode::internal,
            fmt::format("this executable was built without the runtime ({} is missing)", name));
    }
    return found->bytes;
}

// "dynload/_sqlite3.wasm" → "_sqlite3"; empty for other assets.
std::string_view side_module_name(std::string_view asset) {
    if (!asset.starts_with(kDynload) || !asset.ends_with(kWasm)) {
        return "";
    }
    return asset.substr(kDynload.size(), asset.size() - kDynload.size() - kWasm.size());
}

Expected<std::vector<std::string>> needed_side_modules(const BundleInputs& inputs,
                                                       const Words& words) {
    Expected<ByteView> manifest = find_asset(inputs.assets, "manifest.json");
    if (!manifest) {
        return propagate(manifest);
    }
    Expected<SideModuleWords> rules = read_side_module_words(*manifest);
    if (!rules) {
        return propagate(rules);
    }
    std::vector<std::string> available;
    for (const Asset& asset : inputs.assets) {
        if (const std::string_view name = side_module_name(asset.name); !name.empty()) {
            available.emplace_back(name);
        }
    }
    return select_side_modules(inputs.project, available, *rules, words);
}

Expected<> check_size(const Bundle& bundle) {
    if (bundle.total_bytes() <= kMaxBundleBytes) {
        return {};
    }
    std::vector<BundleModule> parts(bundle.modules().begin(), bundle.modules().end());
    std::ranges::sort(parts, std::greater{}, [](const BundleModule& m) { return m.bytes.size(); });
    Error error{ErrorCode::config,
                fmt::format("the Worker has {}; Cloudflare accepts at most {}",
                            human_size(bundle.total_bytes()), human_size(kMaxBundleBytes)),
                {},
                "name what the Worker does not need with `exclude` under [tool.pymode]",
                {}};
    for (const BundleModule& part :
         std::span(parts).first(std::min<std::size_t>(3, parts.size()))) {
        error.notes.push_back(fmt::format("{} has {}", part.name, human_size(part.bytes.size())));
    }
    return std::unexpected(std::move(error));
}

struct RuntimePart {
    std::string_view name;
    ModuleKind kind;
};

constexpr std::array<RuntimePart, 3> kRuntimeParts = {{{"host.js", ModuleKind::javascript},
                                                       {"python.wasm", ModuleKind::wasm},
                                                       {"stdlib.zip", ModuleKind::data}}};

} // namespace

std::string_view content_type(ModuleKind kind) {
    switch (kind) {
    case ModuleKind::javascript:
        return "application/javascript+module";
    case ModuleKind::wasm:
        return "application/wasm";
    case ModuleKind::data:
        break;
    }
    return "application/octet-stream";
}

void Bundle::add(std::string name, ModuleKind kind, ByteView bytes) {
    m_modules.push_back({std::move(name), kind, bytes});
}

void Bundle::add_owned(std::string name, ModuleKind kind, Bytes bytes) {
    m_owned.push_back(std::move(bytes));
    add(std::move(name), kind, m_owned.back());
}

std::uint64_t Bundle::total_bytes() const {
    std::uint64_t total = 0;
    for (const BundleModule& module : m_modules) {
        total += module.bytes.size();
    }
    return total;
}

Expected<Bundle> make_bundle(const BundleInputs& inputs) {
    Expected<std::vector<ProjectFile>> files = collect_files(inputs.project, inputs.output);
    if (!files) {
        return propagate(files);
    }
    Expected<AppArchive> app = make_app_archive(inputs.project, *files, inputs.compile);
    if (!app) {
        return propagate(app);
    }
    Expected<std::optional<SitePackages>> packages = read_packages(inputs);
    if (!packages) {
        return propagate(packages);
    }
    PackageModules package_modules;
    if (*packages) {
        package_modules = name_modules(**packages);
        app->words.insert((*packages)->words.begin(), (*packages)->words.end());
    }
    Expected<std::vector<std::string>> side_modules = needed_side_modules(inputs, app->words);
    if (!side_modules) {
        return propagate(side_modules);
    }
    Bundle bundle;
    bundle.python_modules = app->modules;
    // Indented for readers of the bundle's folder.
    bundle.metadata = upload_metadata(inputs.project.worker).dump(2) + "\n";
    bundle.add_owned(std::string(kMainModule), ModuleKind::javascript,
                     to_bytes(worker_script(inputs.project, *side_modules, package_modules)));
    for (const RuntimePart& part : kRuntimeParts) {
        Expected<ByteView> bytes = find_asset(inputs.assets, part.name);
        if (!bytes) {
            return propagate(bytes);
        }
        bundle.add(std::string(part.name), part.kind, *bytes);
    }
    bundle.add_owned("app.zip", ModuleKind::data, std::move(app->zip));
    if (*packages) {
        add_packages(std::move(**packages), bundle);
    }
    for (const Asset& asset : inputs.assets) {
        const std::string_view name = side_module_name(asset.name);
        if (!name.empty() && std::ranges::find(*side_modules, name) != side_modules->end()) {
            bundle.add(std::string(asset.name), ModuleKind::wasm, asset.bytes);
        }
    }
    if (Expected<> small_enough = check_size(bundle); !small_enough) {
        return propagate(small_enough);
    }
    return bundle;
}

} // namespace pymode

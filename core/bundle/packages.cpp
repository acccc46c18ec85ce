// SPDX-License-Identifier: MIT
#include "core/bundle/packages.hpp"

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace pymode {
namespace {

constexpr std::string_view kArchive = "site-packages.zip";
constexpr std::string_view kGuestFolder = "lib/site-packages/";
constexpr std::string_view kExtensionSuffix = ".cpython-313-wasm32-wasi.so";

} // namespace

Expected<std::optional<SitePackages>> read_packages(const BundleInputs& inputs) {
    const std::filesystem::path path =
        inputs.site_packages.empty() ? site_packages_path(inputs.project) : inputs.site_packages;
    Expected<std::optional<SitePackages>> packages =
        load_site_packages(path, inputs.compile, inputs.bytecode);
    if (!packages) {
        return packages;
    }
    if (!*packages && inputs.project.has_dependencies) {
        return fail(ErrorCode::config,
                    fmt::format("the dependencies of {} are not installed", kProjectFile),
                    "run `pymode install`");
    }
    if (*packages && (*packages)->state.packages.empty()) {
        return std::nullopt; // the last one was removed: a bundle like one that never had any
    }
    return packages;
}

std::string native_module_name(std::string_view path) {
    if (path.ends_with(kExtensionSuffix)) {
        path.remove_suffix(kExtensionSuffix.size());
    }
    return fmt::format("site/{}.wasm", path);
}

PackageModules name_modules(const SitePackages& packages) {
    PackageModules modules;
    modules.archive = true;
    for (const NativeModule& native : packages.native) {
        modules.natives.push_back(
            {native_module_name(native.path), std::string(kGuestFolder) + native.path});
    }
    return modules;
}

void add_packages(SitePackages packages, Bundle& bundle) {
    bundle.add_owned(std::string(kArchive), ModuleKind::data, std::move(packages.zip));
    for (NativeModule& native : packages.native) {
        bundle.add_owned(native_module_name(native.path), ModuleKind::wasm, std::move(native.wasm));
    }
}

} // namespace pymode

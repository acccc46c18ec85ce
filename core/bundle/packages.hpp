// SPDX-License-Identifier: MIT
// The installed packages of a project as parts of its bundle.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/bundle/bundle.hpp"
#include "core/bundle/side_modules.hpp"
#include "core/bundle/worker_script.hpp"
#include "core/packaging/install/site_packages.hpp"

namespace pymode {

// Nothing when the project has no packages. An error when it names some that are not installed.
Expected<std::optional<SitePackages>> read_packages(const BundleInputs& inputs);

// "markupsafe/_speedups.cpython-313-wasm32-wasi.so" → "site/markupsafe/_speedups.wasm".
std::string native_module_name(std::string_view path);

// The names, for worker.js.
PackageModules name_modules(const SitePackages& packages);

// Moves the archive and the native modules into the bundle.
void add_packages(SitePackages packages, Bundle& bundle);

} // namespace pymode

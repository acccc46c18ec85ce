// SPDX-License-Identifier: MIT
#include "core/devserver/dev_build.hpp"

#include <algorithm>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/bundle/bundle.hpp"
#include "core/bundle/write.hpp"
#include "core/devserver/local_storage.hpp"

namespace pymode {
namespace {

constexpr std::string_view kDevVarsFile = ".dev.vars";
constexpr std::uint64_t kMaxDevVarsBytes = 1 << 20;

// Gives what has no name at Cloudflare, or another one in development, its name on this machine.
Project with_local_resources(Project project) {
    for (Binding& binding : project.worker.bindings) {
        const std::string_view resource = binding.kind->resource;
        std::string name = resource.empty() ? "" : local_name(binding);
        if (name.empty() || name == binding.text(resource)) {
            continue;
        }
        std::erase_if(binding.settings.members,
                      [&](const ConfigMember& member) { return member.key == resource; });
        ConfigMember member{std::string(resource), {}, {}};
        member.value.kind = ConfigValue::Kind::string;
        member.value.text = std::move(name);
        binding.settings.members.push_back(std::move(member));
    }
    return project;
}

} // namespace

Expected<std::vector<DevVar>> read_dev_vars(const Project& project,
                                            std::span<const DevVar> overrides) {
    std::vector<DevVar> vars;
    Expected<std::string> text = read_text_file(project.root / kDevVarsFile, kMaxDevVarsBytes);
    if (text) {
        Expected<std::vector<DevVar>> parsed = parse_dev_vars(kDevVarsFile, *text);
        if (!parsed) {
            return parsed;
        }
        vars = std::move(*parsed);
    } else if (text.error().code != ErrorCode::not_found) {
        return propagate(text);
    }
    for (const DevVar& variable : overrides) {
        std::erase_if(vars, [&](const DevVar& other) { return other.name == variable.name; });
        vars.push_back(variable);
    }
    return vars;
}

bool DevBuild::is_new(const std::string& name, ByteView bytes) {
    std::string hash = sha256_hex(bytes);
    std::string& known = m_hashes[name];
    const bool differs = known != hash;
    known = std::move(hash);
    return differs;
}

bool DevBuild::is_asset(std::string_view name) const {
    return std::ranges::find(m_assets, name, &Asset::name) != m_assets.end();
}

Expected<bool> DevBuild::update_assets(const Bundle& bundle, bool written) {
    std::set<std::string, std::less<>> wanted;
    bool changed = false;
    for (const BundleModule& module : bundle.modules()) {
        if (!is_asset(module.name)) {
            continue;
        }
        wanted.insert(module.name);
        // Their content stays as it is: it is part of this executable.
        if (written || m_written.contains(module.name)) {
            continue;
        }
        if (Expected<> done = make_directories((m_folder / module.name).parent_path()); !done) {
            return propagate(done);
        }
        if (Expected<> done = write_file_atomic(m_folder / module.name, module.bytes); !done) {
            return propagate(done);
        }
        changed = true;
    }
    for (const std::string& name : m_written) {
        if (wanted.contains(name)) {
            continue;
        }
        if (Expected<> done = remove_tree(m_folder / name); !done) {
            return propagate(done);
        }
        changed = true;
    }
    m_written = std::move(wanted);
    return changed;
}

Expected<bool> DevBuild::update(const Project& project) {
    const Project local = with_local_resources(project);
    Expected<Bundle> bundle = make_bundle({local, m_assets, m_compile, {}, {}, m_bytecode});
    if (!bundle) {
        return propagate(bundle);
    }
    const bool first = m_hashes.empty();
    if (first) {
        if (Expected<> written = write_bundle(*bundle, m_folder); !written) {
            return propagate(written);
        }
    }
    bool changed = false;
    const auto refresh = [&](const std::string& name, ByteView bytes) -> Expected<> {
        if (!is_new(name, bytes)) {
            return {};
        }
        changed = true;
        if (first) {
            return {};
        }
        if (Expected<> made = make_directories((m_folder / name).parent_path()); !made) {
            return made;
        }
        return write_file_atomic(m_folder / name, bytes);
    };
    const Expected<bool> assets = update_assets(*bundle, first);
    if (!assets) {
        return propagate(assets);
    }
    changed = *assets;
    for (const BundleModule& module : bundle->modules()) {
        if (is_asset(module.name)) {
            continue;
        }
        if (Expected<> written = refresh(module.name, module.bytes); !written) {
            return propagate(written);
        }
    }
    if (Expected<> written = refresh("metadata.json", as_bytes(bundle->metadata)); !written) {
        return propagate(written);
    }
    const Expected<bool> removed = remove_stale(*bundle);
    if (!removed) {
        return propagate(removed);
    }
    return changed || *removed;
}

Expected<bool> DevBuild::remove_stale(const Bundle& bundle) {
    std::set<std::string_view> wanted = {"metadata.json"};
    for (const BundleModule& module : bundle.modules()) {
        wanted.insert(module.name);
    }
    bool removed = false;
    for (auto at = m_hashes.begin(); at != m_hashes.end();) {
        if (wanted.contains(at->first)) {
            ++at;
            continue;
        }
        if (Expected<> done = remove_tree(m_folder / at->first); !done) {
            return propagate(done);
        }
        at = m_hashes.erase(at);
        removed = true;
    }
    return removed;
}

} // namespace pymode

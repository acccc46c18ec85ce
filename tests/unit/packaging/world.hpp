// SPDX-License-Identifier: MIT
// Everything that the workflow asks of the world, in memory.
#pragma once

#include <string>
#include <vector>

#include "core/base/file.hpp"
#include "core/packaging/workflow.hpp"
#include "tests/unit/packaging/resolutions.hpp"
#include "tests/unit/support/fake_clock.hpp"

namespace pymode::test {

// Writes what it is asked for into a folder and knows no pages.
class FolderSource final : public PackageSource {
  public:
    explicit FolderSource(fs::path folder) : m_folder(std::move(folder)) {}

    void prefetch_page(std::string_view /*name*/) override {}
    void prefetch_metadata(const DistFile& /*wheel*/) override {}
    Expected<std::shared_ptr<const PackagePage>> page(std::string_view name) override {
        auto page = std::make_shared<PackagePage>();
        page->name = name;
        page->found = true;
        page->files = {test::wheel(name, "1.0"), test::wheel(name, "2.0")};
        return page;
    }
    Expected<std::shared_ptr<const pep::CoreMetadata>>
    metadata(const DistFile& /*wheel*/) override {
        return fail(ErrorCode::config, "no metadata here");
    }
    Expected<std::vector<fs::path>>
    fetch(std::span<const DistFile> wheels,
          const std::function<void(const FetchProgress&)>& on_progress) override {
        std::vector<fs::path> paths;
        for (const DistFile& wheel : wheels) {
            if (!fail_fetch.empty()) {
                return fail(ErrorCode::network, fail_fetch);
            }
            paths.push_back(m_folder / wheel.filename);
            if (Expected<> done = write_file_atomic(paths.back(), wheel.filename); !done) {
                return propagate(done);
            }
            fetched.push_back(wheel.filename);
            if (on_progress) {
                on_progress({wheel.filename, 10, 10, true});
            }
        }
        return paths;
    }

    std::vector<std::string> fetched;
    std::string fail_fetch;

  private:
    fs::path m_folder;
};

struct World {
    TempDir folder = TempDir::create().value();
    FolderSource source{folder.path()};
    FakeClock clock;
    Resolution answer;
    std::vector<ResolveRequest> asked;
    InstalledState installed;
    bool is_installed = false;
    std::vector<InstallItem> items;
    PackageTools tools{source,
                       [this](const ResolveRequest& request, PackageSource&) {
                           asked.push_back(request);
                           return Expected<Resolution>(answer);
                       },
                       [this](std::span<const InstallItem> all, const InstallOptions& options,
                              const fs::path& target) -> Expected<InstallReport> {
                           items.assign(all.begin(), all.end());
                           installed = {{}, options.input_digest};
                           InstallReport report;
                           for (const InstallItem& item : all) {
                               installed.packages.push_back({item.name, item.version.to_string()});
                           }
                           is_installed = true;
                           report.packages = installed.packages;
                           if (Expected<> done = write_file_atomic(target, "zip"); !done) {
                               return propagate(done);
                           }
                           return report;
                       },
                       [this](const fs::path&) -> Expected<std::optional<InstalledState>> {
                           return is_installed ? std::optional(installed) : std::nullopt;
                       },
                       {},
                       clock};
};

} // namespace pymode::test

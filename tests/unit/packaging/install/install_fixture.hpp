// SPDX-License-Identifier: MIT
// Wheels of a few files, installed into a folder of their own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/packaging/install/install.hpp"
#include "tests/unit/packaging/install/wheel_builder.hpp"

namespace pymode::test {

using TestFiles = std::vector<std::pair<std::string, std::string>>;

struct InstallFixture {
    InstallFixture()
        : folder(*TempDir::create()), target(folder.path() / "p" / "site-packages.zip") {}

    [[nodiscard]] InstallItem item(const std::string& filename, const TestFiles& files) const {
        WheelDraftCase wheel(filename);
        for (const auto& [path, text] : files) {
            wheel.add(path, text);
        }
        wheel.fill_record();
        return write_wheel(wheel, wheel.zip.build(), folder.path());
    }

    [[nodiscard]] Expected<InstallReport> install(const std::vector<InstallItem>& items,
                                                  InstallOptions options = {}) const {
        return install_wheels(items, options, target, {});
    }

    [[nodiscard]] std::vector<std::string> members() const {
        std::vector<std::string> paths;
        const auto archive = ArchiveReader::open(target);
        for (const ArchiveMember& member : archive->members()) {
            paths.push_back(member.path);
        }
        return paths;
    }

    [[nodiscard]] std::string text(const std::string& path) const {
        const auto archive = ArchiveReader::open(target);
        const ArchiveMember* member = archive->find(path);
        return member == nullptr ? "(none)" : to_text(*archive->read(*member));
    }

    [[nodiscard]] bool has(const std::string& path) const { return text(path) != "(none)"; }

    [[nodiscard]] std::string hash() const { return *sha256_file(target); }

    TempDir folder;
    fs::path target;
};

// The one file in that folder.
inline fs::path only_file(const fs::path& folder) {
    const auto tree = list_tree(folder);
    REQUIRE(tree);
    REQUIRE(tree->size() == 1);
    return folder / tree->front().path;
}

} // namespace pymode::test

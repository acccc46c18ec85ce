// SPDX-License-Identifier: MIT
#include "core/toolchain/recipe_wheel.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/bundle/files.hpp"
#include "core/pep/metadata.hpp"
#include "core/toolchain/recipe_sources.hpp"

namespace pymode {
namespace {

using Files = std::map<std::string, Bytes>;

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{64} << 20;

int hex_digit(char c) {
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

// RECORD's form of a checksum: base64 for URLs, without padding.
std::string record_hash(ByteView bytes) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const std::string hex = sha256_hex(bytes);
    std::string text;
    unsigned held = 0;
    int bits = 0;
    for (const char c : hex) {
        held = (held << 4) | static_cast<unsigned>(hex_digit(c));
        bits += 4;
        if (bits >= 6) {
            bits -= 6;
            text += kAlphabet[(held >> bits) & 63U];
        }
    }
    if (bits > 0) {
        text += kAlphabet[(held << (6 - bits)) & 63U];
    }
    return text;
}

class WheelBuilder {
  public:
    WheelBuilder(const Recipe& recipe, const fs::path& stage) : m_recipe(recipe), m_stage(stage) {
        m_stem = fmt::format("{}-{}", replace_all(recipe.name, "-", "_"), recipe.version);
        m_info = m_stem + ".dist-info/";
    }

    Expected<Wheel> pack(std::span<const BuiltModule> modules) {
        if (Expected<> added = packages(); !added) {
            return propagate(added);
        }
        for (const BuiltModule& module : modules) {
            m_files[module.path] = module.wasm;
        }
        if (Expected<> added = dist_info(); !added) {
            return propagate(added);
        }
        std::string record;
        ArchiveWriter writer;
        for (auto& [path, content] : m_files) {
            record += fmt::format("{},sha256={},{}\n", path, record_hash(content), content.size());
            if (Expected<> added = writer.add(path, std::move(content)); !added) {
                return propagate(added);
            }
        }
        record += fmt::format("{}RECORD,,\n", m_info);
        if (Expected<> added = writer.add(m_info + "RECORD", to_bytes(record)); !added) {
            return propagate(added);
        }
        Expected<Bytes> bytes = writer.finish();
        if (!bytes) {
            return propagate(bytes);
        }
        return Wheel{fmt::format("{}-{}.whl", m_stem, kWheelTag), *std::move(bytes)};
    }

  private:
    Expected<> add_file(const fs::path& from, const std::string& path) {
        Expected<Bytes> content = read_file(from, kMaxFileBytes);
        if (!content) {
            return propagate(content);
        }
        m_files[path] = *std::move(content);
        return {};
    }

    [[nodiscard]] bool belongs(const std::string& path) const {
        return !is_compiled_source(path) && !path.ends_with(".pyc") &&
               path.find("__pycache__/") == std::string::npos &&
               std::ranges::none_of(m_recipe.exclude, [&](const std::string& pattern) {
                   return matches_pattern(pattern, path);
               });
    }

    Expected<> packages() {
        const fs::path root = m_stage / staged_path(m_recipe.root);
        for (const std::string& package : m_recipe.packages) {
            std::error_code error;
            Expected<> added = fs::is_directory(root / package, error)
                                   ? folder(root, package)
                                   : add_file(root / package, package);
            if (!added) {
                return propagate(
                    added, fmt::format("[python] packages of {} names {}", m_recipe.name, package));
            }
        }
        return {};
    }

    Expected<> folder(const fs::path& root, const std::string& package) {
        const auto entries = list_tree(root / package);
        if (!entries) {
            return propagate(entries);
        }
        for (const TreeEntry& entry : *entries) {
            const std::string path = fmt::format("{}/{}", package, entry.path);
            if (entry.kind != FileKind::regular || !belongs(path)) {
                continue;
            }
            if (Expected<> added = add_file(root / path, path); !added) {
                return added;
            }
        }
        return {};
    }

    Expected<> dist_info() {
        const Expected<std::string> metadata = staged_metadata(m_recipe, m_stage);
        if (!metadata) {
            return propagate(metadata);
        }
        m_files[m_info + "METADATA"] = to_bytes(*metadata);
        m_files[m_info + "WHEEL"] =
            to_bytes(fmt::format("Wheel-Version: 1.0\nGenerator: pymode recipe\n"
                                 "Root-Is-Purelib: false\nTag: {}\n",
                                 kWheelTag));
        const Expected<pep::RawMetadata> raw = pep::parse_raw_metadata(*metadata);
        if (!raw) {
            return propagate(raw);
        }
        std::vector<std::string> licenses = raw->all("license-file");
        licenses.insert(licenses.end(), m_recipe.license_files.begin(),
                        m_recipe.license_files.end());
        for (const std::string& path : licenses) {
            if (Expected<> good = check_archive_path(path); !good) {
                return good;
            }
            const std::string name(path.starts_with('@') ? path.substr(1) : path);
            if (Expected<> added =
                    add_file(m_stage / staged_path(path), m_info + "licenses/" + name);
                !added) {
                return propagate(added, fmt::format("a licence of {}", m_recipe.name));
            }
        }
        return {};
    }

    const Recipe& m_recipe;
    const fs::path& m_stage;
    std::string m_stem;
    std::string m_info; // "markupsafe-3.0.4.dist-info/"
    Files m_files;
};

} // namespace

Expected<Wheel> pack_wheel(const Recipe& recipe, const fs::path& stage,
                           std::span<const BuiltModule> modules) {
    return WheelBuilder(recipe, stage).pack(modules);
}

} // namespace pymode

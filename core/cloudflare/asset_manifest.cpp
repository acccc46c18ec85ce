// SPDX-License-Identifier: MIT
#include "core/cloudflare/asset_manifest.hpp"

#include <algorithm>
#include <fstream>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "core/base/base64.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/parallel.hpp"
#include "core/base/text.hpp"
#include "core/cloudflare/content_types.hpp"
#include "core/cloudflare/ignore_rules.hpp"

namespace pymode {
namespace {

// Cloudflare's limits (developers.cloudflare.com/workers/platform/limits): the number is that of
// paid accounts; in others the server refuses from 20,000 on.
constexpr std::size_t kMaxFiles = 100'000;
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{25} << 20;
constexpr std::uint64_t kMaxRulesBytes = std::uint64_t{8} << 20;

constexpr std::string_view kIgnoreFile = ".assetsignore";
constexpr std::string_view kHeadersFile = "_headers";
constexpr std::string_view kRedirectsFile = "_redirects";
constexpr std::string_view kPagesWorker = "_worker.js";

constexpr std::size_t kHashDigits = 32;
// A multiple of three: its base64 has no padding, so that pieces can follow each other.
constexpr std::size_t kPieceBytes = 96 << 10;

std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

Expected<std::string> text_if_there(const fs::path& path) {
    Expected<std::string> text = read_text_file(path, kMaxRulesBytes);
    if (!text && text.error().code == ErrorCode::not_found) {
        return "";
    }
    return text;
}

Expected<fs::path> folder_of(const Project& project) {
    const std::string& written = project.worker.assets->directory;
    const fs::path folder = (project.root / written).lexically_normal();
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        return fail(ErrorCode::config,
                    fmt::format("the folder of assets {} does not exist", printable(written)),
                    "`directory` of `assets` is relative to the folder of the configuration");
    }
    const fs::path main = project.root / project.worker.main;
    if (is_within(main, folder)) {
        return fail(ErrorCode::config,
                    fmt::format("the folder of assets {} holds the Worker's own code ({}), which "
                                "would be served to everybody",
                                printable(written), project.worker.main),
                    "keep assets in a folder of their own: directory = \"public\"");
    }
    return folder;
}

// A link counts as the file that it leads to.
Expected<AssetFile> linked_file(const fs::path& root, const std::string& path) {
    std::error_code error;
    const fs::path target = fs::canonical(root / path, error);
    const std::string hint =
        fmt::format("copy it, or add `/{}` to {}", printable(path), kIgnoreFile);
    if (error || !is_within(target, root)) {
        return fail(
            ErrorCode::config,
            fmt::format("the asset {} is a link that leads out of the folder", printable(path)),
            hint);
    }
    if (!fs::is_regular_file(target, error)) {
        return fail(
            ErrorCode::config,
            fmt::format("the asset {} is a link to something else than a file", printable(path)),
            hint);
    }
    return AssetFile{path, fs::file_size(target, error), ""};
}

Expected<std::vector<AssetFile>> list_assets(const fs::path& root, const IgnoreRules& rules) {
    TreeOptions options;
    options.max_entries = 2 * kMaxFiles; // folders too
    options.keep = [&](const TreeEntry& entry) {
        const bool never =
            entry.path == kIgnoreFile || entry.path == kHeadersFile || entry.path == kRedirectsFile;
        return !never && !rules.ignores(entry.path, entry.kind == FileKind::directory);
    };
    Expected<std::vector<TreeEntry>> tree = list_tree(root, options);
    if (!tree) {
        return propagate(tree);
    }
    std::vector<AssetFile> files;
    for (TreeEntry& entry : *tree) {
        if (entry.kind == FileKind::regular) {
            files.push_back({std::move(entry.path), entry.size, ""});
        } else if (entry.kind == FileKind::symlink) {
            Expected<AssetFile> file = linked_file(root, entry.path);
            if (!file) {
                return propagate(file);
            }
            files.push_back(std::move(*file));
        } else if (entry.kind == FileKind::other) {
            return fail(
                ErrorCode::config,
                fmt::format("the asset {} is neither a file nor a folder", printable(entry.path)));
        }
    }
    return files;
}

Expected<> check_limits(const std::vector<AssetFile>& files) {
    if (files.size() > kMaxFiles) {
        return fail(ErrorCode::config, fmt::format("there are {} assets, more than the {} that "
                                                   "Cloudflare takes",
                                                   files.size(), kMaxFiles));
    }
    for (const AssetFile& file : files) {
        if (file.size > kMaxFileBytes) {
            return fail(ErrorCode::config,
                        fmt::format("the asset {} has {}; Cloudflare takes {} at most",
                                    printable(file.path), human_size(file.size),
                                    human_size(kMaxFileBytes)),
                        fmt::format("put it into R2, or leave it out with {}", kIgnoreFile));
        }
        if (!is_valid_utf8(file.path)) {
            return fail(ErrorCode::config,
                        fmt::format("the name of the asset {} is not UTF-8", printable(file.path)));
        }
    }
    return {};
}

std::string hash_from(Hasher& hasher, std::string_view name) {
    hasher.update(as_bytes(file_extension(name)));
    return hasher.finish().substr(0, kHashDigits);
}

std::unexpected<Error> cannot_read(const AssetFile& file) {
    return fail(ErrorCode::io, fmt::format("cannot read the asset {}", printable(file.path)));
}

// Piece by piece: several threads do not hold several large files.
Expected<std::string> hash_of(const fs::path& root, AssetFile& file) {
    std::ifstream stream(root / file.path, std::ios::binary);
    Bytes piece(kPieceBytes);
    Sha256 hasher;
    std::uint64_t size = 0;
    while (stream) {
        stream.read(reinterpret_cast<char*>(piece.data()),
                    static_cast<std::streamsize>(piece.size()));
        const auto count = static_cast<std::size_t>(stream.gcount());
        size += count;
        hasher.update(as_bytes(base64(ByteView(piece).first(count))));
    }
    if (!stream.eof()) {
        return cannot_read(file);
    }
    file.size = size;
    return hash_from(hasher, file_name(file.path));
}

Expected<> hash_all(const fs::path& root, std::vector<AssetFile>& files) {
    std::mutex mutex;
    std::optional<Error> first_error;
    for_each_parallel(files.size(), [&](std::size_t i) {
        Expected<std::string> hash = hash_of(root, files[i]);
        if (hash) {
            files[i].hash = std::move(*hash);
            return;
        }
        const std::scoped_lock lock(mutex);
        first_error = std::move(hash.error());
    });
    if (first_error) {
        return std::unexpected(std::move(*first_error));
    }
    return {};
}

} // namespace

// SHA-256 as in Cloudflare's own example, not the BLAKE3 of wrangler, which no library of Debian 12
// has: the only price is that what wrangler uploaded once is uploaded once more.
std::string asset_hash(std::string_view content_in_base64, std::string_view name) {
    Sha256 hasher;
    hasher.update(as_bytes(content_in_base64));
    return hash_from(hasher, name);
}

Expected<Bytes> read_asset(const AssetFolder& folder, const AssetFile& file) {
    const Expected<Bytes> content = read_file(folder.root / file.path, kMaxFileBytes);
    if (!content) {
        return propagate(content);
    }
    const std::string encoded = base64(*content);
    if (asset_hash(encoded, file_name(file.path)) != file.hash) {
        return fail(
            ErrorCode::io,
            fmt::format("the asset {} was changed while it was deployed", printable(file.path)),
            "deploy again when whatever writes it is done");
    }
    return to_bytes(encoded);
}

Expected<AssetFolder> read_asset_folder(const Project& project) {
    const Expected<fs::path> root = folder_of(project);
    if (!root) {
        return propagate(root);
    }
    std::error_code error;
    const bool has_rules = fs::exists(*root / kIgnoreFile, error);
    if (!has_rules && fs::exists(*root / kPagesWorker, error)) {
        return fail(ErrorCode::config,
                    fmt::format("the folder of assets has a {}, which would be served to everybody",
                                kPagesWorker),
                    fmt::format("write `{}` into a file {} in that folder, or an empty such file "
                                "if it is meant to be served",
                                kPagesWorker, kIgnoreFile));
    }
    const Expected<std::string> rules = text_if_there(*root / kIgnoreFile);
    Expected<std::string> headers = text_if_there(*root / kHeadersFile);
    Expected<std::string> redirects = text_if_there(*root / kRedirectsFile);
    for (const auto* text : {&rules, static_cast<const Expected<std::string>*>(&headers),
                             static_cast<const Expected<std::string>*>(&redirects)}) {
        if (!*text) {
            return propagate(*text);
        }
    }
    Expected<std::vector<AssetFile>> files = list_assets(*root, IgnoreRules::parse(*rules));
    if (!files) {
        return propagate(files);
    }
    if (Expected<> checked = check_limits(*files); !checked) {
        return propagate(checked);
    }
    if (Expected<> hashed = hash_all(*root, *files); !hashed) {
        return propagate(hashed);
    }
    return AssetFolder{*root, std::move(*files), std::move(*headers), std::move(*redirects)};
}

} // namespace pymode

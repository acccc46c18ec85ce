// SPDX-License-Identifier: MIT
#include "core/bundle/size_report.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <zlib.h>

#include "core/base/text.hpp"

namespace pymode {
namespace {

constexpr int kLevel = 6;
constexpr int kGzipWindow = 15 + 16; // 15 is the window, + 16 asks for gzip's frame

std::string row(std::string_view name, std::uint64_t raw, std::uint64_t gzip) {
    return fmt::format("  {:<24} {:>10} {:>10}\n", name, human_size(raw), human_size(gzip));
}

// An asset's bytes are where they are in the executable, whatever the module is called.
std::uint64_t module_gzip(ByteView bytes, std::span<const Asset> assets) {
    const auto asset = std::ranges::find_if(assets, [&](const Asset& candidate) {
        return candidate.gzip != 0 && candidate.bytes.data() == bytes.data();
    });
    return asset == assets.end() ? gzip_size(bytes) : asset->gzip;
}

} // namespace

std::uint64_t gzip_size(ByteView bytes) {
    z_stream stream{};
    if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return bytes.size(); // out of memory: the raw size is the honest upper bound
    }
    const std::unique_ptr<z_stream, decltype(&deflateEnd)> guard(&stream, deflateEnd);
    // zlib's interface predates const.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data())); // NOLINT
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::array<Bytef, 1 << 16> sink; // NOLINT: only written
    int state = Z_OK;
    while (state == Z_OK) {
        stream.next_out = sink.data();
        stream.avail_out = static_cast<uInt>(sink.size());
        state = deflate(&stream, Z_FINISH);
    }
    return stream.total_out;
}

SizeReport measure(const Bundle& bundle, std::span<const Asset> assets) {
    SizeReport report;
    report.total.name = "total";
    for (const BundleModule& module : bundle.modules()) {
        PartSize part{module.name, module.bytes.size(), module_gzip(module.bytes, assets)};
        report.total.raw += part.raw;
        report.total.gzip += part.gzip;
        report.parts.push_back(std::move(part));
    }
    return report;
}

std::string format_sizes(const SizeReport& report) {
    std::string text = fmt::format("  {:<24} {:>10} {:>10}\n", "module", "size", "gzip");
    struct Group {
        std::string_view folder;
        PartSize sum;
        std::size_t count = 0;
    };
    std::array<Group, 2> groups = {{{"dynload/", {}}, {"site/", {}}}};
    for (const PartSize& part : report.parts) {
        const auto group = std::ranges::find_if(groups, [&](const Group& candidate) {
            return part.name.starts_with(candidate.folder);
        });
        if (group == groups.end()) {
            text += row(part.name, part.raw, part.gzip);
            continue;
        }
        group->sum.raw += part.raw;
        group->sum.gzip += part.gzip;
        ++group->count;
    }
    for (const Group& group : groups) {
        if (group.count > 0) {
            text += row(fmt::format("{} ({} module{})", group.folder, group.count,
                                    group.count == 1 ? "" : "s"),
                        group.sum.raw, group.sum.gzip);
        }
    }
    text += row(report.total.name, report.total.raw, report.total.gzip);
    text.pop_back(); // whoever prints it ends the line
    return text;
}

} // namespace pymode

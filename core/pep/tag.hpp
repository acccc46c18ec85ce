// SPDX-License-Identifier: MIT
// Compatibility tags of wheels (PEP 425): which there are, and which this runtime takes.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/error.hpp"

namespace pymode::pep {

struct Tag {
    std::string interpreter; // "cp313"
    std::string abi;         // "cp313"
    std::string platform;    // "any"

    [[nodiscard]] std::string to_string() const;
    friend auto operator<=>(const Tag&, const Tag&) = default;
};

// All tags of a possibly compressed text: "py2.py3-none-any" is two. Sorted, each once.
Expected<std::vector<Tag>> parse_tags(std::string_view text);

// An order of preference among tags.
class TagTable {
  public:
    explicit TagTable(std::vector<Tag> best_first);

    [[nodiscard]] const std::vector<Tag>& tags() const { return m_tags; }
    // 0 is the best; nothing for a tag that is not in the table.
    [[nodiscard]] std::optional<std::size_t> rank(const Tag& tag) const;
    // The best rank of several.
    [[nodiscard]] std::optional<std::size_t> rank(std::span<const Tag> tags) const;

  private:
    std::vector<Tag> m_tags;
    std::unordered_map<std::string, std::size_t> m_ranks;
};

// What CPython 3.`minor` takes on `platform`, best first: its own ABI, the stable one, none.
std::vector<Tag> cpython_tags(int minor, std::string_view platform);
// What it takes everywhere: pure wheels.
std::vector<Tag> pure_tags(int minor);

// Wheels of the Emscripten ABI: their tags are known either way.
enum class EmscriptenWheels { refused, accepted };

enum class WheelFit {
    usable,
    not_yet, // the runtime is meant to load it, a later version will
    foreign,
};

// What the runtime inside a Worker takes.
struct TargetTags {
    TagTable usable;
    TagTable not_yet;

    [[nodiscard]] WheelFit fit(std::span<const Tag> tags) const;
};

// Nothing for a Python that no runtime is built for.
std::optional<TargetTags> target_tags(int minor, EmscriptenWheels emscripten);

// For sentences such as "only wheels for Linux and macOS exist".
enum class PlatformFamily { any, pymode, wasi, emscripten, linux, macos, windows, other };
PlatformFamily platform_family(std::string_view platform);
std::string_view family_name(PlatformFamily family);

} // namespace pymode::pep

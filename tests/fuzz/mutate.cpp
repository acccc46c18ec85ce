// SPDX-License-Identifier: MIT
// A driver for compilers without libFuzzer: changes good inputs at random, the same way in every
// run.
//     fuzz_archive --runs N --corpus FOLDER [--seed S]    N changed inputs out of the folder's
//     fuzz_archive FILE…                                  just these
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <random>
#include <string_view>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace pymode;

namespace {

using Random = std::mt19937_64;

constexpr std::uint64_t max_input_bytes = 64 << 20;

std::size_t below(Random& random, std::size_t bound) {
    return bound == 0 ? 0 : static_cast<std::size_t>(random() % bound);
}

// Numbers that sizes and offsets break on.
constexpr std::uint32_t odd_numbers[] = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};

void change_once(Bytes& bytes, Random& random) {
    const std::size_t at = below(random, bytes.size());
    switch (below(random, 5)) {
    case 0:
        bytes[at] = static_cast<std::byte>(random());
        break;
    case 1:
        bytes[at] ^= std::byte{1} << below(random, 8);
        break;
    case 2: {
        const std::uint32_t number = odd_numbers[below(random, std::size(odd_numbers))];
        const std::size_t count = std::min<std::size_t>(sizeof number, bytes.size() - at);
        std::memcpy(bytes.data() + at, &number, count);
        break;
    }
    case 3: // cut a piece out
        bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    bytes.begin() +
                        static_cast<std::ptrdiff_t>(at + below(random, bytes.size() - at)));
        break;
    default: { // repeat a piece
        const std::size_t count = below(random, std::min<std::size_t>(64, bytes.size() - at));
        const Bytes piece(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                          bytes.begin() + static_cast<std::ptrdiff_t>(at + count));
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), piece.begin(), piece.end());
    }
    }
}

void run(const Bytes& bytes) {
    // A copy of exactly this size, so that the address sanitizer sees a read past the end.
    const std::vector<std::byte> exact(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(exact.data()), exact.size());
}

int report(const Error& error) {
    std::fputs(format_error(error, Colour::no).c_str(), stderr);
    return 1;
}

// The folder's files, in the same order in every run.
Expected<std::vector<Bytes>> read_corpus(const fs::path& folder) {
    const auto tree = list_tree(folder);
    if (!tree) {
        return propagate(tree);
    }
    std::vector<Bytes> seeds;
    for (const TreeEntry& entry : *tree) {
        auto bytes = read_file(folder / entry.path, max_input_bytes);
        if (!bytes) {
            return propagate(bytes);
        }
        seeds.push_back(std::move(*bytes));
    }
    if (seeds.empty()) {
        return fail(ErrorCode::not_found, "there is no seed in " + folder.string(),
                    "tests/fuzz/README.md says where seeds come from");
    }
    return seeds;
}

int run_mutations(std::uint64_t runs, std::uint64_t seed, const std::vector<Bytes>& seeds) {
    Random random(seed);
    for (const Bytes& good : seeds) {
        run(good);
    }
    for (std::uint64_t i = 0; i < runs; ++i) {
        Bytes bytes = seeds.at(below(random, seeds.size()));
        for (std::size_t changes = 1 + below(random, 4); changes > 0 && !bytes.empty(); --changes) {
            change_once(bytes, random);
        }
        run(bytes);
    }
    std::printf("%llu inputs\n", static_cast<unsigned long long>(runs + seeds.size()));
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> args(argv + 1, argv + argc);
    const auto option = [&](std::string_view name) {
        const auto at = std::ranges::find(args, name);
        return at != args.end() && at + 1 != args.end() ? at[1] : std::string_view();
    };
    if (const auto runs = parse_unsigned(option("--runs"))) {
        const auto seeds = read_corpus(option("--corpus"));
        return seeds ? run_mutations(*runs, parse_unsigned(option("--seed")).value_or(1), *seeds)
                     : report(seeds.error());
    }
    for (const std::string_view path : args) {
        const auto bytes = read_file(path, max_input_bytes);
        if (!bytes) {
            return report(bytes.error());
        }
        run(*bytes);
    }
    return args.empty() ? 2 : 0;
}

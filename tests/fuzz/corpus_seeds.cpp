// SPDX-License-Identifier: MIT
// Seeds out of a folder that make_corpus.py filled when the target was built.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/fuzz.hpp"

namespace pymode::test {

std::vector<Bytes> fuzz_seeds() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(PYMODE_FUZZ_CORPUS)) {
        paths.push_back(entry.path());
    }
    std::ranges::sort(paths); // the same order in every run
    std::vector<Bytes> seeds;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        seeds.push_back(to_bytes(text));
    }
    return seeds;
}

} // namespace pymode::test

// SPDX-License-Identifier: MIT
#include <string>

#include "core/base/archive.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace pymode::test {

std::vector<Bytes> fuzz_seeds() {
    std::vector<Bytes> seeds;
    for (const Compress compress : {Compress::no, Compress::yes}) {
        ArchiveWriter writer;
        for (const char* path : {"a", "folder/b.txt", "folder/é"}) {
            if (!writer.add(path, to_bytes(std::string(300, *path) + path), compress)) {
                return {};
            }
        }
        seeds.push_back(writer.finish().value());
    }
    seeds.push_back(ArchiveWriter().finish().value());
    return seeds;
}

} // namespace pymode::test

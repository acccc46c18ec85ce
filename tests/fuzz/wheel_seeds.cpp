// SPDX-License-Identifier: MIT
// Good wheels, and the structural cases of the vectors: most are one field away from the next.
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/packaging/install/wheel_builder.hpp"

namespace pymode::test {

std::vector<Bytes> fuzz_seeds() {
    std::vector<Bytes> seeds;
    for (const char* change :
         {"store", "deflate", "comment", "data_descriptor", "data_descriptor_zip64",
          "normal_deflate_zip64_extra", "zip64_eocd", "subdir", "extra3byte", "zip-trailing-nul",
          "unicode_extra_chain", "zip64_extra_usize", "dupe_eocd", "zipinzip"}) {
        WheelDraftCase wheel;
        wheel.add("demo/tests/__init__.py", "");
        wheel.add("demo/\xC3\xA9.txt", "x");
        wheel.add("demo-1.0.data/purelib/demo/extra.py", "from .x import (\n  y)\n");
        wheel.add("demo-1.0.dist-info/entry_points.txt", "[console_scripts]\na = demo:main\n");
        wheel.fill_record();
        if (!apply_raw(change, wheel)) {
            return {};
        }
        seeds.push_back(to_bytes(wheel.zip.build()));
    }
    return seeds;
}

} // namespace pymode::test

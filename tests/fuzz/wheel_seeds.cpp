// SPDX-License-Identifier: MIT
// Writes the corpus of the target "wheel" to a folder: good wheels, and the structural cases of the
// vectors; most are one field away from the next.
//     wheel_seeds FOLDER
#include <cstdio>

#include "core/base/file.hpp"
#include "tests/unit/packaging/install/wheel_builder.hpp"

using namespace pymode;

namespace {

constexpr const char* changes[] = {"store",
                                   "deflate",
                                   "comment",
                                   "data_descriptor",
                                   "data_descriptor_zip64",
                                   "normal_deflate_zip64_extra",
                                   "zip64_eocd",
                                   "subdir",
                                   "extra3byte",
                                   "zip-trailing-nul",
                                   "unicode_extra_chain",
                                   "zip64_extra_usize",
                                   "dupe_eocd",
                                   "zipinzip"};

Expected<> write_seed(const fs::path& folder, const std::string& change) {
    test::WheelDraftCase wheel;
    wheel.add("demo/tests/__init__.py", "");
    wheel.add("demo/\xC3\xA9.txt", "x");
    wheel.add("demo-1.0.data/purelib/demo/extra.py", "from .x import (\n  y)\n");
    wheel.add("demo-1.0.dist-info/entry_points.txt", "[console_scripts]\na = demo:main\n");
    wheel.fill_record();
    if (!test::apply_raw(change, wheel)) {
        return fail(ErrorCode::internal, "the builder of wheels does not know `" + change + "`");
    }
    return write_file_atomic(folder / change, wheel.zip.build());
}

Expected<> write_seeds(const fs::path& folder) {
    Expected<> done = make_directories(folder);
    for (const char* change : changes) {
        if (done) {
            done = write_seed(folder, change);
        }
    }
    return done;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    const Expected<> written = write_seeds(argv[1]);
    if (!written) {
        std::fputs(format_error(written.error(), Colour::no).c_str(), stderr);
        return 1;
    }
    return 0;
}

// SPDX-License-Identifier: MIT
// In the place of python.cpp in a build without the runtime.
#include <cstdio>

#include "core/native/python.hpp"

namespace pymode {

bool has_native_python() {
    return false;
}

int run_python(std::span<char*> /*argv*/, ByteView /*stdlib_zip*/, PythonMode /*mode*/) {
    std::fputs("error: this pymode was built without its Python (PYMODE_RUNTIME=OFF)\n", stderr);
    return 1;
}

} // namespace pymode

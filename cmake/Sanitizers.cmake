# SPDX-License-Identifier: MIT
add_library(pymode_sanitizers INTERFACE)
if(PYMODE_SANITIZE)
    set(flags -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
        -g1) # a report needs lines, not the values of variables
    if(PYMODE_FUZZ)
        # Coverage of everything that is linked into a fuzz target steers libFuzzer.
        target_compile_options(pymode_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
    endif()
    target_compile_options(pymode_sanitizers INTERFACE ${flags})
    target_link_options(pymode_sanitizers INTERFACE ${flags})
endif()

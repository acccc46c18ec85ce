# SPDX-License-Identifier: MIT
# Linked by every target of ours; never passed on to people who only build a release, unless they
# ask (PYMODE_WERROR).
add_library(pymode_warnings INTERFACE)
target_compile_options(pymode_warnings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    -Woverloaded-virtual -Wcast-align -Wunused -Wconversion -Wno-sign-conversion
    -Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # False alarms of g++ 12 inside std::string, std::vector and std::optional, in optimised code.
    target_compile_options(pymode_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:
        -Wno-restrict -Wno-maybe-uninitialized -Wno-null-dereference -Wno-stringop-overflow
        -Wno-array-bounds>)
else()
    # clang finds libstdc++'s own std::stable_sort out of date.
    target_compile_options(pymode_warnings INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-Wno-deprecated-declarations>)
endif()
if(PYMODE_WERROR)
    target_compile_options(pymode_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
